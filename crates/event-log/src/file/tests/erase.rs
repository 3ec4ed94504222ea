//! Streams that keep their records for a shorter time.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::{super::erase, FileLog, Options, append, files, message, open, small, until};
use crate::{Batch, ERASED, Entry, EventLog, Label, Position, Tag};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Records are this much newer than the one before.
const MS: i64 = 3_600_000;

/// Two hundred days after the first record.
fn late() -> i64 {
    1_763_000_000_000 + 200 * 24 * MS
}

fn options() -> Options {
    Options { max_age: 300 * DAY, ring_bytes: 0, clock: late, ..small() }
}

/// A payload that does not compress.
fn noise(n: u64) -> Vec<u8> {
    let word = |at: u64| xxhash_rust::xxh3::xxh3_64_with_seed(&n.to_le_bytes(), at).to_le_bytes();
    (0..40).flat_map(word).collect()
}

/// 2,000 records of three streams, an hour apart.
async fn fill(log: &FileLog) {
    for n in 0..2000 {
        let label = Label { time_ms: 1_763_000_000_000 + n as i64 * MS, ..message(n) };
        let mut batch = Batch::new();
        batch.push(label, &noise(n));
        log.lane().append(batch).await.expect("there is room");
    }
}

async fn entries(log: &FileLog) -> Vec<Entry> {
    let (mut from, mut entries) = (log.stats().oldest, Vec::new());
    loop {
        let chunk = log.read(from, 1 << 20).await.expect("it is there");
        if chunk.entries.is_empty() {
            return entries;
        }
        from = chunk.next;
        entries.extend(chunk.entries.into_iter().filter(|entry| entry.label.kind != 0));
    }
}

async fn packed(log: &FileLog, dir: &Path) {
    until(log, |_| files(dir, "seg").len() == 1).await;
}

/// Waits until everything that may be erased is; how many records that are.
async fn erased(log: &FileLog) -> usize {
    until(log, |_| erase::next(&log.0.shared).is_none()).await;
    entries(log).await.iter().filter(|entry| entry.label.kind == ERASED).count()
}

/// Bytes of the compressed segments.
fn bytes(dir: &Path) -> u64 {
    let names = files(dir, "zst").into_iter();
    names.map(|name| std::fs::metadata(dir.join(name)).expect("it is there").len()).sum()
}

#[tokio::test]
async fn what_is_past_its_streams_time_is_erased_and_all_else_stays_where_it_is() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), options());
    fill(&log).await;
    packed(&log, dir.path()).await;
    let (before, bytes_before) = (entries(&log).await, bytes(dir.path()));
    log.keep_for(BTreeMap::from([(1, 150 * DAY)]));
    let many = erased(&log).await;
    let after = entries(&log).await;
    assert_eq!(before.len(), after.len());
    let cutoff = late() - 150 * 24 * MS;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.position, before.label.stream), (after.position, after.label.stream));
        if after.label.kind == ERASED {
            assert!(after.label.stream == 1 && after.label.time_ms < cutoff, "{after:?}");
            assert!(after.payload.iter().all(|byte| *byte == 0));
            assert_eq!(after.payload.len(), before.payload.len());
        } else {
            assert_eq!(before, after);
        }
    }
    let past = |entry: &&Entry| entry.label.stream == 1 && entry.label.time_ms < cutoff;
    let due = before.iter().filter(past).count();
    assert!(many > due * 8 / 10, "{many} of {due}: what shares a block with newer records waits");
    assert!(bytes(dir.path()) < bytes_before * 9 / 10, "zeros take no room");
    assert_eq!(log.stats().damaged_bytes, 0);
    drop(log);

    let log = open(dir.path(), options());
    assert_eq!(entries(&log).await, after);
    append(&log, 2000, 2300).await;
    let found = log.block_before(Position(1), Some(1));
    assert_eq!(found, None, "history passes over what is empty");
}

#[tokio::test]
async fn a_stream_may_keep_its_records_longer_than_the_others() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { max_age: 150 * DAY, ..options() });
    log.keep_for(BTreeMap::from([(2, 300 * DAY)]));
    fill(&log).await;
    packed(&log, dir.path()).await;
    erased(&log).await;
    let all = entries(&log).await;
    let kept = |stream: u64| {
        all.iter().filter(|e| e.label.kind != ERASED && e.label.stream == stream).count()
    };
    assert_eq!(all.len(), 2000, "no segment is gone");
    assert_eq!(kept(2), 666);
    assert!(kept(1) < 600, "{}", kept(1));
    assert_eq!(kept(0), 667, "what is nobody's is kept as long as anything");
}

#[tokio::test]
async fn nothing_is_erased_that_a_group_has_not_passed() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), options());
    let mut batch = Batch::new();
    batch.commit("reader", Position(0));
    log.lane().append(batch).await.expect("there is room");
    fill(&log).await;
    packed(&log, dir.path()).await;
    log.keep_for(BTreeMap::from([(1, DAY)]));
    assert_eq!(erased(&log).await, 0);
    let mut batch = Batch::new();
    batch.leave("reader");
    log.lane().append(batch).await.expect("there is room");
    log.0.keeper.wake();
    assert!(erased(&log).await > 300);
}

#[tokio::test]
async fn a_key_is_known_after_its_record_is_erased() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), options());
    let key = log.key_of(1, b"m-1");
    let label = Label { tag: Tag::Key(key), time_ms: late() - 2 * 24 * MS, ..message(1) };
    let mut first = Position(0);
    for duplicate_of in [None, Some(first)] {
        let mut batch = Batch::new();
        batch.want_places();
        batch.push(label, b"once");
        let placed = log.lane().append(batch).await.expect("there is room").places[0];
        assert_eq!(placed.duplicate_of, duplicate_of.map(|_| first));
        first = placed.duplicate_of.unwrap_or(placed.position);
    }
    append(&log, 0, 1000).await;
    packed(&log, dir.path()).await;
    log.keep_for(BTreeMap::from([(1, DAY)]));
    erased(&log).await;
    drop(log);
    std::fs::remove_dir_all(dir.path().join("ids")).expect("it is there");
    let log = open(dir.path(), options());
    let mut batch = Batch::new();
    batch.want_places();
    batch.push(label, b"again");
    let placed = log.lane().append(batch).await.expect("there is room").places;
    assert_eq!(placed[0].duplicate_of, Some(first), "a repeat is still one");
}
