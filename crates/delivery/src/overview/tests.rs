use std::collections::HashMap;

use event_log::{EventLog, MemoryLog, Position};
use spec::{Attempts, Delivered, Feed, Message, Outcome, record};

use super::*;
use crate::Delivery;

/// What became of a message at one destination.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Pending { retries: bool },
    Delivered,
    Stopped(Step, String),
    GivenUp(String),
}

struct Seen {
    stream: u64,
    at_ms: i64,
    event: EventName,
    fates: HashMap<String, Fate>,
}

/// The log read in the plainest way there is.
#[derive(Default)]
struct Recount {
    messages: HashMap<u64, Seen>,
    duplicates: Vec<(u64, i64)>,
    retried: HashMap<(String, i64), u64>,
}

impl Recount {
    async fn of(log: &MemoryLog) -> Recount {
        let mut all = Recount::default();
        let mut fed: HashMap<String, Vec<u64>> = HashMap::new();
        for entry in event_log::conformance::read_all(log, Position(0)).await {
            let (stream, at_ms) = (entry.label.stream, entry.label.time_ms);
            match entry.label.kind {
                record::MESSAGE if entry.duplicate_of.is_some() => {
                    all.duplicates.push((stream, at_ms));
                }
                record::MESSAGE => {
                    let to = fed.iter().filter(|(_, streams)| streams.contains(&stream));
                    let pending = Fate::Pending { retries: false };
                    let fates = to.map(|(name, _)| (name.clone(), pending.clone())).collect();
                    let message = Message::decode(entry.payload).expect("ingest wrote it");
                    let event = message.event().to_owned();
                    let event = Some((event.kind, event.text().map(Into::into)));
                    all.messages.insert(entry.position.0, Seen { stream, at_ms, event, fates });
                }
                record::FEED => {
                    let feed: Feed = record::decode(&entry.payload).expect("we wrote it");
                    assert!(feed.from.is_none(), "the stage has no destination from the start");
                    fed.insert(feed.destination.to_string(), feed.streams);
                }
                record::ATTEMPTS => {
                    let said: Attempts = record::decode(&entry.payload).expect("we wrote it");
                    let name = said.destination.to_string();
                    for attempt in said.attempts {
                        let fate = match attempt.outcome {
                            Outcome::Delivered { .. } => Fate::Delivered,
                            Outcome::Retry { .. } => {
                                let minute_ms = attempt.received_at_ms;
                                *all.retried.entry((name.clone(), minute_ms)).or_default() += 1;
                                Fate::Pending { retries: true }
                            }
                            Outcome::Redelivery => Fate::Pending { retries: true },
                            Outcome::Discarded { step, code, .. } => {
                                Fate::Stopped(step, code.into_owned())
                            }
                            Outcome::Exhausted { code, .. } => Fate::GivenUp(code.into_owned()),
                        };
                        all.learn(attempt.position, &name, fate);
                    }
                }
                record::DELIVERED => {
                    let said: Delivered = record::decode(&entry.payload).expect("we wrote it");
                    let name = said.destination.to_string();
                    let positions = said.together.into_iter().flat_map(|one| one.positions);
                    positions.for_each(|at| all.learn(at, &name, Fate::Delivered));
                }
                _ => {}
            }
        }
        all
    }

    fn learn(&mut self, position: u64, name: &str, fate: Fate) {
        let seen = self.messages.get_mut(&position).expect("it was accepted before");
        seen.fates.insert(name.to_owned(), fate);
    }

