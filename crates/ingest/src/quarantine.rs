//! What a source's plan keeps back for later: what waits, and its release in order, exactly once.
//!
//! A message in quarantine is a discard in the log whose code says so. A release reads them in the
//! log's order, judges each by the schema as it is now, and appends, in one batch, what became of
//! them and behind that a [`spec::Release`] that says how far it came. Whatever was appended
//! without one, because the process died in between, was accepted under its id; reading on from
//! the last release finds it again, and the log takes it for the duplicate it is.

use std::collections::BTreeMap;

use event_log::{Batch, Entry, EventLog, Label, Lane, LogError, Position, Tag};
use routing::SourceRoute;
use serde::Serialize;
use spec::{
    Breakdown, Discard, DiscardCode, Event, EventRef, Left, Message, Release, Step, record,
};
use tokio::sync::Mutex;
use tracking_plan::Blocked;

use crate::{enforce::enforce, normalise::Written, text::unescape};

const READ_BYTES: usize = 256 * 1024;
/// One batch takes at most about so much, far below what the log writes at once.
const BATCH_BYTES: usize = 1024 * 1024;
/// Causes that are told apart.
const CAUSES_MAX: usize = 1_000;

/// The quarantines of one log. There must be one for each log: releases wait for each other.
pub struct Quarantine {
    lane: Lane,
    turn: Mutex<()>,
}

/// What waits in one source's quarantine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// How many messages.
    pub messages: u64,
    /// The same by cause, the most frequent first.
    pub causes: Vec<Cause>,
}

/// Messages that wait for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// The code of their discards.
    pub code: DiscardCode,
    /// Where in the message the first fault is; `*` for whichever element of a list.
    pub pointer: String,
    /// The first fault of the oldest of them, in a sentence.
    pub detail: String,
    /// How many.
    pub messages: u64,
    /// When the oldest came, Unix milliseconds.
    pub first_ms: i64,
    /// When the newest came, Unix milliseconds.
    pub last_ms: i64,
    /// Where the oldest stands in the log.
    pub position: u64,
}

/// What became of the messages of one release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Released {
    /// They were accepted and go to the destinations.
    pub accepted: u64,
    /// Their ids were accepted before: their senders sent them again.
    pub duplicates: u64,
    /// The plan still keeps them back: they wait in quarantine.
    pub kept: u64,
    /// The schema blocks them now: they are discards.
    pub discarded: u64,
}

impl Quarantine {
    /// The quarantines of `log`.
    pub fn new(log: &dyn EventLog) -> Quarantine {
        Quarantine { lane: log.lane(), turn: Mutex::new(()) }
    }

    /// What waits in the quarantine of `stream`.
    ///
    /// Errors: the log's.
    pub async fn waiting(&self, log: &dyn EventLog, stream: u64) -> Result<Waiting, LogError> {
        let end = *log.end().borrow();
        let mut causes: BTreeMap<(DiscardCode, String), Cause> = BTreeMap::new();
        let mut waiting = Waiting::default();
        let mut from = settled(log, stream).await?;
        while let Some((entries, next)) = read(log, stream, from, end).await? {
            for (entry, discard) in entries {
                waiting.messages += 1;
                let key = (discard.code.clone(), any_element(&discard.pointer));
                let time_ms = entry.label.time_ms;
                if let Some(cause) = causes.get_mut(&key) {
                    cause.messages += 1;
                    cause.last_ms = time_ms;
                } else if causes.len() < CAUSES_MAX {
                    let cause = Cause {
                        code: discard.code,
                        pointer: key.1.clone(),
                        detail: discard.detail,
                        messages: 1,
                        first_ms: time_ms,
                        last_ms: time_ms,
                        position: entry.position.0,
                    };
                    causes.insert(key, cause);
                }
            }
            from = next;
        }
        waiting.causes = causes.into_values().collect();
        waiting.causes.sort_by_key(|cause| std::cmp::Reverse(cause.messages));
        Ok(waiting)
    }

