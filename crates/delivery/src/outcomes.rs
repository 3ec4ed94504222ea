//! How outcomes become records.

use std::{collections::HashMap, sync::Arc};

use event_log::{Batch, Label, Position, Tag};
use spec::{
    Attempt, Attempts, Breakdown, Delivered, DestinationId, Event, Mixture, Together, record,
};

/// A record speaks about a stretch of log no longer than this, so that whoever looks for the
/// outcomes of one message finds few records to read.
const STRETCH_BYTES: u64 = 1 << 20;

/// Outcomes that are not recorded yet.
#[derive(Debug, Default)]
pub struct Outcomes {
    attempts: Vec<(Attempt, Option<Arc<Event>>)>,
    together: Vec<Load>,
    len: usize,
}

/// Messages that were delivered together.
#[derive(Debug)]
pub struct Load {
    /// What the log says of them.
    pub together: Together,
    /// Of each its event, and the bucket of the time that it took.
    pub of: Vec<(Arc<Event>, u16)>,
}

impl Load {
    fn first(&self) -> Option<u64> {
        self.together.positions.first().copied()
    }

    fn last(&self) -> Option<u64> {
        self.together.positions.last().copied()
    }

    /// Takes out what is before `end`.
    fn take_before(&mut self, end: u64) -> Load {
        let many = self.together.positions.partition_point(|position| *position < end);
        let later = self.together.positions.split_off(many);
        let positions = std::mem::replace(&mut self.together.positions, later);
        let later = self.of.split_off(many);
        let of = std::mem::replace(&mut self.of, later);
        Load { together: Together { positions, ..self.together.clone() }, of }
    }
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

    /// Adds one, and which event it is about where that is known.
    pub fn push(&mut self, attempt: Attempt, event: Option<Arc<Event>>) {
        self.len += 1;
        self.attempts.push((attempt, event));
    }

    /// Adds first attempts that delivered a batch.
    pub fn push_together(&mut self, load: Load) {
        self.len += load.together.positions.len();
        self.together.push(load);
    }

    fn first(&self) -> Option<u64> {
        let attempt = self.attempts.first().map(|(attempt, _)| attempt.position);
        attempt.into_iter().chain(self.together.iter().filter_map(Load::first)).min()
    }

    /// Takes out what is about messages before `end`.
    fn take_before(&mut self, end: u64) -> Outcomes {
        let many = self.attempts.partition_point(|(attempt, _)| attempt.position < end);
        let later = self.attempts.split_off(many);
        let attempts = std::mem::replace(&mut self.attempts, later);
        let mut before = Outcomes { attempts, ..Outcomes::default() };
        for mut load in std::mem::take(&mut self.together) {
            match (load.first(), load.last()) {
                (_, Some(last)) if last < end => before.together.push(load),
                (Some(first), _) if first >= end => self.together.push(load),
                _ => {
                    before.together.push(load.take_before(end));
                    self.together.push(load);
                }
            }
        }
        before
    }
}

/// The events of one record.
#[derive(Default)]
struct Listed<'a> {
    events: Vec<Event>,
    places: HashMap<&'a Event, u32>,
    /// The one that was asked for last: neighbours are often of the same.
    last: Option<(&'a Arc<Event>, u32)>,
}

impl<'a> Listed<'a> {
    fn place(&mut self, event: &'a Arc<Event>) -> u32 {
        match self.last {
            Some((last, place)) if Arc::ptr_eq(last, event) => return place,
            _ => {}
        }
        let place = *self.places.entry(event).or_insert_with(|| {
            self.events.push(event.as_ref().clone());
            self.events.len() as u32 - 1
        });
        self.last = Some((event, place));
        place
    }
}

