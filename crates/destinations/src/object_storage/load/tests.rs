use destination_kit::conformance::{owner, parcels};
use parquet_reader::rows;

use super::*;

mod parquet_reader {
    use bytes::Bytes;
    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::Row,
    };

    pub(super) fn rows(bytes: &Bytes) -> Vec<Row> {
        let reader = SerializedFileReader::new(bytes.clone()).expect("a Parquet file");
        let rows = reader.get_row_iter(None).expect("its rows");
        rows.map(|row| row.expect("a row")).collect()
    }
}

fn cutter(format: Format) -> Cutter {
    let layout = Layout::read("hive").expect("a preset");
    Cutter { owner: owner(), prefix: Path::from("raw"), layout, format }
}

#[test]
fn the_same_messages_make_the_same_files() {
    for (_, format) in Format::WORDS {
        let cutter = cutter(format);
        let load = cutter.load(parcels(100));
        let mut mixed = parcels(100);
        mixed.reverse();
        let again = cutter.load(mixed);
        assert_eq!(load.files, again.files);
        assert_eq!((&load.name, &load.manifest), (&again.name, &again.manifest));

        let other = Cutter { owner: DestinationId("dst_other".into()), ..cutter };
        let other = other.load(parcels(100));
        assert_ne!(load.files[0].0, other.files[0].0, "another's files have other names");
        assert_eq!(load.files[0].1, other.files[0].1);
    }
}

#[test]
fn a_manifest_knows_every_message_of_every_file() {
    let load = cutter(Format::LinesGzip).load(parcels(50));
    let name = load.name.file_name();
    assert_eq!(LoadName::read(&name).as_ref(), Some(&load.name), "{name}");
    assert_eq!((load.name.first, load.name.last), (0, 49 * 8));
    let manifest = Manifest::read(&load.manifest).expect("a manifest");
    let known: HashSet<Mark> = manifest.files.iter().flat_map(FileEntry::marks).collect();
    assert_eq!(known, parcels(50).iter().map(mark).collect());
    let places: Vec<Path> = manifest.files.iter().map(FileEntry::place).collect();
    assert_eq!(places, load.files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>());
    assert!(Manifest::read(b"torn").is_err());
}

#[test]
fn a_parquet_file_holds_its_messages() {
    let load = cutter(Format::Parquet).load(parcels(3));
    let rows: Vec<String> = rows(&load.files[0].1).iter().map(|row| row.to_string()).collect();
    expect_test::expect![[r#"
        {position: 0, id: "m-0", type: "track", event_text: "Tested", name: null, category: null, user_id: null, anonymous_id: null, previous_id: null, group_id: null, timestamp: null, original_timestamp: null, received_at: 2026-11-25 14:10:00.123000 +00:00, sent_at: null, properties_n: 0, rest: null}
        {position: 8, id: "m-1", type: "track", event_text: "Tested", name: null, category: null, user_id: null, anonymous_id: null, previous_id: null, group_id: null, timestamp: null, original_timestamp: null, received_at: 2026-11-25 14:10:00.131000 +00:00, sent_at: null, properties_n: 1, rest: null}
        {position: 16, id: "m-2", type: "track", event_text: "Tested", name: null, category: null, user_id: null, anonymous_id: null, previous_id: null, group_id: null, timestamp: null, original_timestamp: null, received_at: 2026-11-25 14:10:00.139000 +00:00, sent_at: null, properties_n: 2, rest: null}
    "#]].assert_eq(&(rows.join("\n") + "\n"));
}
