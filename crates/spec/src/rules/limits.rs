//! Sizes and counts.

use super::{
    Rule,
    Set::{Spec, Wire},
    Severity::{Error, Warning},
    path::Path,
    report::Findings,
    view::View,
};
use crate::limits::{BODY_BYTES_MAX, MESSAGE_BYTES_MAX};

const LIMITS: &str = "https://segment.com/docs/connections/rate-limits/";

static MESSAGE_TOO_LARGE: Rule = Rule {
    code: "message_too_large",
    severity: Error,
    set: Wire,
    title: "The message is larger than 32 KB",
    why: "It is refused, and its batch may be refused with it.",
    fix: "Send facts, not documents: keep files and long texts where they are, and send their ids.",
    source: "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/",
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported","properties":{"report_id":"rep_8"}}"#,
    failing: text(&LARGE),
};

static TOO_MANY_PROPERTIES: Rule = Rule {
    code: "too_many_properties",
    severity: Warning,
    set: Spec,
    title: "The message has more than 300 properties or traits",
    why: "The schema of a source keeps 300 for each event; those beyond are neither shown nor planned for, and beyond 10,000 not kept.",
    fix: "Send what the event is about. Mostly such names hold data: send rows as an array.",
    source: LIMITS,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported","properties":{"rows":[{"name":"aa","count":1}]}}"#,
    failing: text(&MANY),
};

pub(super) static RULES: &[&Rule] = &[&MESSAGE_TOO_LARGE, &TOO_MANY_PROPERTIES];

/// Properties of one event that a schema keeps apart.
const PROPERTIES_MAX: usize = 300;

/// Few enough bytes to be looked at: no request holds more. Otherwise that is the only finding.
pub(super) fn bearable(raw: &[u8], found: &mut Findings) -> bool {
    if raw.len() > BODY_BYTES_MAX {
        let (most, words) = (most(), || format!("{} bytes", raw.len()));
        found.add_words(&MESSAGE_TOO_LARGE, &Path::ROOT, words, most, shorter());
    }
    raw.len() <= BODY_BYTES_MAX
}

fn most() -> String {
    format!("at most {MESSAGE_BYTES_MAX} bytes")
}

fn shorter() -> serde_json::Value {
    serde_json::json!({"report_id": "rep_8"})
}

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    // What is stored was held to the limit on arrival, without what the server adds.
    let bytes = view.whole.raw().len();
    if bytes > MESSAGE_BYTES_MAX && !view.stored() {
        let words = || format!("{bytes} bytes");
        found.add_words(&MESSAGE_TOO_LARGE, &Path::ROOT, words, most(), shorter());
    }
    for (name, object) in [("properties", view.properties), ("traits", view.traits)] {
        // The least that a member takes is `"a":1,`.
        if object.raw().len() < PROPERTIES_MAX * 6 {
            continue;
        }
        let count = object.members().count();
        if count > PROPERTIES_MAX {
            let (most, words) = (format!("at most {PROPERTIES_MAX}"), || format!("{count} {name}"));
            let example = serde_json::json!({"rows": [{"name": "aa", "count": 1}]});
            found.add_words(&TOO_MANY_PROPERTIES, &Path::top(name), words, most, example);
        }
    }
}

const START: &[u8] =
    br#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported","properties":{"#;

/// A message with one text that is too long.
static LARGE: [u8; MESSAGE_BYTES_MAX + 1] = {
    let mut bytes = [b'x'; MESSAGE_BYTES_MAX + 1];
    put(&mut bytes, 0, START);
    put(&mut bytes, START.len(), br#""text":""#);
    put(&mut bytes, MESSAGE_BYTES_MAX - 2, br#""}}"#);
    bytes
};

/// A message with 324 properties: named by two letters each.
static MANY: [u8; START.len() + 324 * 7 + 1] = {
    let mut bytes = [b'}'; START.len() + 324 * 7 + 1];
    put(&mut bytes, 0, START);
    let mut index = 0;
    while index < 324 {
        let at = START.len() + index * 7;
        put(&mut bytes, at, br#""aa":1,"#);
        bytes[at + 1] = b'a' + (index / 18) as u8;
        bytes[at + 2] = b'a' + (index % 18) as u8;
        index += 1;
    }
    // The last comma closes the properties.
    bytes[START.len() + 324 * 7 - 1] = b'}';
    bytes
};

const fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    let mut index = 0;
    while index < bytes.len() {
        into[at + index] = bytes[index];
        index += 1;
    }
}

const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the examples are ASCII"),
    }
}
