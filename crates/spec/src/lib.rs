//! The vocabulary that every other crate speaks: messages, kinds, ids, limits, discards, and the
//! payloads of the records in the log; and the Spec's rules. No I/O, no clock, no HTTP.

mod attempt;
mod deltas;
mod discard;
mod ids;
pub mod json;
mod kind;
pub mod limits;
mod member;
mod message;
pub mod record;
pub mod rules;
mod time;

pub use attempt::{
    Attempt, Attempts, Backlog, Delivered, Feed, Lapse, Outcome, Pause, PauseCause, Replayed,
    Together,
};
pub use discard::{Discard, DiscardCode, Left, Refused, Release, Step};
pub use ids::{DestinationId, SourceId, WriteKey};
pub use kind::{Kind, UnknownKind};
pub use member::member;
pub use message::{BadMessage, Head, Message, Span};
pub use time::{format_iso, parse_iso};

#[cfg(test)]
mod tests;
