//! From the bytes of one request to records for the log: split, judge, splice.
//!
//! ```text
//! body ──► split ──► Parsed ──► (write key → source) ──► fill ──► Batch + Verdicts
//! ```
//!
//! Pure: the clock, fresh ids and the log's hash come in. One record goes into the batch for each
//! message, in the sender's order: a MESSAGE for what is accepted, a DISCARD for what is not.

use std::net::IpAddr;

use event_log::Batch;
use routing::SourceRoute;
use spec::Kind;
use uuid::Uuid;

pub use crate::{
    split::{Parsed, Scratch, SplitError, SplitFault, split},
    validate::Fault,
};

/// What a request says beside its body.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Our clock at accept, Unix milliseconds; the same for every message of the request.
    pub received_at_ms: i64,
    /// Who called, after trusted proxies were taken into account.
    pub peer_ip: Option<IpAddr>,
    /// The `User-Agent` header; only pixel calls use it.
    pub user_agent: Option<&'a [u8]>,
    /// The message came through the pixel endpoint.
    pub pixel: bool,
    /// Fill in [`Verdicts::receipts`].
    pub receipt: bool,
}

/// What comes in from outside while messages are normalised.
pub struct World<'a> {
    /// [`event_log::EventLog::key_of`] of the log that the batch goes to.
    pub key_of: &'a dyn Fn(u64, &[u8]) -> u128,
    /// Makes a new message id.
    pub fresh_id: &'a mut dyn FnMut() -> Uuid,
}

/// What became of the messages of one request. Allocates only for discards and receipts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Messages that were accepted.
    pub accepted: u32,
    /// Messages that were discarded; a batch without messages counts as one.
    pub discarded: u32,
    /// Why, in the order of the batch.
    pub discards: Vec<Discarded>,
    /// One for each accepted message, if [`Call::receipt`] asked for them.
    pub receipts: Vec<Receipt>,
}

/// One message that was taken and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Its place in the batch, from 0; 0 for a single call.
    pub index: u32,
    /// Its `messageId` in plain text, where it brought a usable one.
    pub message_id: Option<String>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Proof of one accepted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its place in the batch, from 0; also the place of its record in the log's batch.
    pub index: u32,
    /// Its `messageId` in plain text, kept or made.
    pub message_id: String,
    /// SHA-256 of the message as it is stored.
    pub sha256: [u8; 32],
}

/// Normalises every message of `parsed` into `batch`, one record each, in the sender's order.
pub fn fill(
    parsed: &mut Parsed<'_>,
    source: &SourceRoute,
    call: &Call<'_>,
    world: World<'_>,
    batch: &mut Batch,
) -> Verdicts {
    let _ = (parsed, source, call, world, batch, Kind::ALL);
    todo!()
}
