#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::info::{
    DeclaredEvent, DeclaredProperty,
    tests::{complete, filled},
};

fn told(name: &str, info: &Info) -> Vec<String> {
    let findings = check(name, info).into_iter();
    findings.map(|f| format!("{:?} {} {}", f.weight, f.pointer, f.what)).collect()
}

fn event(name: &str, properties: &[&str]) -> DeclaredEvent {
    let property =
        |name: &&str| DeclaredProperty { name: (*name).into(), ..DeclaredProperty::default() };
    DeclaredEvent {
        name: name.into(),
        properties: properties.iter().map(property).collect(),
        ..DeclaredEvent::default()
    }
}

#[test]
fn the_template_is_filled_from_what_is_declared() {
    let docs = template("Acme Mail", "acme-mail", &complete());
    expect![[r#"
        [Acme Mail](<https://acme.example/mail?utm_source=headwater&utm_medium=docs&utm_campaign=partners>)

        Sends what people do with your mails.

        Acme Mail is an event source: it sends data about what people do to your workspace, from where it reaches your warehouse and your other destinations."#]]
    .assert_eq(&docs.introduction.unwrap());
    expect![[r#"
        Acme Mail sends `track`, `identify` calls.

        Every call carries as `userId` the id that Acme Mail received from you. When there is none, `anonymousId` is [how it is filled].

        `context.integration.name` is `acme-mail` on every call."#]]
    .assert_eq(&docs.stream.unwrap());
    expect![[r#"
        | Event name | Description |
        | --- | --- |
        | Email Opened | Somebody opened a mail |"#]]
    .assert_eq(&docs.events.unwrap());
    expect![[r#"
        | Property | Description |
        | --- | --- |
        | `email_id` | The email_id |"#]]
    .assert_eq(&docs.event_properties.unwrap());
}

#[test]
fn the_template_needs_nothing_but_the_partners_own_words() {
    assert_eq!(told("Acme Mail", &complete()), [""; 0]);
    let mut info = complete();
    info.docs = template("Acme Mail", "acme-mail", &info);
    let gaps: Vec<_> = missing(&info).into_iter().map(|gap| gap.what).collect();
    expect![[r#"
        [
            "your words for [settings page] in the section \"Getting started\"",
            "your words for [field] in the section \"Getting started\"",
            "your words for [Do something that sends an event] in the section \"Getting started\"",
            "your words for [how it is filled] in the section \"Stream\"",
        ]
    "#]]
    .assert_debug_eq(&gaps);
    info.docs.getting_started = Some("Paste the write key into the [field](#x).".into());
    info.docs.stream = Some("`track` and `identify` calls; [optional] ids.".into());
    assert_eq!(missing(&info), [], "a link and other brackets are the partner's own");
}

#[test]
fn without_events_there_are_no_tables() {
    let docs = template("Acme", "acme", &Info::default());
    assert_eq!(docs.events, None);
    assert_eq!(docs.event_properties, None);
    assert!(docs.introduction.unwrap().starts_with("Acme [says in one sentence"));
}

#[test]
fn sections_that_do_not_apply_are_not_asked_for() {
    let mut info = complete();
    info.docs.adding_destinations = None;
    assert_eq!(missing(&info), []);
    info.docs.event_properties = None;
    assert_eq!(missing(&info)[0].pointer, "/docs/eventProperties");
    info.events[0].properties.clear();
    assert_eq!(missing(&info), []);
    info.docs.events = Some(" ".into());
    assert_eq!(missing(&info)[0].what, "the section \"Events\" of the documentation");
    info.events.remove(0);
    assert_eq!(missing(&info), []);
}

#[test]
fn every_declared_event_and_property_stands_in_its_table() {
    let mut info = complete();
    info.events.push(event("Email Clicked", &["link_url", "email_id"]));
    info.events.push(event("Email", &["email"]));
    let gaps: Vec<_> = missing(&info).into_iter().map(|gap| gap.what).collect();
    assert_eq!(
        gaps,
        [
            "the event \"Email Clicked\" in the section \"Events\"",
            "the property \"link_url\" in the section \"Event properties\"",
            "the property \"email\" in the section \"Event properties\"",
        ]
    );
}

#[test]
fn the_introduction_names_the_integration() {
    assert_eq!(
        told("Pixelpost", &complete()),
        ["Missing /docs/introduction the introduction does not name \"Pixelpost\""]
    );
    assert_eq!(told("acme mail", &complete()), [""; 0], "whatever the case");
}

#[test]
fn style_is_a_hint_and_never_in_the_way() {
    let mut info = complete();
    info.docs.introduction = Some("We love Acme Mail.".into());
    info.docs.getting_started = Some("## First\nOpen the page.\n![page](x.png)".into());
    info.docs.stream = Some("Track calls are sent.".into());
    assert_eq!(
        told("Acme Mail", &info),
        [
            "Hint /docs/introduction \"We\" speaks in the first person",
            "Hint /docs/gettingStarted a heading as high as the section's own",
            "Hint /docs/gettingStarted a picture in the documentation",
            "Hint /docs/gettingStarted the write key is not mentioned",
            "Hint /docs/stream identify calls are declared but not mentioned",
        ]
    );
    assert_eq!(missing(&info), []);
}

#[test]
fn first_person_is_told_from_regions_and_code() {
    for (text, found) in [
        ("It sends them to us.", Some("us")),
        ("In the US, choose us-west-2… no", Some("us")),
        ("In the US it works", None),
        ("`we` and ```my``` are code", None),
        ("```\nwe\n```\nfine", None),
        ("Whenever Weird Owes Immy menus", None),
        ("I'm here", Some("I'm")),
        ("for i in list", None),
        ("Use Our server", Some("Our")),
    ] {
        assert_eq!(first_person(text).as_deref(), found, "{text}");
    }
}

#[test]
fn names_are_whole_words_escaped_or_not() {
    assert!(names("| Email Opened | x |", "Email Opened"));
    assert!(!names("| Email Opened Twice2 | x |", "Email Opened Twice"));
    assert!(!names("Emails", "Email"));
    assert!(names("order\\_id", "order_id"));
    assert!(!names("the email_id", "email"));
    assert!(names("the _email_ of it", "email"));
    assert!(names("`$amount`", "$amount"));
    assert!(names("a\\|b", "a|b"));
    assert!(!names("anything", ""));
}

#[test]
fn the_website_keeps_its_query_and_anchor() {
    let with = |url: &str| {
        let info = Info { website: Some(url.into()), ..complete() };
        template("Acme", "acme", &info).introduction.unwrap()
    };
    assert!(
        with("https://a.example/?x=1#top")
            .contains("?x=1&utm_source=headwater&utm_medium=docs&utm_campaign=partners#top>")
    );
}

#[test]
fn sections_are_the_fields_in_order() {
    let docs = complete().docs;
    let json = serde_json::to_value(&docs).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    let sections: Vec<_> = SECTIONS.iter().map(|section| section.key).collect();
    assert_eq!(keys, sections);
    for section in SECTIONS {
        assert_eq!(section.pointer, format!("/docs/{}", section.key));
        assert_eq!((section.text)(&docs), json[section.key].as_str());
    }
    assert!(Docs::default().is_empty() && !docs.is_empty());
}

#[test]
fn a_section_has_an_end() {
    let docs = Docs { stream: Some("x".repeat(20_001)), ..Docs::default() };
    let problems = validate(&docs);
    assert_eq!((problems[0].code, problems[0].pointer.as_str()), ("too_long", "/stream"));
}

proptest! {
    #[test]
    fn the_template_passes_its_own_check_whatever_is_declared(
        name in "\\PC{1,20}",
        events in prop::collection::vec(("\\PC{1,20}", prop::collection::vec("\\PC{1,12}", 0..4)), 0..5)
    ) {
        let events = events.iter().map(|(name, properties)| {
            let properties: Vec<_> = properties.iter().map(String::as_str).collect();
            event(name.trim(), &properties)
        });
        let mut info = Info { events: events.collect(), ..Info::default() };
        info.docs = filled(template(&name, "acme", &info));
        let gaps: Vec<_> =
            check(&name, &info).into_iter().filter(|f| f.weight == Weight::Missing).collect();
        // a name of blanks names nothing, and is no name
        prop_assume!(!name.trim().is_empty());
        prop_assert_eq!(gaps, vec![]);
    }
}
