//! What an id costs: nanoseconds, bytes, and how long opening takes.
//!
//! `cargo run --profile fast -p id-index --example probe -- [ids in millions] [hours] [folder]`

use std::path::PathBuf;
use std::time::Instant;

use id_index::{IdIndex, Options};

/// A log writer's group, and the ids of a log segment.
const GROUP: usize = 64;
const SEGMENT: u64 = 250_000;
const RECORD_BYTES: u64 = 1200;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let millions: u64 = arguments.next().map_or(10, |n| n.parse().expect("a number"));
    let hours: u64 = arguments.next().map_or(1, |n| n.parse().expect("a number"));
    let folder =
        arguments.next().map_or_else(|| std::env::temp_dir().join("id-probe"), PathBuf::from);
    let open = || IdIndex::open(&folder, Options::default()).expect("open");

    let (mut index, from) = open();
    assert!(from.is_none(), "{} is not empty", folder.display());
    let mut inserted = 0u64;
    for million in 1..=millions {
        let (start, cpu) = (Instant::now(), thread_cpu_ns());
        let mut longest_us = 0;
        while inserted < million * 1_000_000 {
            let group_start = Instant::now();
            let keys: [u128; GROUP] = std::array::from_fn(|i| key(inserted + i as u64));
            keys.iter().for_each(|key| index.prefetch(*key));
            for key in keys {
                let position = inserted * RECORD_BYTES;
                let time_ms = (inserted * hours * 36 / (millions * 10)) as i64;
                let first = index.insert(key, position, time_ms).expect("insert");
                assert!(first.is_none());
                inserted += 1;
            }
            if inserted.is_multiple_of(SEGMENT) {
                index.seal_to(inserted * RECORD_BYTES).expect("seal");
            }
            longest_us = longest_us.max(group_start.elapsed().as_micros());
        }
        let (wall, cpu) = (start.elapsed(), thread_cpu_ns() - cpu);
        // No log is as fast as this loop: the background gets the time that it would have.
        index.settle().expect("settle");
        let stats = index.stats();
        println!(
            "{million:>3} M  {:>4} ns an insert, {:>4} ns of its thread  longest group {:>6} µs  \
             index {:>4} MB  process {:>4} MB (peak {:>4})  {} generations, {} runs",
            wall.as_nanos() / 1_000_000,
            cpu / 1_000_000,
            longest_us,
            stats.memory_bytes >> 20,
            status_mb("VmRSS"),
            status_mb("VmHWM"),
            stats.generations,
            stats.runs,
        );
    }
    let repeats = 200_000;
    let start = Instant::now();
    for i in 0..repeats {
        assert!(index.find(key(i * 31_337 % inserted)).expect("find").is_some());
    }
    println!("{} ns a repeat, on disk", start.elapsed().as_nanos() / u128::from(repeats));
    let start = Instant::now();
    index.settle().expect("settle");
    println!("settled in {:?}: {:?}", start.elapsed(), index.stats());
    drop(index);
    let start = Instant::now();
    let (index, from) = open();
    println!("opened in {:?}, to replay from {from:?}: {:?}", start.elapsed(), index.stats());
}

fn key(number: u64) -> u128 {
    let mix = |seed: u64| {
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    u128::from(mix(1)) << 64 | u128::from(mix(2))
}

/// Processor time of this thread, in the kernel's own steps.
fn thread_cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

fn status_mb(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) >> 10
}
