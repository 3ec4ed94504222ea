#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::json;

use super::*;
use crate::info::{DeclaredEvent, DeclaredProperty, Screenshot, SourceOption};

fn told(json: Value) -> Vec<String> {
    match parse(json) {
        Ok(_) => vec!["ok".to_owned()],
        Err(problems) => {
            let lines = problems.iter();
            lines.map(|p| format!("{} {}: {}; {}", p.pointer, p.code, p.expected, p.fix)).collect()
        }
    }
}

#[test]
fn everything_misplaced_is_named_at_once() {
    let lines = told(json!({
        "Description": "x",
        "website": 1,
        "docs": {"getting_started": "x", "prologue": "x"},
        "events": [{"name": "A", "kind": "trakc", "properties": [{"type": "text"}, 3]}],
        "options": {},
    }));
    let starts: Vec<_> = lines.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "/Description unknown_field",
            "/website wrong_type",
            "/docs/getting_started unknown_field",
            "/docs/prologue unknown_field",
            "/events/0/kind wrong_type",
            "/events/0/properties/0/type wrong_type",
            "/events/0/properties/1 wrong_type",
            "/options wrong_type",
        ]
    );
    assert!(lines[0].ends_with("write it as \"description\""), "{}", lines[0]);
    assert!(lines[2].ends_with("write it as \"gettingStarted\""), "{}", lines[2]);
    assert!(lines[3].ends_with("leave it out"), "{}", lines[3]);
}

#[test]
fn nothing_and_null_are_the_same() {
    let info = parse(json!({"logo": null, "events": null, "docs": {"stream": null}})).unwrap();
    assert_eq!(info, Info::default());
    assert_eq!(told(json!([])).len(), 1);
    assert_eq!(told(json!({"a/b~c": 1}))[0].split(' ').next(), Some("/a~1b~0c"));
}

/// The table and the types are two texts of one shape; this holds them together.
#[test]
fn the_shape_is_that_of_the_types() {
    let text = Some("x".to_owned());
    let property = DeclaredProperty { description: text.clone(), ..DeclaredProperty::default() };
    let info = Info {
        description: text.clone(),
        website: text.clone(),
        primary_category: text.clone(),
        secondary_category: text.clone(),
        more_categories: vec!["x".into()],
        logo: text.clone(),
        mark: text.clone(),
        screenshots: vec![Screenshot { asset: "x".into(), caption: text.clone() }],
        support_email: text.clone(),
        docs_url: text.clone(),
        docs: crate::docs::Docs {
            introduction: text.clone(),
            getting_started: text.clone(),
            stream: text.clone(),
            events: text.clone(),
            event_properties: text.clone(),
            adding_destinations: text.clone(),
        },
        regions: vec!["x".into()],
        options: vec![SourceOption {
            label: text.clone(),
            description: text.clone(),
            default_value: Some(json!(1)),
            choices: vec!["x".into()],
            ..SourceOption::default()
        }],
        events: vec![DeclaredEvent {
            name: "x".into(),
            description: text,
            properties: vec![property],
            ..DeclaredEvent::default()
        }],
    };
    let json = serde_json::to_value(&info).unwrap();
    same_keys(&INFO, &json, "");
    assert_eq!(parse(json), Ok(info));
    for section in crate::docs::SECTIONS {
        assert!(has_field(section.pointer));
    }
}

fn same_keys(shape: &Shape, json: &Value, pointer: &str) {
    match (shape, json) {
        (Shape::Record(fields), Value::Object(map)) => {
            let mut known: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
            let mut written: Vec<_> = map.keys().map(String::as_str).collect();
            known.sort_unstable();
            written.sort_unstable();
            assert_eq!(known, written, "at {pointer}");
            for (name, field) in *fields {
                same_keys(field, &map[*name], &format!("{pointer}/{name}"));
            }
        }
        (Shape::List(item), Value::Array(list)) => same_keys(item, &list[0], pointer),
        _ => {}
    }
}
