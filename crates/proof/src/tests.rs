#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json, value::to_raw_value};
use spec::rules::Severity;

use crate::{
    Check, Outcome, Report, Setup,
    certificate::{Invalid, Key, Payload, Subject, read, rerun},
    evidence::{DiscardLine, Line, hash, lines},
};

/// Noon of 25 November 2026, UTC.
const NOON_MS: i64 = 1_795_608_000_000;

/// An e-mail source that declares two events.
fn acme() -> Setup {
    let properties = json!([
        { "name": "email_id", "type": "string", "required": true },
        { "name": "campaign_name", "type": "string" }
    ]);
    let setup = json!({
        "slug": "acme-mail",
        "category": "Email Marketing",
        "events": [
            { "name": "Email Delivered", "kind": "track", "properties": properties },
            { "name": "Email Opened", "kind": "track", "properties": properties }
        ]
    });
    serde_json::from_value(setup).unwrap()
}

/// A message as such a source should send it.
fn message(event: &str) -> Value {
    json!({
        "type": "track", "event": event, "userId": "97980cfea0067", "messageId": "m-1",
        "timestamp": "2026-11-25T11:59:59.000Z",
        "properties": { "email_id": "18vzF7u3z", "campaign_name": "October" },
        "context": {
            "traits": { "email": "ada@example.com" },
            "integration": { "name": "acme-mail", "version": "1.0.0" },
            "ip": "203.0.113.7", "userAgent": "Mozilla/5.0"
        },
        "receivedAt": "2026-11-25T12:00:00.000Z", "sentAt": "2026-11-25T12:00:00.000Z",
        "originalTimestamp": "2026-11-25T11:59:59.000Z"
    })
}

fn without(mut message: Value, pointer: &str) -> Value {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    message.pointer_mut(holder).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    message
}

/// The evidence of these messages, the newest first.
fn evidence(messages: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let position = (1000 - at).to_string();
        let raw = to_raw_value(message).unwrap();
        let received_at_ms = NOON_MS - at as i64;
        let line = Line {
            source: "src_1",
            position: &position,
            received_at_ms,
            discard: None,
            message: Some(&raw),
        };
        line.write(&mut out);
    }
    out
}

fn report(setup: Setup, evidence: &[u8]) -> Report {
    let mut check = Check::new(setup);
    for line in lines(evidence) {
        check.take(&line.unwrap());
    }
    check.report()
}

/// What is not in order, a line for each.
fn faults(report: &Report) -> String {
    let mut out = format!("{:?}, {}\n", report.outcome, report.score);
    for rule in report.rules.iter().filter(|r| !r.passed() && r.severity != Severity::Hint) {
        out += &format!("{:?} {} {}/{}\n", rule.severity, rule.code, rule.broken, rule.checked);
        for sample in &rule.samples {
            let broken = sample.broken.as_ref().unwrap();
            out += &format!(
                "  {} {} {}: {} -> {}\n",
                sample.position, sample.title, broken.pointer, broken.found, broken.example
            );
        }
    }
    for event in report.events.iter().filter(|event| !event.passed() || !event.declared) {
        out += &format!("{} {}/{}\n", event.title(), event.with_errors, event.seen);
    }
    out
}

fn check(messages: &[Value], expect: Expect) {
    expect.assert_eq(&faults(&report(acme(), &evidence(messages))));
}

