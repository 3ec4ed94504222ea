//! What became of messages on their way from a source to a destination, step by step, for one
//! stretch of time: read from the books and from nothing else, so that it balances.
//!
//! ```text
//! received ─► accepted ─────────► routed ──────────────────► delivered
//!   ├ failed on ingest   └ not      ├ filtered at destination
//!   ├ filtered at source   routed   ├ failed delivery
//!   └ duplicates                    └ pending
//! ```
//!
//! A message counts for the time when it was received; what is pending is so now.

mod period;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use spec::{Kind, Latency, Step};

use crate::books::{Books, Counts, Line, SAMPLES_MAX, SOURCE, Shares, Tally, Whose};
pub use period::{Period, Span};

/// Stands for retries used up of which the books do not know more.
pub const EXHAUSTED: &str = "exhausted";
/// Events that are told apart; what is more counts together.
const EVENTS_MAX: usize = 200;

/// Whose way it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Streams of the sources.
    pub streams: Vec<u64>,
    /// The destination's place in the books; `None` for the sources alone, or for a destination
    /// that never was fed.
    pub place: Option<u32>,
}

/// Messages at each step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// Messages that came in, whatever became of them.
    pub received: u64,
    /// Messages that came in and cannot be used.
    pub failed_on_ingest: u64,
    /// Messages that the source's schema or plan stopped.
    pub filtered_at_source: u64,
    /// Messages that were accepted before.
    pub duplicates: u64,
    /// Messages accepted, each once: they are eligible for destinations.
    pub accepted: u64,
    /// Accepted while the destination was not connected, or disabled.
    pub not_routed: u64,
    /// Messages that were the destination's to take.
    pub routed: u64,
    /// Messages that the destination does not get on purpose.
    pub filtered_at_destination: u64,
    /// Messages that the destination refused, or that were given up.
    pub failed_delivery: u64,
    /// Messages that the destination has.
    pub delivered: u64,
    /// Messages still on their way.
    pub pending: u64,
    /// Attempts that failed and led to another one.
    pub retried: u64,
    /// Requests refused whole; nobody knows how many messages they held.
    pub refused: u64,
}

/// What became of the messages of one event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mixed {
    /// At the source.
    pub source: Shares,
    /// At the destination.
    pub destination: Shares,
}

impl Mixed {
    fn merge(&mut self, other: &Mixed) {
        self.source.merge(&other.source);
        self.destination.merge(&other.destination);
    }
}

/// An event as people read it; `None` for those that are not told apart.
pub type EventName = Option<(Kind, Option<String>)>;

/// Everything about one stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// The steps.
    pub flow: Flow,
    /// How many messages of each reason, but not those of requests.
    pub reasons: BTreeMap<(Step, String), u64>,
    /// Requests refused, by reason.
    pub refusals: BTreeMap<(Step, String), u64>,
    /// What each event had of it.
    pub events: BTreeMap<EventName, Mixed>,
    /// From accept to delivery.
    pub latency: Latency,
    /// The steps at each destination, by its place: of sources alone.
    pub destinations: BTreeMap<u32, Flow>,
}

/// Where one message waits for another attempt, or why it was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Where it stands in the log.
    pub position: u64,
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// When it was stopped; for a retry, when the next attempt is due. Unix milliseconds.
    pub at_ms: i64,
    /// Attempts made.
    pub attempts: u32,
    /// What the destination answered, where it speaks HTTP and was asked.
    pub status: Option<u16>,
    /// The beginning of the answer, or why, in words.
    pub excerpt: String,
}

/// Messages between attempts, by why the last one failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retrying {
    /// How many.
    pub messages: u64,
    /// Attempts that they have behind them.
    pub attempts: u64,
    /// When the next one is due, Unix milliseconds.
    pub next_at_ms: Option<i64>,
    /// How many of each code, and the newest of them.
    pub reasons: BTreeMap<String, (u64, Vec<Stopped>)>,
}

impl Scope {
    /// A destination with all sources that ever fed it, or one of them.
    pub fn destination(books: &Books, place: Option<u32>, streams: &[u64]) -> Scope {
        let feeders = place.into_iter().flat_map(|place| books.feeders(place));
        let mut streams: Vec<u64> = streams.iter().copied().chain(feeders).collect();
        streams.sort_unstable();
        streams.dedup();
        Scope { streams, place }
    }

    /// A source, whatever became of its messages.
    pub fn source(stream: u64) -> Scope {
        Scope { streams: vec![stream], place: None }
    }

    fn whose(&self) -> impl Iterator<Item = Whose> {
        let sources = self.streams.iter().map(|stream| Whose::Source(*stream));
        sources.chain(self.place.map(Whose::Destination))
    }