    /// Judges everything that waits in the quarantine of `source` by its schema as it is now, in
    /// the order in which it came. What is accepted goes on as if it came at `now_ms`; its own
    /// times stay.
    ///
    /// Errors: the log's. What was released until then stays released.
    pub async fn release(
        &self,
        log: &dyn EventLog,
        source: &SourceRoute,
        now_ms: i64,
    ) -> Result<Released, LogError> {
        let _turn = self.turn.lock().await;
        let stream = source.id.stream();
        // What comes meanwhile waits for the next release.
        let end = *log.end().borrow();
        let mut released = Released::default();
        let mut from = settled(log, stream).await?;
        while let Some((entries, next)) = read(log, stream, from, end).await? {
            from = next;
            let mut rest = entries.into_iter().peekable();
            while rest.peek().is_some() {
                let mut step = StepOf::new(log, source, now_ms);
                while step.batch.bytes() < BATCH_BYTES
                    && let Some((entry, discard)) = rest.next()
                {
                    step.take(&entry, discard);
                }
                // Of what is left in this stretch the next step takes care.
                let through = rest.peek().map_or(next, |(entry, _)| entry.position);
                step.append(&self.lane, through, &mut released).await?;
            }
        }
        Ok(released)
    }
}

/// One batch of a release.
struct StepOf<'a> {
    log: &'a dyn EventLog,
    source: &'a SourceRoute,
    now_ms: i64,
    batch: Batch,
    /// Whether each record of the batch is a message; the others are discards.
    messages: Vec<bool>,
    left: BTreeMap<(i64, DiscardCode), BTreeMap<Option<Event>, u32>>,
    kept: u64,
    discarded: u64,
}

impl<'a> StepOf<'a> {
    fn new(log: &'a dyn EventLog, source: &'a SourceRoute, now_ms: i64) -> StepOf<'a> {
        let mut batch = Batch::new();
        batch.want_places();
        let (messages, left) = Default::default();
        StepOf { log, source, now_ms, batch, messages, left, kept: 0, discarded: 0 }
    }

    fn take(&mut self, entry: &Entry, mut discard: Discard) {
        let minute_ms = entry.label.time_ms.div_euclid(60_000) * 60_000;
        let event = Message::event_in(&discard.body).filter(|_| discard.readable);
        let left = self.left.entry((minute_ms, discard.code.clone())).or_default();
        *left.entry(event.map(EventRef::to_owned)).or_default() += 1;
        let (stream, time_ms) = (self.source.id.stream(), self.now_ms);
        let label = |kind, tag| Label { kind, stream, time_ms, tag };
        let mut stored = std::mem::take(&mut discard.body);
        let head = Message::decode(stored.clone().into()).ok().filter(|_| discard.readable);
        let Some(message) = head else {
            // Nobody can send what nobody can read.
            discard.body = stored;
            discard.code = Blocked::SchemaViolation.code().into();
            self.batch.push(label(record::DISCARD, Tag::None), &record::encode(&discard));
            self.messages.push(false);
            self.discarded += 1;
            return;
        };
        let mut written =
            Written { head: message.head(), json: stored.len() - message.raw().len() };
        let schema = &self.source.schema;
        match enforce(schema, &self.source.id, &mut written, &mut stored) {
            None => {
                let id = unescape(message.message_id());
                let tag = Tag::Key(self.log.key_of(stream, &id));
                self.batch.push(label(record::MESSAGE, tag), &stored);
                self.messages.push(true);
            }
            Some(fault) => {
                let waits = Blocked::is_quarantine_code(fault.code);
                if waits {
                    self.kept += 1
                } else {
                    self.discarded += 1
                }
                let discard = Discard {
                    step: Step::FilteredAtSource,
                    code: fault.code.into(),
                    messages: 1,
                    pointer: fault.pointer.into_owned(),
                    detail: fault.detail.into_owned(),
                    index: discard.index,
                    body: stored,
                    readable: true,
                };
                self.batch.push(label(record::DISCARD, Tag::None), &record::encode(&discard));
                self.messages.push(false);
            }
        }
    }

    /// Appends what became of the messages, and that everything before `through` is settled.
    async fn append(
        mut self,
        lane: &Lane,
        through: Position,
        released: &mut Released,
    ) -> Result<(), LogError> {
        let (mut left, mut events, mut of) = (Vec::new(), Vec::new(), Vec::new());
        for ((minute_ms, code), mixture) in self.left {
            let messages = mixture.values().map(|many| u64::from(*many)).sum();
            left.push(Left { minute_ms, code, messages });
            let mut places = Vec::with_capacity(mixture.len());
            for (event, many) in mixture {
                let Some(event) = event else { continue };
                let at = events.iter().position(|known| *known == event).unwrap_or(events.len());
                if at == events.len() {
                    events.push(event);
                }
                places.push((at as u32, many));
            }
            of.push(places);
        }
        let release =
            record::encode_with(&Release { through: through.0, left }, &Breakdown { events, of });
        let (stream, time_ms) = (self.source.id.stream(), self.now_ms);
        let label = Label { kind: record::RELEASE, stream, time_ms, tag: Tag::None };
        self.batch.push(label, &release);
        let appended = lane.append(self.batch).await?;
        for (place, _) in appended.places.iter().zip(&self.messages).filter(|(_, is)| **is) {
            match place.duplicate_of {
                None => released.accepted += 1,
                Some(_) => released.duplicates += 1,
            }
        }
        released.kept += self.kept;
        released.discarded += self.discarded;
        Ok(())
    }
}

