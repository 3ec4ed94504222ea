//! The names of events: the Spec's where it has one, and otherwise a name that stays one name.

use std::sync::LazyLock;

use super::{
    Rule,
    Set::Spec,
    Sets,
    Severity::{Hint, Warning},
    data::spec,
    fold::{fold, words},
    identity::is_email,
    json::Value,
    names::Why,
    partner,
    path::Path,
    report::{Findings, said},
    view::View,
};
use crate::Kind;

const SEMANTIC: &str = "https://segment.com/docs/connections/spec/semantic/";
const NAMES: &str =
    "https://segment.com/academy/collecting-data/naming-conventions-for-clean-data/";
const PRACTICES: &str = "https://segment.com/docs/connections/spec/best-practices-event-calls/";

static EVENT_ALIAS: Rule = Rule {
    code: "event_alias",
    severity: Warning,
    set: Spec,
    title: "The Spec has another name for this event",
    why: "Destinations know the event by the Spec's name. Under another one it is an event like any other: no order, no install, no unsubscription.",
    fix: "Send it under the name of the Spec, with the properties of the Spec.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Order Completed","properties":{"order_id":"ord_10482","revenue":25}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Purchase","properties":{"order_id":"ord_10482","revenue":25}}"#,
};

static EVENT_SPELLING: Rule = Rule {
    code: "event_spelling",
    severity: Warning,
    set: Spec,
    title: "The name is one of the Spec's, written differently",
    why: "Names are compared letter by letter: other case, other separators or another order of the words make another event.",
    fix: "Write the name exactly as the Spec does.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Email Opened"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"email_opened"}"#,
};

static EVENT_NEAR_MISS: Rule = Rule {
    code: "event_near_miss",
    severity: Hint,
    set: Spec,
    title: "The name may mean an event of the Spec",
    why: "If it does, destinations miss it: they know the event by the Spec's name.",
    fix: "Use the Spec's name if it fits; keep yours if something else happened.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Trial Started"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Trial Starting"}"#,
};

static EVENT_CASING: Rule = Rule {
    code: "event_casing",
    severity: Hint,
    set: Spec,
    title: "The name is in none of the usual casings",
    why: "Names in mixed styles are mistyped, and every other spelling is one more event to look for.",
    fix: "Write names in Proper Case: a thing, and what was done to it, such as Report Exported.",
    source: NAMES,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"report-Exported"}"#,
};

static DATA_IN_EVENT_NAME: Rule = Rule {
    code: "data_in_event_name",
    severity: Warning,
    set: Spec,
    title: "The name holds data: an id, a date or an address",
    why: "Every new name makes a new table, and counts against the number of events that are kept apart.",
    fix: "Keep the name the same, and send what changes as a property.",
    source: NAMES,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported","properties":{"report_id":"1234"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report 1234 Exported"}"#,
};

static VIEW_AS_TRACK: Rule = Rule {
    code: "view_as_track",
    severity: Hint,
    set: Spec,
    title: "A view of a page or screen is sent as a track call",
    why: "Destinations read views from page and screen calls, with address and title.",
    fix: "Send a page or screen call.",
    source: PRACTICES,
    passing: r#"{"type":"page","userId":"019mr8mf4r","name":"Pricing"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Page Viewed","properties":{"title":"Pricing"}}"#,
};

pub(super) static RULES: &[&Rule] = &[
    &EVENT_ALIAS,
    &EVENT_SPELLING,
    &EVENT_NEAR_MISS,
    &EVENT_CASING,
    &DATA_IN_EVENT_NAME,
    &VIEW_AS_TRACK,
];

/// Names of views, without case and separators.
const VIEWS: [&str; 10] = [
    "pageview",
    "pageviewed",
    "viewedpage",
    "pageviews",
    "pagevisited",
    "screenview",
    "screenviewed",
    "viewedscreen",
    "screenvisited",
    "$pageview",
];

fn is_view(name: &[u8]) -> bool {
    static FOLDS: LazyLock<[u64; 10]> = LazyLock::new(|| VIEWS.map(|view| fold(view.as_bytes())));
    FOLDS.contains(&fold(name))
}

pub(super) fn check(view: &View<'_>, sets: &Sets<'_>, found: &mut Findings) {
    let current = view.semantic.is_some_and(|event| event.superseded_by.is_none());
    if !view.is(Kind::Track) || current || view.event.inside().is_empty() {
        return;
    }
    let at = Path::top("event");
    let name = view.event.text().unwrap_or_default();
    if let Some(meant) = spec().names.meant(&name) {
        let rule = match meant.why {
            why if why.certain() && sets.partner.is_some() => &partner::CANONICAL_EVENT,
            Why::Alias | Why::Synonym => &EVENT_ALIAS,
            Why::Spelling => &EVENT_SPELLING,
            Why::Perhaps | Why::NearMiss => &EVENT_NEAR_MISS,
        };
        found.add(rule, &at, view.event, format!("the name {}", meant.event), meant.event);
        return;
    }
    if is_view(&name) {
        found.add(&VIEW_AS_TRACK, &at, view.event, "a page or screen call", "Report Exported");
        return;
    }
    if holds_data(&name) {
        let without = without_data(&said(view.event));
        found.add(&DATA_IN_EVENT_NAME, &at, view.event, "a name without data", without);
        return;
    }
    if sets.partner.is_some() {
        if !is_proper_case(&name) {
            proper(&partner::EVENT_NOT_PROPER_CASE, view.event, found);
        }
    } else if !is_in_a_casing(&name) {
        proper(&EVENT_CASING, view.event, found);
    }
}

