//! Making one file out of ids in memory, or out of several files.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::run::{Head, Kind, Reader, Run};
use crate::run_writer::RunWriter;
use crate::{Id, IndexError};

/// Ids that are merged at once, on average: they stay in the processor's cache.
const AT_ONCE: u64 = 2048;

/// Writes `ids`, in position order, to a part. `sorted` is memory to work in.
pub(crate) fn write_part(
    folder: &Path,
    head: Head,
    ids: &[Id],
    sorted: &mut Vec<Id>,
) -> Result<Run, IndexError> {
    let mut writer = RunWriter::create(folder, head, ids.len() as u64)?;
    sorted.clear();
    sorted.extend_from_slice(ids);
    write_sorted(sorted, &mut writer)?;
    writer.finish()
}

/// What the file that takes the place of `inputs` covers; `inputs` are neighbours, oldest first.
pub(crate) fn merged_head(inputs: &[Arc<Run>], kind: Kind, window_start: u64) -> Option<Head> {
    let (first, last) = (inputs.first()?.head, inputs.last()?.head);
    let heads = || inputs.iter().map(|run| run.head);
    Some(Head {
        kind,
        from: first.from,
        first_ms: heads().map(|head| head.first_ms).min()?,
        newest_ms: heads().map(|head| head.newest_ms).max()?,
        generation: first.generation,
        window_start,
        ..last
    })
}

/// Merges files into one that covers the same positions. Keys are spread evenly, so the files are
/// read side by side in small ranges of keys, and each range is sorted in memory.
///
/// `None` when `cancelled` was set meanwhile.
pub(crate) fn merge(
    folder: &Path,
    head: Head,
    inputs: &[Arc<Run>],
    cancelled: &AtomicBool,
) -> Result<Option<Run>, IndexError> {
    let total: u64 = inputs.iter().map(|run| run.head.count).sum();
    let mut readers: Vec<Reader<'_>> = inputs.iter().map(|run| Reader::new(run)).collect();
    let mut writer = RunWriter::create(folder, head, total)?;
    let mut ids = Vec::with_capacity(2 * AT_ONCE as usize);
    let ranges = u128::from(total / AT_ONCE + 1);
    for range in 1..=ranges {
        if cancelled.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let bound = (range << 64) / ranges;
        for reader in &mut readers {
            reader.take_below(bound, &mut ids)?;
        }
        write_sorted(&mut ids, &mut writer)?;
        ids.clear();
    }
    writer.finish().map(Some)
}

/// Of two with the same key the later one counts.
fn write_sorted(ids: &mut [Id], writer: &mut RunWriter<'_>) -> Result<(), IndexError> {
    ids.sort_unstable_by(|a, b| {
        a.high.cmp(&b.high).then_with(|| a.low.cmp(&b.low)).then(b.position.cmp(&a.position))
    });
    let mut last = None;
    for id in ids.iter() {
        if last != Some(id.key()) {
            writer.push(*id)?;
            last = Some(id.key());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const EMPTY: Head = Head {
        kind: Kind::Part,
        from: 0,
        to: 0,
        generation: 0,
        first_ms: 0,
        newest_ms: 0,
        clock: Clock::restored(0, 0, true),
        window_start: 0,
        count: 0,
        pages: 0,
        filter_homes: 0,
        filter_lines: 0,
        tail_crc: 0,
    };

    fn part(folder: &Path, from: u64, keys: &[u64]) -> Arc<Run> {
        let to = from + 8 * keys.len() as u64;
        let id = |(i, key): (usize, &u64)| Id { high: *key, low: 7, position: from + 8 * i as u64 };
        let ids: Vec<Id> = keys.iter().enumerate().map(id).collect();
        let head = Head { from, to, ..EMPTY };
        Arc::new(write_part(folder, head, &ids, &mut Vec::new()).expect("write"))
    }

    #[test]
    fn of_two_with_the_same_key_the_later_one_is_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let spread: Vec<u64> =
            (0..5000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let inputs = [
            part(folder.path(), 0, &[5, u64::MAX, 3]),
            part(folder.path(), 24, &spread),
            part(folder.path(), 40_024, &[3, 4, u64::MAX]),
        ];
        let head = merged_head(&inputs, Kind::Run, 0).expect("some");
        let run = merge(folder.path(), head, &inputs, &AtomicBool::new(false));
        let run = run.expect("merge").expect("not cancelled");
        let found = |high| run.find(high, 7).expect("find");
        assert_eq!((run.head.from, run.head.to, run.head.count), (0, 40_048, 5004));
        assert_eq!(
            [3, 4, 5, u64::MAX].map(found),
            [Some(40_024), Some(40_032), Some(0), Some(40_040)]
        );
        assert_eq!(run.find(3, 8).expect("find"), None);
        assert_eq!(found(spread[4999]), Some(24 + 8 * 4999));
    }

    #[test]
    fn a_cancelled_merge_leaves_its_inputs() {
        let folder = tempfile::tempdir().expect("folder");
        let inputs = [part(folder.path(), 0, &[5]), part(folder.path(), 8, &[6])];
        let head = merged_head(&inputs, Kind::Run, 0).expect("some");
        let run = merge(folder.path(), head, &inputs, &AtomicBool::new(true)).expect("merge");
        assert!(run.is_none());
        assert_eq!(inputs[1].find(6, 7).expect("find"), Some(8));
    }
}
