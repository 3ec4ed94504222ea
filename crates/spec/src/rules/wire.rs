//! The wire: what ingest discards a message for, or takes with a shrug. The codes are ingest's.
//!
//! Lenient where SDKs are: `null` is as good as missing, `[]` is how PHP writes an empty object.

use serde_json::json;

use crate::{Kind, limits};

use super::{
    Rule,
    Set::Wire,
    Severity::{Error, Warning},
    json::{Document, Shape, Value},
    path::Path,
    report::{Findings, cut, described, lossy},
    view::View,
};

pub(super) const COMMON: &str = "https://segment.com/docs/connections/spec/common/";
const TRACK: &str = "https://segment.com/docs/connections/spec/track/";
const PAGE: &str = "https://segment.com/docs/connections/spec/page/";
const DELIVERY: &str = "https://segment.com/docs/connections/delivery-overview/";
const HTTP: &str =
    "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/";
const CONSENT: &str = "https://segment.com/docs/privacy/consent-management/";

static UNREADABLE: Rule = Rule {
    code: "unreadable",
    severity: Error,
    set: Wire,
    title: "The message is not one JSON object",
    why: "What cannot be read cannot be stored, and the sender is told so with a 400.",
    fix: "Let a JSON library write the body, and send it whole, in UTF-8.",
    source: HTTP,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed""#,
};

static TOO_DEEP: Rule = Rule {
    code: "too_deep",
    severity: Error,
    set: Wire,
    title: "The message is nested more than 64 deep",
    why: "Such a message is discarded: no destination has columns for it, and parsers refuse it.",
    fix: "Flatten what you send, or send it as text.",
    source: HTTP,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"tree":[[[1]]]}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"tree":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}"#,
};

static TYPE_UNKNOWN: Rule = Rule {
    code: "type_unknown",
    severity: Error,
    set: Wire,
    title: "type is none of the six calls",
    why: "The type says what a message means. Without one that is known nothing can be done with it.",
    fix: "Set type to identify, track, page, screen, group or alias, in lower case.",
    source: "https://segment.com/docs/connections/spec/",
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed"}"#,
    failing: r#"{"type":"event","userId":"019mr8mf4r","event":"Plan Changed"}"#,
};

static NO_USER_ANON_ID: Rule = Rule {
    code: "no_user_anon_id",
    severity: Error,
    set: Wire,
    title: "Neither userId nor anonymousId is there",
    why: "A message belongs to someone. One that belongs to nobody is discarded on arrival.",
    fix: "Send userId, the user's id in the database, or anonymousId for someone not yet known.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","event":"Plan Changed"}"#,
};

static ID_NOT_STRING: Rule = Rule {
    code: "id_not_string",
    severity: Error,
    set: Wire,
    title: "An id is neither text nor a number, or it is the only one and empty",
    why: "Ids are compared as text. A message whose id is something else is discarded on arrival.",
    fix: "Send the id as text that is not empty.",
    source: DELIVERY,
    passing: r#"{"type":"track","userId":"97980cfea0067","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":{"id":"97980cfea0067"},"event":"Plan Changed"}"#,
};

static ID_EMPTY: Rule = Rule {
    code: "id_empty",
    severity: Warning,
    set: Wire,
    title: "An id is empty",
    why: "It is taken out on arrival; the message counts for the other id alone.",
    fix: "Send the id, or leave the field out.",
    source: DELIVERY,
    passing: r#"{"type":"track","anonymousId":"anon_5b1c","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":"","anonymousId":"anon_5b1c","event":"Plan Changed"}"#,
};

static ID_IS_NUMBER: Rule = Rule {
    code: "id_is_number",
    severity: Warning,
    set: Wire,
    title: "An id is a number",
    why: "It is turned into text on arrival. Large ids lose digits in languages that keep numbers as floats.",
    fix: "Put the id in quotes.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"1234567","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":1234567,"event":"Plan Changed"}"#,
};

static ID_REQUIRED: Rule = Rule {
    code: "id_required",
    severity: Error,
    set: Wire,
    title: "The id that this call is about is missing",
    why: "A group call without groupId names no group, an alias call without previousId or userId joins nothing.",
    fix: "Send groupId with group calls, previousId and userId with alias calls.",
    source: "https://segment.com/docs/connections/spec/group/",
    passing: r#"{"type":"group","userId":"019mr8mf4r","groupId":"grp_31","traits":{"name":"Tidewater Ltd"}}"#,
    failing: r#"{"type":"group","userId":"019mr8mf4r","traits":{"name":"Tidewater Ltd"}}"#,
};

