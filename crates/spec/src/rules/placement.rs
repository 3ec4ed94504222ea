//! The right thing in the right place: fields under their own names, traits where traits go.

use serde_json::json;

use super::{
    Rule,
    Set::Spec,
    Severity::Warning,
    data::{OldKey, spec},
    fields::Spelling,
    json::{Member, Shape, Value},
    path::Path,
    report::Findings,
    view::View,
};
use crate::Kind;

const TRACK: &str = "https://segment.com/docs/connections/spec/track/";
const IDENTIFY: &str = "https://segment.com/docs/connections/spec/identify/";

static FIELD_SPELLING: Rule = Rule {
    code: "field_spelling",
    severity: Warning,
    set: Spec,
    title: "A field of the message is misspelled",
    why: "Fields are read by their exact names. Under this one it is kept, and means nothing.",
    fix: "Write the field as the Spec does, in camelCase.",
    source: super::wire::COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","messageId":"0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","message_id":"0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90"}"#,
};

static OLD_KEY: Rule = Rule {
    code: "old_key",
    severity: Warning,
    set: Spec,
    title: "A key is from an older format",
    why: "Old examples still show it; nothing reads it any more.",
    fix: "Send the value under its name of today.",
    source: super::wire::COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"os":{"version":"8.1.3"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"osVersion":"8.1.3"}}"#,
};

static TRAITS_MISPLACED: Rule = Rule {
    code: "traits_misplaced",
    severity: Warning,
    set: Spec,
    title: "traits stands in a call that has none",
    why: "Only identify and group have traits. Elsewhere they reach no profile and no destination.",
    fix: "Send an identify call, or put the traits into context.traits for destinations to read.",
    source: TRACK,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"traits":{"plan":"pro"}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","traits":{"plan":"pro"}}"#,
};

static PROPERTIES_MISPLACED: Rule = Rule {
    code: "properties_misplaced",
    severity: Warning,
    set: Spec,
    title: "properties stands in an identify, group or alias call",
    why: "What is known of a user or a group are its traits; properties of such a call are read by nobody.",
    fix: "Send the values as traits.",
    source: IDENTIFY,
    passing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"plan":"pro"}}"#,
    failing: r#"{"type":"identify","userId":"019mr8mf4r","properties":{"plan":"pro"}}"#,
};

static INTEGRATIONS_VALUE: Rule = Rule {
    code: "integrations_value",
    severity: Warning,
    set: Spec,
    title: "A destination in integrations is neither switched nor given options",
    why: "Only false keeps a message from a destination, only true or an object lets it through. Text that says false does not.",
    fix: "Send true, false, or an object of options.",
    source: "https://segment.com/docs/guides/filtering-data/",
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","integrations":{"All":true,"Mailroom":false}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","integrations":{"All":true,"Mailroom":"false"}}"#,
};

pub(super) static RULES: &[&Rule] =
    &[&FIELD_SPELLING, &OLD_KEY, &TRAITS_MISPLACED, &PROPERTIES_MISPLACED, &INTEGRATIONS_VALUE];

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    let traits = matches!(view.kind, Some(Kind::Track | Kind::Page | Kind::Screen | Kind::Alias));
    if traits && filled(view.traits) {
        let example = json!({"context": {"traits": {"plan": "pro"}}});
        let place = "context.traits, or an identify call";
        found.add(&TRAITS_MISPLACED, &Path::top("traits"), view.traits, place, example);
    }
    let properties = matches!(view.kind, Some(Kind::Identify | Kind::Group | Kind::Alias));
    if properties && filled(view.properties) {
        let (at, example) = (Path::top("properties"), json!({"traits": {"plan": "pro"}}));
        found.add(&PROPERTIES_MISPLACED, &at, view.properties, "traits", example);
    }
    let at = Path::top("integrations");
    for member in view.integrations.members() {
        if !matches!(member.value.shape, Shape::Bool | Shape::Object | Shape::Null) {
            let place = at.member(view.integrations, &member);
            let expected = "true, false, or an object";
            let off = member.value.inside().eq_ignore_ascii_case(b"false");
            found.add(&INTEGRATIONS_VALUE, &place, member.value, expected, !off);
        }
    }
}

fn filled(object: Value<'_>) -> bool {
    object.is(Shape::Object) && !object.holds_nothing()
}

/// Looks at a key of the message that is none of the common fields that rules read.
pub(super) fn odd_key(whole: Value<'_>, member: &Member<'_>, found: &mut Findings) {
    if let Some(old) = spec().old.message.iter().find(|old| old.key.as_bytes() == &*member.key) {
        let kind = whole.get(b"type");
        if old.call.is_none_or(|call| call.as_str().as_bytes() == kind.inside()) {
            outdated(whole, member, old, &Path::ROOT, found);
        }
        return;
    }
    if let Some((_, field, Spelling::Wrong)) = spec().calls.fields.find(&member.key)
        && whole.get(field.name.as_bytes()).shape == Shape::Absent
    {
        let example = json!({ field.name: field.sample() });
        let key = format!("the key {}", field.name);
        let place = Path::ROOT.member(whole, member);
        found.add_key(&FIELD_SPELLING, &place, &member.key, key, example);
    }
}

/// Reports a key of an older format.
#[cold]
pub(super) fn outdated(
    object: Value<'_>,
    member: &Member<'_>,
    old: &OldKey,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let value = serde_json::from_slice(member.value.raw()).unwrap_or(serde_json::Value::Null);
    let example = old.now.rsplit('.').fold(value, |value, part| json!({ part: value }));
    let place = at.member(object, member);
    found.add_key(&OLD_KEY, &place, &member.key, format!("{} instead", old.now), example);
}
