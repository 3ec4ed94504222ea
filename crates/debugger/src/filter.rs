//! Which messages a viewer wants to see. Pure.

use spec::Kind;

use crate::opened::{Opened, Verdict};

/// Longer texts are not searched for.
const TEXT_BYTES_MAX: usize = 1024;

/// Which messages a viewer wants to see; all of them by default. What is given must all hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    kinds: Vec<Kind>,
    verdicts: Vec<Verdict>,
    event: Option<String>,
    user_id: Option<String>,
    anonymous_id: Option<String>,
    message_id: Option<String>,
    code: Option<String>,
    text: Option<Text>,
}

/// A filter that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// The value is none of a fixed list.
    #[error("{field} {value:?} is none of {allowed}")]
    NotAllowed {
        /// The parameter.
        field: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        allowed: String,
    },
    /// The value is too long.
    #[error("{field} has {bytes} bytes, {max} are allowed")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// What was given.
        bytes: usize,
        /// What would be right.
        max: usize,
    },
}

impl Filter {
    /// The query parameters that make a filter.
    pub const PARAMETERS: [&'static str; 8] =
        ["type", "event", "user_id", "anonymous_id", "message_id", "code", "text", "verdict"];

    /// Takes one query parameter; an empty value asks for nothing. `type` and `verdict` take
    /// several values, separated by commas. `false`: the parameter is not a filter's.
    ///
    /// Errors: [`BadFilter`], which names the parameter and what would be right.
    pub fn set(&mut self, parameter: &str, value: &str) -> Result<bool, BadFilter> {
        if !Filter::PARAMETERS.contains(&parameter) {
            return Ok(false);
        }
        let exact = (!value.is_empty()).then(|| value.to_owned());
        match parameter {
            "type" => self.kinds = list("type", value, &Kind::ALL, |kind| kind.as_str())?,
            "verdict" => {
                self.verdicts = list("verdict", value, &Verdict::ALL, |verdict| verdict.as_str())?;
            }
            "event" => self.event = exact,
            "user_id" => self.user_id = exact,
            "anonymous_id" => self.anonymous_id = exact,
            "message_id" => self.message_id = exact,
            "code" => self.code = exact,
            _ => {
                if value.len() > TEXT_BYTES_MAX {
                    let (bytes, max) = (value.len(), TEXT_BYTES_MAX);
                    return Err(BadFilter::TooLong { field: "text", bytes, max });
                }
                self.text = (!value.is_empty()).then(|| Text::new(value));
            }
        }
        Ok(true)
    }

    /// Only the message with this id.
    pub fn of_message_id(id: &str) -> Filter {
        Filter { message_id: Some(id.to_owned()), ..Filter::default() }
    }

    /// Whether records with this verdict can pass: to be asked before a record is opened.
    pub(crate) fn wants(&self, verdict: Verdict) -> bool {
        self.verdicts.is_empty() || self.verdicts.contains(&verdict)
    }

    /// Whether the record passes.
    pub(crate) fn matches(&self, opened: &Opened) -> bool {
        if !self.wants(opened.verdict()) {
            return false;
        }
        if self.code.as_deref().is_some_and(|code| opened.code() != Some(code)) {
            return false;
        }
        let by_field = !self.kinds.is_empty()
            || self.event.is_some()
            || self.user_id.is_some()
            || self.anonymous_id.is_some()
            || self.message_id.is_some();
        if by_field {
            let fields = opened.fields();
            let is = |wanted: &Option<String>, have: &Option<std::borrow::Cow<'_, str>>| {
                wanted.is_none() || wanted.as_deref() == have.as_deref()
            };
            let kind = fields.kind.as_deref().and_then(|kind| Kind::from_wire(kind.as_bytes()));
            let passes = (self.kinds.is_empty() || kind.is_some_and(|k| self.kinds.contains(&k)))
                && is(&self.event, &fields.name)
                && is(&self.user_id, &fields.user_id)
                && is(&self.anonymous_id, &fields.anonymous_id)
                && is(&self.message_id, &fields.message_id);
            if !passes {
                return false;
            }
        }
        self.text.as_ref().is_none_or(|text| text.is_in(opened.body()))
    }
}

/// Values of a comma-separated list.
fn list<T: Copy>(
    field: &'static str,
    value: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Result<Vec<T>, BadFilter> {
    let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let found = all.iter().find(|known| word(**known) == item);
            found.copied().ok_or_else(|| BadFilter::NotAllowed {
                field,
                value: item.to_owned(),
                allowed: all.iter().map(|known| word(*known)).collect::<Vec<_>>().join(", "),
            })
        })
        .collect()
}

/// A text to be found in JSON: ASCII letters in either case, other characters as they are, each
/// of them also in its escaped spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    needles: Vec<Needle>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Needle {
    lower: Vec<u8>,
    /// Index of the byte that JSON holds least often, to be looked for first.
    rarest: usize,
}

impl Text {
    fn new(text: &str) -> Text {
        let plain = text.to_owned();
        let escaped = serde_json::to_string(text).expect("text is always JSON");
        let escaped = escaped[1..escaped.len() - 1].to_owned();
        let mut ascii = String::new();
        for c in escaped.chars() {
            if c.is_ascii() {
                ascii.push(c);
            } else {
                let units = c.encode_utf16(&mut [0; 2]).to_vec();
                ascii.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        let mut spellings = vec![plain, escaped, ascii];
        spellings.dedup();
        let needle = |text: &String| {
            let lower = text.to_ascii_lowercase().into_bytes();
            let rarest = (0..lower.len()).min_by_key(|at| commonness(lower[*at])).unwrap_or(0);
            Needle { lower, rarest }
        };
        Text { needles: spellings.iter().map(needle).collect() }
    }

    fn is_in(&self, json: &[u8]) -> bool {
        self.needles.iter().any(|needle| needle.is_in(json))
    }
}

impl Needle {
    fn is_in(&self, json: &[u8]) -> bool {
        let byte = self.lower[self.rarest];
        memchr::memchr2_iter(byte, byte.to_ascii_uppercase(), json).any(|at| {
            at.checked_sub(self.rarest)
                .and_then(|start| json.get(start..start + self.lower.len()))
                .is_some_and(|found| found.eq_ignore_ascii_case(&self.lower))
        })
    }
}

/// How often JSON holds a byte, roughly: higher is more often.
fn commonness(byte: u8) -> usize {
    const COMMON_FIRST: &[u8] = b"\"etaoinsr:,lcd0u1mp2-./h 3{}_4g5b6y7f8v9w";
    COMMON_FIRST.iter().position(|b| *b == byte).map_or(0, |at| COMMON_FIRST.len() - at)
}

#[cfg(test)]
mod tests;
