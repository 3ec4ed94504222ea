//! Each way in which files go bad, by name.

use std::{fs::OpenOptions, os::unix::fs::FileExt};

use super::*;
use crate::{
    file::{chunk::BLOCK, header},
    frame::{HEADER, frame_bytes},
};

/// A log with `records` messages in its one segment, closed; the segment's path and bytes, and
/// where the records stand.
async fn closed_log(dir: &Path, records: u64) -> (PathBuf, Vec<u8>, Vec<Position>) {
    let log = open(dir, small());
    let positions = append(&log, 0, records).await;
    log.close().await;
    let path = files(dir, "seg").pop().expect("there is one");
    let bytes = std::fs::read(&path).expect("it can be read");
    (path, bytes, positions)
}

fn place(position: Position) -> usize {
    BLOCK + position.0 as usize
}

/// What is left after `change` of a log with 20 messages in one segment.
async fn left_after(change: impl FnOnce(&mut Vec<u8>, &[Position])) -> (Vec<Bytes>, u64) {
    let dir = tempfile::tempdir().expect("there is room");
    let (path, mut bytes, positions) = closed_log(dir.path(), 20).await;
    change(&mut bytes, &positions);
    std::fs::write(&path, &bytes).expect("it can be written");
    let log = open(dir.path(), small());
    let left = read(&log).await;
    append(&log, 100, 110).await;
    let mut more = left.clone();
    more.extend(payloads(100, 110));
    assert_eq!(read(&log).await, more, "it goes on after what was left");
    drop(log);
    let log = open(dir.path(), small());
    assert_eq!(read(&log).await, more, "and that can be opened again");
    (left, log.stats().damaged_bytes)
}

#[tokio::test]
async fn a_torn_header_ends_the_log_before_it() {
    let (left, damaged) = left_after(|bytes, positions| {
        let at = place(positions[19]);
        bytes[at + 20..].fill(0);
    })
    .await;
    assert_eq!((left, damaged), (payloads(0, 19), 0));
}

#[tokio::test]
async fn a_torn_payload_ends_the_log_before_it() {
    let (left, damaged) = left_after(|bytes, positions| {
        let at = place(positions[19]);
        bytes[at + HEADER + 10..].fill(0);
    })
    .await;
    assert_eq!((left, damaged), (payloads(0, 19), 0));
}

#[tokio::test]
async fn a_torn_batch_goes_whole() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    append(&log, 0, 5).await;
    let mut batch = Batch::new();
    batch.want_places();
    (5..10).for_each(|n| batch.push(message(n), &payload(n)));
    let places = log.lane().append(batch).await.expect("there is room").places;
    drop(log);
    let path = files(dir.path(), "seg").pop().expect("there is one");
    let file = OpenOptions::new().write(true).open(&path).expect("it is there");
    file.write_all_at(&[0; 8], place(places[3].position) as u64).expect("it can be written");
    let log = open(dir.path(), small());
    assert_eq!(read(&log).await, payloads(0, 5));
    // New records that end exactly where an old one began do not bring it back.
    let mut batch = Batch::new();
    let room = (places[4].position.0 - places[0].position.0) as usize - HEADER;
    let filler = vec![b'f'; room];
    assert_eq!(frame_bytes(room), room + HEADER);
    batch.push(message(99), &filler);
    log.lane().append(batch).await.expect("there is room");
    drop(log);
    let log = open(dir.path(), small());
    let left = read(&log).await;
    assert_eq!(left.len(), 6);
    assert_eq!(left[5], filler);
}

#[tokio::test]
async fn damage_before_the_last_group_is_passed_over_not_cut() {
    let (left, damaged) = left_after(|bytes, positions| {
        bytes[place(positions[7]) + HEADER + 1] ^= 0x10;
    })
    .await;
    let mut expected = payloads(0, 7);
    expected.extend(payloads(8, 20));
    assert_eq!(left, expected);
    assert_eq!(damaged, frame_bytes(payload(7).len()) as u64);
}

#[tokio::test]
async fn bytes_of_a_recycled_file_never_come_back() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    append(&log, 0, 1500).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1 && !files(dir.path(), "spare").is_empty())
        .await;
    append(&log, 1500, 3000).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    drop(log);
    let newest = files(dir.path(), "seg").pop().expect("there is one");
    let bytes = std::fs::read(&newest).expect("it can be read");
    assert!(bytes[bytes.len() / 2..].iter().any(|byte| *byte != 0), "the file had a life before");
    let log = open(dir.path(), small());
    assert_eq!(read(&log).await, payloads(0, 3000));
}

