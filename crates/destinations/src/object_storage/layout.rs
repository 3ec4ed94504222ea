//! Where a message is filed. Pure.
//!
//! ```text
//! {prefix}/date=2026-11-30/hour=12/source=website/event=order_completed/{first}-{last}-{hash}.ndjson.gz
//! ```
//!
//! First and last are positions in the log. The hash tells the load that the file belongs to.

use destination_kit::Parcel;
use jiff::Timestamp;
use serde_json::Value;
use spec::Kind;

use crate::postgres::name;

/// Presets, by name.
const PRESETS: [(&str, &str); 2] = [
    ("hive", "date={date}/hour={hour}/source={source}/event={event}"),
    ("segment", "segment-logs/{source_id}/{day}"),
];
/// Of a value in a path so much is kept.
const VALUE_CHARS_MAX: usize = 80;

/// A template of folders.
#[derive(Debug, Clone)]
pub(super) struct Layout(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Hour,
    Day,
    Source,
    SourceId,
    Event,
}

const FIELDS: [(&str, Field); 6] = [
    ("date", Field::Date),
    ("hour", Field::Hour),
    ("day", Field::Day),
    ("source", Field::Source),
    ("source_id", Field::SourceId),
    ("event", Field::Event),
];

impl Layout {
    /// Reads a template or the name of a preset.
    ///
    /// Errors: what is wrong, in words.
    pub(super) fn read(template: &str) -> Result<Layout, String> {
        let preset = PRESETS.iter().find(|(name, _)| *name == template);
        let mut rest = preset.map_or(template, |(_, template)| template).trim_matches('/');
        let mut pieces = Vec::new();
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| "holds a { without }".to_owned())?;
            let field = FIELDS.iter().find(|(known, _)| *known == name);
            let (_, field) = field.ok_or_else(|| {
                let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                format!("holds {{{name}}}, and knows {}", known.join(", "))
            })?;
            pieces.push(Piece::Literal(literal.to_owned()));
            pieces.push(Piece::Field(*field));
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        let layout = Layout(pieces);
        let literals = layout.0.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Field(_) => None,
        });
        let plain = |c: char| c.is_ascii_alphanumeric() || "=/-_.".contains(c);
        if literals.clone().any(|text| !text.chars().all(plain) || text.contains("..")) {
            return Err("may hold letters, digits, = / - _ . and fields in braces".to_owned());
        }
        let whole = layout.folder(&["x"; FIELDS.len()]);
        if whole.split('/').any(|part| part.is_empty() || part.starts_with(['.', '_'])) {
            return Err("must not have empty folders, or such as begin with . or _".to_owned());
        }
        Ok(layout)
    }

    /// The folder of `parcel`, below the prefix.
    pub(super) fn folder_of(&self, parcel: &Parcel) -> String {
        let received =
            Timestamp::from_millisecond(parcel.received_at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let day = parcel.received_at_ms.div_euclid(86_400_000) * 86_400_000;
        self.folder(&[
            &received.strftime("%Y-%m-%d").to_string(),
            &received.strftime("%H").to_string(),
            &day.to_string(),
            &value(&parcel.source.slug),
            &value(parcel.source.id.as_str()),
            &event_of(parcel),
        ])
    }

    /// Whether a folder `name={name}` makes a column of that name for readers.
    pub(super) fn tells(&self, name: &str) -> bool {
        let place = FIELDS.iter().position(|(known, _)| *known == name);
        let mut values = ["x"; FIELDS.len()];
        let Some(value) = place.map(|place| &mut values[place]) else { return false };
        *value = "{}";
        self.folder(&values).split('/').any(|part| part == format!("{name}={{}}"))
    }

    /// `values` stand in the order of [`FIELDS`].
    fn folder(&self, values: &[&str; FIELDS.len()]) -> String {
        let text = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            Piece::Field(field) => values[*field as usize],
        });
        text.collect()
    }
}

/// What `parcel` is called in paths: the event of a track call, as in a warehouse, else its type.
pub(super) fn event_of(parcel: &Parcel) -> String {
    let message = &parcel.message;
    let event = message.name().filter(|_| message.kind() == Kind::Track);
    let Some(event) = event else { return message.kind().as_str().to_owned() };
    value(&name::word(&plain(event)))
}

/// `text` as one value in a path: letters, digits, `-` and `_`.
fn value(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    let value: String = text.chars().map(kept).take(VALUE_CHARS_MAX).collect();
    if value.is_empty() { "unnamed".to_owned() } else { value }
}

/// The text between the quotes of a JSON string; a lone surrogate in it becomes U+FFFD.
fn plain(escaped: &[u8]) -> String {
    if !escaped.contains(&b'\\') {
        return String::from_utf8_lossy(escaped).into_owned();
    }
    let quoted = [b"\"", escaped, b"\""].concat();
    match super::columns::readable(&quoted) {
        Some(Value::String(text)) => text,
        _ => String::from_utf8_lossy(escaped).into_owned(),
    }
}

#[cfg(test)]
mod tests;
