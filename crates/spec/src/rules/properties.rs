//! What `properties` carry: the Spec's names and types where it has any, and names that stay.

use serde_json::json;

use super::{
    Rule,
    Set::Spec,
    Sets,
    Severity::{Hint, Warning},
    data::spec,
    fields::{Fields, Spelling},
    json::{Member, Shape, Value},
    naming::is_data,
    partner,
    path::Path,
    report::{Findings, lossy},
    typed::Rules,
    view::View,
};
use crate::Kind;

const SEMANTIC: &str = "https://segment.com/docs/connections/spec/semantic/";
const TRACK: &str = "https://segment.com/docs/connections/spec/track/";
const NAMES: &str =
    "https://segment.com/academy/collecting-data/naming-conventions-for-clean-data/";

static PROPERTY_TYPE: Rule = Rule {
    code: "property_type",
    severity: Warning,
    set: Spec,
    title: "A property of a semantic event has another type than the Spec gives it",
    why: "Destinations read it as what the Spec says: a price that is text is not added up, a list that is text is one item.",
    fix: "Send the value with the type of the Spec.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Product Viewed","properties":{"product_id":"prd_2047","price":18.99}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Product Viewed","properties":{"product_id":"prd_2047","price":"18.99"}}"#,
};

static RESERVED_PROPERTY_TYPE: Rule = Rule {
    code: "reserved_property_type",
    severity: Warning,
    set: Spec,
    title: "A reserved property has another type than the Spec gives it",
    why: "revenue, currency and value mean the same in every event, as do title, url and the like in every page call. Destinations add up revenue only when it is a number.",
    fix: "Send revenue and value as numbers, the others as text; or choose another name.",
    source: TRACK,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"revenue":39.95}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"revenue":"$39.95"}}"#,
};

pub(super) static PROPERTY_VALUE: Rule = Rule {
    code: "property_value",
    severity: Hint,
    set: Spec,
    title: "A property has a value that the Spec does not list",
    why: "Destinations tell apart the values of the list, and take others for none.",
    fix: "Use one of the listed values.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Video Ad Started","properties":{"type":"pre-roll"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Video Ad Started","properties":{"type":"preroll"}}"#,
};

static PROPERTY_SPELLING: Rule = Rule {
    code: "property_spelling",
    severity: Warning,
    set: Spec,
    title: "A property is one of the Spec's under another name",
    why: "Names are compared letter by letter: under this one no destination finds it.",
    fix: "Use the name of the Spec.",
    source: SEMANTIC,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Product Viewed","properties":{"product_id":"prd_2047"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Product Viewed","properties":{"productId":"prd_2047"}}"#,
};

pub(super) static DATE_NOT_ISO: Rule = Rule {
    code: "date_not_iso",
    severity: Warning,
    set: Spec,
    title: "A date is not in ISO-8601",
    why: "Warehouses and profiles keep ISO-8601 as dates and everything else as text: 02/11 is two days at once.",
    fix: "Send year, month and day, and with a time its zone: 2026-11-02T12:20:45.000Z.",
    source: super::wire::COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Trial Started","properties":{"trial_end_date":"2026-11-30T00:00:00Z"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Trial Started","properties":{"trial_end_date":"30.11.2026"}}"#,
};

static CURRENCY_CODE: Rule = Rule {
    code: "currency_code",
    severity: Warning,
    set: Spec,
    title: "currency is not a code of three letters",
    why: "Revenue is converted by ISO 4217 codes. A symbol or a word is taken for US dollars, or refused.",
    fix: "Send the code, such as USD or EUR.",
    source: TRACK,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"revenue":39.95,"currency":"EUR"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","properties":{"revenue":39.95,"currency":"€"}}"#,
};

static DATA_IN_PROPERTY_NAME: Rule = Rule {
    code: "data_in_property_name",
    severity: Warning,
    set: Spec,
    title: "The name of a property or trait holds data: an id, a date or an address",
    why: "Every new name makes a new column, and counts against the number of properties that are kept.",
    fix: "Keep the name the same, and send what changes as a value.",
    source: NAMES,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported","properties":{"rows":{"day":"2026-11-02","count":12}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Report Exported","properties":{"2026-11-02":12}}"#,
};