fn mixture<'a>(load: &'a Load, listed: &mut Listed<'a>) -> Mixture {
    let mut events: Vec<u32> = Vec::new();
    let mut latency: HashMap<u16, u32> = HashMap::new();
    for (event, bucket) in &load.of {
        let place = listed.place(event) as usize;
        if events.len() <= place {
            events.resize(place + 1, 0);
        }
        events[place] += 1;
        *latency.entry(*bucket).or_default() += 1;
    }
    let events = (0..).zip(events).filter(|(_, many)| *many > 0).collect();
    let mut latency: Vec<(u16, u32)> = latency.into_iter().collect();
    latency.sort_unstable();
    Mixture { events, latency }
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
    outcomes.attempts.sort_by_key(|(attempt, _)| attempt.position);
    let mut said = read_before;
    loop {
        let end = outcomes.first().map_or(u64::MAX, |first| first.saturating_add(STRETCH_BYTES));
        let Outcomes { attempts, together, .. } = outcomes.take_before(end);
        // Whatever lies before the next stretch has its outcome by now.
        let rest = outcomes.first();
        let read = rest.map_or(read_to, |first| first.clamp(said, read_to));
        if !attempts.is_empty() || together.is_empty() {
            let refers = (
                attempts.first().map(|(a, _)| a.position),
                attempts.last().map(|(a, _)| a.position),
            );
            let read_to = if together.is_empty() { read } else { said };
            let mut listed = Listed::default();
            let of = attempts.iter().map(|(_, event)| Some(listed.place(event.as_ref()?)));
            let of: Vec<Option<u32>> = of.collect();
            let breakdown = Breakdown { events: listed.events, of };
            let attempts = attempts.into_iter().map(|(attempt, _)| attempt).collect();
            let record = Attempts { destination: destination.clone(), read_to, attempts };
            let payload = match record.attempts.is_empty() {
                true => record::encode(&record),
                false => record::encode_with(&record, &breakdown),
            };
            push(batch, record::ATTEMPTS, refers, now_ms, &payload);
        }
        if !together.is_empty() {
            let first = together.iter().filter_map(Load::first).min();
            let last = together.iter().filter_map(Load::last).max();
            let mut listed = Listed::default();
            let of = together.iter().map(|load| mixture(load, &mut listed)).collect();
            let breakdown = Breakdown { events: listed.events, of };
            let together = together.into_iter().map(|load| load.together).collect();
            let record = Delivered { destination: destination.clone(), read_to: read, together };
            let payload = record::encode_with(&record, &breakdown);
            push(batch, record::DELIVERED, (first, last), now_ms, &payload);
        }
        said = read;
        if rest.is_none() {
            break;
        }
    }
}

fn push(
    batch: &mut Batch,
    kind: u8,
    refers: (Option<u64>, Option<u64>),
    time_ms: i64,
    payload: &[u8],
) {
    let tag = match refers {
        (Some(first), Some(last)) => Tag::Refers(Position(first), Position(last)),
        _ => Tag::None,
    };
    batch.push(Label { kind, stream: 0, time_ms, tag }, payload);
}

#[cfg(test)]
mod tests {
    use event_log::{EventLog, MemoryLog};
    use spec::{Kind, Outcome};

    use super::*;

    fn attempt(position: u64, number: u32) -> Attempt {
        let outcome = Outcome::Delivered { status: None };
        Attempt { position, stream: 1, received_at_ms: 0, at_ms: 0, took_ms: 0, number, outcome }
    }

    /// Messages that were delivered together, each of an event named for its position.
    fn load(positions: &[u64]) -> Load {
        let of = positions.iter().map(|at| (event(*at), *at as u16)).collect();
        let positions = positions.to_vec();
        let together =
            Together { stream: 1, minute_ms: 0, at_ms: 0, took_ms: 0, status: None, positions };
        Load { together, of }
    }

    fn event(position: u64) -> Arc<Event> {
        Arc::new(Event { kind: Kind::Track, name: Some(format!("Event {position}").into()) })
    }

    fn outcomes(attempts: Vec<Attempt>, batches: &[&[u64]]) -> Outcomes {
        let mut outcomes = Outcomes::default();
        let known = |attempt: &Attempt| (attempt.number == 1).then(|| event(attempt.position));
        attempts.into_iter().for_each(|attempt| outcomes.push(attempt.clone(), known(&attempt)));
        batches.iter().for_each(|positions| outcomes.push_together(load(positions)));
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
        let (_, breakdown) =
            record::decode_with::<Attempts, Breakdown<Option<u32>>>(&entries[0].payload)
                .expect("we wrote it");
        let events = vec![(*event(8)).clone()];
        assert_eq!(breakdown, Some(Breakdown { events, of: vec![Some(0), None] }));
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
        let read = |at: usize| {
            let payload = &entries[at].payload;
            let read = record::decode_with::<Delivered, Breakdown<Mixture>>(payload);
            read.expect("we wrote it").1.expect("it stands behind")
        };
        let bucket = |position: u64| (position as u16, 1);
        let of = vec![Mixture { events: vec![(0, 1), (1, 1)], latency: vec![(16, 1), (32, 1)] }];
        let events = [16, 32].map(|at| (*event(at)).clone()).to_vec();
        assert_eq!(read(1), Breakdown { events, of });
        let events = [far, far + 8].map(|at| (*event(at)).clone()).to_vec();
        let one = |place, at| Mixture { events: vec![(place, 1)], latency: vec![bucket(at)] };
        assert_eq!(read(2), Breakdown { events, of: vec![one(0, far), one(1, far + 8)] });
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
