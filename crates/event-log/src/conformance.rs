//! What every engine must do; each engine's tests call [`all`].

use bytes::Bytes;

use crate::{Batch, CONTROL, Entry, EventLog, Label, Position, Tag};

/// A label for tests: kind 1 in `stream`.
fn label(stream: u64, tag: Tag) -> Label {
    Label { kind: 1, stream, time_ms: 1_763_000_000_000, tag }
}

/// Runs every check against `log`, which must be empty.
pub async fn all(log: &dyn EventLog) {
    appended_records_are_read_in_order(log).await;
    a_key_is_taken_once(log).await;
    groups_keep_their_place(log).await;
    history_is_found_by_stream(log).await;
    records_that_refer_are_found(log).await;
}

/// Reads everything from `from` on, but passes over the log's own records as every reader does.
pub async fn read_all(log: &dyn EventLog, mut from: Position) -> Vec<Entry> {
    let mut entries = Vec::new();
    loop {
        let chunk = log.read(from, 4096).await.expect("what was appended can be read");
        if chunk.entries.is_empty() && chunk.next == from {
            return entries;
        }
        entries.extend(chunk.entries.into_iter().filter(|entry| entry.label.kind != CONTROL));
        from = chunk.next;
    }
}

async fn appended_records_are_read_in_order(log: &dyn EventLog) {
    let start = *log.end().borrow();
    let lane = log.lane();
    for n in 0..100u8 {
        let mut batch = Batch::new();
        batch.want_places();
        batch.push(label(7, Tag::None), &vec![n; usize::from(n) * 37]);
        batch.push(label(8, Tag::None), b"");
        let appended = lane.append(batch).await.expect("there is room");
        assert_eq!(appended.places.len(), 2);
        assert!(appended.places[0].position < appended.places[1].position);
    }
    let entries = read_all(log, start).await;
    assert_eq!(entries.len(), 200);
    for (n, pair) in entries.chunks(2).enumerate() {
        assert_eq!(pair[0].payload, Bytes::from(vec![n as u8; n * 37]));
        assert_eq!(pair[0].label, label(7, Tag::None));
        assert_eq!(pair[1].label.stream, 8);
    }
    assert!(entries.is_sorted_by(|a, b| a.position < b.position));
    assert!(*log.end().borrow() > entries[199].position);
}

async fn a_key_is_taken_once(log: &dyn EventLog) {
    let start = *log.end().borrow();
    let key = Tag::Key(log.key_of(7, b"m-1"));
    assert_ne!(log.key_of(7, b"m-1"), log.key_of(8, b"m-1"), "keys are scoped to their stream");
    let mut batch = Batch::new();
    batch.want_places();
    batch.push(label(7, key), b"first");
    batch.push(label(7, key), b"again, in the same batch");
    batch.push(label(7, Tag::Key(log.key_of(7, b"m-2"))), b"another");
    let first = log.lane().append(batch).await.expect("there is room").places;
    assert_eq!(first[0].duplicate_of, None);
    assert_eq!(first[1].duplicate_of, Some(first[0].position));
    assert_eq!(first[2].duplicate_of, None);
    let mut batch = Batch::new();
    batch.want_places();
    batch.push(label(7, key), b"later");
    let later = log.lane().append(batch).await.expect("there is room").places;
    assert_eq!(later[0].duplicate_of, Some(first[0].position));
    let entries = read_all(log, start).await;
    let payloads: Vec<&[u8]> = entries.iter().map(|entry| &entry.payload[..]).collect();
    assert_eq!(payloads, [&b"first"[..], b"", b"another", b""]);
    assert_eq!(entries[3].duplicate_of, Some(first[0].position));
    assert_eq!(entries[3].label.tag, key);
    let Tag::Key(key) = key else { unreachable!("it was made above") };
    assert_eq!(log.find(key).await.expect("the window is there"), Some(first[0].position));
    assert_eq!(log.find(key ^ 1).await.expect("the window is there"), None);
}

async fn groups_keep_their_place(log: &dyn EventLog) {
    assert_eq!(log.committed("conformance"), None);
    let mut batch = Batch::new();
    batch.push(label(7, Tag::None), b"x");
    batch.commit("conformance", Position(40));
    log.lane().append(batch).await.expect("there is room");
    assert_eq!(log.committed("conformance"), Some(Position(40)));
    assert!(log.groups().contains(&("conformance".to_owned(), Position(40))));
}

async fn history_is_found_by_stream(log: &dyn EventLog) {
    let mut batch = Batch::new();
    batch.push(label(99, Tag::None), b"old");
    for _ in 0..500 {
        batch.push(label(7, Tag::None), &[0; 2000]);
    }
    batch.push(label(99, Tag::None), b"new");
    log.lane().append(batch).await.expect("there is room");
    let mut before = *log.end().borrow();
    let mut found = Vec::new();
    while let Some(block) = log.block_before(before, Some(99)) {
        assert!(block.start < before);
        let entries = read_all(log, block.start).await;
        let mine = |entry: &&Entry| {
            entry.label.stream == 99 && entry.position < before && entry.position < block.end
        };
        found.extend(entries.iter().filter(mine).rev().map(|entry| entry.payload.clone()));
        before = block.start;
    }
    assert_eq!(found, [Bytes::from_static(b"new"), Bytes::from_static(b"old")]);
    assert!(log.block_before(Position(0), None).is_none());
}

async fn records_that_refer_are_found(log: &dyn EventLog) {
    let mut batch = Batch::new();
    batch.want_places();
    batch.push(label(7, Tag::None), b"about this");
    let about = log.lane().append(batch).await.expect("there is room").places[0].position;
    let mut batch = Batch::new();
    batch.want_places();
    batch.push(label(0, Tag::Refers(about, about)), b"outcome");
    let outcome = log.lane().append(batch).await.expect("there is room").places[0].position;
    let blocks = log.blocks_referring(about);
    assert!(blocks.iter().any(|block| block.contains(&outcome)));
    assert!(log.blocks_referring(Position(about.0 + (1 << 40))).is_empty());
}
