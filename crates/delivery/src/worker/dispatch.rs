//! From the log to attempts under way.

use std::sync::{Arc, atomic::Ordering};

use destination_kit::{Batching, Parcel};
use event_log::{Chunk, Entry, EventLog, LogError, Position};
use spec::{Event, Feed, Message, Step, record};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Link, OUTCOMES_MAX, QUEUE_BLOCKED_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_MAX, READ_AGAIN_AFTER,
    READ_BYTES, READ_BYTES_BEHIND, RETRIES_MAX, WINDOW_MAX, Worker,
};
use crate::{
    books::Fed,
    choose::{Filtered, choose},
    map::{map, read},
    queue::Waiting,
    send::{Heard, send},
};

/// A batch up to this size is copied for its attempt.
const FEW_BYTES: usize = 64 << 10;

/// One message of an attempt.
#[derive(Debug)]
pub(super) struct Item {
    pub position: u64,
    pub stream: u64,
    pub received_at_ms: i64,
    /// This attempt's number.
    pub number: u32,
    pub person: u64,
    /// On the steady clock.
    pub first_at: i64,
    /// Which event it is, once the message was read.
    pub event: Option<Arc<Event>>,
}

/// An attempt that is over.
#[derive(Debug)]
pub(super) struct Landed {
    pub first: bool,
    pub began_at_ms: i64,
    pub parts: Vec<Part>,
}

/// Messages that heard the same.
#[derive(Debug)]
pub(super) struct Part {
    /// In the order of the log.
    pub items: Vec<Item>,
    /// `Err` says why they were not sent.
    pub heard: Result<Heard, Unsent>,
}

/// Why messages were not sent after all.
#[derive(Debug, Clone)]
pub(super) enum Unsent {
    /// They could not be read again.
    Unread(LogError),
    /// A filter has come to stop them.
    Filtered(Filtered),
}

impl Worker {
    /// Begins as many attempts as may be under way.
    pub(super) fn dispatch(&mut self) {
        while self.stop.is_none() && !self.relink && self.outcomes.len() < OUTCOMES_MAX {
            let Link::Ready { batching, .. } = &self.link else { return };
            if self.pause.is_some() {
                return;
            }
            let now = self.now();
            let concurrency = self.route.as_ref().map_or(1, |route| route.concurrency.max(1));
            let limit = self.breaker.limit(now).min(concurrency).min(batching.calls_max);
            if self.flight.len() >= limit {
                return;
            }
            let ready = self.batch_due().is_some_and(|due| due <= Instant::now());
            let first = ready && self.retries.len() < RETRIES_MAX;
            let due = self.retries.next_due().is_some_and(|due| due <= now);
            let turn = if limit == 1 {
                !self.last_was_retry
            } else {
                self.retries_in_flight < (limit / 2).max(1)
            };
            let rate = self.rate();
            if (due || first) && rate.is_some_and(|rate| self.pace.next_at(rate) > now) {
                return;
            }
            if let Some(rate) = rate.filter(|_| due || first) {
                self.pace.begin(rate, now);
            }
            if due && (!first || turn) {
                self.launch_retry(now);
            } else if first {
                self.launch_first(now);
            } else {
                return;
            }
        }
    }

    /// Attempts that may begin in a second, where anything is said.
    pub(super) fn rate(&self) -> Option<u32> {
        self.route.as_ref().and_then(|route| route.rate_per_second)
    }

    fn launch_first(&mut self, now: i64) {
        let Link::Ready { destination, batching, .. } = &self.link else { return };
        let (destination, limit) = (destination.clone(), self.options.attempt_timeout);
        let taken = self.queue.take(*batching);
        self.filling_since = Instant::now();
        // A partner may take its time: a few messages should not hold all that stands around them.
        let few = taken.iter().map(|one| one.message.raw().len()).sum::<usize>() <= FEW_BYTES;
        let mut items = Vec::with_capacity(taken.len());
        let mut parcels = Vec::with_capacity(taken.len());
        for waiting in taken {
            let Waiting { position, stream, received_at_ms, person, message } = waiting;
            // The books know a message by the name that it came with.
            let event = Some(self.events.of(message.event()));
            let (message, mapped) = match map(message, stream, self.route.as_deref()) {
                Ok((message, mapped)) if few => (message.detached(), mapped),
                Ok(given) => given,
                Err(Filtered { step, code, reason }) => {
                    self.queue.landed(std::iter::once(person));
                    let about = (position, stream, received_at_ms);
                    self.discard(about, event, step, code, reason);
                    continue;
                }
            };
            let source = self.origins.of(stream);
            parcels.push(Parcel { message, position, received_at_ms, source, mapped });
            let (number, first_at) = (1, now);
            items.push(Item { position, stream, received_at_ms, number, person, first_at, event });
        }
        if parcels.is_empty() {
            return;
        }
        self.last_was_retry = false;
        let began_at_ms = self.wall_ms();
        self.flight.spawn(async move {
            let heard = send(&destination, &parcels, limit).await;
            Landed { first: true, began_at_ms, parts: parts(items, heard) }
        });
    }

