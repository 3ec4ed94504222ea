//! The path of one message: where it stands, what became of it, and every attempt of every
//! destination.
//!
//! An accepted message is found by the log's own index of ids, as long as its id is in the
//! window. Whatever has no id there (what was discarded, and older messages) is looked for in a
//! bounded stretch of the newest history, and the answer says how far that went.

use std::{collections::BTreeMap, sync::Arc};

use event_log::{Entry, EventLog, LogError, Position, Tag};
use routing::{RoutingSnapshot, SourceRoute};
use serde::Serialize;
use spec::{Attempt, Attempts, Delivered, DestinationId, Outcome, Replayed, record};

use crate::{
    Debugger, Paused, Row,
    filter::Filter,
    history,
    opened::Opened,
    row::{iso, some_position_text},
};

/// Stretches of log that one trace looks through for attempts, the newest ones.
const BLOCKS_MAX: usize = 400;
const READ_BYTES: usize = 256 * 1024;
/// What is found by looking through history; an id belongs to few messages.
const FOUND_MAX: usize = 20;

/// What is known of a message id.
pub(crate) struct Trace {
    pub(crate) messages: Vec<Traced>,
    /// Set when history was looked through.
    pub(crate) searched: Option<Searched>,
}

/// One message with this id.
pub(crate) struct Traced {
    pub(crate) opened: Opened,
    pub(crate) destinations: Vec<Path>,
    /// Whether every stretch of log that can hold attempts was read.
    pub(crate) complete: bool,
}

/// How far history was looked through.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Searched {
    /// Nothing older was looked at; left out when all of history was.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_position_text")]
    pub(crate) back_to: Option<Position>,
}

/// How a message fares at one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The destination has it.
    Delivered,
    /// It waits: for its first attempt, or for the next one.
    Pending,
    /// It was stopped for a reason.
    Discarded,
    /// Its retries are used up.
    Exhausted,
    /// The destination has passed it without an attempt that the log still holds: it was not
    /// connected when the message came, or retention took the attempts.
    NotOffered,
}

/// The way of a message to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Path {
    /// Slug of the destination, or its id when it is gone.
    pub(crate) destination: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) state: State,
    /// Not before; there is none while the destination is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_attempt_at: Option<String>,
    /// Set when the message waits for somebody to resume the destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) paused_at: Option<String>,
    /// In the order in which they happened.
    pub(crate) attempts: Vec<Try>,
}

/// One attempt, or the decision not to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Try {
    pub(crate) at: String,
    pub(crate) number: u32,
    pub(crate) took_ms: u32,
    pub(crate) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<spec::Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excerpt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_attempt_at: Option<String>,
    /// The replay that it was a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replay: Option<String>,
}

/// What the log says of one message at one destination.
#[derive(Default)]
struct Tries {
    attempts: Vec<Attempt>,
    /// They decide nothing about its state.
    replays: Vec<Try>,
}

/// A traced message as clients read it.
#[derive(Serialize)]
pub(crate) struct TracedView<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    destinations: &'a [Path],
    complete: bool,
}

impl Traced {
    pub(crate) fn view<'a>(&'a self, snapshot: &'a RoutingSnapshot) -> TracedView<'a> {
        let source = snapshot.source_of_stream(self.opened.stream);
        TracedView {
            row: Row::of(&self.opened, source.map(|source| source.slug.as_str())),
            destinations: &self.destinations,
            complete: self.complete,
        }
    }
}

/// Everything about `message_id`: of one source, or of every one.
pub(crate) async fn trace(
    Debugger { log, paused, .. }: &Debugger,
    snapshot: &RoutingSnapshot,
    source: Option<&Arc<SourceRoute>>,
    message_id: &str,
) -> Result<Trace, LogError> {
    let log = &**log;
    let mut messages = Vec::new();
    let sources: Vec<&Arc<SourceRoute>> = match source {
        Some(source) => vec![source],
        None => snapshot.sources().collect(),
    };
    for source in sources {
        if let Some(opened) = by_key(log, source.id.stream(), message_id).await? {
            messages.push(traced(log, snapshot, paused, opened).await?);
        }
    }
    if !messages.is_empty() {
        return Ok(Trace { messages, searched: None });
    }
    let filter = Filter::of_message_id(message_id);
    let stream = source.map(|source| source.id.stream());
    let end = *log.end().borrow();
    let page = history::page(log, stream, &filter, end, FOUND_MAX).await?;
    for opened in page.found {
        messages.push(traced(log, snapshot, paused, opened).await?);
    }
    Ok(Trace { messages, searched: Some(Searched { back_to: page.before }) })
}

