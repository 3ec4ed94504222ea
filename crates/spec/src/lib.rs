//! The vocabulary that every other crate speaks: messages, kinds, ids, limits, discards, and the
//! payloads of the records in the log; and the Spec's rules. No I/O, no clock, no HTTP.

mod attempt;
mod deltas;
mod discard;
mod event;
mod ids;
pub mod json;
mod kind;
pub mod latency;
pub mod limits;
mod member;
mod message;
pub mod reasons;
pub mod record;
pub mod rules;
mod time;

pub use attempt::{
    Attempt, Attempts, Backlog, Delivered, Feed, Lapse, Outcome, Pause, PauseCause, Replayed,
    Together,
};
pub use discard::{Discard, DiscardCode, Left, Refused, Release, Step};
pub use event::{Breakdown, Event, EventRef, Mixture};
pub use ids::{DestinationId, SourceId, WriteKey};
pub use kind::{Kind, UnknownKind};
pub use latency::Latency;
pub use member::member;
pub use message::{BadMessage, Head, Message, Span};
pub use time::{format_iso, parse_iso};

#[cfg(test)]
mod tests;
