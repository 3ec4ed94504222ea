//! From the bytes of one request to records for the log: split, judge, splice.
//!
//! ```text
//! body ──► split ──► Parsed ──► (write key → source) ──► fill ──► Batch + Verdicts
//! ```
//!
//! Pure: the clock, fresh ids and the log's hash come in. One record goes into the batch for each
//! message, in the sender's order: a MESSAGE for what is accepted, a DISCARD for what is not.

#[cfg(test)]
pub(crate) mod tests;

use std::net::IpAddr;

use event_log::{Batch, Label, Tag};
use routing::{SourceRoute, SourceSchema};
use sha2::{Digest, Sha256};
use spec::{Discard, SourceId, Step, record};
use uuid::Uuid;

use crate::{
    enforce::enforce,
    merged::{Beside, Merged},
    normalise::{self, Common, Incoming, Written},
    split::{Field, Shape, Slots},
    text::{plain, unescape},
    time,
    validate::{self, View},
};
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

/// Beyond this a request's messages are discards: a batch's `context` is copied into each of them,
/// and a small request must not become a large one without bound. As much as the log writes at
/// once; 2,500 messages in a body of the largest size can have 800 bytes each beside them.
const EXPANDED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of the log that a message takes beside its own: frame, head and what we splice in.
const SPLICED_BYTES: usize = 512;

/// What is kept of a message that cannot be read as one.
const EXCERPT_BYTES: usize = 4 * 1024;

/// About how many bytes [`fill`] will add for `parsed`: what to make room for, whatever a hostile
/// body claims to hold.
pub fn expanded_bytes(parsed: &Parsed<'_>) -> usize {
    let Parsed { body, envelope, scratch, .. } = parsed;
    let beside = [envelope.context, envelope.integrations];
    let each = SPLICED_BYTES + beside.iter().map(|value| value.raw(body).len()).sum::<usize>();
    (body.len() + scratch.items.len() * each).min(EXPANDED_BYTES_MAX)
}

/// Normalises every message of `parsed` into `batch`, one record each, in the sender's order.
///
/// A MESSAGE carries the key of its id; a DISCARD carries none, so that a sender can mend a
/// message and send it again under the same id. What lies far beyond the limit of a batch is one
/// DISCARD together.
pub fn fill(
    parsed: &mut Parsed<'_>,
    source: &SourceRoute,
    call: &Call<'_>,
    world: World<'_>,
    batch: &mut Batch,
) -> Verdicts {
    let Parsed { body, kind: path_kind, envelope, scratch } = parsed;
    let body = *body;
    let Scratch { items, members, room, tail, .. } = &mut **scratch;
    let envelope = &*envelope;
    let beside = Beside::new(body, envelope);
    tail.clear();
    let times = time::Writer::new(call.received_at_ms);
    normalise::tail(call.received_at_ms, &times, source.id.as_str(), tail);
    let common = Common {
        body,
        envelope,
        call,
        client_side: source.client_side,
        sent_at_ms: envelope.sent_at.text(body).and_then(time::parse),
        ip: normalise::collected_ip(call.peer_ip),
        times,
        tail,
    };
    let mut filling = Filling {
        stream: source.id.stream(),
        received_at_ms: call.received_at_ms,
        expanded_max: batch.bytes() + EXPANDED_BYTES_MAX,
        receipt: call.receipt,
        world,
        batch,
        verdicts: Verdicts::default(),
    };
    let schema = source.schema.asks_anything().then_some((&source.schema, &source.id));
    for (index, item) in items.iter().enumerate() {
        if let Some(fault) = validate::unreadable(item, index) {
            filling.discard_raw(index, None, fault, item.whole.raw(body));
            continue;
        }
        let slots = Slots::of(item, members);
        let kind = path_kind.map_or_else(|| validate::kind_of(&slots, body), Ok);
        let kind = match kind {
            Ok(kind) => kind,
            Err(fault) => {
                filling.discard_raw(index, Some((&slots, body)), fault, item.whole.raw(body));
                continue;
            }
        };
        // Before anything is merged: that is what costs.
        if filling.batch.bytes() > filling.expanded_max {
            let fault = validate::whole(
                "bad_request",
                "the batch grew too large when its context was merged into its messages".into(),
                "a smaller batch, or a smaller context beside it",
            );
            filling.discard_raw(index, Some((&slots, body)), fault, item.whole.raw(body));
            continue;
        }
        let merged = Merged::of(&beside, item, &slots, room);
        let context_value = slots.value(Field::Context);
        let context = (merged.facts, merged.context_bytes);
        let fault = if source.enabled {
            View { body, kind, slots: &slots, context, context_value }.fault()
        } else {
            Some(validate::source_disabled())
        };
        let discarded = fault.is_some();
        let incoming = Incoming { kind, item, slots: &slots, merged: &merged, discarded };
        match (fault, schema) {
            (Some(fault), _) => filling.discard(index, fault, &common, &incoming),
            (None, None) => filling.accept(index, &common, &incoming),
            (None, Some(schema)) => filling.judge(index, schema, &common, &incoming),
        }
    }
    if envelope.uncounted > 0 {
        let fault = validate::surplus(envelope.uncounted);
        filling.discard_rest(items.len(), envelope.uncounted, fault);
    }
    if items.is_empty() {
        filling.discard_raw(0, None, validate::empty_batch(envelope.batch), body);
    }
    filling.verdicts
}

