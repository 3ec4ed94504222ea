//! An event log whose newest segment holds whatever stands there.

use std::{fs, path::Path};

use event_log::{Batch, Direct, Entry, EventLog, FileLog, Label, Options, Position, Tag};

use crate::{block_on, segment::Segment};

/// Opens a log with the segment that `input` describes.
///
/// - Opening and reading end, and positions only grow.
/// - A record is what was written at its place, or it is not there; where nothing was damaged, all
///   are.
/// - A look changes nothing: what is opened to be written to reads the same.
/// - What is appended after that is there when the log is opened once more, and so is the rest.
pub fn log(input: &[u8]) {
    let segment = Segment::of(input);
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder can be made");
    let file = folder.path().join(format!("{:020}.seg", 0));
    fs::write(&file, segment.file()).expect("there is room");

    let looked = FileLog::open_read_only(folder.path(), options()).expect("it can be looked at");
    let seen = block_on(read(&looked));
    drop(looked);
    for (at, payload) in &segment.whole {
        let found = seen.iter().find(|entry| entry.position.0 == *at);
        assert!(found.is_none_or(|entry| entry.payload == *payload), "another record at {at}");
        assert!(found.is_some() || !segment.sound, "the record at {at} is lost");
    }

    let log = FileLog::open(folder.path(), options()).expect("it can be opened");
    let (opened, placed) = block_on(async {
        let opened = read(&log).await;
        let mut batch = Batch::new();
        batch.want_places();
        let label = Label { kind: 2, stream: 1, time_ms: 1, tag: Tag::Key(log.key_of(1, b"new")) };
        batch.push(label, b"new");
        let placed = log.lane().append(batch).await.expect("there is room");
        log.close().await;
        (opened, placed.places[0])
    });
    drop(log);
    assert_eq!(opened, seen, "a look and an opening see the same");
    assert!(seen.iter().all(|entry| entry.position < placed.position));

    let log = FileLog::open(folder.path(), options()).expect("it can be opened again");
    let kept = block_on(read(&log));
    let last = kept.iter().find(|entry| entry.position == placed.position);
    assert!(last.is_some_and(|entry| *entry.payload == *b"new"), "what was confirmed is lost");
    let before: Vec<&Entry> = kept.iter().filter(|e| e.position < placed.position).collect();
    // The log's own stamps may stand between.
    assert!(seen.iter().all(|entry| before.contains(&entry)), "what was there is lost");
}

async fn read(log: &dyn EventLog) -> Vec<Entry> {
    let end = *log.end().borrow();
    let mut from = Position(0);
    let mut entries: Vec<Entry> = Vec::new();
    while from < end {
        let chunk = log.read(from, 4096).await.expect("nothing was removed");
        assert!(chunk.next > from, "reading stands still at {from}");
        for entry in chunk.entries {
            let grows = entries.last().is_none_or(|last| last.position < entry.position);
            assert!(grows && entry.position >= from && entry.position < end);
            entries.push(entry);
        }
        from = chunk.next;
    }
    entries
}

fn options() -> Options {
    Options {
        segment_bytes: 256 << 10,
        ring_bytes: 1 << 20,
        reserve_bytes: 0,
        direct: Direct::Off,
        compress: false,
        clock: || 1_772_445_600_000,
        ..Options::default()
    }
}
