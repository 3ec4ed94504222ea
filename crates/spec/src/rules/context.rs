//! The context: the keys that the Spec's dictionary lists. Others pass, whatever they hold.

use std::net::IpAddr;

use super::{
    Rule,
    Set::Spec,
    Severity::{Hint, Warning},
    data::spec,
    fields::Spelling,
    json::Value,
    path::Path,
    placement,
    report::Findings,
    traits,
    typed::Rules,
    view::View,
    wire,
};

static CONTEXT_TYPE: Rule = Rule {
    code: "context_type",
    severity: Warning,
    set: Spec,
    title: "A key of the context has another type than the Spec gives it",
    why: "Destinations read the context by its dictionary, and skip what is of another type.",
    fix: "Send the value with the type of the dictionary, or choose another key.",
    source: wire::COMMON,
    passing: r#"{"type":"screen","userId":"019mr8mf4r","name":"Welcome","context":{"network":{"wifi":true}}}"#,
    failing: r#"{"type":"screen","userId":"019mr8mf4r","name":"Welcome","context":{"network":{"wifi":"true"}}}"#,
};

static CONTEXT_SPELLING: Rule = Rule {
    code: "context_spelling",
    severity: Hint,
    set: Spec,
    title: "A key of the context is one of the dictionary's, misspelled",
    why: "Under this name it is passed on, and read by nobody.",
    fix: "Use the key of the dictionary.",
    source: wire::COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"userAgent":"Mozilla/5.0"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"user_agent":"Mozilla/5.0"}}"#,
};

static IP_NOT_ADDRESS: Rule = Rule {
    code: "ip_not_address",
    severity: Warning,
    set: Spec,
    title: "context.ip is no address",
    why: "Destinations find the place from it. Anything that stands there keeps us from filling in the real one.",
    fix: "Send the person's address, 0.0.0.0 to withhold it, or leave it out.",
    source: wire::COMMON,
    passing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"ip":"203.0.113.7"}}"#,
    failing: r#"{"type":"track","userId":"019mr8mf4r","event":"Plan Changed","context":{"ip":"203.0.113.7, 10.0.0.1"}}"#,
};

pub(super) static RULES: &[&Rule] = &[&CONTEXT_TYPE, &CONTEXT_SPELLING, &IP_NOT_ADDRESS];

const OF_CONTEXT: Rules = Rules { wrong_type: &CONTEXT_TYPE, wrong_key: &CONTEXT_SPELLING };

pub(super) fn check(view: &View<'_>, found: &mut Findings) {
    let spec = spec();
    let (object, at) = (view.context, Path::top("context"));
    for member in object.members() {
        let place = at.member(object, &member);
        match spec.context.find(&member.key) {
            None => {
                let old = &spec.old.context;
                if let Some(old) = old.iter().find(|old| old.key.as_bytes() == &*member.key) {
                    placement::outdated(object, &member, old, &at, found);
                }
            }
            Some((_, property, Spelling::Wrong)) => {
                OF_CONTEXT.misspelled(object, &member, property, &at, found);
            }
            Some((_, property, _)) => {
                OF_CONTEXT.value(member.value, property, &place, found);
                match property.name {
                    "consent" => wire::consent(member.value, &place, found),
                    "device" => wire::device(member.value, &place, found),
                    "ip" => ip(member.value, &place, found),
                    "traits" => traits::reserved(member.value, &spec.traits.user, &place, found),
                    _ => {}
                }
            }
        }
    }
}

fn ip(value: Value<'_>, at: &Path<'_>, found: &mut Findings) {
    let text = value.inside();
    let address = std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok());
    if !address && !text.is_empty() {
        found.add(&IP_NOT_ADDRESS, at, value, "one IP address", "203.0.113.7");
    }
}
