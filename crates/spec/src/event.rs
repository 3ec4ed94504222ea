//! Which event a message is, as counts are broken down.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// Of a longer name so many bytes are told apart.
const NAME_BYTES_MAX: usize = 256;

/// Which event a message is: its call, and the name of a track call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Event {
    /// The call.
    pub kind: Kind,
    /// `event` of a track call as it stands in the JSON, between its quotes.
    pub name: Option<Box<str>>,
}

/// An [`Event`] that is somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventRef<'a> {
    /// See [`Event::kind`].
    pub kind: Kind,
    /// See [`Event::name`].
    pub name: Option<&'a str>,
}

impl<'a> EventRef<'a> {
    /// The event of a call with this name. Only track calls have names that say what happened.
    pub fn new(kind: Kind, name: Option<&'a [u8]>) -> EventRef<'a> {
        let name = name.filter(|_| kind == Kind::Track);
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        EventRef { kind, name: name.map(|name| &name[..name.floor_char_boundary(NAME_BYTES_MAX)]) }
    }

    /// The same, kept.
    pub fn to_owned(self) -> Event {
        Event { kind: self.kind, name: self.name.map(Box::from) }
    }
}

impl Event {
    /// The same, lent.
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef { kind: self.kind, name: self.name.as_deref() }
    }

    /// The name as people read it.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let name = self.name.as_deref()?;
        if !name.contains('\\') {
            return Some(Cow::Borrowed(name));
        }
        // What cannot be read, such as half a pair of surrogates, is shown as it stands.
        let read = serde_json::from_str::<String>(&format!("\"{name}\""));
        Some(read.map_or(Cow::Borrowed(name), Cow::Owned))
    }
}

/// Written behind the list of a record with outcomes: which event each entry of the list is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown<T> {
    /// The events, each once.
    pub events: Vec<Event>,
    /// Of each entry, in the list's order; events by their place.
    pub of: Vec<T>,
}

/// What a [`crate::Together`] is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mixture {
    /// Messages by event.
    pub events: Vec<(u32, u32)>,
    /// Messages by the [`crate::latency::bucket`] of the time from accept to delivery.
    pub latency: Vec<(u16, u32)>,
}
