//! The partner programme: what a source in the catalog owes its customers on top of the Spec.
//!
//! Source: Segment, "Build a source". What cannot be seen in a message (the write key, the rate)
//! is not judged here.

use serde_json::json;

use super::{
    Partner, Rule,
    Set::Partner as Programme,
    Severity::{Error, Warning},
    data::snake_case,
    events::context_sample,
    json::{Member, Shape, Value},
    path::Path,
    report::{Findings, lossy},
    view::View,
};

const BUILD: &str = "https://segment.com/docs/partners/sources/";
const SEMANTIC: &str = "https://segment.com/docs/connections/spec/semantic/";

static USER_ID_MISSING: Rule = Rule {
    code: "user_id_missing",
    severity: Error,
    set: Programme,
    title: "A partner's message has no userId",
    why: "A tool speaks of people whom the customer knows. Without the customer's id its messages belong to strangers, and join nothing.",
    fix: "Keep the userId that you received with the person, and send it with every call.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","anonymousId":"anon_5b1c","event":"Survey Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

static TOOL_ID: Rule = Rule {
    code: "tool_id_as_user_id",
    severity: Error,
    set: Programme,
    title: "userId is the tool's own id",
    why: "The customer's other sources know the person by another id: a tool's own makes everyone a second person.",
    fix: "Send the customer's id as userId, and your own in the context, under the name of your tool.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"mailroomId":"mr-77","integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"mr-77","event":"Survey Sent","context":{"mailroomId":"mr-77","integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

static INTEGRATION_MISSING: Rule = Rule {
    code: "integration_missing",
    severity: Error,
    set: Programme,
    title: "context.integration is missing",
    why: "It says which tool made the call. Customers filter by it, and support finds the sender by it.",
    fix: "Send context.integration with the slug of your integration and its version on every call.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent"}"#,
};

static INTEGRATION_NAME: Rule = Rule {
    code: "integration_name",
    severity: Error,
    set: Programme,
    title: "context.integration.name is not the slug of the integration",
    why: "A call that is signed with another name counts for another tool, or for none.",
    fix: "Send the slug exactly as it stands in the developer portal.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"Mail Room","version":"1.0.0"}}}"#,
};

static INTEGRATION_VERSION: Rule = Rule {
    code: "integration_version",
    severity: Error,
    set: Programme,
    title: "context.integration.version is missing or no text",
    why: "When an integration goes wrong, the version says since when, and for whom.",
    fix: "Send the version of your integration as text, such as 1.0.0.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"mailroom"}}}"#,
};

pub(super) static CANONICAL_EVENT: Rule = Rule {
    code: "canonical_event",
    severity: Error,
    set: Programme,
    title: "The Spec has a name for this event, and it must be used",
    why: "Customers choose a source from the catalog because its events work in every destination. They do so only under the Spec's names.",
    fix: "Send the event under the name of the Spec.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Order Completed","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Purchase","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

pub(super) static EVENT_NOT_PROPER_CASE: Rule = Rule {
    code: "event_not_proper_case",
    severity: Warning,
    set: Programme,
    title: "The name of an event is not in Proper Case",
    why: "The catalog's sources are used side by side: names in one style are found and filtered together.",
    fix: "Write the thing and what was done to it, each word with a capital: Survey Sent.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"survey_sent","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

static PROPERTY_NOT_SNAKE_CASE: Rule = Rule {
    code: "property_not_snake_case",
    severity: Warning,
    set: Programme,
    title: "The name of a property is not in snake_case",
    why: "Warehouses make columns of the names: in one style they are found together, in two they are there twice.",
    fix: "Write the name in small letters, with lines between the words.",
    source: BUILD,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","properties":{"survey_id":"s-1"},"context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Survey Sent","properties":{"surveyId":"s-1"},"context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

static EVENT_CONTEXT_MISSING: Rule = Rule {
    code: "event_context_missing",
    severity: Warning,
    set: Programme,
    title: "The context lacks what the Spec asks for with this event",
    why: "An e-mail is opened outside the customer's site: only the tool knows to whom it went, and from where it was opened.",
    fix: "Send context.traits.email with every e-mail event; ip and userAgent of the reader with those that a reader causes.",
    source: "https://segment.com/docs/connections/spec/email/",
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Email Delivered","context":{"traits":{"email":"jane@example.com"},"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Email Delivered","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

static PLATFORM_EVENT: Rule = Rule {
    code: "platform_event",
    severity: Warning,
    set: Programme,
    title: "The event is one that the platform makes itself",
    why: "A source that sends it changes audiences that it knows nothing of.",
    fix: "Choose a name for what happened in your tool.",
    source: "https://segment.com/docs/engage/audiences/",
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"List Member Added","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Audience Entered","context":{"integration":{"name":"mailroom","version":"1.0.0"}}}"#,
};

pub(super) static RULES: &[&Rule] = &[
    &USER_ID_MISSING,
    &TOOL_ID,
    &INTEGRATION_MISSING,
    &INTEGRATION_NAME,
    &INTEGRATION_VERSION,
    &CANONICAL_EVENT,
    &EVENT_NOT_PROPER_CASE,
    &PROPERTY_NOT_SNAKE_CASE,
    &EVENT_CONTEXT_MISSING,
    &PLATFORM_EVENT,
];

/// What the rules read of the context.
struct Signed<'a> {
    integration: Value<'a>,
    traits: Value<'a>,
    ip: Value<'a>,
    user_agent: Value<'a>,
    /// A tool's own id that is the userId too.
    tool_id: Value<'a>,
}

pub(super) fn check(view: &View<'_>, partner: &Partner<'_>, found: &mut Findings) {
    let signed = read(view);
    user(view, &signed, found);
    signature(&signed, partner, found);
    let Some(event) = view.semantic else { return };
    for key in &event.asks {
        let value = match *key {
            "ip" => signed.ip,
            "userAgent" => signed.user_agent,
            "traits.email" => signed.traits.get(b"email"),
            other => view.context.get(other.as_bytes()),
        };
        if !value.given() || value.raw() == b"\"\"" {
            asked(key, value, found);
        }
    }
    if event.by_platform {
        let other = "an event of your tool";
        found.add(&PLATFORM_EVENT, &Path::top("event"), view.event, other, "List Member Added");
    }
}

fn read<'a>(view: &View<'a>) -> Signed<'a> {
    let none = Value::ABSENT;
    let mut signed =
        Signed { integration: none, traits: none, ip: none, user_agent: none, tool_id: none };
    let mut old_user_agent = none;
    let is_user = |id: Value<'_>| id.given() && id.raw() == view.user_id.raw();
    for member in view.context.members() {
        match &*member.key {
            b"integration" => signed.integration = member.value,
            b"traits" => signed.traits = member.value,
            b"ip" => signed.ip = member.value,
            b"userAgent" => signed.user_agent = member.value,
            // The spelling of the Spec's e-mail page.
            b"user_agent" => old_user_agent = member.value,
            b"groupId" | b"instanceId" => {}
            key if names_an_id(key) && is_user(member.value) => {
                signed.tool_id = view.context.get(key);
            }
            _ => {}
        }
    }
    if !signed.user_agent.given() {
        signed.user_agent = old_user_agent;
    }
    signed
}

fn names_an_id(key: &[u8]) -> bool {
    key.ends_with(b"Id") || key.ends_with(b"_id") || key.ends_with(b"ID")
}

fn user(view: &View<'_>, signed: &Signed<'_>, found: &mut Findings) {
    let at = Path::top("userId");
    let id = view.user_id;
    if id.inside().is_empty() && !id.is(Shape::Number) {
        found.add(&USER_ID_MISSING, &at, id, "the customer's id of the user", "019mr8mf4r");
    } else if signed.tool_id.raw() == id.raw() {
        found.add(&TOOL_ID, &at, id, "the customer's id of the user", "019mr8mf4r");
    }
}

fn signature(signed: &Signed<'_>, partner: &Partner<'_>, found: &mut Findings) {
    let context = Path::top("context");
    let at = context.name("integration");
    let integration = signed.integration;
    if !integration.is(Shape::Object) {
        let example = json!({"name": partner.slug, "version": "1.0.0"});
        found.add(&INTEGRATION_MISSING, &at, integration, "name and version", example);
        return;
    }
    let (name, version) = (integration.get(b"name"), integration.get(b"version"));
    if name.text().as_deref() != Some(partner.slug.as_bytes()) {
        let slug = format!("the slug {}", partner.slug);
        found.add(&INTEGRATION_NAME, &at.name("name"), name, slug, partner.slug);
    }
    if version.inside().is_empty() {
        found.add(
            &INTEGRATION_VERSION,
            &at.name("version"),
            version,
            "a version, as text",
            "1.0.0",
        );
    }
}

#[cold]
fn asked(key: &str, value: Value<'_>, found: &mut Findings) {
    let context = Path::top("context");
    let sample = context_sample(key);
    match key.split_once('.') {
        Some((outer, inner)) => {
            let outer = context.name(outer);
            let at = outer.name(inner);
            found.add(&EVENT_CONTEXT_MISSING, &at, value, format!("context.{key}"), sample);
        }
        None => {
            let at = context.name(key);
            found.add(&EVENT_CONTEXT_MISSING, &at, value, format!("context.{key}"), sample);
        }
    }
}

/// Small letters, digits and lines; letters of other scripts pass.
#[inline]
pub(super) fn is_snake_case(key: &[u8]) -> bool {
    !key.iter().any(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b' ' | b'.'))
}

#[cold]
pub(super) fn not_snake_case(
    object: Value<'_>,
    member: &Member<'_>,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let name = snake_case(&lossy(&member.key));
    let value = serde_json::from_slice(member.value.raw()).unwrap_or(serde_json::Value::Null);
    let (expected, place) = (format!("the key {name}"), at.member(object, member));
    let example = json!({ name: value });
    found.add_key(&PROPERTY_NOT_SNAKE_CASE, &place, &member.key, expected, example);
}
