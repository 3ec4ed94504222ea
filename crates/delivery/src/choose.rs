//! Whether a destination gets a message.

use std::fmt;

use routing::DestinationRoute;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use spec::{DiscardCode, Message, Step};

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

/// Decides whether `message` goes to `route`. `kind_name` is the name in the destination's
/// definition, which a message's `integrations` may use as well as the destination's own.
///
/// Source: Segment Spec, "Integrations": absent means on, a name beats `All`, an object counts as
/// on, names are case sensitive.
pub fn choose(
    message: &Message,
    route: &DestinationRoute,
    kind_name: &str,
) -> Result<(), Filtered> {
    let Some(integrations) = message.integrations() else { return Ok(()) };
    let Ok(rules) = serde_json::from_slice::<Rules>(integrations) else { return Ok(()) };
    let rule = rules.of(&route.name).or_else(|| rules.of(kind_name)).map(|on| (on, None));
    match rule.or_else(|| rules.of("All").map(|on| (on, Some("All")))) {
        None | Some((true, _)) => Ok(()),
        Some((false, by)) => Err(Filtered {
            step: Step::FilteredAtDestination,
            code: "FILTERED_BY_INTEGRATIONS_OBJECT".into(),
            reason: format!(
                "the message's integrations object switches {} off",
                by.unwrap_or(&route.name)
            ),
        }),
    }
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
