//! The log against a `Vec`: a seed decides what is appended, read and committed, when the power
//! goes and what it takes along, what is damaged, and when the log is opened again.

use std::{collections::HashMap, path::Path, sync::Arc};

use bytes::Bytes;

use super::{
    FileLog, Options,
    directory::Directory,
    faults::{Dice, FaultyDisk},
};
use crate::{Appended, Batch, Entry, EventLog, Label, Lane, LogError, Position, Tag, conformance};

const SEEDS: u64 = 200;

/// What one record must be when it is read.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    position: Position,
    label: Label,
    duplicate_of: Option<Position>,
    payload: Bytes,
}

struct Model {
    dice: Dice,
    disk: Arc<FaultyDisk>,
    options: Options,
    records: Vec<Known>,
    firsts: HashMap<u128, Position>,
    committed: Option<Position>,
    /// Something was damaged on purpose: records may be missing, but none may be wrong.
    damaged: bool,
    next: u64,
}

fn options(dice: &mut Dice) -> Options {
    Options {
        segment_bytes: 16 << 10 << dice.roll(3),
        ring_bytes: [0, 8 << 10, 64 << 20][dice.roll(3) as usize],
        group_records_max: [3, 16 << 10][dice.roll(2) as usize],
        compress: dice.roll(3) > 0,
        reserve_bytes: 0,
        clock: || 1_763_000_000_000,
        ..Options::default()
    }
}

impl Model {
    fn new(seed: u64) -> Model {
        let mut dice = Dice::new(seed);
        Model {
            disk: Arc::new(FaultyDisk::new(dice.roll(u64::MAX))),
            options: options(&mut dice),
            dice,
            records: Vec::new(),
            firsts: HashMap::new(),
            committed: None,
            damaged: false,
            next: 0,
        }
    }

    fn open(&self, dir: &Path) -> FileLog {
        let lock = Directory::new(dir).lock().expect("it can be made").expect("it is ours");
        FileLog::open_on(self.disk.clone(), lock, dir, self.options.clone()).expect("opening ends")
    }

    /// A batch and what its records are, positions aside.
    fn batch(&mut self, log: &FileLog) -> (Batch, Vec<(Label, Bytes)>) {
        let mut batch = Batch::new();
        batch.want_places();
        let mut records = Vec::new();
        for _ in 0..1 + self.dice.roll(5) {
            self.next += 1;
            let id = self.dice.roll(self.next.min(40)).to_le_bytes();
            let (one, other) = (self.dice.roll(1 << 30), self.dice.roll(1 << 30));
            let tag = match self.dice.roll(4) {
                0 => Tag::None,
                1 => Tag::Refers(Position(one), Position(one + other)),
                _ => Tag::Key(log.key_of(1, &id)),
            };
            let time_ms = 1_763_000_000_000 + self.next as i64;
            let label = Label { kind: 1, stream: self.dice.roll(4), time_ms, tag };
            let magnitude = self.dice.roll(13);
            let length = self.dice.roll(1 << magnitude) as usize;
            let payload: Vec<u8> =
                self.next.to_le_bytes().into_iter().cycle().take(length).collect();
            batch.push(label, &payload);
            records.push((label, Bytes::from(payload)));
        }
        (batch, records)
    }

    fn take(&mut self, records: Vec<(Label, Bytes)>, appended: Appended) {
        for ((label, payload), place) in records.into_iter().zip(appended.places) {
            let mut known = Known { position: place.position, label, duplicate_of: None, payload };
            if let Tag::Key(key) = label.tag {
                known.duplicate_of = self.firsts.get(&key).copied();
                self.firsts.entry(key).or_insert(place.position);
            }
            if known.duplicate_of.is_some() {
                known.payload = Bytes::new();
            }
            assert_eq!(place.duplicate_of, known.duplicate_of);
            assert!(self.records.last().is_none_or(|last| last.position < known.position));
            self.records.push(known);
        }
    }