#[tokio::test]
async fn damage_in_a_sealed_segment_costs_what_it_hit() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { compress: false, ..small() });
    let positions = append(&log, 0, 1000).await;
    until(&log, |_| files(dir.path(), "idx").len() + 1 == files(dir.path(), "seg").len()).await;
    drop(log);
    let hit = positions[150].0;
    let segments = files(dir.path(), "seg");
    let base = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("ours");
        stem.parse::<u64>().expect("a number")
    };
    let segment = segments.iter().rev().find(|path| base(path) <= hit).expect("it is in one");
    let file = OpenOptions::new().write(true).open(segment).expect("it is there");
    let at = BLOCK as u64 + hit - base(segment);
    file.write_all_at(&[0xff; 3000], at).expect("it can be written");
    let log = open(dir.path(), small());
    let left = read(&log).await;
    let lost = 1000 - left.len();
    assert!((2..40).contains(&lost), "{lost}");
    let mut expected = payloads(0, 150);
    expected.extend(payloads(150 + lost as u64, 1000));
    assert_eq!(left, expected);
    let damaged = log.stats().damaged_bytes;
    assert_eq!(damaged, positions[150 + lost].0 - hit);
    assert_eq!(read(&log).await, expected);
    assert_eq!(log.stats().damaged_bytes, damaged, "it is counted once");
    until(&log, |_| files(dir.path(), "seg").len() == 2).await;
    assert!(segment.exists(), "what is damaged stays as it is");
}

#[tokio::test]
async fn damage_in_a_compressed_segment_costs_a_block() {
    let dir = tempfile::tempdir().expect("there is room");
    let options = || Options { segment_bytes: 1 << 20, ..small() };
    let log = open(dir.path(), options());
    append(&log, 0, 6000).await;
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    drop(log);
    let path = files(dir.path(), "zst").remove(0);
    let whole = std::fs::read(&path).expect("it can be read");
    for (at, most_lost) in
        [(BLOCK + 2, 900), (BLOCK + 5000, 900), (whole.len() / 2, 900), (whole.len() - 30, 0)]
    {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        std::fs::write(&path, &bytes).expect("it can be written");
        let log = open(dir.path(), options());
        let left = read(&log).await;
        let lost = 6000 - left.len();
        assert!(lost <= most_lost, "{lost} at {at} {:?}", log.0.shared.catalog().damage);
        let all = payloads(0, 6000);
        let mut all = all.iter();
        assert!(
            left.iter().all(|found| all.any(|payload| payload == found)),
            "in order, unchanged"
        );
    }
}

#[tokio::test]
async fn a_compressed_file_that_was_not_finished_is_made_again() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { compress: false, ..small() });
    append(&log, 0, 600).await;
    drop(log);
    let sealed = files(dir.path(), "seg").remove(0);
    let half = sealed.with_extension("zst.tmp");
    std::fs::write(&half, &std::fs::read(&sealed).expect("it can be read")[..5000]).expect("room");
    let log = open(dir.path(), small());
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    assert!(!half.exists());
    assert_eq!(read(&log).await, payloads(0, 600));
}

#[tokio::test]
async fn a_segment_that_is_there_in_both_forms_is_there_once() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { compress: false, ..small() });
    append(&log, 0, 600).await;
    drop(log);
    let sealed = files(dir.path(), "seg").remove(0);
    let bytes = std::fs::read(&sealed).expect("it can be read");
    let log = open(dir.path(), small());
    until(&log, |_| files(dir.path(), "seg").len() == 1).await;
    drop(log);
    // As if the process had died between the two.
    std::fs::write(&sealed, bytes).expect("there is room");
    let log = open(dir.path(), small());
    assert!(!sealed.exists());
    assert_eq!(read(&log).await, payloads(0, 600));
}

#[tokio::test]
async fn a_short_file_costs_its_tail() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), Options { compress: false, ..small() });
    append(&log, 0, 600).await;
    drop(log);
    let sealed = files(dir.path(), "seg").remove(1);
    let file = OpenOptions::new().write(true).open(&sealed).expect("it is there");
    file.set_len(20_001).expect("it can be cut");
    let log = open(dir.path(), small());
    let left = read(&log).await;
    assert!((400..600).contains(&left.len()), "{}", left.len());
    assert_eq!(left.last(), payloads(599, 600).last());
}

