//! The book of one destination.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use spec::{Attempt, DestinationId, DiscardCode, Feed, Outcome, Step, Together};

use super::tally::Line;

/// Dead letters that are kept by position; the count in [`Line::exhausted`] has no bound.
pub const DEAD_LETTERS_MAX: usize = 10_000;
/// How much of an answer the books keep; the log has more.
const EXCERPT_BYTES: usize = 256;

/// What the log says of one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DestinationBook {
    /// The destination.
    pub id: DestinationId,
    /// What fed it, oldest first, as far back as it has not read.
    pub fed: Vec<Fed>,
    /// Every message of its own before this position has an outcome.
    pub read_to: u64,
    /// Messages from `read_to` on that have an outcome already.
    pub ahead: BTreeSet<u64>,
    /// Messages between attempts, by position.
    pub retries: BTreeMap<u64, Pending>,
    /// Messages that were given up, by position; the newest [`DEAD_LETTERS_MAX`].
    pub dead_letters: BTreeMap<u64, DeadLetter>,
    /// The sum of its lines.
    pub total: Line,
    /// What went wrong last.
    pub last_error: Option<LastError>,
    /// When something was delivered last, Unix milliseconds.
    pub last_delivered_at_ms: Option<i64>,
}

/// What is needed to count in the log what a destination has pending.
#[derive(Debug, Clone)]
pub(crate) struct Unsettled {
    /// What fed it, from `read_to` on.
    pub(crate) fed: Vec<Fed>,
    /// Every message of its own before this position has an outcome.
    pub(crate) read_to: u64,
    /// Messages from `read_to` on that have one.
    pub(crate) ahead: BTreeSet<u64>,
    /// Stream and time of the messages between attempts.
    pub(crate) retries: Vec<(u64, i64)>,
}

/// From a position on, these streams feed a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fed {
    /// From here on.
    pub from: u64,
    /// Streams of the sources.
    pub streams: Vec<u64>,
}

/// A message between attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// When its first attempt began, Unix milliseconds.
    pub first_at_ms: i64,
    /// Attempts made; 0 after a person asked for it again.
    pub number: u32,
    /// When the next attempt is due, Unix milliseconds.
    pub next_at_ms: i64,
    /// What the destination answered last, where it speaks HTTP.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub code: DiscardCode,
    /// The beginning of the last answer, or the error in words.
    pub excerpt: String,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// When it was given up, Unix milliseconds.
    pub given_up_at_ms: i64,
    /// Attempts made.
    pub attempts: u32,
    /// What the destination answered last, where it speaks HTTP.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub code: DiscardCode,
    /// The beginning of the last answer, or the error in words.
    pub excerpt: String,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What the destination answered, where it speaks HTTP.
    pub status: Option<u16>,
    /// Why, for machines.
    pub code: DiscardCode,
    /// The beginning of the answer, or the error in words.
    pub excerpt: String,
}

/// What an outcome does to the counts.
pub(super) enum Change {
    Delivered,
    Retried,
    Discarded(Step, DiscardCode),
    Exhausted(DiscardCode),
    Redelivery(DiscardCode),
}

impl Change {
    pub(super) fn apply(&self, line: &mut Line) {
        match self {
            Change::Delivered => line.delivered += 1,
            Change::Retried => line.retried += 1,
            Change::Discarded(step, code) => line.discarded.add((*step, code), 1),
            Change::Exhausted(_) => line.exhausted += 1,
            Change::Redelivery(_) => line.exhausted -= 1,
        }
    }
}

impl DestinationBook {
    pub(super) fn new(id: DestinationId, position: u64) -> DestinationBook {
        DestinationBook {
            id,
            fed: vec![],
            read_to: position,
            ahead: BTreeSet::new(),
            retries: BTreeMap::new(),
            dead_letters: BTreeMap::new(),
            total: Line::default(),
            last_error: None,
            last_delivered_at_ms: None,
        }
    }

    /// The streams that feed it now.
    pub fn streams(&self) -> &[u64] {
        self.fed.last().map_or(&[], |fed| &fed.streams)
    }

    /// Messages that wait for their first attempt or are on it.
    pub fn waiting(&self) -> u64 {
        self.total.pending().saturating_sub(self.retries.len() as u64)
    }

    pub(crate) fn unsettled(&self) -> Unsettled {
        let retries = self.retries.values().map(|retry| (retry.stream, retry.received_at_ms));
        Unsettled {
            fed: self.fed.clone(),
            read_to: self.read_to,
            ahead: self.ahead.clone(),
            retries: retries.collect(),
        }
    }

