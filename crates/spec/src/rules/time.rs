//! Times: dates that can be read, and that happened about when they arrived.

use crate::{format_iso, time::parse_iso};

use super::{
    Rule,
    Set::Spec,
    Severity::{Hint, Warning},
    json::Value,
    path::Path,
    report::Findings,
    view::View,
    wire::COMMON,
};

static TIMESTAMP_NOT_ISO: Rule = Rule {
    code: "timestamp_not_iso",
    severity: Warning,
    set: Spec,
    title: "timestamp or sentAt is not in ISO-8601",
    why: "A time that cannot be read is replaced by the time of arrival.",
    fix: "Send 2026-11-02T12:20:45.000Z: year first, in UTC, or leave timestamp out for now.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","timestamp":"2026-11-02T12:20:45.000Z"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","timestamp":1793622045}"#,
};

static TIMESTAMP_IN_FUTURE: Rule = Rule {
    code: "timestamp_in_future",
    severity: Warning,
    set: Spec,
    title: "The message is from the future",
    why: "It is kept as it is, and stays ahead of everything that happens until then. Mostly a clock is wrong, or a zone was added twice.",
    fix: "Send the time in UTC, and sentAt with it, so that a wrong clock is corrected.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","timestamp":"2026-11-02T12:20:45.000Z","receivedAt":"2026-11-02T12:20:46.100Z"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","timestamp":"2026-11-02T18:20:45.000Z","receivedAt":"2026-11-02T12:20:46.100Z"}"#,
};

static TIMESTAMP_FAR_PAST: Rule = Rule {
    code: "timestamp_far_past",
    severity: Hint,
    set: Spec,
    title: "The message is more than a year old",
    why: "That is right for an import of history, and wrong for anything else: seconds taken for milliseconds end up in 1970.",
    fix: "Check the unit and the zone; leave timestamp out for what happens now.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","timestamp":"2026-11-02T12:20:45.000Z","receivedAt":"2026-11-02T12:20:46.100Z"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","timestamp":"1970-01-21T18:13:42.045Z","receivedAt":"2026-11-02T12:20:46.100Z"}"#,
};

pub(super) static RULES: &[&Rule] =
    &[&TIMESTAMP_NOT_ISO, &TIMESTAMP_IN_FUTURE, &TIMESTAMP_FAR_PAST];

/// How far ahead of its arrival a message may be.
const AHEAD_MAX_MS: i64 = 60 * 60 * 1000;
/// How old it may be.
const AGE_MAX_MS: i64 = 366 * 24 * 60 * 60 * 1000;

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    let happened = instant("timestamp", view.timestamp, found);
    let sent = instant("sentAt", view.sent_at, found);
    let received = parse_iso(view.received_at.inside());
    let (Some(happened), Some(arrived)) = (happened, received.or(sent)) else {
        return;
    };
    let rule = match happened - arrived {
        ahead if ahead > AHEAD_MAX_MS => &TIMESTAMP_IN_FUTURE,
        behind if behind < -AGE_MAX_MS => &TIMESTAMP_FAR_PAST,
        _ => return,
    };
    let now = written(arrived);
    let about =
        format!("about {now}, when it {}", if received.is_some() { "came" } else { "left" });
    found.add(rule, &Path::top("timestamp"), view.timestamp, about, now);
}

fn instant(name: &str, value: Value<'_>, found: &mut Findings) -> Option<i64> {
    let instant = parse_iso(value.inside());
    if instant.is_none() && value.given() {
        let (at, example) = (Path::top(name), "2026-11-02T12:20:45.000Z");
        found.add(&TIMESTAMP_NOT_ISO, &at, value, "a time in ISO-8601", example);
    }
    instant
}

fn written(ms: i64) -> String {
    let mut text = Vec::new();
    format_iso(ms, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