    /// Everything about one stretch of time.
    pub fn sum(&self, books: &Books, span: Span) -> Sum {
        let mut sum = Sum::default();
        let mut gatherer = Gatherer::default();
        for stream in &self.streams {
            for (_, tally) in books.tallies_of(*stream, span.bounds()) {
                self.take(tally, &mut sum, &mut gatherer);
            }
            self.take_parts(books, *stream, span, &mut sum, &mut gatherer);
        }
        sum.flow.close(self.place.is_some());
        sum.destinations.values_mut().for_each(|flow| flow.close(true));
        for (number, mixed) in &gatherer.events {
            let event = books.breakdown().event(*number);
            let name = event.map(|event| (event.kind, event.text().map(Into::into)));
            sum.events.entry(name).or_default().merge(mixed);
        }
        sum.reasons = gatherer.reasons();
        sum.refusals = by_code(&gatherer.refused);
        sum.bound_events();
        sum
    }

    /// The steps of one stretch of time, without what stands behind them.
    pub fn flow(&self, books: &Books, span: Span) -> Flow {
        let mut flow = Flow::default();
        for stream in &self.streams {
            let tallies = books.tallies_of(*stream, span.bounds());
            tallies.for_each(|(_, tally)| flow.take(tally, self.place));
        }
        flow.close(self.place.is_some());
        flow
    }

    /// The steps in every step of time, empty ones included.
    pub fn series(&self, books: &Books, span: Span, step_ms: i64) -> Vec<(i64, Flow)> {
        let mut flows: BTreeMap<i64, Flow> = BTreeMap::new();
        let first = span.from_ms.div_euclid(step_ms) * step_ms;
        let mut at = first;
        while at < span.to_ms {
            flows.insert(at, Flow::default());
            at += step_ms;
        }
        for stream in &self.streams {
            for (from_ms, tally) in books.tallies_of(*stream, span.bounds()) {
                let at = from_ms.div_euclid(step_ms) * step_ms;
                flows.entry(at).or_default().take(tally, self.place);
            }
        }
        flows.values_mut().for_each(|flow| flow.close(self.place.is_some()));
        flows.into_iter().collect()
    }

    fn take(&self, tally: &Tally, sum: &mut Sum, gatherer: &mut Gatherer) {
        sum.flow.take(tally, self.place);
        gatherer.stopped.merge(&tally.discarded);
        gatherer.refused.merge(&tally.refused);
        for line in &tally.lines {
            if Some(line.destination) == self.place {
                gatherer.stopped.merge(&line.discarded);
                gatherer.exhausted += line.exhausted;
            }
            if self.place.is_none() {
                let flow = sum.destinations.entry(line.destination).or_default();
                flow.take_source(tally);
                flow.take_line(line);
            }
        }
    }

    fn take_parts(
        &self,
        books: &Books,
        stream: u64,
        span: Span,
        sum: &mut Sum,
        gatherer: &mut Gatherer,
    ) {
        let breakdown = books.breakdown();
        for place in std::iter::once(SOURCE).chain(self.place) {
            for (_, part) in breakdown.of(stream, place, span.bounds()) {
                sum.latency.merge(&part.latency);
                gatherer.given_up.merge(&part.given_up);
                for (number, shares) in part.events() {
                    let mixed = gatherer.events.entry(number).or_default();
                    let of = match place {
                        SOURCE => &mut mixed.source,
                        _ => &mut mixed.destination,
                    };
                    of.merge(shares);
                }
            }
        }
    }

    /// The newest messages of one reason that were received in a stretch of time.
    pub fn samples(&self, books: &Books, span: Span, step: Step, code: &str) -> Vec<Stopped> {
        let all = self.whose().flat_map(|whose| books.samples().of(whose, step, code));
        let within = all.filter(|sample| {
            span.holds(sample.received_at_ms) && self.streams.contains(&sample.stream)
        });
        let mut newest: Vec<Stopped> = within
            .map(|sample| Stopped {
                position: sample.position,
                stream: sample.stream,
                received_at_ms: sample.received_at_ms,
                at_ms: sample.at_ms,
                attempts: sample.attempts,
                status: sample.status,
                excerpt: sample.excerpt.clone(),
            })
            .collect();
        newest.sort_by_key(|stopped| std::cmp::Reverse(stopped.at_ms));
        newest.truncate(SAMPLES_MAX);
        newest
    }

