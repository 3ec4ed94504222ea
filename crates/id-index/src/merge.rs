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
