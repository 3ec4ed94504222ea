use super::Writer;

#[test]
fn times_of_a_request_are_written_as_all_times_are() {
    for received_at_ms in [0, -1, 1_772_445_600_000, 253_402_300_799_999, i64::MAX, i64::MIN] {
        let writer = Writer::new(received_at_ms);
        for ahead_ms in [0, 1, -1, 59_999, 3_600_001, -3_600_001, 86_399_999, 86_400_000] {
            let ms = received_at_ms.saturating_add(ahead_ms);
            let (mut found, mut expect) = (Vec::new(), Vec::new());
            writer.write(ms, &mut found);
            spec::format_iso(ms, &mut expect);
            assert_eq!(String::from_utf8(found), String::from_utf8(expect), "{ms}");
        }
    }
}
