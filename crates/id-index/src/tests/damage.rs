//! Damage of every kind: opening asks for what is missing, and then nothing is.

use std::fs;
use std::path::Path;

use super::model::flip;
use super::{Owner, covers, tiny};
use crate::{IdIndex, IndexError, Options};

/// A closed owner with runs and parts.
fn closed() -> Owner {
    let mut owner = Owner::new(11, tiny());
    for _ in 0..14 {
        owner.append_new(120, 100);
        let end = owner.end;
        owner.index().seal_to(end).expect("seal");
        owner.settle();
    }
    owner.close();
    let names: Vec<String> = owner.files().iter().map(|path| path.display().to_string()).collect();
    assert!(names.iter().filter(|name| name.ends_with(".run")).count() >= 1, "{names:?}");
    assert!(names.iter().filter(|name| name.ends_with(".ids")).count() >= 1, "{names:?}");
    owner
}

/// Does `harm` to each file in turn, opens, and expects a replay from the file on at the latest.
fn each_file_in_turn(mut harm: impl FnMut(&Path, u64)) {
    let mut owner = closed();
    for at in 0..owner.files().len() {
        let files = owner.files();
        let Some(path) = files.get(at) else { break };
        harm(path, at as u64);
        let from = owner.open();
        assert!(from.unwrap_or(0) <= covers(path).0, "{from:?} {}", path.display());
        assert_eq!(owner.index().len(), owner.accepted.len() as u64);
        owner.check_all();
        owner.settle();
        owner.check_all();
        owner.close();
        owner.open();
        owner.check_all();
        owner.close();
    }
}

#[test]
fn a_missing_file_is_replayed() {
    each_file_in_turn(|path, _| fs::remove_file(path).expect("remove"));
}

#[test]
fn a_cut_file_is_replayed() {
    each_file_in_turn(|path, at| {
        let file = fs::File::options().write(true).open(path).expect("open");
        let length = file.metadata().expect("length").len();
        file.set_len(if at % 2 == 0 { length - 1 } else { at * 100 }).expect("cut");
    });
}

#[test]
fn a_bit_anywhere_matters() {
    for part in 0..5 {
        each_file_in_turn(|path, at| {
            let bits = fs::metadata(path).expect("length").len() * 8;
            flip(path, (bits / 5 * part + at * 7919) % bits);
        });
    }
}

#[test]
fn a_bit_of_the_fences_or_the_filter_matters() {
    for from_end in [0, 50, 300, 700] {
        each_file_in_turn(|path, _| {
            let bits = fs::metadata(path).expect("length").len() * 8;
            let tail = if path.extension().is_some_and(|end| end == "run") { 800 } else { 60 };
            flip(path, bits - 1 - from_end % tail);
        });
    }
}

#[test]
fn a_part_that_breaks_off_is_taken_out_again() {
    let mut owner = Owner::new(12, Options::default());
    owner.append_new(100, 1);
    owner.close();
    owner.open();
    owner.append_new(1000, 1);
    owner.close();
    let last = owner.files().pop().expect("two parts");
    flip(&last, (3 * 4096 + 100) * 8);
    assert_eq!(owner.open(), Some(covers(&last).0));
    assert_eq!(owner.index().len(), 1100);
    owner.check_all();
}

#[test]
fn without_any_file_everything_is_replayed() {
    let mut owner = closed();
    owner.files().iter().for_each(|path| fs::remove_file(path).expect("remove"));
    assert_eq!(owner.open(), None);
    owner.check_all();
}

#[test]
fn what_a_crash_left_behind_does_no_harm() {
    let mut owner = closed();
    let copies: Vec<_> =
        owner.files().iter().map(|path| (path.clone(), fs::read(path).expect("read"))).collect();
    owner.open();
    for _ in 0..10 {
        owner.append_new(200, 100);
        let end = owner.end;
        owner.index().seal_to(end).expect("seal");
        owner.settle();
    }
    owner.close();
    // Inputs of merges that were not removed, and a file that was not finished.
    for (path, bytes) in copies {
        fs::write(path.with_extension("run.tmp"), &bytes[..bytes.len() / 2]).expect("write");
        if !path.exists() {
            fs::write(path, bytes).expect("write");
        }
    }
    assert_eq!(owner.open(), Some(owner.end));
    owner.check_all();
    assert!(owner.files().iter().all(|path| path.extension().is_none_or(|end| end != "tmp")));
}

#[test]
fn files_that_reach_beyond_the_log_are_not_believed() {
    let mut owner = closed();
    let end = owner.accepted[owner.accepted.len() / 2].position;
    owner.accepted.retain(|record| record.position < end);
    owner.latest = owner.accepted.iter().map(|record| (record.key, *record)).collect();
    owner.end = end;
    assert!(owner.open().is_none_or(|from| from <= end));
    assert_eq!(owner.index().len(), owner.accepted.len() as u64);
    owner.check_all();
    owner.append_new(500, 1);
    owner.check_all();
}

#[test]
fn damage_while_open_loses_nothing_and_is_mended_by_the_next_open() {
    let mut owner = closed();
    owner.open();
    let run =
        owner.files().into_iter().find(|path| path.extension().is_some_and(|end| end == "run"));
    let run = run.expect("a run");
    let from = covers(&run).0;
    flip(&run, 4096 * 8 + 400);
    let keys: Vec<u128> = owner.accepted.iter().map(|record| record.key).collect();
    let answers = keys.iter().map(|key| owner.index().find(*key).expect("find"));
    assert!(answers.filter(Option::is_none).count() > 0);
    assert!(owner.index().stats().unreadable > 0);
    owner.append_new(1000, 1);
    owner.settle();
    owner.close();
    assert!(owner.open().unwrap_or(0) <= from);
    owner.check_all();
    assert_eq!(owner.index().stats().unreadable, 0);
}

#[test]
fn a_newer_format_is_left_alone() {
    let owner = closed();
    let path = &owner.files()[0];
    let mut bytes = fs::read(path).expect("read");
    bytes[8] += 1;
    let crc = crc32c::crc32c(&bytes[..4092]);
    bytes[4092..4096].copy_from_slice(&crc.to_le_bytes());
    fs::write(path, &bytes).expect("write");
    let opened = IdIndex::open(owner.folder.path(), Options::default());
    assert!(matches!(opened, Err(IndexError::Newer { version: 2, .. })));
    assert_eq!(fs::read(path).expect("read"), bytes);
}
