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
