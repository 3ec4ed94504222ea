use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;

use super::{Direct, FileLog, OpenError, Options, directory::Directory, faults::FaultyDisk};
use crate::{Batch, EventLog, Label, LogError, LogStats, Position, Tag, conformance};

mod corruption;
mod disk;
mod erase;
mod read_only;
mod together;

/// Small segments, so that a test sees them come and go; a fixed clock.
fn small() -> Options {
    Options {
        segment_bytes: 64 << 10,
        reserve_bytes: 0,
        direct: Direct::Off,
        clock: || 1_763_000_000_000,
        ..Options::default()
    }
}

fn open(dir: &Path, options: Options) -> FileLog {
    FileLog::open(dir, options).expect("the folder is ours")
}

fn open_faulty(disk: &Arc<FaultyDisk>, dir: &Path, options: Options) -> FileLog {
    let lock = Directory::new(dir).lock().expect("it can be made").expect("it is ours");
    FileLog::open_on(disk.clone(), lock, dir, options).expect("what is there can be opened")
}

fn message(n: u64) -> Label {
    Label { kind: 1, stream: n % 3, time_ms: 1_763_000_000_000 + n as i64, tag: Tag::None }
}

/// A payload that compresses and names its record.
fn payload(n: u64) -> Vec<u8> {
    format!("{{\"n\":{n},\"text\":\"{}\"}}", "the same again ".repeat((n % 40) as usize)).into()
}

async fn append(log: &FileLog, from: u64, to: u64) -> Vec<Position> {
    let mut positions = Vec::new();
    let lane = log.lane();
    for n in from..to {
        let mut batch = Batch::new();
        batch.want_places();
        batch.push(message(n), &payload(n));
        let appended = lane.append(batch).await.expect("there is room");
        positions.push(appended.places[0].position);
    }
    positions
}

/// The payloads of all messages that can be read.
async fn read(log: &FileLog) -> Vec<Bytes> {
    let oldest = log.stats().oldest;
    let entries = conformance::read_all(log, oldest).await;
    entries.into_iter().filter(|entry| entry.label.kind == 1).map(|entry| entry.payload).collect()
}

fn payloads(from: u64, to: u64) -> Vec<Bytes> {
    (from..to).map(|n| Bytes::from(payload(n))).collect()
}