    fn launch_retry(&mut self, now: i64) {
        let Link::Ready { destination, batching, .. } = &self.link else { return };
        let (destination, limit) = (destination.clone(), self.options.attempt_timeout);
        let items: Vec<Item> = self
            .retries
            .take(now, batching.messages_max)
            .into_iter()
            .map(|(position, retry)| Item {
                position,
                stream: retry.stream,
                received_at_ms: retry.received_at_ms,
                number: retry.number + 1,
                person: 0,
                first_at: if retry.number == 0 { now } else { retry.first_at },
                event: None,
            })
            .collect();
        let origins: Vec<_> = items.iter().map(|item| self.origins.of(item.stream)).collect();
        self.last_was_retry = true;
        self.retries_in_flight += 1;
        let began_at_ms = self.wall_ms();
        let (log, route) = (self.log.clone(), self.route.clone());
        self.flight.spawn(async move {
            let mut parcels = Vec::with_capacity(items.len());
            let mut found = Vec::with_capacity(items.len());
            let mut lost = Vec::new();
            for (mut item, source) in items.into_iter().zip(origins) {
                let read = read_again(&*log, Position(item.position)).await;
                let mapped = read.map_err(Unsent::Unread).and_then(|message| {
                    item.event = Some(Arc::new(message.event().to_owned()));
                    map(message, item.stream, route.as_deref()).map_err(Unsent::Filtered)
                });
                match mapped {
                    Ok((message, mapped)) => {
                        let Item { position, received_at_ms, .. } = item;
                        let parcel = Parcel { message, position, received_at_ms, source, mapped };
                        parcels.push(parcel);
                        found.push(item);
                    }
                    Err(error) => lost.push(Part { items: vec![item], heard: Err(error) }),
                }
            }
            let heard = match parcels.is_empty() {
                true => Vec::new(),
                false => send(&destination, &parcels, limit).await,
            };
            let mut parts = parts(found, heard);
            parts.append(&mut lost);
            Landed { first: false, began_at_ms, parts }
        });
    }

    /// Begins to read on, when there is room and reason.
    pub(super) fn begin_reading(&mut self) {
        let Batching { messages_max, bytes_max, .. } = match &self.link {
            Link::Ready { batching, .. } => *batching,
            _ => Batching::default(),
        };
        let few = self.queue.len() < QUEUE_MAX.max(messages_max)
            && self.queue.bytes() < QUEUE_BYTES_MAX.max(bytes_max);
        let blocked = !self.queue.is_ready() && self.queue.bytes() < QUEUE_BLOCKED_BYTES_MAX;
        let room = (few || blocked)
            && self.window.len() < WINDOW_MAX
            && self.outcomes.len() < OUTCOMES_MAX;
        let wanted = self.stop.is_none() && !self.relink && room;
        if self.reading.is_some() || self.caught_up || !wanted {
            return;
        }
        self.pass_feeds(self.read_at);
        let off = matches!(self.link, Link::Off);
        if self.is_parked() || (off && (self.looked || !self.has_outlived(self.read_at))) {
            return;
        }
        if let [fed, next, ..] = self.fed.make_contiguous()
            && fed.streams.is_empty()
        {
            self.read_at = self.read_at.max(Position(next.from));
            self.pass_feeds(self.read_at);
        }
        self.end.borrow_and_update();
        let (log, from) = (self.log.clone(), self.read_at);
        // Who is behind reads large pieces: each has its price.
        let bytes = if self.behind { READ_BYTES_BEHIND } else { READ_BYTES };
        self.reading = Some(Box::pin(async move { log.read(from, bytes).await }));
    }

    /// Nothing in the log is its own from here on.
    pub(super) fn is_parked(&self) -> bool {
        self.fed.len() <= 1 && self.fed.front().is_none_or(|fed| fed.streams.is_empty())
    }

    /// Makes the feed that is in force at `position` the first.
    fn pass_feeds(&mut self, position: Position) {
        while self.fed.get(1).is_some_and(|next| next.from <= position.0) {
            self.fed.pop_front();
        }
    }

    /// What stands at `position` has waited longer than the horizon.
    fn has_outlived(&self, position: Position) -> bool {
        self.log.position_at(self.horizon_ms()) > position
    }

