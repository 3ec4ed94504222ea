//! What the records of ingest and of the destinations do to the books.

use event_log::Entry;
use spec::{
    Attempt, Attempts, Breakdown as Behind, Delivered, Event, Left, Message, Mixture, Outcome,
    Release, Step, latency, record,
};

use super::{
    Books, SOURCE, Sample, Samples, Whose,
    breakdown::{Breakdown, OTHER, Shares},
    destination::Change,
    tally::minute_of,
};

impl Books {
    /// What an earlier release did not keep, as it stands in a snapshot.
    pub(crate) fn not_kept_before() -> (Breakdown, Samples) {
        (Breakdown::missing(), Samples::default())
    }

    pub(super) fn discard(&mut self, entry: &Entry) {
        // Only the beginning is wanted, and of the message which event it is.
        let prefix = entry.payload.get(1..).unwrap_or_default();
        let read = postcard::take_from_bytes::<(Step, &str, u32, &str, &str, u32, &[u8])>(prefix);
        let Ok(((step, code, messages, _, detail, _, body), rest)) = read else { return };
        let (stream, time_ms) = (entry.label.stream, entry.label.time_ms);
        self.tally(stream, time_ms).discarded.add((step, code), u64::from(messages));
        let event = Message::event_in(body).filter(|_| rest.first() == Some(&1));
        let event = self.breakdown.number(stream, event);
        let part = self.breakdown.part(stream, minute_of(time_ms), SOURCE);
        *part.shares(event).stopped(step) += u64::from(messages);
        self.keep_sample(entry, (step, code), None, detail);
    }

    /// Messages left quarantine: each stands in the log again, and is counted as what it became.
    pub(super) fn release(&mut self, entry: &Entry) {
        let read = record::decode_with::<Release, Behind<Vec<(u32, u32)>>>(&entry.payload);
        let Ok((release, behind)) = read else { return };
        let stream = entry.label.stream;
        for (n, Left { minute_ms, code, messages }) in release.left.into_iter().enumerate() {
            let tally = self.tally(stream, minute_ms);
            tally.discarded.take((Step::FilteredAtSource, &code), messages);
            self.samples.release_before(stream, &code, release.through);
            let mut rest = messages;
            for (event, many) in behind.iter().flat_map(|behind| behind.of.get(n)).flatten() {
                let events = behind.as_ref().map(|behind| &behind.events);
                let event = events.and_then(|events| events.get(*event as usize));
                let number = self.breakdown.number(stream, event.map(Event::as_ref));
                let many = u64::from(*many).min(rest);
                rest -= many;
                let part = self.breakdown.part(stream, minute_of(minute_ms), SOURCE);
                part.take(number, many, |shares| &mut shares.filtered);
            }
            let part = self.breakdown.part(stream, minute_of(minute_ms), SOURCE);
            part.take(OTHER, rest, |shares| &mut shares.filtered);
        }
    }

    pub(super) fn refused(&mut self, entry: &Entry) {
        let prefix = entry.payload.get(1..).unwrap_or_default();
        let read = postcard::take_from_bytes::<(u16, &str, &str)>(prefix);
        let Ok(((status, code, message), _)) = read else { return };
        let reason = (Step::FailedOnIngest, code);
        self.tally(entry.label.stream, entry.label.time_ms).refused.add(reason, 1);
        self.keep_sample(entry, reason, Some(status), message);
    }

    fn keep_sample(
        &mut self,
        entry: &Entry,
        reason: (Step, &str),
        status: Option<u16>,
        excerpt: &str,
    ) {
        let (stream, time_ms) = (entry.label.stream, entry.label.time_ms);
        let sample = Sample {
            position: entry.position.0,
            stream,
            received_at_ms: time_ms,
            at_ms: time_ms,
            attempts: 0,
            status,
            excerpt: excerpt.to_owned(),
        };
        self.samples.keep(Whose::Source(stream), reason, sample);
    }

    pub(super) fn attempts(&mut self, entry: &Entry) {
        let read = record::decode_with::<Attempts, Behind<Option<u32>>>(&entry.payload);
        let Ok((attempts, behind)) = read else { return };
        let Some(at) = self.place(&attempts.destination) else { return };
        let place = at as u32;
        self.conditions[at].learn(&attempts.attempts);
        for (n, attempt) in attempts.attempts.into_iter().enumerate() {
            let (stream, received_at_ms) = (attempt.stream, attempt.received_at_ms);
            let (position, there_ms) =
                (attempt.position, attempt.at_ms + i64::from(attempt.took_ms));
            let told = told(behind.as_ref(), n);
            let sample = sample_of(&attempt);
            let Some(change) = self.destinations[at].settle(attempt, attempts.read_to) else {
                continue;
            };
            change.apply(&mut self.destinations[at].total);
            change.apply(self.tally(stream, received_at_ms).line(place));
            let number = match told {
                Some(event) => self.breakdown.number(stream, Some(event.as_ref())),
                None => self.breakdown.recall(place, position).unwrap_or(OTHER),
            };
            match &change {
                Change::Retried | Change::Exhausted(_) | Change::Redelivery(_) => {
                    self.breakdown.remember(place, position, number);
                }
                Change::Delivered | Change::Discarded(..) => {
                    self.breakdown.forget(place, position);
                }
            }
            let part = self.breakdown.part(stream, minute_of(received_at_ms), place);
            match change {
                Change::Retried => {}
                Change::Delivered => {
                    part.shares(number).through += 1;
                    let took_ms = (there_ms - received_at_ms).max(0).cast_unsigned();
                    part.latency.add(latency::bucket(took_ms), 1);
                }
                Change::Discarded(step, code) => {
                    *part.shares(number).stopped(step) += 1;
                    self.stopped(place, (step, &code), sample);
                }
                Change::Exhausted(code) => {
                    let reason = (Step::FailedDelivery, code.as_ref());
                    part.shares(number).failed += 1;
                    part.given_up.add(reason, 1);
                    self.stopped(place, reason, sample);
                }
                Change::Redelivery(code) => {
                    part.take(number, 1, |shares| &mut shares.failed);
                    part.given_up.take((Step::FailedDelivery, code.as_ref()), 1);
                    self.samples.release(Whose::Destination(place), position);
                }
            }
        }
        self.destinations[at].read(attempts.read_to);
    }

