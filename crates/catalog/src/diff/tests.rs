#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::info::{DeclaredEvent, DeclaredProperty, Screenshot};

fn event(name: &str, properties: &[&str]) -> DeclaredEvent {
    let property =
        |name: &&str| DeclaredProperty { name: (*name).into(), ..DeclaredProperty::default() };
    DeclaredEvent {
        name: name.into(),
        properties: properties.iter().map(property).collect(),
        ..DeclaredEvent::default()
    }
}

fn check(before: &Info, after: &Info, expect: Expect) {
    let text = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
    let lines: Vec<_> = diff(before, after)
        .iter()
        .map(|c| format!("{} {} => {}", c.pointer, text(&c.before), text(&c.after)))
        .collect();
    expect.assert_eq(&lines.join("\n"));
}

#[test]
fn texts_come_go_and_change() {
    let before =
        Info { description: Some("old".into()), logo: Some("hash".into()), ..Info::default() };
    let after = Info {
        description: Some("new".into()),
        website: Some("https://acme.example".into()),
        ..Info::default()
    };
    check(
        &before,
        &after,
        expect![[r#"
            /description "old" => "new"
            /website - => "https://acme.example"
            /logo "hash" => -"#]],
    );
    check(&before, &before, expect![""]);
}

#[test]
fn an_event_put_in_front_is_one_change() {
    let before = Info {
        events: vec![event("Opened", &["id"]), event("Clicked", &["id", "url"])],
        ..Info::default()
    };
    let mut after = before.clone();
    after.events.insert(0, event("Sent", &[]));
    after.events[2].properties.remove(0);
    after.events[2].properties[0].required = true;
    check(
        &before,
        &after,
        expect![[r#"
            /events/0 - => {"name":"Sent","kind":"track"}
            /events/2/properties/0/required false => true
            /events/1/properties/0 {"name":"id","type":"string","required":false} => -"#]],
    );
}

#[test]
fn an_order_is_one_change() {
    let before = Info {
        screenshots: vec![
            Screenshot { asset: "first".into(), caption: None },
            Screenshot { asset: "second".into(), caption: None },
        ],
        ..Info::default()
    };
    let mut after = before.clone();
    after.screenshots.reverse();
    after.screenshots[0].caption = Some("new".into());
    check(
        &before,
        &after,
        expect![[r#"
            /screenshots/0/caption - => "new"
            /screenshots ["first","second"] => ["second","first"]"#]],
    );
}

#[test]
fn a_list_that_comes_or_goes_is_told_by_its_items() {
    let regions = Info { regions: vec!["us-west-2".into()], ..Info::default() };
    check(&Info::default(), &regions, expect![[r#"/regions/0 - => "us-west-2""#]]);
    check(&regions, &Info::default(), expect![[r#"/regions/0 "us-west-2" => -"#]]);
}

fn some_info() -> impl Strategy<Value = Info> {
    let events = prop::collection::vec((0..3usize, prop::collection::vec(0..3usize, 0..3)), 0..4);
    let words = prop::collection::vec(0..3usize, 0..4);
    (prop::option::of("[ab]{1,2}"), events, words).prop_map(|(description, events, words)| Info {
        description,
        events: events
            .into_iter()
            .map(|(name, properties)| {
                let names: Vec<_> = properties.iter().map(|p| ["x", "y", "z"][*p]).collect();
                event(["A", "B", "C"][name], &names)
            })
            .collect(),
        regions: words.into_iter().map(|word| ["eu", "us", "ap"][word].to_owned()).collect(),
        ..Info::default()
    })
}

proptest! {
    #[test]
    fn there_is_a_difference_exactly_when_they_differ(a in some_info(), b in some_info()) {
        prop_assert_eq!(diff(&a, &b).is_empty(), a == b);
        prop_assert!(diff(&a, &a).is_empty());
    }

    #[test]
    fn every_difference_is_at_its_pointer(a in some_info(), b in some_info()) {
        let (old, new) = (serde_json::to_value(&a).unwrap(), serde_json::to_value(&b).unwrap());
        for change in diff(&a, &b) {
            match (&change.before, &change.after) {
                (Some(gone), None) => prop_assert_eq!(old.pointer(&change.pointer), Some(gone)),
                (_, Some(now)) => {
                    let there = new.pointer(&change.pointer);
                    // of a change of order only the names are told
                    prop_assert!(there == Some(now) || there.is_some_and(Value::is_array));
                }
                (None, None) => prop_assert!(false, "a change of nothing"),
            }
        }
    }
}
