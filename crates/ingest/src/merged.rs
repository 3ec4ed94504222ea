//! A message's `context` and `integrations` once the batch's are merged in.
//!
//! Source: Segment HTTP API, "Batch": both are merged into each message. How is not said; the
//! message's own values win, objects deep, arrays whole.

use crate::{
    merge::merge,
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
    pub(crate) fn of(
        body: &'a [u8],
        envelope: &'a Envelope,
        item: &'a Item,
        slots: &Slots<'_>,
        room: &'a mut Room,
    ) -> Merged<'a> {
        let Room { context: context_room, facts: facts_room, integrations: room, outer } = room;
        let context = combine(body, envelope.context, slots.value(Field::Context), context_room);
        let integrations =
            combine(body, envelope.integrations, slots.value(Field::Integrations), room);
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

fn combine<'a>(body: &'a [u8], batch: Value, own: Value, room: &'a mut Vec<u8>) -> Combined<'a> {
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
    merge(batch.raw(body), own.raw(body), room);
    Combined::Both(room)
}
