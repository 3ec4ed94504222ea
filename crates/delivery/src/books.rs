//! The books: what became of every message, as a pure fold over the log's records.
//!
//! Nothing is counted anywhere else. Whoever applies the same records in the same order has the
//! same books, whatever the routing was since; a snapshot of them is only a shortcut.
//!
//! For each source and minute of acceptance:
//!
//! ```text
//! received = accepted + duplicates + discarded on ingest        (refused requests stand beside it)
//! ```
//!
//! What leaves quarantine is no longer discarded in its minute ([`record::RELEASE`]); it is received
//! in the minute of its release, as whatever it became.
//!
//! and of the accepted, for each destination that they were routed to:
//!
//! ```text
//! routed = delivered + discarded + exhausted + pending
//! pending = waiting for a first attempt + waiting for another one
//! ```
//!
//! **Routed** is what the log says: a [`record::FEED`] record names the sources that feed a
//! destination from its own position on. The worker, which reads the log in order, and the books
//! both switch at that record, so they never disagree about whose a message is. A disabled
//! destination is fed by nobody: what is accepted meanwhile was never its own, and what it had not
//! settled before stays pending until it is enabled again or given up.
//!
//! An outcome counts only for a message that is pending: one that repeats what is settled
//! already, or speaks of a message that the books never saw, changes nothing.
//!
//! Minutes older than two days are rolled up to hours, hours older than a month to days.

mod breakdown;
mod condition;
mod destination;
mod outcomes;
mod samples;
mod tally;

use std::collections::{BTreeSet, HashMap};

use event_log::{Entry, Position};
use serde::{Deserialize, Serialize};
use spec::{Backlog, DestinationId, DiscardCode, Feed, Lapse, Message, Pause, Step, record};

pub use breakdown::{Breakdown, Part, PartRow, SOURCE, Shares};
pub use condition::{Condition, Paused};
pub(crate) use destination::Unsettled;
pub use destination::{DEAD_LETTERS_MAX, DeadLetter, DestinationBook, Fed, LastError, Pending};
pub use samples::{SAMPLES_MAX, Sample, Samples, Whose};
pub use tally::{Calendar, Counts, Line, Tally, Unit};
use tally::{DAY, HOUR, minute_of};

const KEEP_MINUTES: u32 = 2 * DAY;
const KEEP_HOURS: u32 = 30 * DAY;

/// The state of the fold.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Books {
    /// Everything in the log before this position is in.
    pub position: u64,
    tallies: Vec<(Slot, Tally)>,
    destinations: Vec<DestinationBook>,
    calendar: Calendar,
    /// The latest minute seen.
    latest: u32,
    /// How the destinations fare, in their order.
    conditions: Vec<Condition>,
    /// What stands behind the counts.
    breakdown: Breakdown,
    /// The newest messages that were stopped.
    samples: Samples,
    #[serde(skip)]
    index: Index,
}

/// What one tally is about: a source, and a minute, hour or day by its first minute since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Slot {
    stream: u64,
    minute: u32,
}

/// Where things stand in the vectors; made from them.
#[derive(Debug, Clone, Default)]
struct Index {
    slots: HashMap<Slot, usize>,
    /// The slot that was used last: records come in bursts of the same.
    last: Option<(Slot, usize)>,
    /// Places of the destinations that a stream feeds now.
    fed_by: HashMap<u64, Vec<u32>>,
    /// Streams that ever fed the destination at this place, as far back as the books go.
    feeders: HashMap<u32, BTreeSet<u64>>,
    /// What came in from a stream.
    seen: HashMap<u64, Seen>,
}

/// What came in from one source, as far back as the books go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Messages accepted, each once.
    pub accepted: u64,
    /// When the last message was accepted, Unix milliseconds; to the minute after a restart.
    pub last_ms: i64,
}

impl Seen {
    fn take(&mut self, accepted: u64, at_ms: i64) {
        self.accepted += accepted;
        self.last_ms = self.last_ms.max(at_ms);
    }
}

/// One tally, for those who show it.
#[derive(Debug)]
pub struct Row<'a> {
    /// Stream of the source; 0 for requests whose write key is nobody's.
    pub stream: u64,
    /// Its first millisecond, Unix.
    pub from_ms: i64,
    /// How long it is.
    pub unit: Unit,
    /// The counts.
    pub tally: &'a Tally,
}

