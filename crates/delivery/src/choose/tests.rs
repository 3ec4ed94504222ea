use std::sync::Arc;

use bytes::Bytes;
use spec::{Head, Kind, Span};

use super::*;
use crate::tests::destination;

fn message(integrations: &str) -> Message {
    called(Kind::Track, "Paid", integrations)
}

fn called(kind: Kind, event: &str, integrations: &str) -> Message {
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(br#"{"messageId":"m","event":""#);
    let name = Span { start: (out.len() - at - 44) as u32, len: event.len() as u32 };
    out.extend_from_slice(event.as_bytes());
    out.extend_from_slice(br#"","integrations":"#);
    let start = (out.len() - at - 44) as u32;
    out.extend_from_slice(integrations.as_bytes());
    out.push(b'}');
    let none = Span::default();
    let len = if integrations == "{}" { 0 } else { integrations.len() as u32 };
    let head = Head {
        kind,
        message_id: Span { start: 14, len: 1 },
        name,
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
    let chosen = choose(&message(integrations), 7, &route, "Webhook");
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

/// What the source's schema says of a call, when it switches these events off for the destination.
fn switched(off: &[&str], kind: Kind, event: &str, integrations: &str) -> Option<String> {
    let mut route = destination("crm", &["website"]);
    route.name = "CRM".into();
    route.events_off.insert(7, off.iter().map(|event| Arc::from(*event)).collect());
    let message = called(kind, event, integrations);
    assert_eq!(choose(&message, 8, &route, "Webhook"), Ok(()), "another source's schema");
    let filtered = choose(&message, 7, &route, "Webhook").err()?;
    assert_eq!(filtered.step, Step::FilteredAtDestination);
    Some(filtered.code.into_owned())
}

#[test]
fn an_event_that_is_switched_off_goes_where_the_message_names_the_destination() {
    let of = |integrations| switched(&["Paid"], Kind::Track, "Paid", integrations);
    let off = Some("FILTERED_BY_EVENT_SETTING".to_owned());
    assert_eq!(of("{}"), off);
    assert_eq!(of(r#"{"All":true}"#), off, "this names no destination");
    assert_eq!(of(r#"{"Salesforce":true}"#), off);
    assert_eq!(of(r#"{"CRM":true}"#), None);
    assert_eq!(of(r#"{"CRM":{"option":1}}"#), None);
}

#[test]
fn events_are_switched_off_by_their_exact_names() {
    let of = |off: &[&str], kind, event| switched(off, kind, event, "{}").is_some();
    assert!(!of(&["Paid"], Kind::Track, "paid"));
    assert!(of(&["Ca\u{f1}a"], Kind::Track, r"Ca\u00f1a"), "escapes are one way to write it");
    assert!(of(&["Page Viewed"], Kind::Page, "Home"));
    assert!(of(&["Screen Viewed"], Kind::Screen, "Home"));
    assert!(!of(&["Home"], Kind::Page, "Home"));
    assert!(!of(&["Page Viewed", "Paid"], Kind::Identify, "Paid"));
}
