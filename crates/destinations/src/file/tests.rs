#![expect(
    clippy::disallowed_methods,
    reason = "tests read what they wrote, and hand a folder to their own child"
)]

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};

use destination_kit::conformance::{self, Next, fault, next, parcels, sent};
use flate2::read::GzDecoder;
use tempfile::TempDir;

use super::*;

/// 2026-11-25T14:10:00.123Z
const NOW_MS: i64 = 1_795_615_800_123;

struct Scene {
    dir: TempDir,
    now_ms: Arc<AtomicI64>,
}

impl Scene {
    fn new() -> Scene {
        let dir = tempfile::tempdir().expect("a temporary folder");
        Scene { dir, now_ms: Arc::new(AtomicI64::new(NOW_MS)) }
    }

    fn open(&self, settings: Value) -> Arc<dyn Destination> {
        let now_ms = self.now_ms.clone();
        let clock = Clock::new(move || now_ms.load(Relaxed));
        let world = World { base_dir: self.dir.path().to_owned(), clock, ..World::default() };
        let mut settings = settings.as_object().expect("an object").clone();
        settings.insert("path".to_owned(), json!("out/events"));
        FileKind
            .open(&settings, &conformance::owner(), &world)
            .unwrap_or_else(|bad| panic!("{bad:?}"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("out/events").join(name)
    }

    /// Names of the files with lines, in order.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).expect("the folder is there");
        let name = |entry: io::Result<fs::DirEntry>| {
            entry.expect("it can be listed").file_name().into_string().expect("ASCII")
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.retain(|name| name != ".lock");
        names.sort();
        names
    }

    /// `messageId` of every line, oldest file first.
    fn ids(&self) -> Vec<String> {
        self.names().iter().flat_map(|name| ids(&self.path(name))).collect()
    }
}

/// `messageId` of every line, each of which must be whole JSON.
fn ids(path: &Path) -> Vec<String> {
    let mut text = String::new();
    let mut file = fs::File::open(path).expect("the file is there");
    if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(file).read_to_string(&mut text).expect("whole gzip");
    } else {
        file.read_to_string(&mut text).expect("UTF-8");
    }
    assert!(text.is_empty() || text.ends_with('\n'), "{path:?} ends in the middle of a line");
    let id = |line: &str| {
        let json: Value = serde_json::from_str(line).expect("every line is JSON");
        json["messageId"].as_str().expect("messages have ids").to_owned()
    };
    text.lines().map(id).collect()
}

fn expect_ids(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("m-{n}")).collect()
}