#[cold]
fn proper(rule: &'static Rule, event: Value<'_>, found: &mut Findings) {
    let example = proper_case(&said(event));
    found.add(rule, &Path::top("event"), event, "a name in Proper Case", example);
}

/// A word of the name is a long number, a date, an id or an address.
fn holds_data(name: &[u8]) -> bool {
    name.split(|byte| *byte == b' ').any(is_data)
}

/// Digits that make a word of a name an id: fewer number steps, versions and statutes.
const ID_DIGITS_MIN: usize = 3;
/// Digits in a row that are data in any word.
const RUN_DIGITS_MIN: usize = 5;

/// A word that is a number, holds a long one, is a date, a UUID, or an e-mail address.
pub(super) fn is_data(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return word.contains(&b'@') && is_email(word);
    }
    let all = word.len() >= ID_DIGITS_MIN
        && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'#' | b'/'))
        && digits >= ID_DIGITS_MIN;
    all || is_email(word)
        || is_uuid(word)
        || word
            .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
            .any(|run| run.len() >= RUN_DIGITS_MIN && run[0].is_ascii_digit())
}

fn is_uuid(word: &[u8]) -> bool {
    word.len() == 36
        && word.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-' || *byte == b'_',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn without_data(name: &str) -> String {
    let words: Vec<_> = name.split(' ').filter(|word| !is_data(word.as_bytes())).collect();
    if words.is_empty() { "Report Exported".into() } else { words.join(" ") }
}

/// `lower case`, `snake_case`, `Proper Case`, `camelCase` or `Sentence case`.
///
/// Source: Segment Academy, "Naming conventions for clean data".
fn is_in_a_casing(name: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| name.iter().any(test);
    let upper = has(u8::is_ascii_uppercase);
    let (space, line) = (name.contains(&b' '), name.contains(&b'_'));
    if has(|byte| matches!(byte, b'-' | b'.' | b'/' | b':')) && !space {
        return false;
    }
    // iOS, 2FA and Étape begin as a capital does.
    let as_capital =
        !name[0].is_ascii_lowercase() || name.get(1).is_some_and(u8::is_ascii_uppercase);
    match (space, line) {
        (true, true) => false,
        _ if is_padded(name) || is_shouted(name) => false,
        // Proper names may stand in a sentence: only the first letter tells.
        (true, false) => as_capital || !upper,
        (false, true) => !upper,
        // `Registered`, `registered`, `FAQ`, or `camelCase`.
        (false, false) => !name[0].is_ascii_uppercase() || words(name).count() == 1,
    }
}

/// Each word begins with a capital or a digit, but for the small ones.
pub(super) fn is_proper_case(name: &[u8]) -> bool {
    const SMALL: [&[u8]; 20] = [
        b"a", b"an", b"and", b"as", b"at", b"by", b"for", b"from", b"in", b"into", b"of", b"off",
        b"on", b"or", b"out", b"the", b"to", b"up", b"via", b"with",
    ];
    let proper = |(index, word): (usize, &[u8])| {
        let first = word.first().copied().unwrap_or(b' ');
        first.is_ascii_uppercase()
            || first.is_ascii_digit()
            || !first.is_ascii()
            // iOS, eBook
            || word.len() > 1 && word[1].is_ascii_uppercase()
            || index > 0 && SMALL.contains(&word)
            || !first.is_ascii_alphabetic() && first != b' '
    };
    let parted = name.iter().any(|byte| matches!(byte, b'_' | b'.' | b':'));
    let pascal = !name.contains(&b' ') && words(name).count() > 1;
    !parted
        && !pascal
        && !is_padded(name)
        && !is_shouted(name)
        && name.split(|byte| *byte == b' ').enumerate().all(proper)
}

fn is_padded(name: &[u8]) -> bool {
    name.starts_with(b" ") || name.ends_with(b" ") || name.windows(2).any(|two| two == b"  ")
}

/// In capitals, and longer than an abbreviation.
fn is_shouted(name: &[u8]) -> bool {
    name.iter().filter(|byte| byte.is_ascii_uppercase()).count() > 5
        && !name.iter().any(u8::is_ascii_lowercase)
}

fn proper_case(name: &str) -> String {
    let words: Vec<String> = words(name.as_bytes())
        .map(|word| {
            let word = String::from_utf8_lossy(word).to_lowercase();
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            first.unwrap_or_default() + letters.as_str()
        })
        .collect();
    words.join(" ")
}
