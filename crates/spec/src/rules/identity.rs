//! Ids: what stands where a user's id should.

use super::{
    Rule,
    Set::Spec,
    Severity::Warning,
    json::{Shape, Value},
    path::Path,
    report::Findings,
    view::View,
};

const IDENTIFY: &str = "https://segment.com/docs/connections/spec/best-practices-identify/";

static EMAIL_AS_USER_ID: Rule = Rule {
    code: "email_as_user_id",
    severity: Warning,
    set: Spec,
    title: "userId is an e-mail address",
    why: "People change their address, and share it. An id must stay the same for as long as the user exists.",
    fix: "Send the id from the database as userId, and the address as the trait email.",
    source: IDENTIFY,
    passing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"email":"jane@example.com"}}"#,
    failing: r#"{"type":"identify","userId":"jane@example.com","traits":{"email":"jane@example.com"}}"#,
};

static PLACEHOLDER_ID: Rule = Rule {
    code: "placeholder_id",
    severity: Warning,
    set: Spec,
    title: "An id is a word that stands for no one",
    why: "Everyone who is sent under it becomes one person in every destination, and stays it.",
    fix: "Leave userId out until the user is known, and send an anonymousId of your own making.",
    source: IDENTIFY,
    passing: r#"{"type":"track","anonymousId":"anon_5b1c","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":"undefined","event":"Plan Changed"}"#,
};

static MESSAGE_ID_TOO_LONG: Rule = Rule {
    code: "message_id_too_long",
    severity: Warning,
    set: Spec,
    title: "messageId is longer than 100 characters",
    why: "Systems behind us keep 100: longer ids are cut there, and may meet.",
    fix: "Send a UUID, or a hash of what makes the message unique.",
    source: super::wire::COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","messageId":"0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","messageId":"plan-changed:019mr8mf4r:2026-11-02T12:20:45.000Z:0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90:attempt-000000000001"}"#,
};

pub(super) static RULES: &[&Rule] = &[&EMAIL_AS_USER_ID, &PLACEHOLDER_ID, &MESSAGE_ID_TOO_LONG];

const MESSAGE_ID_CHARS_MAX: usize = 100;

/// What languages print for nothing, and what people call someone they do not know.
const PLACEHOLDERS: [&str; 15] = [
    "null",
    "(null)",
    "undefined",
    "none",
    "nil",
    "nan",
    "n/a",
    "unknown",
    "anonymous",
    "guest",
    "true",
    "false",
    "0",
    "-1",
    "[object Object]",
];

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    if is_email(view.user_id.inside()) {
        let at = Path::top("userId");
        found.add(&EMAIL_AS_USER_ID, &at, view.user_id, "the user's database id", "019mr8mf4r");
    }
    placeholder("userId", view.user_id, "019mr8mf4r", found);
    placeholder("anonymousId", view.anonymous_id, "anon_5b1c", found);
    let id = view.message_id;
    if id.is(Shape::String) && id.inside().len() > MESSAGE_ID_CHARS_MAX {
        let chars = String::from_utf8_lossy(&id.text().unwrap_or_default()).chars().count();
        if chars > MESSAGE_ID_CHARS_MAX {
            let example = "0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90";
            let most = "at most 100 characters";
            found.add(&MESSAGE_ID_TOO_LONG, &Path::top("messageId"), id, most, example);
        }
    }
}

fn placeholder(name: &str, id: Value<'_>, example: &str, found: &mut Findings) {
    let text = id.inside();
    if PLACEHOLDERS.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(text)) {
        found.add(&PLACEHOLDER_ID, &Path::top(name), id, "an id of one person", example);
    }
}

/// Of the shape of an e-mail address.
pub(super) fn is_email(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| *byte == b'@') else {
        return false;
    };
    let domain = &text[at + 1..];
    let dot = domain.iter().rposition(|byte| *byte == b'.');
    at > 0
        && dot.is_some_and(|dot| dot > 0 && dot + 1 < domain.len())
        && !text.contains(&b' ')
        && !domain.contains(&b'@')
}