static CONSENT_MISSING: Rule = Rule {
    code: "consent_preferences_missing",
    severity: Warning,
    set: Spec,
    title: "Segment Consent Preference Updated says nothing of the consent",
    why: "The event tells what a person agreed to, and does so in the context. It is the one event whose Spec calls a field required.",
    fix: "Send context.consent.categoryPreferences with the choice for each category.",
    source: "https://segment.com/docs/privacy/consent-management/",
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Segment Consent Preference Updated","context":{"consent":{"categoryPreferences":{"Advertising":false}}}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Segment Consent Preference Updated"}"#,
};

pub(super) static RULES: &[&Rule] = &[
    &PROPERTY_TYPE,
    &RESERVED_PROPERTY_TYPE,
    &PROPERTY_VALUE,
    &PROPERTY_SPELLING,
    &DATE_NOT_ISO,
    &CURRENCY_CODE,
    &DATA_IN_PROPERTY_NAME,
    &CONSENT_MISSING,
];

const OF_EVENT: Rules = Rules { wrong_type: &PROPERTY_TYPE, wrong_key: &PROPERTY_SPELLING };
const RESERVED: Rules =
    Rules { wrong_type: &RESERVED_PROPERTY_TYPE, wrong_key: &PROPERTY_SPELLING };

pub(super) fn check(view: &View<'_>, sets: &Sets<'_>, found: &mut Findings) {
    let reserved = &spec().reserved;
    let (fields, reserved): (&Fields, &Fields) = match (view.kind, view.semantic) {
        (Some(Kind::Track), Some(event)) => (&event.known, &reserved.track),
        (Some(Kind::Track), None) => (&reserved.track, &reserved.track),
        (Some(Kind::Page), _) => (&reserved.page, &reserved.page),
        (Some(Kind::Screen), _) => (&reserved.screen, &reserved.screen),
        _ => return,
    };
    let (object, at) = (view.properties, Path::top("properties"));
    for member in object.members() {
        match fields.find(&member.key) {
            None => free(object, &member, &at, sets, found),
            Some((_, property, Spelling::Wrong)) => {
                OF_EVENT.misspelled(object, &member, property, &at, found);
            }
            Some((_, property, _)) => {
                let rules = match reserved.named(property.name) {
                    Some(_) => RESERVED,
                    None => OF_EVENT,
                };
                let at = at.member(object, &member);
                rules.value(member.value, property, &at, found);
                if property.name == "currency" && !is_currency(member.value) {
                    found.add(&CURRENCY_CODE, &at, member.value, "a code of ISO 4217", "USD");
                }
            }
        }
    }
    if let Some(event) = view.semantic {
        for key in &event.needs {
            needed(view, key, found);
        }
    }
}

/// A property that the Spec knows nothing of.
#[inline]
fn free(
    object: Value<'_>,
    member: &Member<'_>,
    at: &Path<'_>,
    sets: &Sets<'_>,
    found: &mut Findings,
) {
    if name_holds_data(object, member, at, found) {
        return;
    }
    if sets.partner.is_some() && !partner::is_snake_case(&member.key) {
        partner::not_snake_case(object, member, at, found);
    }
}

/// Reports a key that is an id, a date or an address.
#[inline]
pub(super) fn name_holds_data(
    object: Value<'_>,
    member: &Member<'_>,
    at: &Path<'_>,
    found: &mut Findings,
) -> bool {
    let plain = member.key.iter().all(|byte| !byte.is_ascii_digit() && *byte != b'@');
    if plain
        || !is_data(&member.key) && !member.key.split(|b| *b == b'_' || *b == b' ').any(is_data)
    {
        return false;
    }
    let example = json!({"rows": {"key": lossy(&member.key)}});
    let place = at.member(object, member);
    found.add_key(&DATA_IN_PROPERTY_NAME, &place, &member.key, "a name without data", example);
    true
}

/// Text of three letters; what is no text is reported as such.
fn is_currency(value: Value<'_>) -> bool {
    let text = value.inside();
    !value.is(Shape::String) || text.len() == 3 && text.iter().all(u8::is_ascii_alphabetic)
}

/// Reports a key of the context that is not there, in dots.
#[cold]
fn needed(view: &View<'_>, key: &str, found: &mut Findings) {
    let mut value = view.context;
    for part in key.split('.') {
        value = value.get(part.as_bytes());
    }
    // A consent without choices is reported as what it is.
    if value.given() || !view.context.get(b"consent").holds_nothing() {
        return;
    }
    let (consent, context) = ("consent", Path::top("context"));
    let consent = context.name(consent);
    let place = consent.name("categoryPreferences");
    let example = super::events::context_sample(key);
    found.add(&CONSENT_MISSING, &place, value, "the choice for each category", example);
}
