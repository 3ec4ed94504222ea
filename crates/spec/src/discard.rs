//! Messages stopped on purpose, and requests refused whole: where, and with which reason.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Where a message was stopped.
///
/// Source: Segment, "Delivery Overview", the four steps at which events are not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Failed on ingest.
    FailedOnIngest,
    /// Filtered at source.
    FilteredAtSource,
    /// Filtered at destination.
    FilteredAtDestination,
    /// Failed delivery.
    FailedDelivery,
}

/// A stable, documented reason code, such as `no_user_anon_id` or `FILTERED_BY_INTEGRATIONS_OBJECT`.
pub type DiscardCode = Cow<'static, str>;

/// Payload of a [`crate::record::DISCARD`] record: a message that was taken and cannot be used, or
/// several that one sentence is enough for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discard {
    /// Where it was stopped.
    pub step: Step,
    /// Why, for machines.
    pub code: DiscardCode,
    /// How many messages it stands for, at least 1. `index` and `body` are the first one's.
    pub messages: u32,
    /// Where in the message the fault is, as a JSON pointer; empty for the message as a whole.
    pub pointer: String,
    /// Why, in one sentence for the person who sent it.
    pub detail: String,
    /// Index in its batch, from 0; 0 for single calls.
    pub index: u32,
    /// What was sent, as an encoded [`crate::Message`] when it could be read as one (`readable`),
    /// else the bytes as they came, cut at a bound.
    pub body: Vec<u8>,
    /// Whether `body` is an encoded [`crate::Message`].
    pub readable: bool,
}

/// Payload of a [`crate::record::RELEASE`] record: a source's quarantine was gone through up to a
/// place, and what became of each message there stands in the log before this record, in order.
///
/// A message in quarantine is a [`Discard`] whose code says so. It stays the discard it is until
/// such a record takes it out of the count. Behind it stands a [`crate::Breakdown`] that says of each
/// `left` how many there were of each event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Everything in quarantine before this log position is settled.
    pub through: u64,
    /// How many, by the minute and code under which they are counted.
    pub left: Vec<Left>,
}

/// So many messages that left quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The minute in which they came: its first millisecond, Unix.
    pub minute_ms: i64,
    /// The code of their discards.
    pub code: DiscardCode,
    /// How many.
    pub messages: u64,
}

/// Payload of a [`crate::record::REFUSED`] record: a request that was not taken at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The status that the sender heard; 200 when the write key belongs to no source.
    pub status: u16,
    /// Why, for machines: `invalid_request`, `unknown_source`, `source_disabled` …
    pub code: DiscardCode,
    /// The sentence that the sender heard.
    pub message: String,
    /// Path of the request, without its query.
    pub path: String,
    /// The beginning of the body as it came, cut at a bound. Kept for the builder who debugs.
    pub excerpt: Vec<u8>,
    /// Bytes of the whole body.
    pub body_bytes: u32,
}
