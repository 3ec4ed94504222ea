#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashSet;

use expect_test::expect;

use super::*;
use crate::campaign::{Link, List};

fn campaign() -> Campaign {
    Campaign {
        id: "c1".to_owned(),
        name: "Spring".to_owned(),
        subject: "Spring is here".to_owned(),
        text: String::new(),
        link: Link { id: "l1".to_owned(), url: "https://acme.example/spring".to_owned() },
        list: List { id: "news".to_owned(), name: "Newsletter".to_owned() },
        created_at_ms: 0,
        mails: vec![mail()],
    }
}

fn mail() -> Mail {
    Mail { id: "m1".to_owned(), user_id: "97980cfea0067".to_owned(), email: "ada@b.example".into() }
}

fn visitor() -> Visitor {
    Visitor { ip: Some("203.0.113.7".parse().unwrap()), user_agent: Some("Mail/1".to_owned()) }
}

fn told(happening: Happening, visitor: &Visitor, at: &str) -> Value {
    let integration = Integration { slug: "acme-mail".to_owned(), version: "1.2.0".to_owned() };
    message(happening, &campaign(), &mail(), visitor, &integration, at.parse().unwrap())
}

#[test]
fn a_click_has_all_that_the_spec_names() {
    let message = told(Happening::LinkClicked, &visitor(), "2026-11-30T02:03:04.5678Z");
    expect![[r#"
        {
          "type": "track",
          "event": "Email Link Clicked",
          "messageId": "m1.email-link-clicked.04f16ee7dbdaac0f",
          "userId": "97980cfea0067",
          "timestamp": "2026-11-30T02:03:04.567Z",
          "properties": {
            "email_id": "m1",
            "email_subject": "Spring is here",
            "campaign_id": "c1",
            "campaign_name": "Spring",
            "link_id": "l1",
            "link_url": "https://acme.example/spring"
          },
          "context": {
            "traits": {
              "email": "ada@b.example"
            },
            "integration": {
              "name": "acme-mail",
              "version": "1.2.0"
            },
            "ip": "203.0.113.7",
            "userAgent": "Mail/1"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&message).unwrap());
}

#[test]
fn each_event_has_its_own_properties() {
    let keys = |happening| {
        let message = told(happening, &Visitor::default(), "2026-11-30T02:03:04Z");
        let keys: Vec<&str> =
            message["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        format!("{}: {}", happening.event(), keys.join(" "))
    };
    expect![[r#"
        Email Delivered: email_id email_subject campaign_id campaign_name
        Email Bounced: email_id email_subject campaign_id campaign_name
        Email Opened: email_id email_subject campaign_id campaign_name
        Email Link Clicked: email_id email_subject campaign_id campaign_name link_id link_url
        Unsubscribed: email_id email_subject campaign_id campaign_name list_id list_name
        Email Marked as Spam: email_id email_subject campaign_id campaign_name"#]]
    .assert_eq(&Happening::ALL.map(keys).join("\n"));
}

#[test]
fn what_is_not_known_is_not_sent() {
    let message = told(Happening::Delivered, &Visitor::default(), "2026-11-30T02:03:04Z");
    let keys: Vec<&String> = message["context"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["traits", "integration"]);
}

#[test]
fn one_cause_has_one_id_and_two_causes_have_two() {
    let id = |happening, visitor: &Visitor, at| {
        told(happening, visitor, at)["messageId"].as_str().unwrap().to_owned()
    };
    let (early, late, next) =
        ("2026-11-30T02:03:00Z", "2026-11-30T02:03:59.9Z", "2026-11-30T02:04:00Z");
    for happening in Happening::ALL {
        assert_eq!(id(happening, &visitor(), early), id(happening, &visitor(), late));
        assert!(id(happening, &visitor(), early).len() <= 100);
        assert_eq!(Happening::named(happening.event()), Some(happening));
    }
    let elsewhere = Visitor { ip: Some("2001:db8::1".parse().unwrap()), ..visitor() };
    for happening in [Happening::Opened, Happening::LinkClicked] {
        let ids = [(&visitor(), early), (&visitor(), next), (&elsewhere, early)];
        let ids: HashSet<String> =
            ids.into_iter().map(|(visitor, at)| id(happening, visitor, at)).collect();
        assert_eq!(ids.len(), 3);
    }
    for happening in [Happening::Delivered, Happening::Unsubscribed] {
        assert_eq!(id(happening, &visitor(), early), id(happening, &elsewhere, next));
    }
}

#[test]
fn a_message_stays_small_whatever_the_browser_says() {
    let visitor = Visitor { user_agent: Some("é".repeat(100_000)), ..visitor() };
    let message = told(Happening::Opened, &visitor, "2026-11-30T02:03:04Z");
    assert!(message.to_string().len() < 4_000);
}
