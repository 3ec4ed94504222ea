use bytes::Bytes;
use spec::{Head, Kind, Span};

use super::*;
use crate::tests::destination;

fn message(integrations: &str) -> Message {
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(br#"{"messageId":"m","integrations":"#);
    let start = (out.len() - at - 44) as u32;
    out.extend_from_slice(integrations.as_bytes());
    out.push(b'}');
    let none = Span::default();
    let len = if integrations == "{}" { 0 } else { integrations.len() as u32 };
    let head = Head {
        kind: Kind::Track,
        message_id: Span { start: 14, len: 1 },
        name: none,
        user_id: none,
        anonymous_id: none,
        integrations: Span { start: if len == 0 { 0 } else { start }, len },
    };
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).expect("it was just written")
}

/// Whether a destination named "CRM" of the kind "Webhook" gets it.
fn check(integrations: &str, expect: bool) {
    let mut route = destination("crm", &["website"]);
    route.name = "CRM".into();
    let chosen = choose(&message(integrations), &route, "Webhook");
    assert_eq!(chosen.is_ok(), expect, "{integrations}");
    if let Err(filtered) = chosen {
        assert_eq!(filtered.step, Step::FilteredAtDestination);
        assert_eq!(filtered.code, "FILTERED_BY_INTEGRATIONS_OBJECT");
    }
}

#[test]
fn the_integrations_object_decides() {
    check("{}", true);
    check(r#"{"All":true}"#, true);
    check(r#"{"All":false}"#, false);
    check(r#"{"All":false,"CRM":true}"#, true);
    check(r#"{"All":false,"CRM":{"option":1}}"#, true);
    check(r#"{"All":false,"Webhook":true}"#, true);
    check(r#"{"All":true,"CRM":false}"#, false);
    check(r#"{"Webhook":false}"#, false);
    check(r#"{"Webhook":false,"CRM":true}"#, true);
    check(r#"{"Webhook":true,"CRM":false}"#, false);
}

#[test]
fn names_are_exact_and_other_names_say_nothing() {
    check(r#"{"crm":false}"#, true);
    check(r#"{"Salesforce":false}"#, true);
    check(r#"{"all":false}"#, true);
    check(r#"{"All":false,"Crm":true}"#, false);
    check(r#"{"CR\u004d":false}"#, false);
}

#[test]
fn null_says_nothing_and_only_false_is_off() {
    check(r#"{"All":false,"CRM":null}"#, false);
    check(r#"{"CRM":null}"#, true);
    check(r#"{"CRM":0}"#, true);
    check(r#"{"CRM":"false"}"#, true);
    check(r#"{"CRM": false }"#, false);
}

#[test]
fn of_a_key_twice_the_last_counts() {
    check(r#"{"CRM":true,"CRM":false}"#, false);
    check(r#"{"CRM":false,"CRM":true}"#, true);
}

#[test]
fn lone_surrogates_do_not_spoil_the_rest() {
    check(r#"{"\ud800":true,"All":false,"x":"\udc00"}"#, false);
}