#[test]
fn its_catalog_entry_is_sound() {
    conformance::kind(&FileKind);
    let path = Settings::from_iter([("path".to_owned(), json!(""))]);
    let bad =
        FileKind.open(&path, &conformance::owner(), &World::default()).err().unwrap_or_default();
    assert_eq!(bad[0].to_string(), r#"setting "path": must not be empty"#);
}

#[tokio::test]
async fn it_delivers() {
    let scene = Scene::new();
    let file = scene.open(json!({}));
    let most = file.batching().messages_max;
    conformance::delivers(file).await;
    assert_eq!(scene.ids().len(), 1 + most + most + 8);
}

#[tokio::test]
async fn lines_are_the_messages_as_they_came_even_over_a_restart() {
    let scene = Scene::new();
    let before = [sent("a", r#"{"n":1.50}"#), sent("b", "{\n\t\"text\": \"\\n\"\r\n}")];
    let file = scene.open(json!({}));
    file.deliver(&before).await.expect("there is room");
    file.close().await;
    let again = scene.open(json!({}));
    again.deliver(&[sent("c", "{}")]).await.expect("there is room");
    let text = fs::read_to_string(scene.path("current.ndjson")).expect("the file is there");
    let expect = [
        r#"{"type":"track","messageId":"a","event":"Tested","properties":{"n":1.50}}"#,
        "{\"type\":\"track\",\"messageId\":\"b\",\"event\":\"Tested\",\"properties\":{ \t\"text\": \"\\n\"  }}",
        r#"{"type":"track","messageId":"c","event":"Tested","properties":{}}"#,
        "",
    ];
    assert_eq!(text.split('\n').collect::<Vec<_>>(), expect);
}

#[tokio::test]
async fn files_are_finished_by_size_and_named_in_order_even_when_the_clock_goes_back() {
    let scene = Scene::new();
    let file = scene.open(json!({ "rotate_bytes": 200 }));
    for (n, message) in parcels(7).chunks(1).enumerate() {
        let ahead = if n < 4 { 0 } else { -60_000 };
        scene.now_ms.store(NOW_MS + ahead, Relaxed);
        file.deliver(message).await.expect("there is room");
    }
    assert_eq!(
        scene.names(),
        [
            "20261125T141000.123Z-0000.ndjson",
            "20261125T141000.123Z-0001.ndjson",
            "20261125T141000.123Z-0002.ndjson",
            "current.ndjson",
        ]
    );
    assert_eq!(scene.ids(), expect_ids(7));
}

#[tokio::test]
async fn files_are_finished_by_age() {
    let scene = Scene::new();
    let file = scene.open(json!({ "rotate_seconds": 60 }));
    for (ahead_ms, message) in [0, 59_999, 60_000].iter().zip(parcels(3).chunks(1)) {
        scene.now_ms.store(NOW_MS + ahead_ms, Relaxed);
        file.deliver(message).await.expect("there is room");
    }
    assert_eq!(ids(&scene.path("20261125T141000.123Z-0000.ndjson")), ["m-0", "m-1"]);
    assert_eq!(ids(&scene.path("current.ndjson")), ["m-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_file_is_finished_by_age_too() {
    let scene = Scene::new();
    let file = scene.open(json!({ "rotate_seconds": 60 }));
    file.deliver(&parcels(2)).await.expect("there is room");
    assert_eq!(scene.names(), ["current.ndjson"]);
    scene.now_ms.store(NOW_MS + 60_000, Relaxed);
    // time stands still while a thread works: what we wait for is done when it moves on
    tokio::time::sleep(Duration::from_secs(61)).await;
    while scene.names() == ["current.ndjson"] {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.names(), ["20261125T141000.123Z-0000.ndjson"]);
    assert_eq!(scene.ids(), expect_ids(2));
}

#[tokio::test]
async fn finished_files_are_compressed() {
    let scene = Scene::new();
    let file = scene.open(json!({ "gzip": true, "rotate_bytes": 200 }));
    for message in parcels(6).chunks(1) {
        file.deliver(message).await.expect("there is room");
    }
    file.close().await;
    let names = scene.names();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(
        names[..2]
            .iter()
            .all(|name| name.ends_with("Z-0000.ndjson.gz") || name.ends_with("Z-0001.ndjson.gz")),
        "{names:?}"
    );
    assert_eq!(scene.ids(), expect_ids(6));
}

#[tokio::test]
async fn a_crash_during_compression_loses_and_repeats_nothing() {
    let scene = Scene::new();
    let file = scene.open(json!({ "rotate_bytes": 1 }));
    for message in parcels(3).chunks(1) {
        file.deliver(message).await.expect("there is room");
    }
    file.close().await;
    // died while writing the first, and between rename and removal of the second
    fs::write(scene.path("20261125T141000.123Z-0000.ndjson.gz.tmp"), b"half").expect("room");
    let second = fs::read(scene.path("20261125T141000.123Z-0001.ndjson")).expect("it was finished");
    let gz = fs::File::create(scene.path("20261125T141000.123Z-0001.ndjson.gz")).expect("room");
    let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
    gz.write_all(&second).and_then(|()| gz.finish()).expect("room");

    let file = scene.open(json!({ "rotate_bytes": 1, "gzip": true }));
    file.deliver(&[sent("m-3", "{}")]).await.expect("there is room");
    file.close().await;
    assert_eq!(
        scene.names(),
        [
            "20261125T141000.123Z-0000.ndjson.gz",
            "20261125T141000.123Z-0001.ndjson.gz",
            "20261125T141000.123Z-0002.ndjson.gz",
            "current.ndjson",
        ]
    );
    assert_eq!(scene.ids(), expect_ids(4));
}

#[tokio::test]
async fn what_a_crash_has_torn_is_cut_and_what_was_acknowledged_is_kept() {
    for torn in
        [&b"{\"messageId\":\"m-2\",\"ty"[..], b"\0\0\0\0", b"{\"a\":1}\n{\"b\0\0\0\"}\n{\"c\":1}\n"]
    {
        let scene = Scene::new();
        let file = scene.open(json!({}));
        file.deliver(&parcels(2)).await.expect("there is room");
        file.close().await;
        let torn_at = fs::metadata(scene.path("current.ndjson")).expect("it is there").len();
        let mut current = fs::OpenOptions::new()
            .append(true)
            .open(scene.path("current.ndjson"))
            .expect("it is there");
        current.write_all(torn).expect("room");

        let file = scene.open(json!({}));
        file.deliver(&parcels(3)[2..]).await.expect("there is room");
        let bytes = fs::read(scene.path("current.ndjson")).expect("it is there");
        let whole = if torn.starts_with(b"{\"a\":1}\n") { "{\"a\":1}\n" } else { "" };
        let rest = String::from_utf8(bytes[torn_at as usize..].to_vec()).expect("UTF-8");
        let expect = format!("{whole}{}\n", String::from_utf8_lossy(parcels(3)[2].message.raw()));
        assert_eq!(rest, expect, "after {torn:?}");
    }
}

#[tokio::test]
async fn every_cut_of_a_file_mends_to_whole_lines() {
    let scene = Scene::new();
    let whole: Vec<u8> = parcels(3)
        .iter()
        .flat_map(|message| [&message.message.raw()[..], b"\n"].concat())
        .collect();
    fs::create_dir_all(scene.path("")).expect("room");
    for len in 0..=whole.len() {
        fs::write(scene.path("current.ndjson"), &whole[..len]).expect("room");
        let file = scene.open(json!({}));
        file.deliver(&[sent("last", "{}")]).await.expect("there is room");
        file.close().await;
        let lines = whole[..len].iter().filter(|byte| **byte == b'\n').count();
        let mut expect = expect_ids(lines);
        expect.push("last".to_owned());
        assert_eq!(ids(&scene.path("current.ndjson")), expect, "cut at {len}");
    }
}

#[tokio::test]
async fn a_file_that_is_taken_away_is_begun_again() {
    let scene = Scene::new();
    let file = scene.open(json!({}));
    file.deliver(&parcels(1)).await.expect("there is room");
    fs::rename(scene.path("current.ndjson"), scene.path("taken")).expect("it is there");
    file.deliver(&[sent("next", "{}")]).await.expect("there is room");
    assert_eq!(ids(&scene.path("current.ndjson")), ["next"]);
    fs::remove_dir_all(scene.path("")).expect("it is there");
    file.deliver(&[sent("last", "{}")]).await.expect("there is room");
    assert_eq!(scene.ids(), ["last"]);
}

#[tokio::test]
async fn one_writer_has_the_folder_and_the_next_one_waits() {
    let scene = Scene::new();
    let (first, second) = (scene.open(json!({})), scene.open(json!({})));
    first.deliver(&parcels(1)).await.expect("there is room");
    let outcome = second.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Again(None));
    assert_eq!(fault(&outcome).map(|fault| fault.code.as_str()), Some("LOCKED"), "{outcome:?}");
    first.close().await;
    second.deliver(&parcels(2)[1..]).await.expect("the folder is free");
    assert_eq!(next(&first.deliver(&parcels(1)).await), Next::Again(None), "it is closed");
    assert_eq!(scene.ids(), expect_ids(2));
}

#[tokio::test]
async fn what_is_in_the_way_is_named_and_waited_for() {
    let scene = Scene::new();
    fs::write(scene.dir.path().join("out"), "a file").expect("room");
    let file = scene.open(json!({}));
    let outcome = file.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Again(None), "{outcome:?}");
    fs::remove_file(scene.dir.path().join("out")).expect("it is there");
    file.deliver(&parcels(1)).await.expect("the way is free");
    assert_eq!(scene.ids(), expect_ids(1));
}

/// Runs the test below in a process of its own whose folder is a file system of 256 KB. Where
/// nobody may mount, there is nothing to see.
#[test]
fn a_full_disk_is_waited_for() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let script = "mount -t tmpfs -o size=256k tmpfs \"$FULL_DISK\" || exit 77; exec \"$0\" \"$@\"";
    let test = "file::tests::on_a_full_disk";
    let child = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().expect("this test"))
        .args([test, "--exact", "--nocapture"])
        .env("FULL_DISK", dir.path())
        .output();
    match child {
        Ok(child) if child.status.success() => {}
        Ok(child) if !String::from_utf8_lossy(&child.stdout).contains(test) => {
            eprintln!("not tried, for want of a mount: {}", String::from_utf8_lossy(&child.stderr));
        }
        Ok(child) => panic!("{}", String::from_utf8_lossy(&child.stderr)),
        Err(error) => eprintln!("not tried, for want of unshare: {error}"),
    }
}

#[tokio::test]
async fn on_a_full_disk() {
    let Some(dir) = std::env::var_os("FULL_DISK") else { return };
    let world = World { base_dir: dir.into(), ..World::default() };
    let settings = Settings::from_iter([("path".to_owned(), json!("out"))]);
    let file = FileKind
        .open(&settings, &conformance::owner(), &world)
        .unwrap_or_else(|bad| panic!("{bad:?}"));
    let (ballast, current) =
        (world.base_dir.join("ballast"), world.base_dir.join("out/current.ndjson"));
    file.deliver(&parcels(2)).await.expect("there is room");
    fs::write(&ballast, vec![1; 220 * 1024]).expect("there is room");

    let most = parcels(1000);
    let outcome = file.deliver(&most).await;
    assert_eq!(next(&outcome), Next::Again(None), "{outcome:?}");
    assert_eq!(fault(&outcome).map(|fault| fault.code.as_str()), Some("ENOSPC"), "{outcome:?}");
    assert_eq!(ids(&current), expect_ids(2), "what was acknowledged stands there, whole");

    fs::remove_file(&ballast).expect("it is there");
    file.deliver(&most).await.expect("there is room again");
    assert_eq!(ids(&current).len(), 2 + 1000);
}
