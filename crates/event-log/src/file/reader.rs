//! Reading what the ring no longer holds.
//!
//! Every frame's checksum is verified. Where something is damaged, reading goes on at the next
//! frame, and what was passed over is remembered and counted.

use std::{collections::BTreeMap, io, ops::ControlFlow};

use super::{
    catalog::Found,
    segment::{AnySource, READ_BYTES},
    shared::Shared,
    walk::{Step, Walk},
};
use crate::{Chunk, Entry, LogError, Position};

/// Least bytes to read at once.
const WINDOW_MIN: usize = 64 << 10;
/// How often a segment may change its form under a reader before that is an error.
const CHANGES_MAX: usize = 8;

/// See [`crate::EventLog::read`]. Blocks.
pub(crate) fn read(shared: &Shared, from: Position, max_bytes: usize) -> Result<Chunk, LogError> {
    let durable = shared.end.borrow().0;
    let mut from = from.0.next_multiple_of(8);
    let mut changes = 0;
    while changes < CHANGES_MAX {
        if from >= durable {
            return Ok(Chunk { entries: Vec::new(), next: Position(from) });
        }
        let found = {
            let catalog = shared.catalog();
            match catalog.find(from) {
                Some(found) => found,
                None => return Err(LogError::Gone(Position(catalog.oldest()))),
            }
        };
        match read_segment(shared, &found, durable, from, max_bytes) {
            Ok(ControlFlow::Break(chunk)) => return Ok(chunk),
            // Nothing but damage up to the segment's end.
            Ok(ControlFlow::Continue(next)) => from = next,
            // Compressed or removed since it was looked up.
            Err(error) if error.kind() == io::ErrorKind::NotFound => changes += 1,
            Err(error) => return Err(LogError::Unreadable(error.to_string())),
        }
    }
    Err(LogError::Unreadable("a segment's file is missing".to_owned()))
}

fn read_segment(
    shared: &Shared,
    found: &Found,
    durable: u64,
    from: u64,
    max_bytes: usize,
) -> io::Result<ControlFlow<Chunk, u64>> {
    let end = found.end.unwrap_or(durable).min(durable);
    let window = max_bytes.clamp(WINDOW_MIN, READ_BYTES);
    let source =
        AnySource::open(&*shared.disk, &shared.cache, &found.form, found.base, end, window)?;
    let mut walk = Walk::new(source, found.nonce, from, end);
    if from != found.base && !walk.is_at_frame()? {
        walk.jump(found.block_start);
    }
    let known: BTreeMap<u64, u64> =
        shared.catalog().damage.range(found.base..end).map(|(from, to)| (*from, *to)).collect();
    let mut entries: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    while bytes < max_bytes.max(1) {
        // Another load for the frame that the last one cut would read as much again.
        if bytes >= max_bytes.div_ceil(2) && !walk.is_next_loaded() {
            break;
        }
        if let Some(to) = known.get(&walk.position()) {
            walk.jump(*to);
        }
        match walk.step()? {
            Step::Frame(frame) => {
                if frame.position >= from {
                    bytes += frame.bytes.len();
                    entries.push(frame.entry());
                }
            }
            Step::Damage { from, to } => {
                tracing::error!(from, to, "damaged records in the log are passed over");
                shared.catalog_mut().damage.insert(from, to);
            }
            Step::End => break,
        }
    }
    let next = walk.position().max(from);
    if entries.is_empty() && next < durable {
        return Ok(ControlFlow::Continue(next));
    }
    Ok(ControlFlow::Break(Chunk { entries, next: Position(next) }))
}
