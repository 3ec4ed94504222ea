//! The top-level members that we know.

use super::{Item, Value, scan::Key};
use crate::text::unescape;

/// A top-level member that we read, replace, or take out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Field {
    Type,
    UserId,
    AnonymousId,
    MessageId,
    Timestamp,
    OriginalTimestamp,
    ReceivedAt,
    SentAt,
    Context,
    Integrations,
    Version,
    Channel,
    ProjectId,
    WriteKey,
    Event,
    Name,
    Category,
    Properties,
    Traits,
    GroupId,
    PreviousId,
    Batch,
}

const FIELDS: usize = Field::Batch as usize + 1;

impl Field {
    /// The field with this key.
    #[inline(always)]
    pub(crate) fn of(key: Key, bytes: &[u8]) -> Option<Field> {
        let raw = key.raw(bytes);
        if key.escaped { Field::named(&unescape(raw)) } else { Field::named(raw) }
    }

    #[inline]
    fn named(key: &[u8]) -> Option<Field> {
        let is = |word: &[u8], field: Field| (key == word).then_some(field);
        match key.len() {
            4 => is(b"type", Field::Type).or_else(|| is(b"name", Field::Name)),
            5 => is(b"event", Field::Event).or_else(|| is(b"batch", Field::Batch)),
            6 => is(b"userId", Field::UserId)
                .or_else(|| is(b"sentAt", Field::SentAt))
                .or_else(|| is(b"traits", Field::Traits)),
            7 => is(b"context", Field::Context)
                .or_else(|| is(b"groupId", Field::GroupId))
                .or_else(|| is(b"channel", Field::Channel))
                .or_else(|| is(b"version", Field::Version)),
            8 => is(b"writeKey", Field::WriteKey).or_else(|| is(b"category", Field::Category)),
            9 => is(b"messageId", Field::MessageId)
                .or_else(|| is(b"timestamp", Field::Timestamp))
                .or_else(|| is(b"projectId", Field::ProjectId)),
            10 => is(b"properties", Field::Properties)
                .or_else(|| is(b"receivedAt", Field::ReceivedAt))
                .or_else(|| is(b"previousId", Field::PreviousId)),
            11 => is(b"anonymousId", Field::AnonymousId),
            12 => is(b"integrations", Field::Integrations),
            17 => is(b"originalTimestamp", Field::OriginalTimestamp),
            _ => None,
        }
    }
}

/// A known member of one message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) field: Field,
    /// Its opening quote.
    pub(crate) key_start: u32,
    pub(crate) value: Value,
}

/// The known members of one message by field; of duplicates the last.
pub(crate) struct Slots<'a> {
    members: &'a [Member],
    at: [u16; FIELDS],
}

impl<'a> Slots<'a> {
    pub(crate) fn of(item: &Item, members: &'a [Member]) -> Slots<'a> {
        let members = &members[item.first as usize..item.last as usize];
        let mut at = [u16::MAX; FIELDS];
        // A message of 32 KB has no room for 65,535 members; a larger one is discarded unread.
        for (index, member) in members.iter().enumerate().take(usize::from(u16::MAX)) {
            at[member.field as usize] = index as u16;
        }
        Slots { members, at }
    }

    /// Every known member, in the sender's order, and whether it is the one that counts.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a Member, bool)> {
        let at = self.at;
        self.members
            .iter()
            .enumerate()
            .map(move |(index, member)| (member, usize::from(at[member.field as usize]) == index))
    }

    pub(crate) fn value(&self, field: Field) -> Value {
        let member = self.members.get(usize::from(self.at[field as usize]));
        member.map_or(Value::default(), |member| member.value)
    }
}
