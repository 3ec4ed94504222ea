//! How outcomes become records.

use event_log::{Batch, Label, Position, Tag};
use spec::{Attempt, Attempts, DestinationId, record};

/// A record speaks about a stretch of log no longer than this, so that whoever looks for the
/// outcomes of one message finds few records to read.
const STRETCH_BYTES: u64 = 1 << 20;

/// Appends records with `attempts` to `batch`, neighbours together, and says in the last one that
/// the destination has read up to `read_to`; the others repeat `read_before`.
pub fn write(
    batch: &mut Batch,
    destination: &DestinationId,
    mut attempts: Vec<Attempt>,
    read_before: u64,
    read_to: u64,
    now_ms: i64,
) {
    // Stable: what happened to one message stays in its order.
    attempts.sort_by_key(|attempt| attempt.position);
    let mut push = |attempts: Vec<Attempt>, read_to: u64| {
        let tag = match (attempts.first(), attempts.last()) {
            (Some(first), Some(last)) => {
                Tag::Refers(Position(first.position), Position(last.position))
            }
            _ => Tag::None,
        };
        let label = Label { kind: record::ATTEMPTS, stream: 0, time_ms: now_ms, tag };
        let record = Attempts { destination: destination.clone(), read_to, attempts };
        batch.push(label, &record::encode(&record));
    };
    while let Some(first) = attempts.first() {
        let end = first.position.saturating_add(STRETCH_BYTES);
        let many = attempts.partition_point(|attempt| attempt.position < end);
        let rest = attempts.split_off(many);
        if rest.is_empty() {
            break;
        }
        push(std::mem::replace(&mut attempts, rest), read_before);
    }
    push(attempts, read_to);
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

    #[tokio::test]
    async fn neighbours_share_a_record_and_the_last_one_moves_on() {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        let far = 5 * STRETCH_BYTES;
        let attempts = vec![attempt(far, 1), attempt(8, 1), attempt(far + 8, 1), attempt(8, 2)];
        write(&mut batch, &DestinationId("crm".into()), attempts, 100, far + 16, 7);
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
                (refers(8, 8), 100, vec![(8, 1), (8, 2)]),
                (refers(far, far + 8), far + 16, vec![(far, 1), (far + 8, 1)]),
            ]
        );
    }

    #[tokio::test]
    async fn moving_on_needs_no_outcome() {
        let log = MemoryLog::new();
        let mut batch = Batch::new();
        write(&mut batch, &DestinationId("crm".into()), vec![], 0, 64, 7);
        log.lane().append(batch).await.expect("there is room");
        let entries = log.read(Position(0), 1 << 20).await.expect("it was written").entries;
        assert_eq!((entries.len(), entries[0].label.tag), (1, Tag::None));
    }
}
