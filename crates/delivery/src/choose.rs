//! Whether a destination gets a message.

use std::{borrow::Cow, fmt};

use routing::DestinationRoute;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use spec::{DiscardCode, Kind, Message, Step};

/// Why a message is not for a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtered {
    /// Where it was stopped.
    pub step: Step,
    /// Why, for machines.
    pub code: DiscardCode,
    /// Why, for people.
    pub reason: String,
}

/// Decides whether `message` of the source with this `stream` goes to `route`. `kind_name` is the
/// name in the destination's definition, which a message's `integrations` may use as well as the
/// destination's own.
///
/// Source: Segment Spec, "Integrations": absent means on, a name beats `All`, an object counts as
/// on, names are case sensitive. "Source schema", integration filters: they decide where the
/// object does not name the destination. "Destination filters": they come last.
pub fn choose(
    message: &Message,
    stream: u64,
    route: &DestinationRoute,
    kind_name: &str,
) -> Result<(), Filtered> {
    is_switched_on(message, stream, route, kind_name)?;
    let stopped = route.filters_of(stream).and_then(|filters| filters.stops(message));
    stopped.map_or(Ok(()), |discard| Err(discard.into()))
}

impl From<filters::Discard> for Filtered {
    fn from(discard: filters::Discard) -> Filtered {
        let filters::Discard { code, reason } = discard;
        Filtered { step: Step::FilteredAtDestination, code: code.into(), reason }
    }
}

fn is_switched_on(
    message: &Message,
    stream: u64,
    route: &DestinationRoute,
    kind_name: &str,
) -> Result<(), Filtered> {
    let filtered = |code: &'static str, reason: String| {
        Err(Filtered { step: Step::FilteredAtDestination, code: code.into(), reason })
    };
    let switched_off = |name: &str| {
        let reason = format!("the message's integrations object switches {name} off");
        filtered("FILTERED_BY_INTEGRATIONS_OBJECT", reason)
    };
    let rules = message.integrations().map(serde_json::from_slice::<Rules>);
    if let Some(Ok(rules)) = rules {
        match rules.of(&route.name).or_else(|| rules.of(kind_name)) {
            Some(true) => return Ok(()),
            Some(false) => return switched_off(&route.name),
            None if rules.of("All") == Some(false) => return switched_off("All"),
            None => {}
        }
    }
    let Some(off) = route.events_off.get(&stream) else { return Ok(()) };
    match event_of(message) {
        Some(event) if off.contains(event.as_ref()) => {
            let name = &route.name;
            let reason = format!("the source's schema switches {name} off for the event {event:?}");
            filtered("FILTERED_BY_EVENT_SETTING", reason)
        }
        _ => Ok(()),
    }
}

/// The event that the source's schema lists `message` as; `None` for calls that are no events.
pub fn event_of(message: &Message) -> Option<Cow<'_, str>> {
    if message.kind() != Kind::Track {
        return message.kind().one_event().map(Cow::Borrowed);
    }
    let name = message.name()?;
    if !name.contains(&b'\\') {
        return std::str::from_utf8(name).ok().map(Cow::Borrowed);
    }
    let quoted = [b"\"", name, b"\""].concat();
    serde_json::from_slice(&quoted).ok().map(Cow::Owned)
}

/// An `integrations` object; of a key that stands in it twice, the last counts.
struct Rules<'a>(Vec<(Name, &'a RawValue)>);

impl Rules<'_> {
    /// `None`: the object does not say.
    fn of(&self, name: &str) -> Option<bool> {
        let (_, value) = self.0.iter().rfind(|(key, _)| key.0 == name.as_bytes())?;
        match value.get() {
            "null" => None,
            value => Some(value != "false"),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Rules<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Vec<(Name, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut rules = Vec::new();
                while let Some(rule) = map.next_entry()? {
                    rules.push(rule);
                }
                Ok(rules)
            }
        }
        deserializer.deserialize_map(Visitor).map(Rules)
    }
}

/// A key of the object, as bytes: senders' strings may hold lone surrogates.
struct Name(Vec<u8>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Name, E> {
                Ok(Name(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

#[cfg(test)]
mod tests;