    /// Messages received in a stretch of time that are between attempts.
    pub fn retrying(&self, books: &Books, span: Span) -> Retrying {
        let mut retrying = Retrying::default();
        let book = self.place.and_then(|place| books.destinations().get(place as usize));
        // From the newest on, so that those are the samples.
        for (position, retry) in book.into_iter().flat_map(|book| book.retries.iter().rev()) {
            if !span.holds(retry.received_at_ms) || !self.streams.contains(&retry.stream) {
                continue;
            }
            retrying.messages += 1;
            retrying.attempts += u64::from(retry.number);
            let next = retrying.next_at_ms.unwrap_or(i64::MAX).min(retry.next_at_ms);
            retrying.next_at_ms = Some(next);
            let (many, newest) = retrying.reasons.entry(retry.code.to_string()).or_default();
            *many += 1;
            if newest.len() < SAMPLES_MAX {
                newest.push(Stopped {
                    position: *position,
                    stream: retry.stream,
                    received_at_ms: retry.received_at_ms,
                    at_ms: retry.next_at_ms,
                    attempts: retry.number,
                    status: retry.status,
                    excerpt: retry.excerpt.clone(),
                });
            }
        }
        retrying
    }
}

impl Flow {
    /// Takes what one stretch of time brought; [`Flow::close`] completes it.
    fn take(&mut self, tally: &Tally, place: Option<u32>) {
        self.take_source(tally);
        let lines = tally.lines.iter().filter(|line| Some(line.destination) == place);
        lines.for_each(|line| self.take_line(line));
    }

    fn take_source(&mut self, tally: &Tally) {
        self.received += tally.received();
        self.duplicates += tally.duplicates;
        self.accepted += tally.accepted;
        self.refused += tally.refused.total();
        for (step, _, many) in tally.discarded.iter() {
            match step {
                Step::FailedOnIngest => self.failed_on_ingest += many,
                _ => self.filtered_at_source += many,
            }
        }
    }

    fn take_line(&mut self, line: &Line) {
        self.routed += line.routed;
        self.delivered += line.delivered;
        self.pending += line.pending();
        self.retried += line.retried;
        self.failed_delivery += line.exhausted;
        for (step, _, many) in line.discarded.iter() {
            match step {
                Step::FailedDelivery => self.failed_delivery += many,
                _ => self.filtered_at_destination += many,
            }
        }
    }

    fn close(&mut self, to_destination: bool) {
        if to_destination {
            self.not_routed = self.accepted.saturating_sub(self.routed);
        }
    }

    /// Whether every message is accounted for, as far as the destination.
    pub fn balances(&self, to_destination: bool) -> bool {
        let came =
            self.failed_on_ingest + self.filtered_at_source + self.duplicates + self.accepted;
        let went =
            self.filtered_at_destination + self.failed_delivery + self.delivered + self.pending;
        self.received == came
            && (!to_destination
                || (self.routed == went && self.accepted == self.not_routed + self.routed))
    }
}

/// What is put together before it can be told apart.
#[derive(Default)]
struct Gatherer {
    stopped: Counts,
    refused: Counts,
    given_up: Counts,
    exhausted: u64,
    /// By the event's number.
    events: BTreeMap<u32, Mixed>,
}

impl Gatherer {
    /// Why messages were stopped. Of those given up an earlier release did not keep why.
    fn reasons(&self) -> BTreeMap<(Step, String), u64> {
        let mut reasons = by_code(&self.stopped);
        for (reason, many) in by_code(&self.given_up) {
            *reasons.entry(reason).or_default() += many;
        }
        let rest = self.exhausted.saturating_sub(self.given_up.total());
        if rest > 0 {
            reasons.insert((Step::FailedDelivery, EXHAUSTED.to_owned()), rest);
        }
        reasons
    }
}

fn by_code(counts: &Counts) -> BTreeMap<(Step, String), u64> {
    counts.iter().map(|(step, code, many)| ((step, code.to_owned()), many)).collect()
}

impl Sum {
    /// Adds up what is more than [`EVENTS_MAX`].
    fn bound_events(&mut self) {
        if self.events.len() <= EVENTS_MAX {
            return;
        }
        let weight = |mixed: &Mixed| {
            let of = |shares: &Shares| shares.through + shares.filtered + shares.failed;
            of(&mixed.source).max(of(&mixed.destination))
        };
        let mut all: Vec<(EventName, Mixed)> =
            std::mem::take(&mut self.events).into_iter().collect();
        all.sort_by_key(|(_, mixed)| std::cmp::Reverse(weight(mixed)));
        for (n, (name, mixed)) in all.into_iter().enumerate() {
            let name = name.filter(|_| n < EVENTS_MAX);
            self.events.entry(name).or_default().merge(&mixed);
        }
    }
}
