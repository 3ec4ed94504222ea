//! The data says nothing twice, and what it shows conforms.

use serde_json::json;

use crate::rules::{
    Property, Sets,
    data::spec,
    events,
    fields::{Fields, Spelling, Type},
    findings,
    fold::fold,
};

use super::{lines, partner};

#[test]
fn every_event_round_trips() {
    assert_eq!(events::all().count(), 95);
    for event in events::all() {
        let named = events::named(event.name).expect("it is its own name");
        assert_eq!(named.name, event.name);
        assert!(!event.description.is_empty() && event.call == crate::Kind::Track);
        let message = event.example();
        let found = findings(message.to_string().as_bytes(), &Sets::default());
        match event.superseded_by {
            None => assert_eq!(lines(&found), "", "{message}"),
            Some(now) => {
                let codes: Vec<_> =
                    found.iter().map(|f| (f.rule.code, f.example.clone())).collect();
                assert_eq!(codes, [("event_alias", json!(now))], "{message}");
            }
        }
    }
}

#[test]
fn every_event_conforms_for_partners_when_it_is_signed() {
    for event in events::all().filter(|e| e.superseded_by.is_none() && !e.by_platform) {
        let mut message = event.example();
        message["context"]["integration"] = json!({"name": "mailroom", "version": "1.0.0"});
        let found = findings(message.to_string().as_bytes(), &partner());
        assert_eq!(lines(&found), "", "{message}");
    }
}

#[test]
fn every_property_of_every_event_has_a_type_that_is_checked() {
    for event in events::all() {
        for property in event.properties.iter().filter(|p| !p.types.is_empty()) {
            let wrong = match property.types[..] {
                [Type::Object] | [Type::Array] => json!("text"),
                _ if property.types.contains(&Type::Object) => json!(1),
                _ if property.types.contains(&Type::Array) => json!(true),
                _ => json!({"a": 1}),
            };
            let mut message = event.example();
            message["properties"][property.name] = wrong;
            let found = findings(message.to_string().as_bytes(), &Sets::default());
            let pointer = format!("/properties/{}", property.name);
            let wrong: Vec<_> = found.iter().filter(|f| f.pointer == pointer).collect();
            assert_eq!(wrong.len(), 1, "{} {}", event.name, property.name);
            assert!(wrong[0].rule.code.ends_with("property_type"), "{}", wrong[0].rule.code);
        }
    }
}

#[test]
fn every_name_that_means_an_event_means_that_one() {
    for event in events::all().filter(|event| event.superseded_by.is_none()) {
        for name in &event.also_named {
            assert_eq!(events::named(name).map(|e| e.name), Some(event.name));
            assert!(events::meant(name).is_none(), "{name}");
        }
        for name in event.aliases.iter().chain(&event.synonyms).chain(&event.perhaps) {
            let meant = events::meant(name).map(|meant| meant.event);
            assert_eq!(meant, Some(event.name), "{name}");
        }
    }
}

#[test]
fn no_name_stands_for_two_events() {
    let mut seen = std::collections::BTreeMap::new();
    for event in events::all() {
        let now = event.superseded_by.unwrap_or(event.name);
        let names = [&event.also_named, &event.aliases, &event.synonyms, &event.perhaps];
        for name in names.into_iter().flatten().chain([&event.name]) {
            let before = seen.insert(fold(name.as_bytes()), now).unwrap_or(now);
            assert_eq!(before, now, "{name}");
        }
    }
}

#[test]
fn every_list_finds_its_own() {
    fn each(fields: &Fields, found: &mut usize) {
        for property in fields.iter() {
            let (_, same, spelling) = fields.find(property.name.as_bytes()).expect("it is there");
            assert_eq!((same.name, spelling), (property.name, Spelling::Exact));
            for also in &property.also {
                let (_, same, spelling) = fields.find(also.as_bytes()).expect("it is there");
                assert_eq!((same.name, spelling), (property.name, Spelling::Also), "{also}");
            }
            conforms(property);
            *found += 1;
            each(&property.fields, found);
        }
    }
    fn conforms(property: &Property) {
        assert!(property.description.ends_with('.'), "{}", property.name);
        let given = property.example.is_some() || !property.fields.is_empty();
        let bare = property.types.is_empty() || property.types.contains(&Type::Object);
        assert!(given || bare || property.of.is_some(), "{} has no example", property.name);
    }
    let spec = spec();
    let mut found = 0;
    for event in events::all() {
        each(&event.properties, &mut found);
    }
    each(&spec.calls.fields, &mut found);
    each(&spec.context, &mut found);
    each(&spec.traits.user, &mut found);
    each(&spec.traits.group, &mut found);
    each(&spec.reserved.track, &mut found);
    each(&spec.reserved.page, &mut found);
    each(&spec.reserved.screen, &mut found);
    assert!(found > 900, "{found}");
    assert!(spec.traits.user.len() <= 64, "traits are counted in 64 bits");
    assert_eq!(spec.calls.calls.len(), 6);
}