static EVENT_NOT_DEFINED: Rule = Rule {
    code: "event_not_defined",
    severity: Error,
    set: Wire,
    title: "A track call has no event",
    why: "Without a name nobody can tell what was done: the message is discarded on arrival.",
    fix: "Send event, the name of what was done, such as Order Completed.",
    source: TRACK,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r"}"#,
};

static EVENT_NOT_STRING: Rule = Rule {
    code: "event_not_string",
    severity: Error,
    set: Wire,
    title: "event is not text",
    why: "Events are told apart by their names; the message is discarded on arrival.",
    fix: "Send the name of the event as text.",
    source: DELIVERY,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed"}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":{"name":"Plan Changed"}}"#,
};

static NAME_NOT_STRING: Rule = Rule {
    code: "name_not_string",
    severity: Error,
    set: Wire,
    title: "The name of a page or screen is not text",
    why: "The message is discarded on arrival.",
    fix: "Send name as text, or leave it out.",
    source: DELIVERY,
    passing: r#"{"type":"page","userId":"019mr8mf4r","name":"Home"}"#,
    failing: r#"{"type":"page","userId":"019mr8mf4r","name":42}"#,
};

static CATEGORY_NOT_STRING: Rule = Rule {
    code: "category_not_string",
    severity: Error,
    set: Wire,
    title: "The category of a page or screen is not text",
    why: "The message is discarded on arrival.",
    fix: "Send category as text, or leave it out.",
    source: DELIVERY,
    passing: r#"{"type":"page","userId":"019mr8mf4r","name":"Home","category":"Docs"}"#,
    failing: r#"{"type":"page","userId":"019mr8mf4r","name":"Home","category":["Docs"]}"#,
};

static NAME_EMPTY: Rule = Rule {
    code: "name_empty",
    severity: Warning,
    set: Wire,
    title: "The name or category of a page or screen is empty",
    why: "It counts as missing here, and may be refused elsewhere.",
    fix: "Name the page or screen, or leave the field out.",
    source: PAGE,
    passing: r#"{"type":"screen","userId":"019mr8mf4r","name":"Welcome"}"#,
    failing: r#"{"type":"screen","userId":"019mr8mf4r","name":""}"#,
};

static PROPERTIES_NOT_OBJECT: Rule = Rule {
    code: "properties_not_object",
    severity: Error,
    set: Wire,
    title: "properties is not an object",
    why: "The message is discarded on arrival.",
    fix: "Send properties as an object of names and values.",
    source: DELIVERY,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"plan":"pro"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":"plan=pro"}"#,
};

static TRAITS_NOT_OBJECT: Rule = Rule {
    code: "traits_not_object",
    severity: Error,
    set: Wire,
    title: "traits is not an object",
    why: "The message is discarded on arrival.",
    fix: "Send traits as an object of names and values.",
    source: DELIVERY,
    passing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"plan":"pro"}}"#,
    failing: r#"{"type":"identify","userId":"019mr8mf4r","traits":["pro"]}"#,
};

static CONTEXT_NOT_OBJECT: Rule = Rule {
    code: "context_not_object",
    severity: Error,
    set: Wire,
    title: "context is not an object",
    why: "The message is discarded on arrival.",
    fix: "Send context as an object; its dictionary names the keys.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"locale":"en-GB"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":"en-GB"}"#,
};

static INTEGRATIONS_NOT_OBJECT: Rule = Rule {
    code: "integrations_not_object",
    severity: Error,
    set: Wire,
    title: "integrations is not an object",
    why: "The message is discarded on arrival.",
    fix: "Send the names of destinations with true, false or options, or leave integrations out.",
    source: COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","integrations":{"All":false}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","integrations":false}"#,
};

static ADVERTISING_ID: Rule = Rule {
    code: "device_advertisingid_should_be_string",
    severity: Error,
    set: Wire,
    title: "The advertising id of the device is not text",
    why: "The message is discarded on arrival.",
    fix: "Send context.device.advertisingId as text, or leave it out.",
    source: DELIVERY,
    passing: r#"{"type":"screen","userId":"019mr8mf4r","name":"Welcome","context":{"device":{"advertisingId":"0F7E6A3B-5C1D-4E2F-8B9A-6D4C2E1F0A3B"}}}"#,
    failing: r#"{"type":"screen","userId":"019mr8mf4r","name":"Welcome","context":{"device":{"advertisingId":true}}}"#,
};

static CONSENT_SHOULD_EXIST: Rule = Rule {
    code: "consent_categorypreferences_should_exist",
    severity: Error,
    set: Wire,
    title: "context.consent has no categoryPreferences",
    why: "Nobody can tell what was agreed to: the message is discarded on arrival. An empty consent passes.",
    fix: "Send the choice for each category, or leave context.consent out.",
    source: CONSENT,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"categoryPreferences":{"Advertising":false}}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"Advertising":false}}}"#,
};

