//! Messages that are right, to show beside those that are not.

use std::borrow::Cow;

use spec::Kind;

use super::View;
use crate::split::{Field, Shape};

/// A right message of this kind.
pub(super) fn plain(kind: Kind) -> &'static str {
    match kind {
        Kind::Track => r#"{"type":"track","userId":"019mr8mf4r","event":"Order Completed"}"#,
        Kind::Identify => r#"{"type":"identify","userId":"019mr8mf4r","traits":{"plan":"pro"}}"#,
        Kind::Page => r#"{"type":"page","userId":"019mr8mf4r","name":"Home"}"#,
        Kind::Screen => r#"{"type":"screen","userId":"019mr8mf4r","name":"Home"}"#,
        Kind::Group => r#"{"type":"group","userId":"019mr8mf4r","groupId":"8e9df332ac"}"#,
        Kind::Alias => r#"{"type":"alias","userId":"019mr8mf4r","previousId":"8e9df332ac"}"#,
    }
}

/// Sender's values that are longer than this are not repeated.
const REPEATED_MAX: usize = 200;

impl View<'_> {
    /// The sender's message, cut down to what its kind needs, with `mended` in place of the member
    /// `key`. What else is needed and not usable is filled in.
    #[cold]
    pub(super) fn example(&self, key: &str, mended: &str) -> Cow<'static, str> {
        let mut out = format!(r#"{{"type":"{}""#, self.kind);
        let mut add = |name: &str, value: &str| {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("\":");
            out.push_str(value);
        };
        let mut identified = matches!(key, "userId" | "anonymousId");
        for (field, name) in [(Field::UserId, "userId"), (Field::AnonymousId, "anonymousId")] {
            if let Some(value) = self.repeated(field).filter(|_| name != key) {
                add(name, value);
                identified |= name == "userId" || self.kind != Kind::Alias;
            }
        }
        if !identified {
            add("userId", "\"019mr8mf4r\"");
        }
        let needed = match self.kind {
            Kind::Track => Some((Field::Event, "event", "\"Order Completed\"")),
            Kind::Group => Some((Field::GroupId, "groupId", "\"8e9df332ac\"")),
            Kind::Alias => Some((Field::PreviousId, "previousId", "\"8e9df332ac\"")),
            _ => None,
        };
        if let Some((field, name, sample)) = needed.filter(|(_, name, _)| *name != key) {
            add(name, self.repeated(field).unwrap_or(sample));
        }
        add(key, mended);
        out.push('}');
        out.into()
    }

    /// A sender's own text, quotes included, if it is short.
    fn repeated(&self, field: Field) -> Option<&str> {
        let value = self.slots.value(field);
        let repeatable = value.shape == Shape::String && value.some_text(self.body).is_some();
        let raw = value.raw(self.body);
        let short = repeatable && raw.len() <= REPEATED_MAX;
        short.then(|| std::str::from_utf8(raw).ok()).flatten()
    }
}