/// The batch and the verdicts while they grow.
struct Filling<'b, 'w> {
    stream: u64,
    received_at_ms: i64,
    expanded_max: usize,
    receipt: bool,
    world: World<'w>,
    batch: &'b mut Batch,
    verdicts: Verdicts,
}

impl Filling<'_, '_> {
    fn accept(&mut self, index: usize, common: &Common<'_>, incoming: &Incoming<'_>) {
        self.keep(index, |out, fresh_id| normalise::write(common, incoming, fresh_id, out));
    }

    /// Accepts what the source's schema lets through, as it says; discards what it blocks.
    #[inline(never)]
    fn judge(
        &mut self,
        index: usize,
        (schema, source): (&SourceSchema, &SourceId),
        common: &Common<'_>,
        incoming: &Incoming<'_>,
    ) {
        let mut stored = Vec::new();
        let mut written = normalise::write(common, incoming, self.world.fresh_id, &mut stored);
        if let Some(fault) = enforce(schema, source, &mut written, &mut stored) {
            let message_id = message_id(incoming.slots, common.body);
            let step = Step::FilteredAtSource;
            self.push_discard(index, 1, message_id, (step, fault), stored, true);
            return;
        }
        self.keep(index, |out, _| {
            let at = out.len();
            out.extend_from_slice(&stored);
            Written { head: written.head, json: at + written.json }
        });
    }

    /// Accepts the message that `write` appends.
    #[inline(always)]
    fn keep(
        &mut self,
        index: usize,
        write: impl FnOnce(&mut Vec<u8>, &mut dyn FnMut() -> Uuid) -> Written,
    ) {
        let Filling { stream, received_at_ms, world, verdicts, receipt, .. } = self;
        let (stream, time_ms) = (*stream, *received_at_ms);
        self.batch.push_with(|out| {
            let written = write(out, world.fresh_id);
            let json = &out[written.json..];
            let span = written.head.message_id;
            let id = unescape(&json[span.start as usize..(span.start + span.len) as usize]);
            if *receipt {
                let message_id = String::from_utf8_lossy(&id).into_owned();
                let sha256 = Sha256::digest(json).into();
                verdicts.receipts.push(Receipt { index: index as u32, message_id, sha256 });
            }
            let tag = Tag::Key((world.key_of)(stream, &id));
            Label { kind: record::MESSAGE, stream, time_ms, tag }
        });
        self.verdicts.accepted += 1;
    }

    /// Keeps a message that could be read and cannot be used.
    #[cold]
    fn discard(
        &mut self,
        index: usize,
        fault: Fault,
        common: &Common<'_>,
        incoming: &Incoming<'_>,
    ) {
        let mut body = Vec::new();
        normalise::write(common, incoming, self.world.fresh_id, &mut body);
        let message_id = message_id(incoming.slots, common.body);
        self.push_discard(index, 1, message_id, (Step::FailedOnIngest, fault), body, true);
    }

    /// Keeps the beginning of what could not be read as a message.
    #[cold]
    fn discard_raw(
        &mut self,
        index: usize,
        slots: Option<(&Slots<'_>, &[u8])>,
        fault: Fault,
        raw: &[u8],
    ) {
        let message_id = slots.and_then(|(slots, body)| message_id(slots, body));
        let excerpt = raw[..raw.len().min(EXCERPT_BYTES)].to_vec();
        self.push_discard(index, 1, message_id, (Step::FailedOnIngest, fault), excerpt, false);
    }

    /// Counts the `messages` from `index` on and keeps nothing of them.
    #[cold]
    fn discard_rest(&mut self, index: usize, messages: u32, fault: Fault) {
        let reason = (Step::FailedOnIngest, fault);
        self.push_discard(index, messages, None, reason, Vec::new(), false);
    }

    fn push_discard(
        &mut self,
        index: usize,
        messages: u32,
        message_id: Option<String>,
        (step, fault): (Step, Fault),
        body: Vec<u8>,
        readable: bool,
    ) {
        let index = index as u32;
        let discard = Discard {
            step,
            code: fault.code.into(),
            messages,
            pointer: fault.pointer.to_string(),
            detail: fault.detail.to_string(),
            index,
            body,
            readable,
        };
        let label = Label {
            kind: record::DISCARD,
            stream: self.stream,
            time_ms: self.received_at_ms,
            tag: Tag::None,
        };
        self.batch.push(label, &record::encode(&discard));
        self.verdicts.discarded += messages;
        self.verdicts.discards.push(Discarded { index, message_id, fault });
    }
}

/// The sender's `messageId` in plain text, where it is usable.
pub(crate) fn message_id(slots: &Slots<'_>, body: &[u8]) -> Option<String> {
    let id = slots.value(Field::MessageId);
    match id.shape {
        Shape::Number => Some(plain(id.raw(body))),
        _ => id.some_text(body).map(plain),
    }
}
