//! Random use with crashes and damage between.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use super::{Owner, tiny};
use crate::Options;

/// Days of records, sealed, reopened, crashed and damaged at random.
fn life(seed: u64, options: Options, steps: usize) {
    let mut owner = Owner::new(seed, options);
    // Everything before it is durable.
    let mut durable = 0;
    for _ in 0..steps {
        let appends = owner.random.below(400);
        (0..appends).for_each(|_| owner.append_any());
        if owner.random.below(3) > 0 {
            durable = owner.end - owner.random.below(2) * owner.random.below(40) * 8;
            durable = durable.max(64);
        }
        match owner.random.below(12) {
            0..5 => owner.index().seal_to(durable).expect("seal"),
            5..7 => {
                owner.index().seal_to(durable).expect("seal");
                owner.settle();
            }
            7 => {
                owner.close();
                durable = owner.end;
                assert_eq!(owner.open(), Some(durable));
            }
            8 => {
                owner.index().seal_to(durable).expect("seal");
                owner.crash(durable);
                owner.open();
            }
            9 => {
                owner.crash(durable);
                owner.open();
            }
            10 => {
                owner.close();
                durable = owner.end;
                damage(&mut owner);
                owner.open();
                owner.check_all();
            }
            _ => {
                let floor = owner.random.below(owner.end);
                owner.index().seal_to(durable).expect("seal");
                owner.crash(durable);
                owner.open();
                if owner.random.below(8) == 0 {
                    owner.index().forget_before(floor / 4);
                }
            }
        }
    }
    owner.settle();
    assert_eq!(owner.index().stats().unreadable, 0);
}

/// Removes, cuts or changes a random file.
fn damage(owner: &mut Owner) {
    let files = owner.files();
    let Some(path) = files.get(owner.random.below(files.len().max(1) as u64) as usize) else {
        return;
    };
    let length = fs::metadata(path).expect("length").len();
    match owner.random.below(4) {
        0 => fs::remove_file(path).expect("remove"),
        1 => {
            let file = File::options().write(true).open(path).expect("open");
            file.set_len(owner.random.below(length)).expect("cut");
        }
        _ => flip(path, owner.random.below(length * 8)),
    }
}

/// Turns one bit of a file around.
pub(super) fn flip(path: &std::path::Path, bit: u64) {
    let file = File::options().read(true).write(true).open(path).expect("open");
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).expect("read");
    file.write_all_at(&[byte[0] ^ 1 << (bit % 8)], bit / 8).expect("write");
}

#[test]
fn tiny_generations() {
    (0..4).for_each(|seed| life(seed, tiny(), 80));
}

#[test]
fn generations_that_end_by_time() {
    (10..13).for_each(|seed| life(seed, Options::default(), 80));
}

#[test]
fn with_little_memory() {
    let options = Options { memory_bytes: 300 << 10, generation_ids: 1000, ..Options::default() };
    (20..23).for_each(|seed| life(seed, options.clone(), 80));
}
