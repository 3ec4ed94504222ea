use std::fmt::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;

fn check(file: &str, expect: Expect) {
    let report = super::check(file.as_bytes());
    let mut out = format!("{} checked\n", report.messages);
    for super::Finding { line, index, message_id, fault } in report.findings {
        let place = index.map(|index| format!(" [{index}]")).unwrap_or_default();
        let id = message_id.map(|id| format!(" {id}")).unwrap_or_default();
        writeln!(out, "{line}{place}{id}: {} {} {}", fault.code, fault.pointer, fault.detail)
            .expect("text takes any amount");
        serde_json::from_str::<serde_json::Value>(&fault.example).expect("examples are JSON");
    }
    expect.assert_eq(&out);
}

#[test]
fn one_message() {
    check(
        r#"{"type":"identify","userId":"u"}"#,
        expect![[r#"
        1 checked
    "#]],
    );
    check(
        "{\n  \"type\": \"track\",\n  \"event\": 7\n}\n",
        expect![[r#"
        1 checked
        1: no_user_anon_id  neither userId nor anonymousId is there
        1: event_not_string /event event is a number
    "#]],
    );
    check(
        "",
        expect![[r#"
        0 checked
    "#]],
    );
}

#[test]
fn an_envelope() {
    check(
        "{\"context\":{\"device\":{\"advertisingId\":5}},\"batch\":[\n{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m\"},\n{\"type\":\"page\",\"userId\":\"u\",\"context\":{\"device\":{\"advertisingId\":\"x\"}}}]}",
        expect![[r#"
            2 checked
            2 [0] m: device_advertisingid_should_be_string /context/device/advertisingId context.device.advertisingId is a number
        "#]],
    );
    check(
        r#"{"batch":[]}"#,
        expect![[r#"
        0 checked
        1: empty_batch /batch batch is empty
    "#]],
    );
}

#[test]
fn an_array() {
    check(
        r#"[{"type":"identify","userId":"u"},7,{"type":"group","anonymousId":"a"}]"#,
        expect![[r#"
            3 checked
            1 [1]: bad_request  the message is no object
            1 [2]: id_required /groupId groupId is missing, group needs it
        "#]],
    );
}

#[test]
fn lines_of_messages() {
    check(
        "{\"type\":\"identify\",\"userId\":\"u\"}\n{\"type\":\"alias\",\"userId\":true,\"messageId\":3}\n{oops\n{\"userId\":\"u\"}\n\n",
        expect![[r#"
            4 checked
            2 3: id_not_string /userId userId is a boolean
            2 3: id_required /previousId previousId is missing, alias needs it
            3: invalid_request  malformed JSON at byte 79
            4: bad_request /type type is missing
        "#]],
    );
}

#[test]
fn what_is_too_deep_or_too_large() {
    let (open, close) = ("[".repeat(70), "]".repeat(70));
    let deep = format!(r#"{{"type":"identify","userId":"u","x":{open}{close}}}"#);
    check(
        &deep,
        expect![[r#"
        1 checked
        1: invalid_request  it is nested too deep
    "#]],
    );
    check(
        &format!(r#"{{"batch":[{deep}]}}"#),
        expect![[r#"
        1 checked
        1 [0]: bad_request  the message is nested too deep
    "#]],
    );
    check(
        &format!(r#"{{"type":"identify","userId":"{}"}}"#, "u".repeat(33_000)),
        expect![[r#"
        1 checked
        1: invalid_request  it is too large
    "#]],
    );
}

#[test]
fn what_is_no_json() {
    check(
        "userId=u",
        expect![[r#"
        1 checked
        1: invalid_request  malformed JSON at byte 0
    "#]],
    );
    let report = super::check(b"{\"a\":\"\xff\"}");
    assert_eq!(report.findings[0].fault.expected, "text in UTF-8");
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(file in prop::collection::vec(any::<u8>(), 0..60)) {
        super::check(&file);
    }

    #[test]
    fn no_text_makes_it_panic(file in r#"(\{|\}|\[|\]|,|:|"batch"|"type"|"track"|"userId"|1|\n|null){0,20}"#) {
        super::check(file.as_bytes());
    }
}

#[test]
fn messages_that_are_right_are_shown_with_the_context_of_their_batch() {
    let mut shown = Vec::new();
    let file = "{\"type\":\"page\",\"userId\":\"u\"}\n\
        {\"context\":{\"app\":{\"version\":1.0}},\"batch\":[{\"type\":\"page\",\"userId\":\"u\"},\n\
        {\"type\":\"page\"},\n\
        {\"type\":\"page\",\"userId\":\"u\",\"context\":{\"locale\":\"en\"},\"messageId\":\"m\"}]}";
    let report = super::check_with(file.as_bytes(), &mut |sound| {
        let json = std::str::from_utf8(sound.json).expect("it is text");
        shown.push(format!("{} {:?} {:?} {json}", sound.line, sound.index, sound.message_id));
    });
    assert_eq!((report.messages, report.findings.len()), (4, 1));
    expect![[r#"
        1 None None {"type":"page","userId":"u"}
        2 Some(0) None {"context":{"app":{"version":1.0}},"type":"page","userId":"u"}
        4 Some(2) Some("m") {"type":"page","userId":"u","context":{"app":{"version":1.0},"locale":"en"},"messageId":"m"}"#]].assert_eq(&shown.join("\n"));
}