    /// What an overview should say of a destination: its sum, and how many are between attempts.
    fn sum(&self, name: &str, streams: &[u64], span: Span) -> (Sum, u64, u64) {
        let (mut sum, mut retrying) = (Sum::default(), 0);
        let flow = &mut sum.flow;
        let own = |stream: u64, at_ms: i64| streams.contains(&stream) && span.holds(at_ms);
        flow.duplicates =
            self.duplicates.iter().filter(|(stream, at)| own(*stream, *at)).count() as u64;
        let retried = self.retried.iter().filter(|((one, at), _)| one == name && span.holds(*at));
        flow.retried = retried.map(|(_, many)| many).sum();
        for seen in self.messages.values().filter(|seen| own(seen.stream, seen.at_ms)) {
            flow.accepted += 1;
            let mixed = sum.events.entry(seen.event.clone()).or_default();
            mixed.source.through += 1;
            let Some(fate) = seen.fates.get(name) else {
                flow.not_routed += 1;
                continue;
            };
            flow.routed += 1;
            let mut stopped = |step, code: &String| {
                *sum.reasons.entry((step, code.clone())).or_default() += 1;
            };
            match fate {
                Fate::Pending { retries } => {
                    flow.pending += 1;
                    retrying += u64::from(*retries);
                }
                Fate::Delivered => {
                    flow.delivered += 1;
                    mixed.destination.through += 1;
                }
                Fate::Stopped(Step::FailedDelivery, code) => {
                    flow.failed_delivery += 1;
                    mixed.destination.failed += 1;
                    stopped(Step::FailedDelivery, code);
                }
                Fate::Stopped(step, code) => {
                    flow.filtered_at_destination += 1;
                    mixed.destination.filtered += 1;
                    stopped(*step, code);
                }
                Fate::GivenUp(code) => {
                    flow.failed_delivery += 1;
                    mixed.destination.failed += 1;
                    stopped(Step::FailedDelivery, code);
                }
            }
        }
        flow.received = flow.accepted + flow.duplicates;
        let delivered = flow.delivered;
        (sum, retrying, delivered)
    }
}

/// Every overview says what a plain recount of the log says: of all time, and of stretches of it.
pub(crate) async fn agree(delivery: &Delivery, log: &MemoryLog, now_ms: i64) {
    delivery.ledger().caught_up(*log.end().borrow()).await;
    let recount = Recount::of(log).await;
    let since_ms = crate::tests::stage::BEGAN_MS - 3_600_000;
    delivery.ledger().with(|books| {
        let hours = (now_ms - since_ms) / 3_600_000;
        let mut spans = vec![(since_ms, now_ms + 1)];
        let inside = (hours / 3 * 3_600_000 + 77_000, hours / 2 * 3_600_000 + 99_000);
        spans.push((since_ms + inside.0, since_ms + inside.1));
        spans.push((now_ms - 600_000, now_ms + 1));
        for (from_ms, to_ms) in spans {
            let period = Period::new(books, from_ms, to_ms.max(from_ms + 1), now_ms);
            for (place, book) in (0..).zip(books.destinations()) {
                let scope = Scope::destination(books, Some(place), &[]);
                let said = scope.sum(books, period.span);
                let name = book.id.to_string();
                let (mut counted, retrying, delivered) =
                    recount.sum(&name, &scope.streams, period.span);
                assert_eq!(said.latency.count(), delivered, "{name} {period:?}");
                counted.latency = said.latency.clone();
                assert_eq!(said, counted, "{name} {period:?}");
                assert!(said.flow.balances(true), "{name} {said:?}");
                assert_eq!(scope.retrying(books, period.span).messages, retrying, "{name}");
                let mut series = Flow::default();
                for (_, flow) in scope.series(books, period.span, period.step_ms) {
                    series.delivered += flow.delivered;
                    series.received += flow.received;
                    series.pending += flow.pending;
                }
                let flow = said.flow;
                assert_eq!(
                    (series.delivered, series.received, series.pending),
                    (flow.delivered, flow.received, flow.pending)
                );
                for ((step, code), many) in &said.reasons {
                    let samples = scope.samples(books, period.span, *step, code);
                    let mut fates = samples
                        .iter()
                        .map(|sample| recount.messages[&sample.position].fates[&name].clone());
                    assert!(samples.len() as u64 <= *many, "{name} {code}");
                    assert!(
                        fates.all(|fate| fate == Fate::GivenUp(code.clone())
                            || fate == Fate::Stopped(*step, code.clone())),
                        "{name} {code}"
                    );
                }
            }
        }
    });
}

#[test]
fn changes_are_those_of_equal_times() {
    let period = Period::new(&Books::default(), 3_600_000, 7_200_000, 5_400_000);
    assert_eq!(period.span, Span { from_ms: 3_600_000, to_ms: 7_200_000 });
    assert_eq!(period.before, Span { from_ms: 1_800_000, to_ms: 3_600_000 });
    assert_eq!(period.change(10, 10), Some(0.0));
    assert_eq!(period.change(5, 10), Some(-0.5));
    assert_eq!(period.change(5, 0), None);
    let day = Period::new(&Books::default(), 90_000_000, 90_000_000 + 86_400_000, i64::MAX);
    assert_eq!((day.step_ms, day.span.from_ms % 3_600_000), (3_600_000, 0));
}