static CONSENT_SHOULD_BE_OBJECT: Rule = Rule {
    code: "consent_categorypreferences_fields_should_be_object",
    severity: Error,
    set: Wire,
    title: "categoryPreferences is not an object",
    why: "Nobody can tell what was agreed to: the message is discarded on arrival.",
    fix: "Send an object of category ids with true or false.",
    source: CONSENT,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"categoryPreferences":{"Advertising":true}}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"categoryPreferences":["Advertising"]}}}"#,
};

static CONSENT_SHOULD_BE_BOOL: Rule = Rule {
    code: "consent_categorypreferences_fields_should_be_bool",
    severity: Error,
    set: Wire,
    title: "A choice in categoryPreferences is neither true nor false",
    why: "A choice is yes or no; the message is discarded on arrival.",
    fix: "Send true or false for each category.",
    source: CONSENT,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"categoryPreferences":{"Advertising":true}}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"categoryPreferences":{"Advertising":"yes"}}}}"#,
};

static CONSENT_VERSION: Rule = Rule {
    code: "consent_version_should_be_number",
    severity: Error,
    set: Wire,
    title: "The version of the consent is not a number",
    why: "The message is discarded on arrival.",
    fix: "Send context.consent.version as a number, or leave it out.",
    source: CONSENT,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"version":2,"categoryPreferences":{"Advertising":true}}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"consent":{"version":"2","categoryPreferences":{"Advertising":true}}}}"#,
};

pub(super) static RULES: &[&Rule] = &[
    &UNREADABLE,
    &TOO_DEEP,
    &TYPE_UNKNOWN,
    &NO_USER_ANON_ID,
    &ID_NOT_STRING,
    &ID_EMPTY,
    &ID_IS_NUMBER,
    &ID_REQUIRED,
    &EVENT_NOT_DEFINED,
    &EVENT_NOT_STRING,
    &NAME_NOT_STRING,
    &CATEGORY_NOT_STRING,
    &NAME_EMPTY,
    &PROPERTIES_NOT_OBJECT,
    &TRAITS_NOT_OBJECT,
    &CONTEXT_NOT_OBJECT,
    &INTEGRATIONS_NOT_OBJECT,
    &ADVERTISING_ID,
    &CONSENT_SHOULD_EXIST,
    &CONSENT_SHOULD_BE_OBJECT,
    &CONSENT_SHOULD_BE_BOOL,
    &CONSENT_VERSION,
];

const ID: &str = "text that is not empty";
const SOME_ID: &str = "019mr8mf4r";

/// The message as one object; `None`, and a finding, for other bytes.
pub(super) fn readable<'a>(
    raw: &[u8],
    read: &'a Option<(Document<'a>, usize)>,
    found: &mut Findings,
) -> Option<Value<'a>> {
    let Some((document, depth)) = read else {
        unreadable(|| format!("bytes that begin with {:?}", cut(&lossy(raw))), found);
        return None;
    };
    let whole = document.whole();
    if !whole.is(Shape::Object) {
        unreadable(|| described(whole), found);
        return None;
    }
    if *depth > limits::DEPTH_MAX {
        let most = format!("at most {} deep, not {depth}", limits::DEPTH_MAX);
        found.add(&TOO_DEEP, &Path::ROOT, whole, most, json!({"properties": {}}));
    }
    Some(whole)
}

#[cold]
fn unreadable(words: impl FnOnce() -> String, found: &mut Findings) {
    let example = json!({"type": "track", "userId": SOME_ID, "event": "Order Completed"});
    found.add_words(&UNREADABLE, &Path::ROOT, words, "one JSON object", example);
}

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    if view.kind.is_none() {
        let six = "one of identify, track, page, screen, group, alias";
        found.add(&TYPE_UNKNOWN, &Path::top("type"), view.type_word, six, "track");
    }
    identity(view, found);
    match view.kind {
        Some(Kind::Track) => event(view, found),
        Some(Kind::Page | Kind::Screen) => {
            words(&NAME_NOT_STRING, "name", view.name, "Home", found);
            words(&CATEGORY_NOT_STRING, "category", view.category, "Docs", found);
        }
        Some(Kind::Group) => required(view.group_id, "groupId", found),
        Some(Kind::Alias) => required(view.previous_id, "previousId", found),
        Some(Kind::Identify) | None => {}
    }
    let objects = [
        (&PROPERTIES_NOT_OBJECT, "properties", view.properties, json_of_properties as fn() -> _),
        (&TRAITS_NOT_OBJECT, "traits", view.traits, || json!({"plan": "pro"})),
        (&CONTEXT_NOT_OBJECT, "context", view.context, || json!({"locale": "en-GB"})),
        (&INTEGRATIONS_NOT_OBJECT, "integrations", view.integrations, || json!({"All": true})),
    ];
    for (rule, name, value, example) in objects {
        if !value.object_like() {
            found.add(rule, &Path::top(name), value, "an object", example());
        }
    }
}

