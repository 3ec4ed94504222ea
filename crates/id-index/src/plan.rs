//! When a generation ends, which runs are merged, which are forgotten. Pure rules.

use std::ops::Range;

use crate::Options;
use crate::clock::STEP_MAX_MS;

/// Runs of about one size that are merged into one while their period lasts.
const TOGETHER: usize = 6;
/// How different sizes may be and still count as about one.
const RATIO_MAX: u64 = 4;
/// Files merged at once, at most.
const MERGED_MAX: usize = 64;
/// Parts with fewer ids than this are small.
const SMALL_IDS: u64 = 32 << 10;
/// Small parts that are let be.
const SMALL_MAX: usize = 8;
/// Beyond the window its runs are merged until one covers this many periods.
const OLD_PERIODS: i64 = 4;

/// What the rules know of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) ids: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) newest_ms: i64,
    pub(crate) memory_bytes: usize,
    /// It cannot be read as a whole, so it cannot be merged.
    pub(crate) damaged: bool,
}

/// Whether `now_ms` belongs to a later period than a generation's first id. Generations never
/// reach over the end of a period, so that a run made of several covers one.
pub(crate) fn period_over(first_ms: i64, now_ms: i64, options: &Options) -> bool {
    period(first_ms, options) != period(now_ms, options)
}

fn period(ms: i64, options: &Options) -> i64 {
    ms.div_euclid(options.generation_ms)
}

/// Whether ids up to `newest_ms` are older than the window.
pub(crate) fn left_window(newest_ms: i64, now_ms: i64, options: &Options) -> bool {
    out_of_window(newest_ms, now_ms, options.window_ms)
}

/// Whether everything up to `newest_ms` may be forgotten as far as the window goes. The clock may
/// have been moved by an hour too many.
fn out_of_window(newest_ms: i64, now_ms: i64, window_ms: i64) -> bool {
    now_ms.saturating_sub(newest_ms) > window_ms.saturating_add(STEP_MAX_MS)
}

/// How many of the oldest runs are forgotten. `ids` and `memory_bytes` are those of the whole
/// index; `floor` is where the owner's records begin.
pub(crate) fn forgotten(
    runs: &[Extent],
    now_ms: i64,
    mut ids: u64,
    mut memory_bytes: usize,
    floor: u64,
    options: &Options,
) -> usize {
    let mut count = 0;
    for run in runs {
        let too_many = options.ids_max.is_some_and(|max| ids > max);
        let too_old = out_of_window(run.newest_ms, now_ms, options.window_max_ms);
        let unwanted = memory_bytes > options.memory_bytes || run.to <= floor;
        let old = left_window(run.newest_ms, now_ms, options);
        if !(too_many || too_old || unwanted && old) {
            break;
        }
        ids -= run.ids;
        memory_bytes = memory_bytes.saturating_sub(run.memory_bytes);
        count += 1;
    }
    count
}

/// The next runs to merge, oldest first: all of a period that is over; within the present period
/// some of about one size. What has left the window is gathered into longer periods.
pub(crate) fn runs_to_merge(
    runs: &[Extent],
    now_ms: i64,
    options: &Options,
) -> Option<Range<usize>> {
    let mut start = 0;
    while start < runs.len() {
        let group = group(runs[start].newest_ms, now_ms, options);
        let same = |run: &&Extent| group == self::group(run.newest_ms, now_ms, options);
        let len = runs[start..].iter().take_while(same).count();
        let len = neighbours(&runs[start..start + len]);
        let whole = start..start + len.min(MERGED_MAX);
        if group.over && whole.len() > 1 {
            return Some(whole);
        }
        let first = runs[whole].windows(TOGETHER).position(alike);
        if let Some(first) = first.filter(|_| !group.over) {
            return Some(start + first..start + first + TOGETHER);
        }
        start += len.max(1);
    }
    None
}

/// Whether files of `bytes` may be merged on a file system with so many bytes free of all: for a
/// while there is a second copy of them, and the reserve is not ours, be it a twentieth at most.
pub(crate) fn room_to_merge(bytes: u64, free: u64, all: u64, options: &Options) -> bool {
    let copy = bytes.saturating_add(bytes / 4);
    free >= copy.saturating_add(options.reserve_bytes.min(all / 20))
}