#[tokio::test]
async fn a_newer_version_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("there is room");
    let (path, mut bytes, _) = closed_log(dir.path(), 3).await;
    header::set_version(&mut bytes[..BLOCK], 9);
    std::fs::write(&path, &bytes).expect("it can be written");
    let error = FileLog::open(dir.path(), small()).err().expect("it is refused");
    assert!(matches!(&error, OpenError::Newer { version: 9, .. }));
    assert!(!error.to_string().contains('\n'));
    assert_eq!(std::fs::read(&path).expect("it is there"), bytes);
}

#[tokio::test]
async fn a_segment_without_a_header_is_set_aside_and_the_log_goes_on() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    let mut batch = Batch::new();
    batch.commit("reader", Position(8));
    log.lane().append(batch).await.expect("there is room");
    append(&log, 0, 400).await;
    drop(log);
    let newest = files(dir.path(), "seg").pop().expect("there is one");
    let file = OpenOptions::new().write(true).open(&newest).expect("it is there");
    file.write_all_at(&[1; BLOCK], 0).expect("it can be written");
    let log = open(dir.path(), small());
    let left = read(&log).await;
    assert!(left.len() < 400 && !left.is_empty());
    assert_eq!(left, payloads(0, left.len() as u64));
    assert_eq!(log.committed("reader"), Some(Position(8)));
    append(&log, 400, 410).await;
    assert_eq!(files(dir.path(), "damaged").len(), 1);
    drop(log);
    let log = open(dir.path(), small());
    assert_eq!(read(&log).await.len(), left.len() + 10);
}

#[tokio::test]
async fn every_cut_length_opens_and_yields_a_beginning() {
    let dir = tempfile::tempdir().expect("there is room");
    let (path, bytes, positions) = closed_log(dir.path(), 6).await;
    let last = place(positions[5]) + frame_bytes(payload(5).len());
    for length in (0..BLOCK).step_by(97).chain(BLOCK..last + 9) {
        for entry in std::fs::read_dir(dir.path()).expect("it is there").flatten() {
            if entry.path().is_file() && entry.file_name() != "lock" {
                std::fs::remove_file(entry.path()).expect("it is ours");
            }
        }
        std::fs::write(&path, &bytes[..length]).expect("there is room");
        let recovered = recovered(dir.path());
        let kept = positions
            .iter()
            .zip(0..)
            .filter(|(position, n)| place(**position) + frame_bytes(payload(*n).len()) <= length);
        assert_eq!(recovered, payloads(0, kept.count() as u64), "{length}");
    }
}

#[tokio::test]
async fn every_flipped_bit_opens_and_yields_no_bad_record() {
    let dir = tempfile::tempdir().expect("there is room");
    let (path, bytes, positions) = closed_log(dir.path(), 4).await;
    let last = place(positions[3]) + frame_bytes(payload(3).len());
    let all = payloads(0, 4);
    for at in (0..BLOCK).step_by(61).chain(BLOCK..last) {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            for aside in files(dir.path(), "damaged").into_iter().chain(files(dir.path(), "seg")) {
                std::fs::remove_file(aside).expect("it is ours");
            }
            std::fs::write(&path, &damaged).expect("there is room");
            let found = recovered(dir.path());
            let mut rest = all.iter();
            assert!(found.iter().all(|payload| rest.any(|known| known == payload)), "{at} {bit}");
            assert!(
                at < BLOCK || found.len() >= 3 || at >= place(positions[3]) || found.len() == 3
            );
        }
    }
}

/// The messages of the newest segment, by recovery alone, without threads.
fn recovered(dir: &Path) -> Vec<Bytes> {
    use crate::file::{disk::RealDisk, recovery::recover, segment, walk};
    let disk = RealDisk::new(false);
    let found = recover(&disk, &Directory::new(dir), 64 << 10, 0).expect("opening always ends");
    let active = &found.catalog.active;
    let file = std::fs::File::open(&active.raw.path).expect("it is there");
    let source = segment::RawSource::new(file, active.base, found.head, 1 << 16);
    let mut walk = walk::Walk::new(source, active.nonce, active.base, found.head);
    let mut payloads = Vec::new();
    loop {
        match walk.step().expect("it can be read") {
            walk::Step::Frame(frame) => {
                let entry = frame.entry();
                if entry.label.kind == 1 {
                    payloads.push(entry.payload);
                }
            }
            walk::Step::Damage { .. } => {}
            walk::Step::End => return payloads,
        }
    }
}
