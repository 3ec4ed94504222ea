//! One message as the rules see it: where its fields stand, found in one pass.

use crate::Kind;

use super::{
    data::spec,
    events::Event,
    json::{Member, Value},
    placement,
    report::Findings,
};

pub(super) struct View<'a> {
    pub(super) whole: Value<'a>,
    /// The call; `None` when `type` is none of the six.
    pub(super) kind: Option<Kind>,
    /// The semantic event of a track call.
    pub(super) semantic: Option<&'static Event>,
    pub(super) type_word: Value<'a>,
    pub(super) user_id: Value<'a>,
    pub(super) anonymous_id: Value<'a>,
    pub(super) group_id: Value<'a>,
    pub(super) previous_id: Value<'a>,
    pub(super) message_id: Value<'a>,
    pub(super) event: Value<'a>,
    pub(super) name: Value<'a>,
    pub(super) category: Value<'a>,
    pub(super) properties: Value<'a>,
    pub(super) traits: Value<'a>,
    pub(super) context: Value<'a>,
    pub(super) integrations: Value<'a>,
    pub(super) timestamp: Value<'a>,
    pub(super) sent_at: Value<'a>,
    pub(super) received_at: Value<'a>,
}

impl<'a> View<'a> {
    /// Of the object that a message is. Keys that are none of a message's are looked at on the way.
    pub(super) fn of(whole: Value<'a>, found: &mut Findings) -> View<'a> {
        let mut view = View {
            whole,
            kind: None,
            semantic: None,
            type_word: Value::ABSENT,
            user_id: Value::ABSENT,
            anonymous_id: Value::ABSENT,
            group_id: Value::ABSENT,
            previous_id: Value::ABSENT,
            message_id: Value::ABSENT,
            event: Value::ABSENT,
            name: Value::ABSENT,
            category: Value::ABSENT,
            properties: Value::ABSENT,
            traits: Value::ABSENT,
            context: Value::ABSENT,
            integrations: Value::ABSENT,
            timestamp: Value::ABSENT,
            sent_at: Value::ABSENT,
            received_at: Value::ABSENT,
        };
        for member in whole.members() {
            match view.slot(&member) {
                Some(slot) => *slot = member.value,
                None => placement::odd_key(whole, &member, found),
            }
        }
        view.kind = Kind::from_wire(view.type_word.inside());
        if view.kind == Some(Kind::Track)
            && let Some(name) = view.event.text()
        {
            view.semantic = spec().names.exactly(&name);
        }
        view
    }

    #[inline]
    fn slot(&mut self, member: &Member<'a>) -> Option<&mut Value<'a>> {
        Some(match &*member.key {
            b"type" => &mut self.type_word,
            b"userId" => &mut self.user_id,
            b"anonymousId" => &mut self.anonymous_id,
            b"groupId" => &mut self.group_id,
            b"previousId" => &mut self.previous_id,
            b"messageId" => &mut self.message_id,
            b"event" => &mut self.event,
            b"name" => &mut self.name,
            b"category" => &mut self.category,
            b"properties" => &mut self.properties,
            b"traits" => &mut self.traits,
            b"context" => &mut self.context,
            b"integrations" => &mut self.integrations,
            b"timestamp" => &mut self.timestamp,
            b"sentAt" => &mut self.sent_at,
            b"receivedAt" => &mut self.received_at,
            _ => return None,
        })
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind == Some(kind)
    }

    /// It carries what the server sets on arrival.
    pub(super) fn stored(&self) -> bool {
        self.received_at.given()
    }
}