/// How many of the first runs can become one file: sound, and nothing is missing between them.
fn neighbours(runs: &[Extent]) -> usize {
    let broken = runs.windows(2).position(|pair| pair[0].to != pair[1].from || pair[1].damaged);
    match runs.first() {
        Some(first) if !first.damaged => broken.map_or(runs.len(), |at| at + 1),
        _ => 0,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Group {
    old: bool,
    period: i64,
    /// Nothing will be added to it.
    over: bool,
}

fn group(newest_ms: i64, now_ms: i64, options: &Options) -> Group {
    let long = OLD_PERIODS * options.generation_ms;
    let period_end = (newest_ms.div_euclid(long) + 1) * long;
    if left_window(period_end, now_ms, options) {
        return Group { old: true, period: newest_ms.div_euclid(long), over: true };
    }
    let period = period(newest_ms, options);
    Group { old: false, period, over: period < self::period(now_ms, options) }
}

fn alike(runs: &[Extent]) -> bool {
    let sizes = || runs.iter().map(|run| run.ids);
    sizes().max().unwrap_or(0) <= sizes().min().unwrap_or(0).saturating_mul(RATIO_MAX)
}

/// Which of a generation's parts, given by their ids, are merged into one: restarts leave many
/// small ones behind.
pub(crate) fn parts_to_merge(parts: &[u64]) -> Option<Range<usize>> {
    let small = parts.iter().rev().take_while(|ids| **ids < SMALL_IDS).count();
    (small > SMALL_MAX).then(|| parts.len() - small.min(MERGED_MAX)..parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::HOUR_MS;

    fn runs(of: &[(i64, u64)]) -> Vec<Extent> {
        let extent = |(i, (hour, ids)): (usize, &(i64, u64))| Extent {
            ids: *ids,
            from: i as u64 * 100,
            damaged: false,
            to: (i as u64 + 1) * 100,
            newest_ms: hour * HOUR_MS,
            memory_bytes: 100,
        };
        of.iter().enumerate().map(extent).collect()
    }

    fn forgets(
        of: &[(i64, u64)],
        now_hour: i64,
        memory: usize,
        floor: u64,
        options: Options,
    ) -> usize {
        let runs = runs(of);
        let ids = runs.iter().map(|run| run.ids).sum();
        forgotten(&runs, now_hour * HOUR_MS, ids, memory, floor, &options)
    }

    #[test]
    fn what_is_in_the_window_stays_whatever_memory_it_takes() {
        let of = [(1, 9), (7, 9), (20, 9)];
        assert_eq!(forgets(&of, 25, 10 << 30, 900, Options::default()), 0);
    }

    #[test]
    fn older_runs_go_when_memory_is_short_or_their_records_are_gone() {
        let of = [(1, 9), (7, 9), (20, 9)];
        assert_eq!(forgets(&of, 40, 300, 0, Options::default()), 0);
        assert_eq!(forgets(&of, 40, 300, 100, Options::default()), 1);
        let options = Options { memory_bytes: 150, ..Options::default() };
        assert_eq!(forgets(&of, 40, 300, 0, options.clone()), 2);
        assert_eq!(forgets(&of, 40, 240, 0, options), 1);
    }

    #[test]
    fn the_longest_window_and_the_limit_on_ids_always_count() {
        let of = [(1, 9), (7, 9), (20, 9)];
        assert_eq!(forgets(&of, 180, 0, 0, Options::default()), 2);
        let options = Options { ids_max: Some(10), ..Options::default() };
        assert_eq!(forgets(&of, 20, 0, 0, options), 2);
    }

    fn merges(of: &[(i64, u64)], now_hour: i64) -> Option<Range<usize>> {
        runs_to_merge(&runs(of), now_hour * HOUR_MS, &Options::default())
    }

    #[test]
    fn a_period_that_is_over_becomes_one_run() {
        assert_eq!(merges(&[(1, 10), (4, 90), (7, 10)], 7), Some(0..2));
        assert_eq!(merges(&[(1, 10), (7, 10), (8, 70)], 8), None);
    }

    #[test]
    fn within_the_period_runs_of_one_size_are_merged() {
        let of = [(1, 300), (2, 10), (2, 11), (2, 12), (3, 10), (3, 10), (3, 10)];
        assert_eq!(merges(&of, 3), Some(1..7));
        assert_eq!(merges(&of[..6], 3), None);
    }

    #[test]
    fn only_sound_neighbours_are_merged() {
        let mut of = runs(&[(1, 10), (2, 10), (3, 10), (4, 10), (7, 10)]);
        let merges = |of: &[Extent]| runs_to_merge(of, 7 * HOUR_MS, &Options::default());
        of[1].damaged = true;
        assert_eq!(merges(&of), Some(2..4));
        of[3].from += 8;
        assert_eq!(merges(&of), None);
    }

    #[test]
    fn a_merge_leaves_the_reserve_alone() {
        let options = Options { reserve_bytes: 100, ..Options::default() };
        let fits = |bytes, free, all| room_to_merge(bytes, free, all, &options);
        assert!(fits(80, 200, 10_000));
        assert!(!fits(81, 200, 10_000));
        assert!(fits(80, 110, 200), "of a small disk a twentieth");
    }

    #[test]
    fn what_left_the_window_is_gathered_into_days() {
        let of = [(1, 10), (7, 10), (13, 10), (19, 10), (25, 10)];
        assert_eq!(merges(&of, 40), None);
        assert_eq!(merges(&of, 50), Some(0..4));
    }

    #[test]
    fn many_small_parts_become_one() {
        assert_eq!(parts_to_merge(&[100; 8]), None);
        assert_eq!(parts_to_merge(&[100; 9]), Some(0..9));
        assert_eq!(parts_to_merge(&[[40_000, 7].as_slice(), &[1; 9]].concat()), Some(1..11));
    }
}