    pub(super) fn feed(&mut self, position: u64, feed: Feed) {
        if let Some(from) = feed.from {
            self.read_to = self.read_to.min(from);
            self.fed.insert(0, Fed { from, streams: feed.streams });
        } else if self.fed.is_empty() || self.streams() != feed.streams {
            self.fed.push(Fed { from: position, streams: feed.streams });
        }
    }

    pub(super) fn read(&mut self, read_to: u64) {
        if read_to > self.read_to {
            self.read_to = read_to;
            self.ahead = self.ahead.split_off(&read_to);
            let past = self.fed.partition_point(|fed| fed.from <= read_to);
            self.fed.drain(..past.saturating_sub(1));
        }
    }

    /// Takes first attempts that delivered a batch into account; how many of them were pending.
    pub(super) fn settle_together(&mut self, together: &Together, read_to: u64) -> u64 {
        let mut many = 0;
        for position in &together.positions {
            // What is ahead has its outcome, and so does what was read before, unless it is tried again.
            let waits = *position >= self.read_to
                && (self.ahead.is_empty() || !self.ahead.contains(position));
            let retries = !self.retries.is_empty() && self.retries.remove(position).is_some();
            if waits && !retries && *position >= read_to {
                self.ahead.insert(*position);
            }
            many += u64::from(waits || retries);
        }
        if many > 0 {
            self.last_delivered_at_ms = Some(together.at_ms + i64::from(together.took_ms));
        }
        many
    }

    /// Takes an outcome into account; `None` when its message was not pending.
    pub(super) fn settle(&mut self, attempt: Attempt, read_to: u64) -> Option<Change> {
        let Attempt { position, stream, received_at_ms, at_ms, number, .. } = attempt;
        if attempt.outcome == Outcome::Redelivery {
            let dead = self.dead_letters.remove(&position)?;
            let pending = Pending {
                stream,
                received_at_ms,
                first_at_ms: at_ms,
                number: 0,
                next_at_ms: at_ms,
                status: dead.status,
                code: dead.code.clone(),
                excerpt: dead.excerpt,
            };
            self.retries.insert(position, pending);
            return Some(Change::Redelivery(dead.code));
        }
        let before = self.retries.remove(&position);
        if before.is_none() {
            let unread = position >= self.read_to && !self.ahead.contains(&position);
            if !unread {
                return None;
            }
            if position >= read_to {
                self.ahead.insert(position);
            }
        }
        let mut failed = |status: Option<u16>, code: &DiscardCode, excerpt: &str| {
            let excerpt = cut(excerpt);
            self.last_error = Some(LastError { at_ms, status, code: code.clone(), excerpt });
        };
        Some(match attempt.outcome {
            Outcome::Delivered { .. } => {
                self.last_delivered_at_ms = Some(at_ms + i64::from(attempt.took_ms));
                Change::Delivered
            }
            Outcome::Retry { status, code, excerpt, next_at_ms } => {
                failed(status, &code, &excerpt);
                let first_at_ms =
                    before.filter(|retry| retry.number > 0).map_or(at_ms, |r| r.first_at_ms);
                let excerpt = cut(&excerpt);
                let pending = Pending {
                    stream,
                    received_at_ms,
                    first_at_ms,
                    number,
                    next_at_ms,
                    status,
                    code,
                    excerpt,
                };
                self.retries.insert(position, pending);
                Change::Retried
            }
            Outcome::Discarded { step, code, status, excerpt } => {
                if step == Step::FailedDelivery {
                    failed(status, &code, &excerpt);
                }
                Change::Discarded(step, code)
            }
            Outcome::Exhausted { status, code, excerpt } => {
                failed(status, &code, &excerpt);
                let excerpt = cut(&excerpt);
                let dead = DeadLetter {
                    stream,
                    received_at_ms,
                    given_up_at_ms: at_ms + i64::from(attempt.took_ms),
                    attempts: number,
                    status,
                    code: code.clone(),
                    excerpt,
                };
                self.dead_letters.insert(position, dead);
                if self.dead_letters.len() > DEAD_LETTERS_MAX {
                    self.dead_letters.pop_first();
                }
                Change::Exhausted(code)
            }
            Outcome::Redelivery => unreachable!("it was handled above"),
        })
    }
}

/// The beginning of `text`, at a character's end.
pub(super) fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(EXCERPT_BYTES)].to_owned()
}
