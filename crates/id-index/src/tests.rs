//! The index against a map that knows everything.

mod damage;
mod model;
mod window;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::options::HOUR_MS;
use crate::{IdIndex, Options};

/// Repeatable numbers that look like chance.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn key(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

const T: i64 = 1_800_000_000_000;

/// An accepted record.
#[derive(Debug, Clone, Copy)]
struct Accepted {
    key: u128,
    position: u64,
    time_ms: i64,
}

/// An owner with its log, and what the index should answer.
struct Owner {
    folder: TempDir,
    options: Options,
    index: Option<IdIndex>,
    random: Random,
    accepted: Vec<Accepted>,
    /// The latest record accepted with a key.
    latest: HashMap<u128, Accepted>,
    end: u64,
    time_ms: i64,
}

/// Generations of a few hundred ids, so that a small test sees many.
fn tiny() -> Options {
    Options { generation_ids: 300, ..Options::default() }
}

impl Owner {
    fn new(seed: u64, options: Options) -> Owner {
        let mut owner = Owner {
            folder: tempfile::tempdir().expect("folder"),
            options,
            index: None,
            random: Random(seed),
            accepted: Vec::new(),
            latest: HashMap::new(),
            end: 64,
            time_ms: T,
        };
        assert_eq!(owner.open(), None);
        owner
    }

    fn index(&mut self) -> &mut IdIndex {
        self.index.as_mut().expect("open")
    }

    /// Opens and replays; says from where.
    fn open(&mut self) -> Option<u64> {
        let options = Options { log_end: Some(self.end), ..self.options.clone() };
        let (mut index, from) = IdIndex::open(self.folder.path(), options).expect("open");
        assert!(from.is_none_or(|from| from <= self.end));
        for record in self.accepted.iter().filter(|record| record.position >= from.unwrap_or(0)) {
            index.restore(record.key, record.position, record.time_ms).expect("restore");
        }
        self.index = Some(index);
        from
    }

    /// The process and the machine die: records at or after `durable` are gone, and their
    /// positions are used again.
    fn crash(&mut self, durable: u64) {
        self.index.take().expect("open").crash();
        self.accepted.retain(|record| record.position < durable);
        self.latest = self.accepted.iter().map(|record| (record.key, *record)).collect();
        self.end = durable.max(64);
    }

    fn close(&mut self) {
        let end = self.end;
        self.index().seal_to(end).expect("seal");
        self.index = None;
    }

    /// Appends a record and checks what the index says of it.
    fn append(&mut self, key: u128, after_ms: i64) -> Option<u64> {
        self.time_ms += after_ms;
        let record = Accepted { key, position: self.end, time_ms: self.time_ms };
        self.end += 8 * (1 + self.random.below(200));
        let answer = self.index().insert(key, record.position, record.time_ms).expect("insert");
        match (answer, self.latest.get(&key).copied()) {
            (Some(position), Some(latest)) => assert_eq!(position, latest.position),
            (Some(position), None) => panic!("never seen, and yet at {position}"),
            (None, Some(latest)) if record.time_ms - latest.time_ms <= self.options.window_ms => {
                panic!("{latest:?} was forgotten at {record:?}, seen at {:?}", self.index().stats())
            }
            (None, _) => {
                self.accepted.push(record);
                self.latest.insert(key, record);
            }
        }
        answer
    }

    fn append_new(&mut self, count: usize, after_ms: i64) {
        for _ in 0..count {
            let key = self.random.key();
            assert_eq!(self.append(key, after_ms), None);
        }
    }

    /// Appends a record whose key is new, or was used lately, or long ago.
    fn append_any(&mut self) {
        let len = self.accepted.len() as u64;
        let back = match self.random.below(10) {
            0..2 => self.random.below(50) + 1,
            2..4 => self.random.below(5000) + 1,
            _ => 0,
        };
        let key = match back {
            1.. if back <= len => self.accepted[(len - back) as usize].key,
            _ => self.random.key(),
        };
        let after_ms = self.random.below(4 * 60_000) as i64;
        self.append(key, after_ms);
    }