impl Books {
    /// Empty books that begin at `position`.
    pub fn starting_at(position: Position) -> Books {
        Books { position: position.0, ..Books::default() }
    }

    /// Makes the index anew, after the books were read from a snapshot.
    pub(crate) fn reindex(&mut self) {
        self.breakdown.reindex();
        self.conditions.resize(self.destinations.len(), Condition::default());
        self.index.last = None;
        self.index.slots =
            self.tallies.iter().enumerate().map(|(at, (slot, _))| (*slot, at)).collect();
        // When messages of a roll-up came is known better by whoever was there.
        let known = std::mem::take(&mut self.index.seen);
        for (slot, tally) in &self.tallies {
            if tally.accepted > 0 {
                let seen = self.index.seen.entry(slot.stream).or_default();
                let known = known.get(&slot.stream).map_or(0, |seen| seen.last_ms);
                seen.take(tally.accepted, known.max(i64::from(slot.minute) * 60_000));
            }
        }
        self.index.fed_by.clear();
        self.index.feeders.clear();
        for (place, book) in self.destinations.iter().enumerate() {
            for stream in book.streams() {
                self.index.fed_by.entry(*stream).or_default().push(place as u32);
            }
            let ever = book.fed.iter().flat_map(|fed| fed.streams.iter().copied()).collect();
            self.index.feeders.insert(place as u32, ever);
        }
        for (slot, tally) in &self.tallies {
            for line in &tally.lines {
                let ever = self.index.feeders.entry(line.destination).or_default();
                ever.insert(slot.stream);
            }
        }
    }

    /// Takes one record into account. Records come in the log's order, each once.
    pub fn apply(&mut self, entry: &Entry) {
        self.position = entry.position.0 + 1;
        match entry.label.kind {
            record::MESSAGE => self.message(entry),
            record::DISCARD => self.discard(entry),
            record::RELEASE => self.release(entry),
            record::REFUSED => self.refused(entry),
            record::ATTEMPTS => self.attempts(entry),
            record::DELIVERED => self.delivered(entry),
            record::PAUSE => {
                if let Ok(pause) = record::decode::<Pause>(&entry.payload)
                    && let Some(place) = self.place(&pause.destination)
                {
                    self.conditions[place].pause(&pause);
                }
            }
            record::FEED => {
                if let Ok(feed) = record::decode::<Feed>(&entry.payload) {
                    self.feed(entry.position.0, feed);
                }
            }
            record::LAPSE => {
                if let Ok(lapse) = record::decode::<Lapse>(&entry.payload) {
                    self.lapse(lapse);
                }
            }
            _ => {}
        }
    }

    /// The log begins at `position` now, or goes on there.
    pub fn skip_to(&mut self, position: Position) {
        self.position = self.position.max(position.0);
    }

    fn message(&mut self, entry: &Entry) {
        let (stream, time_ms) = (entry.label.stream, entry.label.time_ms);
        let at = self.tally_at(stream, time_ms);
        let tally = &mut self.tallies[at].1;
        if entry.duplicate_of.is_some() {
            tally.duplicates += 1;
            return;
        }
        tally.accepted += 1;
        let event = self.breakdown.number(stream, Message::event_in(&entry.payload));
        let part = self.breakdown.part(stream, minute_of(time_ms), SOURCE);
        part.shares(event).through += 1;
        self.index.seen.entry(stream).or_default().take(1, time_ms);
        if let Some(fed) = self.index.fed_by.get(&stream) {
            for place in fed {
                tally.line(*place).routed += 1;
                self.destinations[*place as usize].total.routed += 1;
            }
        }
    }

    fn feed(&mut self, position: u64, feed: Feed) {
        let place = match self.place(&feed.destination) {
            Some(place) => place,
            None => {
                self.destinations.push(DestinationBook::new(feed.destination.clone(), position));
                self.conditions.push(Condition::default());
                self.destinations.len() - 1
            }
        };
        for backlog in &feed.backlog {
            let tally = self.tally(backlog.stream, backlog.minute_ms);
            tally.line(place as u32).routed += backlog.messages;
            self.destinations[place].total.routed += backlog.messages;
        }
        self.destinations[place].feed(position, feed);
        self.index.fed_by.values_mut().for_each(|places| places.retain(|p| *p != place as u32));
        for stream in self.destinations[place].streams() {
            self.index.fed_by.entry(*stream).or_default().push(place as u32);
        }
        let ever = self.destinations[place].fed.iter().flat_map(|fed| fed.streams.iter().copied());
        self.index.feeders.entry(place as u32).or_default().extend(ever);
    }