#[test]
fn what_keeps_every_rule_passes_with_a_hundred() {
    let messages = [message("Email Opened"), message("Email Delivered")];
    check(
        &messages,
        expect![[r#"
        Passed, 100
    "#]],
    );
}

#[test]
fn nothing_is_neither_right_nor_wrong() {
    check(
        &[],
        expect![[r#"
        Empty, 0
        Email Delivered 0/0
        Email Opened 0/0
    "#]],
    );
    let nothing = report(acme(), b"");
    assert_eq!(nothing.obstacle().as_deref(), Some("nothing has arrived yet"));
    assert!(nothing.rules.iter().all(|rule| rule.checked == 0 && rule.samples.is_empty()));
}

#[test]
fn a_declared_event_that_never_came_is_in_the_way() {
    let report = report(acme(), &evidence(&[message("Email Delivered")]));
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(report.obstacle().as_deref(), Some("Email Opened has not arrived yet"));
    assert_eq!(report.score, 75);
}

#[test]
fn declared_properties_must_be_there_and_of_their_type() {
    let mut typed = message("Email Delivered");
    typed["properties"]["email_id"] = json!(7);
    let messages =
        [without(message("Email Opened"), "/properties/email_id"), typed, message("Email Opened")];
    let report = report(acme(), &evidence(&messages));
    let of = |code: &str| report.rules.iter().find(|rule| rule.code == code).unwrap();
    let missing = &of("declared_property_missing").samples[0];
    assert_eq!(missing.broken.as_ref().unwrap().pointer, "/properties/email_id");
    assert_eq!(missing.position, "1000");
    let wrong = &of("declared_property_type").samples[0].broken.as_ref().unwrap();
    assert_eq!((wrong.found.as_str(), wrong.expected.as_str()), ("7", "text"));
    let opened = report.events.iter().find(|event| event.name == "Email Opened").unwrap();
    assert_eq!((opened.seen, opened.with_errors, opened.properties[0].seen), (2, 1, 1));
    // Of the two samples there could be, only the broken one is shown.
    assert_eq!(opened.samples.len(), 1);
}

#[test]
fn an_undeclared_event_is_told_apart_with_what_was_perhaps_meant() {
    let messages = [message("Email Open"), message("Email Opened"), message("Email Delivered")];
    let report = report(acme(), &evidence(&messages));
    let rule = report.rules.iter().find(|rule| rule.code == "undeclared_event").unwrap();
    let broken = rule.samples[0].broken.as_ref().unwrap();
    assert_eq!(broken.expected, "a declared event, perhaps Email Opened");
    let event = report.events.last().unwrap();
    assert_eq!((event.name.as_str(), event.declared, event.seen), ("Email Open", false, 1));
}

#[test]
fn a_message_that_was_stopped_fails_with_its_reason() {
    let raw = to_raw_value(&without(message("Email Opened"), "/userId")).unwrap();
    let line = Line {
        source: "src_1",
        position: "7",
        received_at_ms: NOON_MS,
        discard: Some(DiscardLine {
            code: "no_user_anon_id".into(),
            pointer: "".into(),
            detail: "there is neither userId nor anonymousId".into(),
        }),
        message: Some(&raw),
    };
    let mut evidence = evidence(&[message("Email Opened"), message("Email Delivered")]);
    line.write(&mut evidence);
    let report = report(acme(), &evidence);
    assert_eq!((report.seen.messages, report.seen.accepted, report.seen.with_errors), (3, 2, 1));
    assert_eq!(report.outcome, Outcome::Failed);
    let rule = &report.rules[0];
    assert_eq!((rule.code.as_str(), rule.broken, rule.checked), ("discarded", 1, 3));
    let broken = rule.samples[0].broken.as_ref().unwrap();
    assert_eq!(broken.expected, "a message that is not stopped with no_user_anon_id");
}

#[test]
fn three_messages_show_a_rule_the_newest_first() {
    let bad = || without(message("Email Opened"), "/context/integration");
    let mut messages = vec![message("Email Delivered")];
    messages.extend((0..5).map(|_| bad()));
    let report = report(acme(), &evidence(&messages));
    let broken = &report.rules[0];
    let shown: Vec<&str> = broken.samples.iter().map(|s| s.position.as_str()).collect();
    assert_eq!((broken.broken, shown), (5, vec!["999", "998", "997"]));
    let kept = report.rules.iter().find(|rule| rule.passed()).unwrap();
    let shown: Vec<&str> = kept.samples.iter().map(|s| s.position.as_str()).collect();
    assert_eq!(shown, ["1000", "999", "998"]);
    assert!(kept.samples.iter().all(|sample| sample.broken.is_none()));
}

#[test]
fn steps_are_ticked_by_the_newest_message_without_an_error() {
    let messages = [
        without(message("Email Opened"), "/userId"),
        message("Email Opened"),
        message("Email Delivered"),
    ];
    let report = report(acme(), &evidence(&messages));
    let ticks = report.walkthrough.iter().map(|step| {
        (step.name.as_str(), step.done_by.as_ref().map(|sample| sample.position.as_str()))
    });
    assert_eq!(
        ticks.collect::<Vec<_>>(),
        [
            ("Email Delivered", Some("998")),
            ("Email Opened", Some("999")),
            ("Email Link Clicked", None),
            ("Unsubscribed", None)
        ]
    );
    let other = Setup { category: Some("Surveys".to_owned()), ..acme() };
    let steps = crate::walkthrough::steps(&other);
    assert_eq!(
        steps.iter().map(|step| &step.name).collect::<Vec<_>>(),
        ["Email Delivered", "Email Opened"]
    );
}

#[test]
fn every_step_of_a_walkthrough_is_an_event_of_the_spec() {
    for category in catalog::categories::CATEGORIES {
        let setup = Setup { category: Some(category.to_owned()), ..Setup::default() };
        for step in crate::walkthrough::steps(&setup) {
            assert!(spec::rules::events::named(&step.name).is_some(), "{}", step.name);
        }
    }
}

fn certified(evidence: &[u8]) -> (Key, Payload, String) {
    let found = report(acme(), evidence);
    let payload = Payload {
        integration: Subject {
            id: "int_1".to_owned(),
            slug: "acme-mail".to_owned(),
            name: "Acme Mail".to_owned(),
            content_hash: "00".to_owned(),
        },
        submission: 1,
        issued_at: "2026-11-25T12:00:00.000Z".to_owned(),
        issuer: "https://cdp.example.com".to_owned(),
        rule_set: found.rule_set.clone(),
        setup: acme(),
        outcome: found.outcome,
        score: found.score,
        seen: found.seen.clone(),
        evidence_hash: hash(evidence),
        report_hash: hash(found.json().as_bytes()),
    };
    let key = Key::of_seed(&[7; 32]).unwrap();
    let certificate = key.sign(&payload);
    (key, payload, certificate)
}

#[test]
fn a_certificate_is_read_and_its_checks_come_to_the_same_report() {
    let evidence = evidence(&[message("Email Opened"), message("Email Delivered")]);
    let (key, payload, certificate) = certified(&evidence);
    assert_eq!(read(&certificate, Some(&key.public())).unwrap(), payload);
    assert_eq!(read(&certificate, None).unwrap(), payload);
    assert_eq!(rerun(&payload, &evidence).unwrap(), report(acme(), &evidence));
    let other = Key::of_seed(&[8; 32]).unwrap().public();
    assert!(matches!(read(&certificate, Some(&other)), Err(Invalid::OtherKey { .. })));
    let newer = Payload { rule_set: "2031.1.1".to_owned(), ..payload.clone() };
    assert!(matches!(rerun(&newer, &evidence), Err(Invalid::OtherRules { .. })));
    let better = Payload { report_hash: "00".to_owned(), ..payload };
    assert!(matches!(rerun(&better, &evidence), Err(Invalid::OtherReport { .. })));
}

#[test]
fn one_flipped_byte_anywhere_is_noticed() {
    let evidence = evidence(&[message("Email Opened"), message("Email Delivered")]);
    let (key, payload, certificate) = certified(&evidence);
    for at in 0..certificate.len() {
        let mut changed = certificate.clone().into_bytes();
        changed[at] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        // Blanks between the document's own fields mean nothing.
        let said = read(&changed, Some(&key.public()));
        assert!(said.is_err() || certificate.as_bytes()[at].is_ascii_whitespace(), "byte {at}");
    }
    for at in 0..evidence.len() {
        let mut changed = evidence.clone();
        changed[at] ^= 1;
        let said = rerun(&payload, &changed);
        assert!(matches!(said, Err(Invalid::OtherEvidence { .. })), "byte {at}");
    }
}

proptest! {
    #[test]
    fn no_evidence_makes_the_checks_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut check = Check::new(acme());
        for line in lines(&bytes).flatten() {
            check.take(&line);
        }
        check.report().json();
    }

    #[test]
    fn no_message_makes_the_checks_panic(text in "\\PC{0,200}", number in any::<f64>()) {
        let odd = json!({
            "type": "track", "event": text, "userId": number, "properties": [text], "traits": text,
            "context": { "integration": text, "traits": number }
        });
        report(acme(), &evidence(&[odd]));
    }
}