    pub(super) fn take_chunk(&mut self, chunk: Chunk) {
        let nothing = chunk.entries.is_empty() && chunk.next <= self.read_at;
        self.caught_up = nothing || chunk.next >= *self.end.borrow();
        self.behind = !self.caught_up;
        for entry in chunk.entries {
            match entry.label.kind {
                record::MESSAGE if entry.duplicate_of.is_none() => {
                    self.pass_feeds(entry.position);
                    if self.is_fed_by(&entry) && !self.ahead.remove(&entry.position.0) {
                        // While disabled we only look for what has waited too long.
                        if matches!(self.link, Link::Off) && !self.is_outlived(&entry) {
                            self.read_at = entry.position;
                            (self.looked, self.caught_up) = (true, false);
                            return;
                        }
                        self.take_message(entry);
                    }
                }
                record::FEED => self.take_feed(&entry),
                _ => {}
            }
        }
        self.read_at = chunk.next;
    }

    fn is_fed_by(&self, entry: &Entry) -> bool {
        self.fed.front().is_some_and(|fed| {
            fed.from <= entry.position.0 && fed.streams.contains(&entry.label.stream)
        })
    }

    fn take_feed(&mut self, entry: &Entry) {
        match record::decode::<Feed>(&entry.payload) {
            Ok(feed) if feed.destination == self.id && feed.from.is_none() => {
                self.add_feed(Fed { from: entry.position.0, streams: feed.streams });
            }
            _ => {}
        }
    }

    /// Learns what feeds the destination from a position on, from the log or from the orders,
    /// whichever comes first.
    pub(super) fn add_feed(&mut self, fed: Fed) {
        let at = self.fed.partition_point(|known| known.from < fed.from);
        let known = self.fed.get(at).is_some_and(|known| known.from == fed.from);
        let same = at > 0 && self.fed[at - 1].streams == fed.streams;
        // What is older than all we know was over before we began.
        let old = at == 0 && !self.fed.is_empty();
        if !known && !same && !old {
            self.fed.insert(at, fed);
        }
    }

    fn take_message(&mut self, entry: Entry) {
        let (position, stream) = (entry.position.0, entry.label.stream);
        let received_at_ms = entry.label.time_ms;
        self.window.push(position, received_at_ms);
        if matches!(self.link, Link::Off) {
            let event = Message::event_in(&entry.payload).map(|event| self.events.of(event));
            return self.expired((position, stream, received_at_ms), event);
        }
        let message = match read(entry.payload) {
            Ok(message) => message,
            Err(reason) => {
                let (step, code) = (Step::FailedDelivery, "INTERNAL".into());
                return self.discard((position, stream, received_at_ms), None, step, code, reason);
            }
        };
        let kind_name = match &self.link {
            Link::Ready { kind_name, .. } => kind_name,
            _ => "",
        };
        if let Some(route) = &self.route
            && let Err(filtered) = choose(&message, stream, route, kind_name)
        {
            let (step, code) = (filtered.step, filtered.code);
            let event = Some(self.events.of(message.event()));
            let about = (position, stream, received_at_ms);
            return self.discard(about, event, step, code, filtered.reason);
        }
        let person = self.person_of(&message);
        if self.queue.len() == 0 {
            self.filling_since = Instant::now();
        }
        self.queue.push(Waiting { position, stream, received_at_ms, person, message });
    }

    /// Whose order `message` keeps; nobody's where one call at a time keeps everyone's.
    pub(super) fn person_of(&self, message: &Message) -> u64 {
        match &self.link {
            Link::Ready { batching, .. } if batching.calls_max == 1 => 0,
            _ => person(message),
        }
    }

    pub(super) fn cannot_read(&mut self, error: LogError) {
        match error {
            LogError::Gone(oldest) => {
                tracing::error!(destination = %self.id, from = self.read_at.0, to = oldest.0, "the log no longer holds what the destination has not read; it goes on after it");
                self.read_at = self.read_at.max(oldest);
                self.lost.store(true, Ordering::Release);
            }
            error => {
                tracing::error!(destination = %self.id, error = &error as &dyn std::error::Error, "the log cannot be read; trying again");
                let (log, from) = (self.log.clone(), self.read_at);
                self.reading = Some(Box::pin(async move {
                    tokio::time::sleep(READ_AGAIN_AFTER).await;
                    log.read(from, READ_BYTES).await
                }));
            }
        }
    }
}

/// Divides `items` by what they heard.
fn parts(mut items: Vec<Item>, heard: Vec<(usize, Heard)>) -> Vec<Part> {
    let mut parts = Vec::with_capacity(heard.len());
    for (many, heard) in heard {
        let rest = items.split_off(many);
        parts.push(Part { items: std::mem::replace(&mut items, rest), heard: Ok(heard) });
    }
    parts
}

fn person(message: &Message) -> u64 {
    let key = message.ordering_key();
    if key.is_empty() { 0 } else { xxh3_64(key).max(1) }
}

async fn read_again(log: &dyn EventLog, position: Position) -> Result<Message, LogError> {
    let chunk = log.read(position, 1).await?;
    let found = chunk.entries.into_iter().find(|entry| entry.position == position);
    let entry = found.ok_or(LogError::Gone(chunk.next))?;
    let message = read(entry.payload).map_err(LogError::Unreadable)?;
    Ok(message.detached())
}
