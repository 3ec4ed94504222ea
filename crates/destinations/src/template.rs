//! Templates in settings: text with places such as `{event}` or `{properties.total}` that each
//! message fills.
//!
//! Senders' strings may hold what text cannot, lone surrogates for one; it becomes U+FFFD.

use std::{borrow::Cow, fmt};

use destination_kit::Parcel;
use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde_json::value::RawValue;

/// A template that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// The source's slug.
    Source,
    /// The name of what happened: `event` of a track call, `name` of a page or screen call, else
    /// the type of the call.
    Event,
    Type,
    UserId,
    AnonymousId,
    MessageId,
    /// A member of a member of … the message.
    Path(Vec<String>),
}

impl Template {
    /// Reads `text`; `{{` stands for a brace.
    ///
    /// Errors: what is wrong, in words.
    pub(crate) fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let Some(end) = rest.find('}') else {
                return Err(format!("has a {{ without its }} before {rest:?}"));
            };
            let place = place(&rest[..end])?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Place(place));
            rest = &rest[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Template(parts))
    }

    /// Fills the places from `parcel`, each through `write`, which takes out what must not stand
    /// there. What a message does not have is empty.
    pub(crate) fn fill(&self, parcel: &Parcel, mut write: impl FnMut(&str, &mut String)) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Place(place) => write(&value(place, parcel), &mut out),
            }
        }
        out
    }

    /// What stands between the places.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Place(_) => None,
        })
    }

    /// The text, where every message gets the same.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

fn place(name: &str) -> Result<Place, String> {
    Ok(match name {
        "source" => Place::Source,
        "event" => Place::Event,
        "type" => Place::Type,
        "userId" => Place::UserId,
        "anonymousId" => Place::AnonymousId,
        "messageId" => Place::MessageId,
        path => {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            if path.iter().any(String::is_empty) {
                return Err(format!(
                    "has {{{name}}}, which names nothing; {{event}} or {{properties.total}} would"
                ));
            }
            Place::Path(path)
        }
    })
}

fn value<'a>(place: &'a Place, parcel: &'a Parcel) -> Cow<'a, str> {
    let message = &parcel.message;
    let text = |between_quotes: Option<&'a [u8]>| between_quotes.map(unescaped).unwrap_or_default();
    match place {
        Place::Source => parcel.source.slug.as_str().into(),
        Place::Event => message.name().map_or(message.kind().as_str().into(), unescaped),
        Place::Type => message.kind().as_str().into(),
        Place::UserId => text(message.user_id()),
        Place::AnonymousId => text(message.anonymous_id()),
        Place::MessageId => text(Some(message.message_id())),
        Place::Path(path) => at(message.raw(), path).map(shown).unwrap_or_default(),
    }
}

/// What stands at `path` in `json`; of members with one name the last one counts.
pub(crate) fn at<'a>(json: &'a [u8], path: &[impl AsRef<str>]) -> Option<&'a RawValue> {
    let mut value: &RawValue = serde_json::from_slice(json).ok()?;
    for name in path {
        let name = name.as_ref();
        value = if value.get().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
            *items.get(name.parse::<usize>().ok()?)?
        } else {
            serde_json::from_str::<Members<'_>>(value.get()).ok()?.last(name)?
        };
    }
    Some(value)
}

/// A value as people read it: text without quotes, `null` as nothing, anything else as JSON.
pub(crate) fn shown(value: &RawValue) -> Cow<'_, str> {
    match value.get() {
        "null" => "".into(),
        text => match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(between_quotes) => unescaped(between_quotes.as_bytes()),
            None => text.into(),
        },
    }
}

/// The text that stands between quotes in JSON.
pub(crate) fn unescaped(between_quotes: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', between_quotes).is_none() {
        return String::from_utf8_lossy(between_quotes);
    }
    let quoted = [b"\"", between_quotes, b"\""].concat();
    let bytes = serde_json::from_slice::<Text>(&quoted).map(|text| text.0).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// The members of a JSON object, in order.
pub(crate) struct Members<'a>(pub(crate) Vec<(Text, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The last member with this name, as every common reader takes it.
    pub(crate) fn last(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rfind(|(key, _)| key.0 == name.as_bytes()).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Vec<(Text, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Visitor).map(Members)
    }
}

/// A string of JSON as bytes, since it may hold lone surrogates.
pub(crate) struct Text(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

#[cfg(test)]
mod tests;
