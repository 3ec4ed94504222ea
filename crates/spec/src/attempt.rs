//! What happened to messages at a destination: the payload of an attempts record.

use serde::{Deserialize, Serialize};

use crate::{DestinationId, DiscardCode, Step};

/// Payload of a [`crate::record::ATTEMPTS`] record: outcomes at one destination, in the order in
/// which they happened. The books of deliveries are a fold over these records. Behind it stands a
/// [`crate::Breakdown`] with the event of each attempt as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// Where the messages went.
    pub destination: DestinationId,
    /// The destination has read the log up to here (exclusive, a log position): every message
    /// before it has an outcome in this or an earlier record.
    pub read_to: u64,
    /// The outcomes; empty when only `read_to` moved on.
    pub attempts: Vec<Attempt>,
}

/// Payload of a [`crate::record::DELIVERED`] record: messages that a destination took in batches,
/// each at its first attempt. It says what an [`Attempts`] record would say, in a few bytes for
/// each message. Behind it stands a [`crate::Breakdown`] with a [`crate::Mixture`] for each `together`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Where the messages went.
    pub destination: DestinationId,
    /// See [`Attempts::read_to`].
    pub read_to: u64,
    /// The messages.
    pub together: Vec<Together>,
}

/// Messages of one source and minute that one attempt delivered, the first of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Together {
    /// Stream of their source.
    pub stream: u64,
    /// The minute in which they were accepted: its first millisecond, Unix.
    pub minute_ms: i64,
    /// When the attempt began, Unix milliseconds.
    pub at_ms: i64,
    /// How long it took, milliseconds.
    pub took_ms: u32,
    /// What the destination answered, where it speaks HTTP.
    pub status: Option<u16>,
    /// Positions of the messages in the log, in their order.
    #[serde(with = "crate::deltas")]
    pub positions: Vec<u64>,
}

impl Together {
    /// The attempt at the message at `position`, as an [`Attempts`] record would say it; `None`
    /// when it is not among them.
    pub fn attempt(&self, position: u64) -> Option<Attempt> {
        self.positions.binary_search(&position).ok()?;
        Some(Attempt {
            position,
            stream: self.stream,
            received_at_ms: self.minute_ms,
            at_ms: self.at_ms,
            took_ms: self.took_ms,
            number: 1,
            outcome: Outcome::Delivered { status: self.status },
        })
    }
}

/// Payload of a [`crate::record::REPLAYED`] record: messages that a replay sent to a destination.
/// The books pass over it; the trace of a message shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// The replay.
    pub replay: String,
    /// Where the messages went.
    pub destination: DestinationId,
    /// When the attempt began, Unix milliseconds.
    pub at_ms: i64,
    /// How long it took, milliseconds.
    pub took_ms: u32,
    /// What the destination answered, where it speaks HTTP.
    pub status: Option<u16>,
    /// Why it refused them; `None`: it has them.
    pub refused: Option<DiscardCode>,
    /// Positions of the messages in the log, in their order.
    #[serde(with = "crate::deltas")]
    pub positions: Vec<u64>,
}

/// Payload of a [`crate::record::PAUSE`] record: from here on a destination is sent nothing, or
/// is again. What is accepted for it meanwhile is its own and waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who is sent nothing.
    pub destination: DestinationId,
    /// Since when, Unix milliseconds.
    pub at_ms: i64,
    /// Why; `None`: it goes on.
    pub cause: Option<PauseCause>,
    /// A hash of the settings it had: with others it goes on by itself.
    pub settings: u64,
}

/// Why a destination is paused until somebody sees to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseCause {
    /// The partner says that nobody listens any more (410).
    Gone,
    /// Nothing but failure for too long.
    Failing,
}

/// One try of one message, or the decision not to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Position of the message in the log.
    pub position: u64,
    /// Stream of the message's source.
    pub stream: u64,
    /// When the message was accepted, Unix milliseconds: the minute it is accounted under.
    pub received_at_ms: i64,
    /// When the attempt began, Unix milliseconds.
    pub at_ms: i64,
    /// How long it took, milliseconds.
    pub took_ms: u32,
    /// 1 for the first attempt; 0 where nothing was tried (a discard before sending).
    pub number: u32,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The destination has it.
    Delivered {
        /// What the destination answered, where it speaks HTTP.
        status: Option<u16>,
    },
    /// Not yet; we try again.
    Retry {
        /// What the destination answered, where it speaks HTTP.
        status: Option<u16>,
        /// Why, for machines: `503`, `ETIMEDOUT`, `ECONNREFUSED` …
        code: DiscardCode,
        /// The beginning of the answer, or the error in words.
        excerpt: String,
        /// When, Unix milliseconds.
        next_at_ms: i64,
    },
    /// Stopped on purpose, with a reason; nothing more happens to it by itself.
    Discarded {
        /// Where it was stopped.
        step: Step,
        /// Why, for machines.
        code: DiscardCode,
        /// What the destination answered, where it speaks HTTP and was asked.
        status: Option<u16>,
        /// The beginning of the answer, or the reason in words.
        excerpt: String,
    },
    /// Retries are used up: it lies in the dead-letter list and can be redelivered.
    Exhausted {
        /// What the destination answered last, where it speaks HTTP.
        status: Option<u16>,
        /// Why the last attempt failed, for machines.
        code: DiscardCode,
        /// The beginning of the last answer, or the error in words.
        excerpt: String,
    },
    /// A person asked for it again: it leaves the dead-letter list and is pending once more.
    Redelivery,
}

/// Payload of a [`crate::record::FEED`] record: from the record's own position on, messages of
/// these sources are the destination's to take.
///
/// It stands in the log so that which messages belong to a destination is a fact of the log, the
/// same for everyone who reads it, and does not change when the routing does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Where the messages go.
    pub destination: DestinationId,
    /// Streams of the sources that feed it; empty while it is disabled.
    pub streams: Vec<u64>,
    /// For a destination that also takes what the log held before it was first fed: from here on.
    pub from: Option<u64>,
    /// How many such messages there are, by source and minute.
    pub backlog: Vec<Backlog>,
    /// An earlier record says the same; it is said again because the log lets go of old records.
    pub again: bool,
}

/// Payload of a [`crate::record::LAPSE`] record: messages that a destination can never have,
/// because the log lost them before it had read them. They count as discarded, `expired`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapse {
    /// Where the messages were to go.
    pub destination: DestinationId,
    /// How many, by source and minute.
    pub lost: Vec<Backlog>,
}

/// So many messages of one source and minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// Stream of their source.
    pub stream: u64,
    /// The minute in which they were accepted: its first millisecond, Unix.
    pub minute_ms: i64,
    /// How many.
    pub messages: u64,
}
