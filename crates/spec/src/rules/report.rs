//! What is found: collected in any order, told in one.

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value as Json;

use super::{
    Rule, Severity, all,
    json::{Shape, Value},
    path::Path,
};

/// One place where a message breaks a rule.
///
/// Shape: `{code, severity, title, pointer, found, expected, fix, example, docs}` as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Where, as a JSON pointer into the message; empty for the message as a whole.
    pub pointer: String,
    /// What stands there, in words, cut at a bound.
    pub found: String,
    /// What should stand there, in words.
    pub expected: String,
    /// A value that would be right at `pointer`; for a wrong key, the object that it belongs in.
    pub example: Json,
}

impl Finding {
    /// Where the rule is explained, on this server.
    pub fn docs(&self) -> String {
        format!("/docs/spec#{}", self.rule.code)
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut finding = to.serialize_struct("Finding", 9)?;
        finding.serialize_field("code", self.rule.code)?;
        finding.serialize_field("severity", &self.rule.severity)?;
        finding.serialize_field("title", self.rule.title)?;
        finding.serialize_field("pointer", &self.pointer)?;
        finding.serialize_field("found", &self.found)?;
        finding.serialize_field("expected", &self.expected)?;
        finding.serialize_field("fix", self.rule.fix)?;
        finding.serialize_field("example", &self.example)?;
        finding.serialize_field("docs", &self.docs())?;
        finding.end()
    }
}

/// Findings of one message. It takes memory with the first.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

/// Findings of one message that are noted: one that has more has one cause for many of them.
const FINDINGS_MAX: usize = 1000;

impl Findings {
    /// Notes that `value`, which stands at `at`, breaks `rule`.
    #[cold]
    #[inline(never)]
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        at: &Path<'_>,
        value: Value<'_>,
        expected: impl Into<String>,
        example: impl Into<Json>,
    ) {
        self.add_words(rule, at, || described(value), expected, example);
    }

    /// Notes that the key of the member at `at` breaks `rule`. The example is an object with a
    /// key that does not.
    #[cold]
    #[inline(never)]
    pub(super) fn add_key(
        &mut self,
        rule: &'static Rule,
        at: &Path<'_>,
        key: &[u8],
        expected: impl Into<String>,
        example: impl Into<Json>,
    ) {
        let found = || format!("the key {}", cut(&lossy(key)));
        self.add_words(rule, at, found, expected, example);
    }

    /// Notes that what `found` says in words breaks `rule`.
    #[cold]
    pub(super) fn add_words(
        &mut self,
        rule: &'static Rule,
        at: &Path<'_>,
        found: impl FnOnce() -> String,
        expected: impl Into<String>,
        example: impl Into<Json>,
    ) {
        if self.0.len() < FINDINGS_MAX && !at.shadowed() {
            let (pointer, found) = (at.pointer(), found());
            let (expected, example) = (expected.into(), example.into());
            self.0.push(Finding { rule, pointer, found, expected, example });
        }
    }

    /// All of them, in the order of the rules, then by place.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        if self.0.is_empty() {
            return self.0;
        }
        let place = |rule: &Rule| all().iter().position(|other| other.code == rule.code);
        self.0.sort_by_cached_key(|finding| (place(finding.rule), finding.pointer.clone()));
        self.0.dedup();
        self.0
    }
}

/// Bytes of a value that are told.
const TOLD_BYTES: usize = 80;

/// A value in words.
pub(super) fn described(value: Value<'_>) -> String {
    match value.shape {
        Shape::Absent => "nothing".into(),
        Shape::Null => "null".into(),
        Shape::Bool => lossy(value.raw()),
        Shape::Number => format!("the number {}", cut(&lossy(value.raw()))),
        Shape::String if value.inside().is_empty() => "empty text".into(),
        Shape::String => format!("the text \"{}\"", cut(&said(value))),
        Shape::Array => "an array".into(),
        Shape::Object => "an object".into(),
    }
}

/// What a string says, as text.
pub(super) fn said(value: Value<'_>) -> String {
    lossy(&value.text().unwrap_or_default())
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn cut(text: &str) -> String {
    match text.len() {
        0..=TOLD_BYTES => text.to_owned(),
        _ => format!("{}…", &text[..text.floor_char_boundary(TOLD_BYTES)]),
    }
}