    async fn append(&mut self, log: &FileLog, lane: &Lane) -> bool {
        let (mut batch, records) = self.batch(log);
        let commit = (self.dice.roll(4) == 0).then(|| Position(self.dice.roll(1 << 20)));
        if let Some(position) = commit {
            batch.commit("reader", position);
        }
        match lane.append(batch).await {
            Ok(mut appended) => {
                appended.places.truncate(records.len());
                self.take(records, appended);
                self.committed = commit.or(self.committed);
                assert_eq!(log.committed("reader"), self.committed);
                true
            }
            Err(LogError::Stopped(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Everything the log says it has is what was appended, and, unless something was damaged,
    /// everything that was appended is there.
    async fn check(&self, log: &FileLog, from: Position) {
        let found = conformance::read_all(log, from).await;
        let found = found.iter().filter(|entry| entry.label.kind == 1).map(known);
        let mut expected = self.records.iter().filter(|known| known.position >= from);
        for found in found {
            let position = found.position;
            let same = match self.damaged {
                true => expected.find(|known| known.position == position),
                false => expected.next(),
            };
            assert_eq!(Some(&found), same);
        }
        assert!(self.damaged || expected.next().is_none(), "something is missing");
    }

    /// The index leads to every record that is asked for.
    async fn check_history(&mut self, log: &FileLog) {
        if self.damaged {
            return;
        }
        let stream = self.dice.roll(5);
        let mut before = *log.end().borrow();
        let mut found = Vec::new();
        while let Some(block) = log.block_before(before, Some(stream)) {
            let chunk = conformance::read_all(log, block.start).await;
            let mine = |entry: &&Entry| {
                let position = entry.position;
                entry.label.stream == stream && position < before && position < block.end
            };
            found.extend(chunk.iter().filter(mine).rev().map(|entry| entry.position));
            before = block.start;
        }
        let mine = self.records.iter().rev().filter(|known| known.label.stream == stream);
        assert_eq!(found, mine.map(|known| known.position).collect::<Vec<_>>());
        let about = Position(self.dice.roll(1 << 30));
        let blocks = log.blocks_referring(about);
        for known in &self.records {
            let refers = matches!(known.label.tag, Tag::Refers(a, b) if a <= about && about <= b);
            assert!(!refers || blocks.iter().any(|block| block.contains(&known.position)));
        }
        let time_ms = 1_763_000_000_000 + self.dice.roll(self.next + 2) as i64;
        let at = log.position_at(time_ms);
        let later = self.records.iter().find(|known| known.label.time_ms >= time_ms);
        assert!(later.is_none_or(|later| at <= later.position));
    }

    /// After the power came back: what was not confirmed may be there, batch by batch.
    async fn adopt(&mut self, log: &FileLog, unconfirmed: Option<Vec<(Label, Bytes)>>) {
        let found = conformance::read_all(log, log.stats().oldest).await;
        let known_until = self.records.last().map(|last| last.position);
        let later = |entry: &&Entry| {
            entry.label.kind == 1 && known_until.is_none_or(|known| entry.position > known)
        };
        let places: Vec<crate::Placed> = found
            .iter()
            .filter(later)
            .map(|entry| crate::Placed {
                position: entry.position,
                duplicate_of: entry.duplicate_of,
            })
            .collect();
        if let Some(records) = unconfirmed.filter(|_| !places.is_empty()) {
            assert_eq!(places.len(), records.len(), "a batch is there whole or not at all");
            self.take(records, Appended { places });
        } else {
            assert!(places.is_empty(), "nobody appended that");
        }
        self.committed = log.committed("reader");
    }

    async fn run(&mut self, dir: &Path) {
        let mut log = self.open(dir);
        let mut lane = log.lane();
        for _ in 0..40 {
            match self.dice.roll(12) {
                0 => {
                    let from = self.dice.roll(log.end().borrow().0 + 8);
                    self.check(&log, Position(from)).await;
                    self.check_history(&log).await;
                }
                1 => {
                    let id = self.dice.roll(40).to_le_bytes();
                    let key = log.key_of(1, &id);
                    let found = log.find(key).await.expect("it can be asked");
                    assert_eq!(found, self.firsts.get(&key).copied());
                }
                2 => {
                    if self.dice.roll(2) == 0 {
                        log.close().await;
                    }
                    drop((lane, log));
                    log = self.open(dir);
                    lane = log.lane();
                    self.check(&log, Position(0)).await;
                }
                3 => {
                    self.disk.cut_after(1 + self.dice.roll(12));
                    let unconfirmed = loop {
                        let dice = self.dice.clone();
                        let next = self.next;
                        if !self.append(&log, &lane).await {
                            // The same again, to know what was in it.
                            (self.dice, self.next) = (dice, next);
                            break self.batch(&log).1;
                        }
                    };
                    drop((lane, log));
                    self.disk.power_back();
                    log = self.open(dir);
                    lane = log.lane();
                    self.adopt(&log, Some(unconfirmed)).await;
                    self.check(&log, Position(0)).await;
                }
                4 if self.dice.roll(6) == 0 => {
                    drop((lane, log));
                    self.damage(dir);
                    log = self.open(dir);
                    lane = log.lane();
                    self.check(&log, Position(0)).await;
                }
                _ => {
                    for _ in 0..1 + self.dice.roll(6) {
                        assert!(self.append(&log, &lane).await);
                    }
                }
            }
        }
        self.check(&log, Position(0)).await;
        self.check_history(&log).await;
    }

    /// Flips a bit in a sealed segment or a side file.
    fn damage(&mut self, dir: &Path) {
        let found =
            std::fs::read_dir(dir).expect("it is there").flatten().map(|found| found.path());
        let mut paths: Vec<_> = found
            .filter(|path| {
                path.extension().is_some_and(|kind| kind == "seg" || kind == "zst" || kind == "idx")
            })
            .collect();
        paths.sort();
        // The newest segment's tail cannot be told from a torn one.
        paths.pop();
        if paths.is_empty() {
            return;
        }
        let path = &paths[self.dice.roll(paths.len() as u64) as usize];
        let mut bytes = std::fs::read(path).expect("it can be read");
        let at = 4096.min(bytes.len() - 1) as u64;
        let at = at + self.dice.roll(bytes.len() as u64 - at);
        bytes[at as usize] ^= 1 << self.dice.roll(8);
        std::fs::write(path, bytes).expect("it can be written");
        self.damaged = true;
    }
}

fn known(entry: &Entry) -> Known {
    Known {
        position: entry.position,
        label: entry.label,
        duplicate_of: entry.duplicate_of,
        payload: entry.payload.clone(),
    }
}

#[tokio::test]
async fn the_log_is_what_was_appended_whatever_happens() {
    for seed in 0..SEEDS {
        let dir = tempfile::tempdir().expect("there is room");
        println!("seed {seed}");
        Model::new(seed).run(dir.path()).await;
    }
}

/// The control: a test that passes on a disk whose syncs do nothing would prove nothing.
#[tokio::test]
#[should_panic]
async fn a_disk_that_lies_about_its_syncs_is_found_out() {
    for seed in 0..SEEDS {
        let dir = tempfile::tempdir().expect("there is room");
        let mut model = Model::new(seed);
        model.disk.lie();
        model.run(dir.path()).await;
    }
}