    fn lapse(&mut self, lapse: Lapse) {
        let Some(place) = self.place(&lapse.destination) else { return };
        for Backlog { stream, minute_ms, messages } in lapse.lost {
            let reason = (Step::FailedDelivery, "expired");
            self.tally(stream, minute_ms).line(place as u32).discarded.add(reason, messages);
            self.destinations[place].total.discarded.add(reason, messages);
            let part = self.breakdown.part(stream, minute_of(minute_ms), place as u32);
            part.shares(breakdown::OTHER).failed += messages;
        }
    }

    /// What a message of `stream` is counted under that was accepted at `time_ms`.
    pub(crate) fn slot_of(&self, stream: u64, time_ms: i64) -> (u64, i64) {
        (stream, self.calendar.bucket_of(time_ms).0)
    }

    /// What `destination` has pending by the books beyond what is `there`, by [`Books::slot_of`].
    pub(crate) fn missing(
        &self,
        destination: &DestinationId,
        there: &HashMap<(u64, i64), u64>,
    ) -> Vec<Backlog> {
        let place = self.place(destination).map(|place| place as u32);
        let mut missing = Vec::new();
        for row in self.rows() {
            let lines = row.tally.lines.iter().filter(|line| Some(line.destination) == place);
            let pending: u64 = lines.map(Line::pending).sum();
            let found = there.get(&(row.stream, row.from_ms)).copied().unwrap_or(0);
            if pending > found {
                let (stream, minute_ms) = (row.stream, row.from_ms);
                missing.push(Backlog { stream, minute_ms, messages: pending - found });
            }
        }
        missing
    }

    /// The streams that feed `destination` are not known, because the log no longer holds the
    /// record that said so: takes it that `streams` have fed it from `position` on.
    pub(crate) fn presume(
        &mut self,
        destination: &DestinationId,
        streams: Vec<u64>,
        position: u64,
    ) {
        if self.place(destination).is_none() {
            let destination = destination.clone();
            let (from, backlog) = (None, vec![]);
            self.feed(position, Feed { destination, streams, from, backlog, again: false });
        }
    }

    fn place(&self, destination: &DestinationId) -> Option<usize> {
        self.destinations.iter().position(|book| book.id == *destination)
    }

    fn tally(&mut self, stream: u64, time_ms: i64) -> &mut Tally {
        let at = self.tally_at(stream, time_ms);
        &mut self.tallies[at].1
    }

    fn tally_at(&mut self, stream: u64, time_ms: i64) -> usize {
        let minute = minute_of(time_ms);
        if minute > self.latest {
            self.latest = minute;
            self.roll_up();
        }
        let slot = Slot { stream, minute: self.calendar.bucket(minute).0 };
        match self.index.last {
            Some((last, at)) if last == slot => return at,
            _ => {}
        }
        let at = *self.index.slots.entry(slot).or_insert_with(|| {
            self.tallies.push((slot, Tally::default()));
            self.tallies.len() - 1
        });
        self.index.last = Some((slot, at));
        at
    }

