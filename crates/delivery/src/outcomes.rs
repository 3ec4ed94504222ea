//! How outcomes become records.

use event_log::{Batch, Label, Position, Tag};
use serde::Serialize;
use spec::{Attempt, Attempts, Delivered, DestinationId, Together, record};

/// A record speaks about a stretch of log no longer than this, so that whoever looks for the
/// outcomes of one message finds few records to read.
const STRETCH_BYTES: u64 = 1 << 20;

/// Outcomes that are not recorded yet.
#[derive(Debug, Default)]
pub struct Outcomes {
    attempts: Vec<Attempt>,
    together: Vec<Together>,
    len: usize,
}

impl Outcomes {
    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one.
    pub fn push(&mut self, attempt: Attempt) {
        self.len += 1;
        self.attempts.push(attempt);
    }

    /// Adds first attempts that delivered a batch.
    pub fn push_together(&mut self, together: Together) {
        self.len += together.positions.len();
        self.together.push(together);
    }

    fn first(&self) -> Option<u64> {
        let together = self.together.iter().filter_map(|together| together.positions.first());
        self.attempts
            .first()
            .map(|attempt| &attempt.position)
            .into_iter()
            .chain(together)
            .min()
            .copied()
    }

    /// Takes out what is about messages before `end`.
    fn take_before(&mut self, end: u64) -> Outcomes {
        let many = self.attempts.partition_point(|attempt| attempt.position < end);
        let later = self.attempts.split_off(many);
        let attempts = std::mem::replace(&mut self.attempts, later);
        let mut before = Outcomes { attempts, ..Outcomes::default() };
        for mut together in std::mem::take(&mut self.together) {
            let many = together.positions.partition_point(|position| *position < end);
            let later = together.positions.split_off(many);
            if !later.is_empty() {
                self.together.push(Together { positions: later, ..together.clone() });
            }
            if !together.positions.is_empty() {
                before.together.push(together);
            }
        }
        before
    }
}

/// Appends records with `outcomes` to `batch`, neighbours together. Each says how far the
/// destination has read with it and all before; the last one says `read_to`.
pub fn write(
    batch: &mut Batch,
    destination: &DestinationId,
    mut outcomes: Outcomes,
    read_before: u64,
    read_to: u64,
    now_ms: i64,
) {
    // Stable: what happened to one message stays in its order.
    outcomes.attempts.sort_by_key(|attempt| attempt.position);
    let mut said = read_before;
    loop {
        let end = outcomes.first().map_or(u64::MAX, |first| first.saturating_add(STRETCH_BYTES));
        let Outcomes { attempts, together, .. } = outcomes.take_before(end);
        // Whatever lies before the next stretch has its outcome by now.
        let rest = outcomes.first();
        let read = rest.map_or(read_to, |first| first.clamp(said, read_to));
        if !attempts.is_empty() || together.is_empty() {
            let refers =
                (attempts.first().map(|a| a.position), attempts.last().map(|a| a.position));
            let read_to = if together.is_empty() { read } else { said };
            let record = Attempts { destination: destination.clone(), read_to, attempts };
            push(batch, record::ATTEMPTS, refers, now_ms, &record);
        }
        if !together.is_empty() {
            let first = together.iter().filter_map(|together| together.positions.first()).min();
            let last = together.iter().filter_map(|together| together.positions.last()).max();
            let refers = (first.copied(), last.copied());
            let record = Delivered { destination: destination.clone(), read_to: read, together };
            push(batch, record::DELIVERED, refers, now_ms, &record);
        }
        said = read;
        if rest.is_none() {
            break;
        }
    }
}

fn push<T: Serialize>(
    batch: &mut Batch,
    kind: u8,
    refers: (Option<u64>, Option<u64>),
    time_ms: i64,
    payload: &T,
) {
    let tag = match refers {
        (Some(first), Some(last)) => Tag::Refers(Position(first), Position(last)),
        _ => Tag::None,
    };
    batch.push(Label { kind, stream: 0, time_ms, tag }, &record::encode(payload));
}

