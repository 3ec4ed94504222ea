//! A log that is looked at and left as it is.

use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt};

use super::*;

/// Every file of a folder: its bytes, when it was changed, and which file it is.
fn everything(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, i64, i64, u64)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("it is there") {
        let path = entry.expect("it can be listed").path();
        let meta = fs::metadata(&path).expect("it is there");
        if meta.is_dir() {
            found.extend(everything(&path));
            continue;
        }
        let bytes = fs::read(&path).expect("it can be read");
        found.insert(path, (bytes, meta.mtime(), meta.mtime_nsec(), meta.ino()));
    }
    let meta = fs::metadata(dir).expect("it is there");
    found.insert(dir.to_owned(), (Vec::new(), meta.mtime(), meta.mtime_nsec(), meta.ino()));
    found
}

fn look(dir: &Path) -> FileLog {
    FileLog::open_read_only(dir, small()).expect("it can be looked at")
}

/// A log in which a crash left a torn tail, files that were not finished, a segment in both forms
/// and side files of segments that are no more; how many messages are whole.
async fn crashed(dir: &Path) -> u64 {
    let log = open(dir, small());
    append(&log, 0, 1000).await;
    until(&log, |_| files(dir, "seg").len() == 1).await;
    let last = append(&log, 1000, 1002).await;
    let mut batch = Batch::new();
    batch.commit("reader", last[0]);
    log.lane().append(batch).await.expect("there is room");
    append(&log, 1002, 1003).await;
    log.close().await;
    let end = log.stats().end.0;
    let newest = files(dir, "seg").pop().expect("there is one");
    let base: u64 =
        newest.file_stem().and_then(|stem| stem.to_str()).expect("ours").parse().expect("a number");
    let mut bytes = fs::read(&newest).expect("it can be read");
    // The last message is torn.
    bytes[crate::file::chunk::BLOCK + (end - base) as usize - 16..].fill(0);
    fs::write(&newest, bytes).expect("it can be written");
    fs::write(dir.join("00000000000000000008.idx"), b"stray").expect("there is room");
    fs::write(dir.join("00000000000000000000.zst.tmp"), b"unfinished").expect("there is room");
    let compressed = files(dir, "zst").remove(0);
    let old = compressed.with_extension("idx");
    fs::remove_file(old).expect("it is there");
    1002
}

#[tokio::test]
async fn looking_changes_nothing_and_sees_all_that_is_whole() {
    let dir = tempfile::tempdir().expect("there is room");
    let whole = crashed(dir.path()).await;
    let before = everything(dir.path());
    let log = look(dir.path());
    assert_eq!(read(&log).await, payloads(0, whole));
    assert!(log.committed("reader").is_some());
    assert!(log.block_before(Position(u64::MAX), None).is_some());
    let mut batch = Batch::new();
    batch.push(message(0), b"no");
    assert!(matches!(log.lane().append(batch).await, Err(LogError::Stopped(_))));
    assert!(matches!(log.find(1).await, Err(LogError::Stopped(_))));
    log.stats();
    log.close().await;
    drop(log);
    assert!(everything(dir.path()) == before, "a file was changed");
    let log = open(dir.path(), small());
    assert_eq!(read(&log).await, payloads(0, whole), "it is mended when it is opened");
}

#[tokio::test]
async fn readers_share_a_log_that_nobody_writes() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    append(&log, 0, 10).await;
    assert!(matches!(FileLog::open_read_only(dir.path(), small()), Err(OpenError::Locked(_))));
    drop(log);
    let (one, other) = (look(dir.path()), look(dir.path()));
    assert_eq!(read(&one).await, read(&other).await);
    assert!(matches!(FileLog::open(dir.path(), small()), Err(OpenError::Locked(_))));
    drop((one, other));
    open(dir.path(), small());
}

#[tokio::test]
async fn a_log_without_its_newest_segment_or_any_can_be_looked_at() {
    let dir = tempfile::tempdir().expect("there is room");
    assert_eq!(read(&look(dir.path())).await, payloads(0, 0));
    assert_eq!(everything(dir.path()).len(), 1, "nothing was made");
    let log = open(dir.path(), small());
    append(&log, 0, 1000).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    drop(log);
    fs::remove_file(files(dir.path(), "seg").remove(0)).expect("it is there");
    let before = everything(dir.path());
    let left = read(&look(dir.path())).await;
    assert!(left.len() > 500 && payloads(0, 1000).starts_with(&left), "{}", left.len());
    assert!(everything(dir.path()) == before, "a file was changed");
}

#[tokio::test]
async fn a_file_system_that_takes_no_writes_will_do() {
    let Some(disk) = disk::SmallDisk::mount(16) else { return };
    let whole = crashed(disk.path()).await;
    let mut mount = std::process::Command::new("mount");
    let status = mount.args(["-o", "remount,ro"]).arg(disk.path()).status();
    assert!(status.expect("mount is there").success());
    assert!(fs::write(disk.path().join("x"), b"x").is_err(), "the control of this test");
    assert_eq!(read(&look(disk.path())).await, payloads(0, whole));
}

#[tokio::test]
async fn a_compressed_segment_can_be_read_alone() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    append(&log, 0, 1000).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    let packed = log.packed();
    assert_eq!(packed.len() as u64, log.stats().segments - 1);
    let mut ends = packed.windows(2).map(|pair| (pair[0].end, pair[1].base));
    assert!(ends.all(|(end, base)| end == base), "without gaps: {packed:?}");
    let segment = &packed[2];
    let elsewhere = tempfile::tempdir().expect("there is room");
    let name = segment.path.file_name().expect("it has one");
    fs::copy(&segment.path, elsewhere.path().join(name)).expect("there is room");
    let alone = look(elsewhere.path());
    let chunk = alone.read(segment.base, 1 << 20).await.expect("it is there");
    let first = chunk.entries.first().expect("there are some");
    assert_eq!(first.position, segment.base);
    let expect = log.read(segment.base, 1 << 20).await.expect("it is there");
    assert_eq!(first, &expect.entries[0]);
    let last = chunk.entries.last().expect("there are some");
    assert!(last.position < segment.end);
    let message = chunk.entries.iter().find(|entry| entry.label.kind == 1);
    assert_eq!(Some(segment.from_ms), message.map(|entry| entry.label.time_ms));
}