/// Waits for the background threads, by what they change.
async fn until(log: &FileLog, what: impl Fn(&LogStats) -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(20), async {
        while !what(&log.stats()) {
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
    });
    patience.await.expect("the background threads come to it");
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let found = std::fs::read_dir(dir).expect("it is there");
    let paths = found.map(|found| found.expect("it can be listed").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn a_read_from_disk_loads_what_it_gives_once() {
    let dir = tempfile::tempdir().expect("there is room");
    let options = || Options { segment_bytes: 16 << 20, compress: false, ..small() };
    let log = open(dir.path(), options());
    let mut batch = Batch::new();
    (0..6000).for_each(|n| batch.push(message(n), &[b'x'; 700]));
    log.lane().append(batch).await.expect("there is room");
    log.close().await;
    drop(log);
    let log = open(dir.path(), options());
    let (mut from, mut reads, mut read) = (log.stats().oldest, 0, 0);
    while read < 6000 {
        let chunk = log.read(from, 1 << 20).await.expect("it can be read");
        let at = chunk.entries.iter().filter(|entry| entry.label.kind == 1);
        let at: Vec<usize> = at.map(|entry| entry.payload.as_ptr() as usize).collect();
        let (first, last) = (at.iter().min(), at.iter().max());
        let apart = last.expect("there are some") - first.expect("there are some");
        assert!(apart < 1 << 20, "one load, not two: {apart}");
        (from, reads, read) = (chunk.next, reads + 1, read + at.len());
    }
    assert!(reads <= 6, "{reads} reads of 1 MiB for 4.5 MB");
}

#[tokio::test]
async fn the_file_log_conforms_buffered_with_small_segments() {
    let dir = tempfile::tempdir().expect("there is room");
    conformance::all(&open(dir.path(), small())).await;
}

#[tokio::test]
async fn the_file_log_conforms_direct_or_as_the_file_system_can() {
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("there is room");
    let options = Options { direct: Direct::Auto, segment_bytes: 1 << 20, ..small() };
    conformance::all(&open(dir.path(), options)).await;
}

#[tokio::test]
async fn the_file_log_conforms_when_nothing_is_read_from_memory() {
    let dir = tempfile::tempdir().expect("there is room");
    conformance::all(&open(dir.path(), Options { ring_bytes: 0, ..small() })).await;
}

#[tokio::test]
async fn what_was_appended_is_there_after_opening_again() {
    let dir = tempfile::tempdir().expect("there is room");
    for round in 0..5u64 {
        let log = open(dir.path(), small());
        assert_eq!(read(&log).await, payloads(0, round * 300), "round {round}");
        append(&log, round * 300, round * 300 + 300).await;
        if round % 2 == 0 {
            log.close().await;
        }
    }
}

#[tokio::test]
async fn full_segments_are_compressed_and_their_files_used_again() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { ring_bytes: 0, ..small() });
    append(&log, 0, 2000).await;
    let before = log.stats();
    assert!(before.segments > 5, "{before:?}");
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    assert_eq!(files(dir.path(), "zst").len() as u64, before.segments - 1);
    assert!(log.stats().disk_bytes < before.payload_bytes / 2, "{:?}", log.stats());
    assert!(!files(dir.path(), "spare").is_empty());
    assert_eq!(read(&log).await, payloads(0, 2000));
    drop(log);
    let log = open(dir.path(), small());
    assert_eq!(read(&log).await, payloads(0, 2000));
    append(&log, 2000, 2300).await;
    assert_eq!(read(&log).await, payloads(0, 2300));
}

#[tokio::test]
async fn any_position_is_valid_to_read_from() {
    let dir = tempfile::tempdir().expect("there is room");
    for ring_bytes in [0, 1 << 20] {
        let dir = dir.path().join(ring_bytes.to_string());
        let log = open(&dir, Options { ring_bytes, ..small() });
        let positions = append(&log, 0, 300).await;
        for (n, position) in positions.iter().enumerate().skip(1) {
            for from in [positions[n - 1].0 + 1, position.0 - 3, position.0 - 8] {
                let chunk = log.read(Position(from), 1).await.expect("it is there");
                let found = chunk.entries.iter().find(|entry| entry.label.kind == 1);
                assert!(found.is_none_or(|found| found.payload == payload(n as u64)), "{from}");
                assert!(chunk.next > Position(from));
            }
        }
    }
}

#[tokio::test]
async fn retention_takes_whole_segments_but_none_that_a_group_has_not_passed() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { max_bytes: Some(1), ring_bytes: 0, ..small() });
    let mut batch = Batch::new();
    batch.commit("reader", Position(0));
    log.lane().append(batch).await.expect("there is room");
    let positions = append(&log, 0, 1000).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    assert_eq!(log.stats().oldest, Position(0), "a group holds it");
    let mut batch = Batch::new();
    batch.commit("reader", positions[500]);
    log.lane().append(batch).await.expect("there is room");
    log.0.keeper.wake();
    until(&log, |stats| stats.oldest > Position(0)).await;
    let oldest = log.stats().oldest;
    assert!(oldest <= positions[500]);
    assert!(matches!(log.read(Position(0), 1).await, Err(LogError::Gone(at)) if at == oldest));
    let first = positions.partition_point(|position| *position < oldest) as u64;
    assert_eq!(read(&log).await, payloads(first, 1000));
    let mut batch = Batch::new();
    batch.leave("reader");
    log.lane().append(batch).await.expect("there is room");
    assert_eq!(log.committed("reader"), None);
    log.0.keeper.wake();
    until(&log, |stats| stats.segments == 1).await;
    drop(log);
    let log = open(dir.path(), small());
    assert_eq!(log.groups(), []);
    assert!(log.stats().oldest > positions[500]);
}