    /// From when on time is cut finely.
    pub(crate) fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// Once an hour: what is old enough becomes coarser.
    fn roll_up(&mut self) {
        let minutes_from = self.latest.saturating_sub(KEEP_MINUTES) / HOUR * HOUR;
        if minutes_from <= self.calendar.minutes_from {
            return;
        }
        self.calendar.minutes_from = minutes_from;
        // An earlier release kept hours for less time: what became days stays so.
        let hours_from = self.latest.saturating_sub(KEEP_HOURS) / DAY * DAY;
        self.calendar.hours_from = self.calendar.hours_from.max(hours_from);
        self.breakdown.roll_up(self.latest);
        let mut rolled: HashMap<Slot, Tally> = HashMap::with_capacity(self.tallies.len());
        for (slot, tally) in std::mem::take(&mut self.tallies) {
            let minute = self.calendar.bucket(slot.minute).0;
            match rolled.entry(Slot { minute, ..slot }) {
                std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(tally)),
                std::collections::hash_map::Entry::Occupied(with) => with.into_mut().merge(&tally),
            }
        }
        self.tallies = rolled.into_iter().collect();
        self.tallies.sort_unstable_by_key(|(slot, _)| (slot.minute, slot.stream));
        self.reindex();
    }

    /// Every tally, in no order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.tallies.iter().map(|(slot, tally)| Row {
            stream: slot.stream,
            from_ms: i64::from(slot.minute) * 60_000,
            unit: self.calendar.bucket(slot.minute).1,
            tally,
        })
    }

    /// What stands behind the counts.
    pub fn breakdown(&self) -> &Breakdown {
        &self.breakdown
    }

    /// The newest messages that were stopped.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The place of a destination in [`Books::destinations`]; `None` when it was never fed.
    pub fn place_of(&self, destination: &DestinationId) -> Option<u32> {
        self.place(destination).map(|place| place as u32)
    }

    /// The streams that ever fed the destination at `place`.
    pub fn feeders(&self, place: u32) -> impl Iterator<Item = u64> {
        self.index.feeders.get(&place).into_iter().flatten().copied()
    }

    /// The tallies of one source, for every bucket that begins in a stretch of time.
    pub fn tallies_of(
        &self,
        stream: u64,
        (from_ms, to_ms): (i64, i64),
    ) -> impl Iterator<Item = (i64, &Tally)> {
        self.calendar.buckets(from_ms, to_ms).filter_map(move |minute| {
            let at = self.index.slots.get(&Slot { stream, minute })?;
            Some((i64::from(minute) * 60_000, &self.tallies[*at].1))
        })
    }

    /// What came in from a stream; `None` when nothing did.
    pub fn seen(&self, stream: u64) -> Option<Seen> {
        self.index.seen.get(&stream).copied()
    }

    /// Every destination that was ever fed; a [`Line`] names its place in this list.
    pub fn destinations(&self) -> &[DestinationBook] {
        &self.destinations
    }

    /// The book of one destination.
    pub fn destination(&self, id: &DestinationId) -> Option<&DestinationBook> {
        self.place(id).map(|place| &self.destinations[place])
    }

    /// How a destination fares; all is well with one that was never fed.
    pub fn condition(&self, id: &DestinationId) -> Condition {
        self.place(id).map(|place| self.conditions[place]).unwrap_or_default()
    }

    /// The pauses that are not over, as the log says them.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = Pause> {
        self.destinations.iter().zip(&self.conditions).filter_map(|(book, condition)| {
            let Paused { at_ms, cause, settings } = condition.pause?;
            Some(Pause { destination: book.id.clone(), at_ms, cause: Some(cause), settings })
        })
    }

    /// What is wrong with the sums, if anything is: lines must add up to their destination's
    /// total, and nothing may be settled that was not routed.
    pub fn check(&self) -> Result<(), String> {
        for (place, book) in self.destinations.iter().enumerate() {
            let mut sum = Line::default();
            for (slot, tally) in &self.tallies {
                let lines = tally.lines.iter().filter(|line| line.destination == place as u32);
                for line in lines {
                    if line.settled() > line.routed {
                        return Err(format!("{}: settled {line:?} at {slot:?}", book.id));
                    }
                    sum.merge(line);
                }
            }
            let total = &book.total;
            let same = (sum.routed, sum.settled(), sum.delivered, sum.exhausted, sum.retried)
                == (total.routed, total.settled(), total.delivered, total.exhausted, total.retried);
            if !same {
                return Err(format!("{}: minutes add up to {sum:?}, not {total:?}", book.id));
            }
            if (book.retries.len() as u64) > total.pending() {
                return Err(format!("{}: more retries than pending: {total:?}", book.id));
            }
        }
        if self.breakdown.partial { Ok(()) } else { self.check_breakdown() }
    }
}

/// A discard's or refusal's reason, as counts are kept by.
pub type Reason = (Step, DiscardCode);

#[cfg(test)]
mod tests;