fn json_of_properties() -> serde_json::Value {
    json!({"price": 18.99})
}

fn usable(id: Value<'_>) -> bool {
    id.is(Shape::Number) || !id.inside().is_empty()
}

fn identity(view: &View<'_>, found: &mut Findings) {
    let both = [("userId", view.user_id), ("anonymousId", view.anonymous_id)];
    let any = usable(view.user_id) || usable(view.anonymous_id);
    for (name, id) in both {
        match id.shape {
            Shape::Absent | Shape::Null => {}
            Shape::String if !id.inside().is_empty() => {}
            Shape::String if any => found.add(&ID_EMPTY, &Path::top(name), id, ID, SOME_ID),
            Shape::Number => number(name, id, found),
            _ => found.add(&ID_NOT_STRING, &Path::top(name), id, ID, SOME_ID),
        }
    }
    if !any && both.iter().all(|(_, id)| !id.given()) {
        let either = "a userId or an anonymousId";
        found.add(&NO_USER_ANON_ID, &Path::top("userId"), view.user_id, either, SOME_ID);
    } else if any && view.is(Kind::Alias) && !usable(view.user_id) {
        required(view.user_id, "userId", found);
    }
}

#[cold]
fn number(name: &str, id: Value<'_>, found: &mut Findings) {
    let text = lossy(id.raw());
    found.add(&ID_IS_NUMBER, &Path::top(name), id, "the id in quotes", text);
}

fn required(id: Value<'_>, name: &str, found: &mut Findings) {
    match id.shape {
        Shape::Number => number(name, id, found),
        Shape::String if !id.inside().is_empty() => {}
        Shape::Absent | Shape::Null => {
            found.add(&ID_REQUIRED, &Path::top(name), id, ID, SOME_ID);
        }
        _ => found.add(&ID_NOT_STRING, &Path::top(name), id, ID, SOME_ID),
    }
}

fn event(view: &View<'_>, found: &mut Findings) {
    let rule = match view.event.shape {
        Shape::String if !view.event.inside().is_empty() => return,
        Shape::Absent | Shape::Null | Shape::String => &EVENT_NOT_DEFINED,
        _ => &EVENT_NOT_STRING,
    };
    let name = "the name of the event";
    found.add(rule, &Path::top("event"), view.event, name, "Order Completed");
}

fn words(rule: &'static Rule, name: &str, value: Value<'_>, say: &str, found: &mut Findings) {
    match value.shape {
        Shape::Absent | Shape::Null => {}
        Shape::String if !value.inside().is_empty() => {}
        Shape::String => found.add(&NAME_EMPTY, &Path::top(name), value, ID, say),
        _ => found.add(rule, &Path::top(name), value, "text", say),
    }
}

/// `context.device`, as `device` stands at `at`.
pub(super) fn device(device: Value<'_>, at: &Path<'_>, found: &mut Findings) {
    for member in device.members().filter(|member| *member.key == *b"advertisingId") {
        if member.value.given() && !member.value.is(Shape::String) {
            let example = "0F7E6A3B-5C1D-4E2F-8B9A-6D4C2E1F0A3B";
            found.add(&ADVERTISING_ID, &at.member(device, &member), member.value, "text", example);
        }
    }
}

/// `context.consent`, as it stands at `at`.
pub(super) fn consent(consent: Value<'_>, at: &Path<'_>, found: &mut Findings) {
    let choices = || json!({"Advertising": true, "Analytics": false});
    let object = "an object of category ids with true or false";
    if !consent.given() || consent.holds_nothing() && consent.object_like() {
        return;
    }
    let preferences = consent.get(b"categoryPreferences");
    let place = at.name("categoryPreferences");
    if !preferences.given() {
        found.add(&CONSENT_SHOULD_EXIST, &place, preferences, object, choices());
    } else if !preferences.object_like() {
        found.add(&CONSENT_SHOULD_BE_OBJECT, &place, preferences, object, choices());
    }
    for member in preferences.members().filter(|member| !member.value.is(Shape::Bool)) {
        let at = place.member(preferences, &member);
        found.add(&CONSENT_SHOULD_BE_BOOL, &at, member.value, "true or false", true);
    }
    let version = consent.get(b"version");
    if version.given() && !version.is(Shape::Number) {
        found.add(&CONSENT_VERSION, &at.name("version"), version, "a number", 1);
    }
}