/// The accepted message with this id, by the log's index.
async fn by_key(
    log: &dyn EventLog,
    stream: u64,
    message_id: &str,
) -> Result<Option<Opened>, LogError> {
    let key = log.key_of(stream, message_id.as_bytes());
    let Some(at) = log.find(key).await? else { return Ok(None) };
    let chunk = match log.read(at, 1).await {
        Ok(chunk) => chunk,
        Err(LogError::Gone(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let entry = chunk.entries.first().filter(|entry| entry.position == at);
    Ok(entry.and_then(Opened::open))
}

async fn traced(
    log: &dyn EventLog,
    snapshot: &RoutingSnapshot,
    paused: &Paused,
    opened: Opened,
) -> Result<Traced, LogError> {
    if opened.verdict() != crate::Verdict::Accepted {
        return Ok(Traced { opened, destinations: Vec::new(), complete: true });
    }
    let position = opened.position;
    let (mut attempts, complete) = attempts_about(log, position).await?;
    let source = snapshot.source_of_stream(opened.stream);
    for id in source.iter().flat_map(|source| &source.destinations) {
        attempts.entry(id.clone()).or_default();
    }
    let path = |(id, Tries { attempts, replays }): (DestinationId, Tries)| {
        let route = snapshot.destination(&id);
        let passed = log
            .committed(&format!("destination/{id}"))
            .is_some_and(|committed| committed > position);
        let state = state(attempts.last(), passed);
        let paused_at_ms = Some(&id).filter(|_| state == State::Pending).and_then(|id| paused(id));
        Path {
            destination: route.map_or(id.as_str(), |route| route.slug.as_str()).to_owned(),
            name: route.map(|route| route.name.clone()),
            state,
            next_attempt_at: attempts
                .last()
                .filter(|_| paused_at_ms.is_none())
                .and_then(next_attempt_at),
            paused_at: paused_at_ms.map(iso),
            attempts: attempts.iter().map(as_try).chain(replays).collect(),
        }
    };
    let destinations = attempts.into_iter().map(path).collect();
    Ok(Traced { opened, destinations, complete })
}

/// Every attempt about the message at `position`, by destination, in the order of the log; and
/// whether nothing was left out.
async fn attempts_about(
    log: &dyn EventLog,
    position: Position,
) -> Result<(BTreeMap<DestinationId, Tries>, bool), LogError> {
    let mut found: BTreeMap<DestinationId, Tries> = BTreeMap::new();
    let blocks = log.blocks_referring(position);
    let complete = blocks.len() <= BLOCKS_MAX;
    // Stretches may touch or overlap: what was read is not read again.
    let mut read_to = Position(0);
    for block in &blocks[blocks.len().saturating_sub(BLOCKS_MAX)..] {
        let mut from = block.start.max(read_to);
        while from < block.end {
            let chunk = match log.read(from, READ_BYTES).await {
                Ok(chunk) => chunk,
                Err(LogError::Gone(oldest)) if oldest > from => {
                    from = oldest;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if chunk.next <= from {
                break;
            }
            for entry in &chunk.entries {
                let refers = matches!(entry.label.tag,
                    Tag::Refers(first, last) if first <= position && position <= last);
                if entry.position >= block.end || !refers {
                    continue;
                }
                let Some((destination, about)) = about(entry, position.0) else { continue };
                if !about.attempts.is_empty() || !about.replays.is_empty() {
                    let tries = found.entry(destination).or_default();
                    tries.attempts.extend(about.attempts);
                    tries.replays.extend(about.replays);
                }
            }
            from = chunk.next;
        }
        read_to = read_to.max(block.end);
    }
    Ok((found, complete))
}

/// What a record says of the message at `position`; `None` when it tells no outcomes.
fn about(entry: &Entry, position: u64) -> Option<(DestinationId, Tries)> {
    match entry.label.kind {
        record::ATTEMPTS => {
            let said: Attempts = record::decode(&entry.payload).ok()?;
            let about = said.attempts.into_iter().filter(|attempt| attempt.position == position);
            Some((said.destination, Tries { attempts: about.collect(), replays: vec![] }))
        }
        record::DELIVERED => {
            let said: Delivered = record::decode(&entry.payload).ok()?;
            let about = said.together.iter().filter_map(|together| together.attempt(position));
            Some((said.destination, Tries { attempts: about.collect(), replays: vec![] }))
        }
        record::REPLAYED => {
            let said: Replayed = record::decode(&entry.payload).ok()?;
            said.positions.binary_search(&position).ok()?;
            let replays = vec![Try {
                at: iso(said.at_ms),
                number: 1,
                took_ms: said.took_ms,
                outcome: if said.refused.is_some() { "discarded" } else { "delivered" },
                step: said.refused.as_ref().map(|_| spec::Step::FailedDelivery),
                status: said.status,
                code: said.refused.map(|code| code.to_string()),
                excerpt: None,
                next_attempt_at: None,
                replay: Some(said.replay),
            }];
            Some((said.destination, Tries { attempts: vec![], replays }))
        }
        _ => None,
    }
}

fn state(last: Option<&Attempt>, passed: bool) -> State {
    match last.map(|attempt| &attempt.outcome) {
        Some(Outcome::Delivered { .. }) => State::Delivered,
        Some(Outcome::Retry { .. } | Outcome::Redelivery) => State::Pending,
        Some(Outcome::Discarded { .. }) => State::Discarded,
        Some(Outcome::Exhausted { .. }) => State::Exhausted,
        None if passed => State::NotOffered,
        None => State::Pending,
    }
}

fn next_attempt_at(last: &Attempt) -> Option<String> {
    match &last.outcome {
        Outcome::Retry { next_at_ms, .. } => Some(iso(*next_at_ms)),
        _ => None,
    }
}

fn as_try(attempt: &Attempt) -> Try {
    let (outcome, step, status, code, excerpt) = match &attempt.outcome {
        Outcome::Delivered { status } => ("delivered", None, *status, None, None),
        Outcome::Retry { status, code, excerpt, .. } => {
            ("retry", None, *status, Some(code), Some(excerpt))
        }
        Outcome::Discarded { step, code, status, excerpt } => {
            ("discarded", Some(*step), *status, Some(code), Some(excerpt))
        }
        Outcome::Exhausted { status, code, excerpt } => {
            ("exhausted", None, *status, Some(code), Some(excerpt))
        }
        Outcome::Redelivery => ("redelivery", None, None, None, None),
    };
    Try {
        at: iso(attempt.at_ms),
        number: attempt.number,
        took_ms: attempt.took_ms,
        outcome,
        step,
        status,
        code: code.map(|code| code.to_string()),
        excerpt: excerpt.filter(|excerpt| !excerpt.is_empty()).cloned(),
        next_attempt_at: next_attempt_at(attempt),
        replay: None,
    }
}
