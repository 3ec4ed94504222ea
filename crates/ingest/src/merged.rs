//! A message's `context` and `integrations` once the batch's are merged in.
//!
//! Source: Segment HTTP API, "Batch": both are merged into each message. How is not said; the
//! message's own values win, objects deep, arrays whole.

use std::cell::OnceCell;

use crate::{
    merge::{Object, merge},
    split::{Context, Envelope, Field, Item, Shape, Slots, Value, context_facts},
};

/// What a message says together with its batch.
pub(crate) struct Merged<'a> {
    /// The context, if it is not the message's own.
    pub(crate) context: Option<&'a [u8]>,
    /// What we read of it.
    pub(crate) facts: &'a Context,
    /// What the facts' places count in.
    pub(crate) context_bytes: &'a [u8],
    /// The integrations, if they are not the message's own.
    pub(crate) integrations: Option<&'a [u8]>,
}

/// What stands beside the messages of a batch, read once for all of them.
pub(crate) struct Beside<'a> {
    body: &'a [u8],
    envelope: &'a Envelope,
    context: OnceCell<Object<'a>>,
    integrations: OnceCell<Object<'a>>,
}

impl<'a> Beside<'a> {
    pub(crate) fn new(body: &'a [u8], envelope: &'a Envelope) -> Beside<'a> {
        let (context, integrations) = Default::default();
        Beside { body, envelope, context, integrations }
    }
}

/// Memory for [`Merged`].
#[derive(Debug, Default)]
pub(crate) struct Room {
    context: Vec<u8>,
    facts: Context,
    integrations: Vec<u8>,
    outer: Vec<u64>,
}

impl<'a> Merged<'a> {
    /// Merges what stands beside the messages of a batch under what `item` says.
    pub(crate) fn of<'b: 'a>(
        beside: &'a Beside<'b>,
        item: &'a Item,
        slots: &Slots<'_>,
        room: &'a mut Room,
    ) -> Merged<'a> {
        let Beside { envelope, context: context_under, integrations: under, .. } = beside;
        let body = beside.body;
        let Room { context: context_room, facts: facts_room, integrations: room, outer } = room;
        let own = slots.value(Field::Context);
        let context = combine(body, envelope.context, context_under, own, context_room);
        let own = slots.value(Field::Integrations);
        let integrations = combine(body, envelope.integrations, under, own, room);
        let (context, facts, context_bytes) = match context {
            Combined::Own => (None, &item.context, body),
            Combined::Batch(raw) => (Some(raw), &envelope.context_facts, body),
            Combined::Both(raw) => {
                *facts_room = context_facts(raw, outer);
                (Some(raw), &*facts_room, raw)
            }
        };
        let integrations = match integrations {
            Combined::Own => None,
            Combined::Batch(raw) | Combined::Both(raw) => Some(raw),
        };
        Merged { context, facts, context_bytes, integrations }
    }
}

enum Combined<'a> {
    Own,
    Batch(&'a [u8]),
    Both(&'a [u8]),
}

/// `under` is what `batch` holds, once it was read.
fn combine<'a, 'b: 'a>(
    body: &'b [u8],
    batch: Value,
    under: &OnceCell<Object<'b>>,
    own: Value,
    room: &'a mut Vec<u8>,
) -> Combined<'a> {
    if batch.shape != Shape::Object {
        return Combined::Own;
    }
    if own.empty() {
        return Combined::Batch(batch.raw(body));
    }
    if own.shape != Shape::Object {
        return Combined::Own;
    }
    room.clear();
    merge(under.get_or_init(|| Object::of(batch.raw(body))), &Object::of(own.raw(body)), room);
    Combined::Both(room)
}