#[cfg(test)]
mod tests {
    use event_log::{EventLog, MemoryLog};
    use spec::Outcome;

    use super::*;

    fn attempt(position: u64, number: u32) -> Attempt {
        let outcome = Outcome::Delivered { status: None };
        Attempt { position, stream: 1, received_at_ms: 0, at_ms: 0, took_ms: 0, number, outcome }
    }

    fn together(positions: &[u64]) -> Together {
        let positions = positions.to_vec();
        Together { stream: 1, minute_ms: 0, at_ms: 0, took_ms: 0, status: None, positions }
    }

    fn outcomes(attempts: Vec<Attempt>, batches: &[&[u64]]) -> Outcomes {
        let mut outcomes = Outcomes::default();
        attempts.into_iter().for_each(|attempt| outcomes.push(attempt));
        batches.iter().for_each(|positions| outcomes.push_together(together(positions)));
        outcomes
    }

    #[tokio::test]
    async fn neighbours_share_a_record_and_the_last_one_moves_on() {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        let far = 5 * STRETCH_BYTES;
        let attempts = vec![attempt(far, 1), attempt(8, 1), attempt(far + 8, 1), attempt(8, 2)];
        let outcomes = outcomes(attempts, &[]);
        write(&mut batch, &DestinationId("crm".into()), outcomes, 100, far + 16, 7);
        log.lane().append(batch).await.expect("there is room");
        let entries = log.read(Position(0), 1 << 20).await.expect("it was written").entries;
        let said: Vec<_> = entries
            .iter()
            .map(|entry| {
                let read: Attempts = record::decode(&entry.payload).expect("we wrote it");
                let attempts: Vec<(u64, u32)> =
                    read.attempts.iter().map(|a| (a.position, a.number)).collect();
                (entry.label.tag, read.read_to, attempts)
            })
            .collect();
        let refers = |a, b| Tag::Refers(Position(a), Position(b));
        assert_eq!(
            said,
            [
                (refers(8, 8), far, vec![(8, 1), (8, 2)]),
                (refers(far, far + 8), far + 16, vec![(far, 1), (far + 8, 1)]),
            ]
        );
    }

    #[tokio::test]
    async fn a_batch_is_told_in_stretches_and_none_says_more_than_is_settled() {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        let far = 5 * STRETCH_BYTES;
        let outcomes = outcomes(vec![attempt(24, 2)], &[&[16, 32, far], &[far + 8, 3 * far]]);
        assert_eq!(outcomes.len(), 6);
        write(&mut batch, &DestinationId("crm".into()), outcomes, 16, far + 4, 7);
        log.lane().append(batch).await.expect("there is room");
        let entries = log.read(Position(0), 1 << 20).await.expect("it was written").entries;
        let mut said = Vec::new();
        for entry in &entries {
            if entry.label.kind == record::ATTEMPTS {
                let read: Attempts = record::decode(&entry.payload).expect("we wrote it");
                said.push((read.read_to, read.attempts.iter().map(|a| a.position).collect()));
            } else {
                let read: Delivered = record::decode(&entry.payload).expect("we wrote it");
                let positions: Vec<u64> =
                    read.together.into_iter().flat_map(|together| together.positions).collect();
                said.push((read.read_to, positions));
            }
        }
        let expect = [
            (16, vec![24]),
            (far, vec![16, 32]),
            (far + 4, vec![far, far + 8]),
            (far + 4, vec![3 * far]),
        ];
        assert_eq!(said, expect);
        assert_eq!(entries[1].label.tag, Tag::Refers(Position(16), Position(32)));
    }

    #[tokio::test]
    async fn moving_on_needs_no_outcome() {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        write(&mut batch, &DestinationId("crm".into()), Outcomes::default(), 0, 64, 7);
        log.lane().append(batch).await.expect("there is room");
        let entries = log.read(Position(0), 1 << 20).await.expect("it was written").entries;
        assert_eq!((entries.len(), entries[0].label.tag), (1, Tag::None));
    }
}