/// Everything in the quarantine of `stream` before this place is settled.
async fn settled(log: &dyn EventLog, stream: u64) -> Result<Position, LogError> {
    let oldest = log.stats().oldest;
    let mut before = *log.end().borrow();
    while let Some(block) = log.block_before(before, Some(stream)) {
        let end = block.end.min(before);
        let (mut from, mut through) = (block.start, None);
        while from < end {
            let chunk = match log.read(from, READ_BYTES).await {
                Err(LogError::Gone(oldest)) => return Ok(oldest),
                read => read?,
            };
            if chunk.next <= from {
                break;
            }
            from = chunk.next;
            for entry in chunk.entries {
                let mine = entry.label.stream == stream && entry.label.kind == record::RELEASE;
                if mine
                    && entry.position < end
                    && let Ok(release) = record::decode::<Release>(&entry.payload)
                {
                    through = Some(Position(release.through));
                }
            }
        }
        if let Some(through) = through {
            return Ok(through.max(oldest));
        }
        before = block.start;
        tokio::task::yield_now().await;
    }
    Ok(oldest)
}

/// What of the quarantine of `stream` stands in the next stretch of log, and where to read on.
/// `None` at `end`.
async fn read(
    log: &dyn EventLog,
    stream: u64,
    from: Position,
    end: Position,
) -> Result<Option<(Vec<(Entry, Discard)>, Position)>, LogError> {
    if from >= end {
        return Ok(None);
    }
    let chunk = match log.read(from, READ_BYTES).await {
        // Retention was quicker.
        Err(LogError::Gone(oldest)) => return Ok(Some((vec![], oldest))),
        read => read?,
    };
    if chunk.next <= from {
        return Ok(None);
    }
    let ours = chunk.entries.into_iter().filter(|entry| {
        entry.position < end && entry.label.kind == record::DISCARD && entry.label.stream == stream
    });
    let waiting = ours.filter_map(|entry| {
        let discard = record::decode::<Discard>(&entry.payload).ok()?;
        Blocked::is_quarantine_code(&discard.code).then_some((entry, discard))
    });
    Ok(Some((waiting.collect(), chunk.next.min(end))))
}

/// A pointer with every place in a list made the same.
fn any_element(pointer: &str) -> String {
    let step =
        |step: &str| if step.parse::<usize>().is_ok() { "*".into() } else { step.to_owned() };
    pointer.split('/').map(step).collect::<Vec<_>>().join("/")
}