#[tokio::test]
async fn groups_and_keys_outlive_the_segments_they_were_written_in() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    let key = log.key_of(7, b"m-1");
    let mut batch = Batch::new();
    batch.want_places();
    batch.push(Label { tag: Tag::Key(key), ..message(0) }, b"once");
    batch.commit("reader", Position(48));
    let first = log.lane().append(batch).await.expect("there is room").places[0].position;
    append(&log, 0, 1000).await;
    drop(log);
    for delete_ids in [false, true] {
        if delete_ids {
            std::fs::remove_dir_all(dir.path().join("ids")).expect("it is there");
        }
        let log = open(dir.path(), small());
        assert_eq!(log.committed("reader"), Some(Position(48)));
        assert_eq!(log.key_of(7, b"m-1"), key, "the secret stays");
        assert_eq!(log.find(key).await.expect("it can be asked"), Some(first));
        let mut batch = Batch::new();
        batch.want_places();
        batch.push(Label { tag: Tag::Key(key), ..message(0) }, b"twice");
        let again = log.lane().append(batch).await.expect("there is room");
        assert_eq!(again.places[0].duplicate_of, Some(first));
    }
}

#[tokio::test]
async fn two_installations_have_different_keys() {
    let (one, other) = (tempfile::tempdir().expect("room"), tempfile::tempdir().expect("room"));
    let (one, other) = (open(one.path(), small()), open(other.path(), small()));
    for id in [&b"m-1"[..], &[b'x'; 100], &[b'x'; 1000]] {
        assert_ne!(one.key_of(7, id), other.key_of(7, id));
        assert_ne!(one.key_of(7, id), one.key_of(8, id));
        assert_eq!(one.key_of(7, id), one.key_of(7, id));
    }
}

#[tokio::test]
async fn a_closed_log_refuses_and_a_locked_one_is_not_opened() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    append(&log, 0, 3).await;
    let lane = log.lane();
    assert!(matches!(FileLog::open(dir.path(), small()), Err(OpenError::Locked(_))));
    log.close().await;
    log.close().await;
    let mut batch = Batch::new();
    batch.push(message(3), b"late");
    assert!(matches!(lane.append(batch).await, Err(LogError::Stopped(_))));
    assert!(matches!(log.find(1).await, Err(LogError::Stopped(_))));
    assert!(log.stats().stopped);
    assert_eq!(read(&log).await, payloads(0, 3), "readers go on");
    let again = open(dir.path(), small());
    assert_eq!(read(&again).await, payloads(0, 3));
}

#[tokio::test]
async fn history_by_time_and_stream_survives_sealing_and_opening() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    let positions = append(&log, 0, 1000).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    let asked = |log: &FileLog| {
        let times = [0, 1, 500, 999, 1000].map(|n| log.position_at(1_763_000_000_000 + n));
        let blocks = [0, 1, 2, 3].map(|stream| log.block_before(positions[700], Some(stream)));
        (times, blocks)
    };
    let before = asked(&log);
    assert!(before.0[2] <= positions[500] && before.0[2] > positions[200]);
    assert_eq!(before.0[4], *log.end().borrow());
    assert!(before.1[2].as_ref().is_some_and(|block| block.start <= positions[700]));
    assert_eq!(before.1[3], None);
    drop(log);
    let log = open(dir.path(), small());
    assert_eq!(asked(&log), before);
    drop(log);
    for index in files(dir.path(), "idx") {
        std::fs::remove_file(index).expect("it is there");
    }
    let log = open(dir.path(), small());
    assert_eq!(asked(&log), before);
    until(&log, |_| files(dir.path(), "idx").len() == files(dir.path(), "zst").len()).await;
}