    fn stopped(&mut self, place: u32, reason: (Step, &str), sample: Option<Sample>) {
        if let Some(sample) = sample {
            self.samples.keep(Whose::Destination(place), reason, sample);
        }
    }

    pub(super) fn delivered(&mut self, entry: &Entry) {
        let read = record::decode_with::<Delivered, Behind<Mixture>>(&entry.payload);
        let Ok((delivered, behind)) = read else { return };
        let Some(at) = self.place(&delivered.destination) else { return };
        let place = at as u32;
        self.conditions[at].works();
        for (n, together) in delivered.together.iter().enumerate() {
            let (stream, minute_ms) = (together.stream, together.minute_ms);
            let book = &mut self.destinations[at];
            let many = book.settle_together(together, delivered.read_to);
            book.total.delivered += many;
            self.tally(stream, minute_ms).line(place).delivered += many;
            // What repeats in part what is settled does not say which part.
            let all = many == together.positions.len() as u64;
            let mixture = behind.as_ref().and_then(|behind| Some((behind, behind.of.get(n)?)));
            let mut rest = many;
            if let Some((behind, mixture)) = mixture.filter(|_| all) {
                for (event, messages) in &mixture.events {
                    let event = behind.events.get(*event as usize).map(Event::as_ref);
                    let number = self.breakdown.number(stream, event);
                    let messages = u64::from(*messages).min(rest);
                    rest -= messages;
                    let part = self.breakdown.part(stream, minute_of(minute_ms), place);
                    part.shares(number).through += messages;
                }
                let part = self.breakdown.part(stream, minute_of(minute_ms), place);
                for (bucket, messages) in &mixture.latency {
                    part.latency.add(*bucket, u64::from(*messages));
                }
            }
            if rest > 0 {
                let part = self.breakdown.part(stream, minute_of(minute_ms), place);
                part.shares(OTHER).through += rest;
            }
        }
        self.destinations[at].read(delivered.read_to);
    }

    /// What is wrong with the breakdown, if anything is: it counts what the lines count.
    pub(super) fn check_breakdown(&self) -> Result<(), String> {
        let mut sums: std::collections::BTreeMap<(u64, u32), Shares> = Default::default();
        for row in self.breakdown.rows() {
            let sum = sums.entry((row.stream, row.place)).or_default();
            row.part.events().for_each(|(_, shares)| sum.merge(shares));
            let failed: u64 = row.part.events().map(|(_, shares)| shares.failed).sum();
            if row.place != SOURCE && row.part.given_up.total() > failed {
                return Err(format!("more was given up than failed: {row:?}"));
            }
        }
        let mut counted: std::collections::BTreeMap<(u64, u32), Shares> = Default::default();
        for row in self.rows() {
            let own = counted.entry((row.stream, SOURCE)).or_default();
            own.through += row.tally.accepted;
            for (step, _, many) in row.tally.discarded.iter() {
                *own.stopped(step) += many;
            }
            for line in &row.tally.lines {
                let own = counted.entry((row.stream, line.destination)).or_default();
                own.through += line.delivered;
                own.failed += line.exhausted;
                for (step, _, many) in line.discarded.iter() {
                    *own.stopped(step) += many;
                }
            }
        }
        sums.retain(|_, shares| *shares != Shares::default());
        counted.retain(|_, shares| *shares != Shares::default());
        if sums == counted {
            return Ok(());
        }
        Err(format!("events add up to {sums:?}, not {counted:?}"))
    }
}

/// The event of the attempt at this place of its record, where the record says it.
fn told(behind: Option<&Behind<Option<u32>>>, at: usize) -> Option<&Event> {
    let behind = behind?;
    behind.events.get((*behind.of.get(at)?)? as usize)
}

/// What is kept of an attempt that stopped its message.
fn sample_of(attempt: &Attempt) -> Option<Sample> {
    let (Outcome::Discarded { status, excerpt, .. } | Outcome::Exhausted { status, excerpt, .. }) =
        &attempt.outcome
    else {
        return None;
    };
    Some(Sample {
        position: attempt.position,
        stream: attempt.stream,
        received_at_ms: attempt.received_at_ms,
        at_ms: attempt.at_ms + i64::from(attempt.took_ms),
        attempts: attempt.number,
        status: *status,
        excerpt: excerpt.clone(),
    })
}
