//! What is known of a user or a group: reserved traits, in their types and spellings.

use super::{
    Rule,
    Set::Spec,
    Severity::{Hint, Warning},
    data::spec,
    fields::{Fields, Property, Spelling},
    json::Value,
    path::Path,
    properties::name_holds_data,
    report::Findings,
    typed::Rules,
    view::View,
};
use crate::Kind;

const IDENTIFY: &str = "https://segment.com/docs/connections/spec/identify/";

static TRAIT_TYPE: Rule = Rule {
    code: "trait_type",
    severity: Warning,
    set: Spec,
    title: "A reserved trait has another type than the Spec gives it",
    why: "Destinations have a column of that type for it: age that is text is not compared, an address that is text is not split.",
    fix: "Send the value with the type of the Spec, or choose another name.",
    source: IDENTIFY,
    passing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"age":31}}"#,
    failing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"age":"31"}}"#,
};

static TRAIT_SPELLING: Rule = Rule {
    code: "trait_spelling",
    severity: Hint,
    set: Spec,
    title: "A trait is one of the reserved ones under another name",
    why: "camelCase and snake_case of a reserved trait are understood, other spellings are a trait of their own.",
    fix: "Use the name of the Spec.",
    source: IDENTIFY,
    passing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"first_name":"Jane"}}"#,
    failing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"firstname":"Jane"}}"#,
};

static TRAITS_MIXED: Rule = Rule {
    code: "traits_mixed_spelling",
    severity: Hint,
    set: Spec,
    title: "A trait is there twice, in camelCase and in snake_case",
    why: "Some destinations make two traits of it, and then know two names for one person.",
    fix: "Choose one spelling, and keep to it in every call.",
    source: IDENTIFY,
    passing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"firstName":"Jane"}}"#,
    failing: r#"{"type":"identify","userId":"019mr8mf4r","traits":{"firstName":"Jane","first_name":"Jane"}}"#,
};

pub(super) static RULES: &[&Rule] = &[&TRAIT_TYPE, &TRAIT_SPELLING, &TRAITS_MIXED];

const OF_TRAITS: Rules = Rules { wrong_type: &TRAIT_TYPE, wrong_key: &TRAIT_SPELLING };

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    let known = match view.kind {
        Some(Kind::Identify) => &spec().traits.user,
        Some(Kind::Group) => &spec().traits.group,
        _ => return,
    };
    reserved(view.traits, known, &Path::top("traits"), found);
}

/// Traits of a user or a group, as they stand at `at`.
pub(super) fn reserved(traits: Value<'_>, known: &Fields, at: &Path<'_>, found: &mut Findings) {
    // One bit for each reserved trait: there in the Spec's spelling, and in the other one.
    let (mut exact, mut other) = (0_u64, 0_u64);
    for member in traits.members() {
        match known.find(&member.key) {
            None => _ = name_holds_data(traits, &member, at, found),
            Some((_, property, Spelling::Wrong)) => {
                OF_TRAITS.misspelled(traits, &member, property, at, found);
            }
            Some((index, property, spelling)) => {
                let seen = if spelling == Spelling::Exact { &mut exact } else { &mut other };
                *seen |= 1 << index;
                OF_TRAITS.value(member.value, property, &at.member(traits, &member), found);
            }
        }
    }
    for (index, property) in known.iter().enumerate() {
        if exact & other & (1 << index) != 0 {
            mixed(traits, property, at, found);
        }
    }
}

#[cold]
fn mixed(traits: Value<'_>, property: &Property, at: &Path<'_>, found: &mut Findings) {
    for member in traits.members() {
        let key = String::from_utf8_lossy(&member.key);
        if property.also.contains(&&*key) {
            let (one, place) = (format!("{} alone", property.name), at.member(traits, &member));
            let example = serde_json::json!({ property.name: property.sample() });
            found.add_key(&TRAITS_MIXED, &place, &member.key, one, example);
        }
    }
}