    /// Every key of the window is found where it is, and strangers are not.
    fn check_all(&mut self) {
        let oldest = self.time_ms - self.options.window_ms;
        let index = self.index.as_ref().expect("open");
        for (key, record) in &self.latest {
            let found = index.find(*key).expect("find");
            if found != Some(record.position) && (found.is_some() || record.time_ms >= oldest) {
                panic!("{record:?} found at {found:?}, {:?}", index.stats());
            }
        }
        for _ in 0..1000 {
            assert_eq!(index.find(self.random.key()).expect("find"), None);
        }
    }

    fn settle(&mut self) {
        self.index().settle().expect("settle");
    }

    /// The index's files in position order.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).expect("folder");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
        files.sort();
        files
    }
}

/// The range of positions that a file covers, by its name.
fn covers(path: &std::path::Path) -> (u64, u64) {
    let name = path.file_stem().and_then(|name| name.to_str()).expect("name");
    let (from, to) = name.split_once('-').expect("two positions");
    (from.parse().expect("from"), to.parse().expect("to"))
}

#[test]
fn an_id_is_seen_once_and_stays_where_it_was() {
    let mut owner = Owner::new(1, Options::default());
    assert_eq!(owner.append(7, 0), None);
    assert_eq!(owner.append(7 << 64, 0), None);
    assert_eq!(owner.append(7, 0), Some(64));
    owner.close();
    assert!(owner.open().is_some());
    assert_eq!(owner.append(7, HOUR_MS), Some(64));
    owner.index().forget_before(72);
    assert_eq!(owner.index().find(7).expect("find"), None);
    assert_eq!(owner.append(7, 0), Some(64));
}

#[test]
fn keys_that_share_half_of_their_bits_are_told_apart() {
    let mut owner = Owner::new(2, tiny());
    for round in 0..3 {
        for i in 0..500u128 {
            owner.append(i, 0);
            owner.append(i << 64, 0);
            owner.append(u128::from(u64::MAX) << 64 | i, 0);
        }
        let end = owner.end;
        owner.index().seal_to(end).expect("seal");
        owner.settle();
        assert_eq!(owner.index().len(), 1499, "round {round}");
    }
}

#[test]
fn threads_can_share_it_for_look_ups() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(Owner::new(0, tiny()).index());
}

#[test]
fn what_is_restored_reaches_the_disk_on_the_way() {
    let folder = tempfile::tempdir().expect("folder");
    let mut random = Random(5);
    let keys: Vec<u128> = (0..600_000).map(|_| random.key()).collect();
    let (mut index, _) = IdIndex::open(folder.path(), Options::default()).expect("open");
    for (i, key) in keys.iter().enumerate() {
        index.restore(*key, i as u64 * 8, T).expect("restore");
    }
    index.settle().expect("settle");
    assert_eq!(index.stats().unwritten, 100_000);
    drop(index);
    let (index, from) = IdIndex::open(folder.path(), Options::default()).expect("open");
    assert_eq!((from, index.len()), (Some(500_000 * 8), 500_000));
    for i in (0..500_000).step_by(997) {
        assert_eq!(index.find(keys[i]).expect("find"), Some(i as u64 * 8));
    }
}

#[test]
fn positions_must_grow_and_be_aligned() {
    let mut owner = Owner::new(3, Options::default());
    owner.append(1, 0);
    let end = owner.end;
    assert!(owner.index().insert(2, 64, T).is_err());
    assert!(owner.index().insert(2, end + 4, T).is_err());
    owner.append(3, 0);
    owner.check_all();
}

#[test]
fn positions_far_apart_begin_a_generation() {
    let mut owner = Owner::new(4, Options::default());
    for _ in 0..50 {
        owner.append_new(3, 0);
        owner.end += 20 << 30;
    }
    assert!(owner.index().stats().generations > 20);
    owner.close();
    owner.open();
    owner.settle();
    owner.check_all();
    assert_eq!(owner.index().stats().generations, 1);
}
