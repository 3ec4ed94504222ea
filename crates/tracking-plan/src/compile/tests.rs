use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::plan::RULES_MAX;

fn track(key: &str, schema: Value) -> Rule {
    Rule { on: RuleType::Track, key: Some(key.into()), version: 1, json_schema: schema }
}

fn check(schema: Value, expect: Expect) {
    let plan = Plan { rules: vec![track("Order Completed", schema)], ..Plan::default() };
    let said = match Compiled::new(&plan) {
        Ok(_) => "it compiles".to_owned(),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    };
    expect.assert_eq(&said);
}

#[test]
fn the_draft_is_the_schemas_own() {
    for draft in [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ] {
        check(json!({"$schema": draft, "type": "object"}), expect!["it compiles"]);
    }
    // what an editor of the field writes, which is no draft 4
    let skeleton = json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object", "labels": {},
        "properties": {"context": {}, "traits": {}, "properties": {
            "type": "object", "properties": {"step": {"const": 1}}, "required": [],
        }},
    });
    check(skeleton, expect!["it compiles"]);
    check(
        json!({"$schema": "https://example.com/schema"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/$schema: "https://example.com/schema" is no known draft; fix: name http://json-schema.org/draft-07/schema# or https://json-schema.org/draft/2020-12/schema, or leave it out
    "#]],
    );
}

#[test]
fn a_schema_that_is_none_is_named_with_its_place() {
    check(
        json!({"type": "strin"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/type: the schema is none: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword; fix: say a type of JSON Schema: string, number, integer, boolean, object, array or null
    "#]],
    );
    check(
        json!({"properties": {"properties": {"properties": {"a/b": {"minimum": "3"}}}}}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/properties/properties/properties/a~1b/minimum: the schema is none: "3" is not of type "number"; fix: give the keyword a value of the type that JSON Schema asks for
    "#]],
    );
    check(
        json!({"required": "total"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/required: the schema is none: "total" is not of type "array"; fix: give the keyword a value of the type that JSON Schema asks for
    "#]],
    );
}

#[test]
fn nothing_is_fetched_and_no_pattern_takes_long() {
    check(
        json!({"$ref": "https://example.com/order.json"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema: the schema is none: Resource 'https://example.com/order.json' is not present in a registry and retrieving it failed: Retrieval is disabled, cannot fetch https://example.com/order.json; fix: keep what it refers to in the schema itself, and a known draft in $schema
    "#]],
    );
    check(
        json!({"$ref": "#/definitions/none"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema: the schema is none: Pointer '/definitions/none' does not exist; fix: keep what it refers to in the schema itself, and a known draft in $schema
    "#]],
    );
    check(
        json!({"pattern": "^(?!x)"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/pattern: the schema is none: "^(?!x)" is not a "regex"; fix: write a regular expression without look-around and back-references
    "#]],
    );
    check(
        json!({"pattern": "(a+"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/pattern: the schema is none: "(a+" is not a "regex"; fix: write a regular expression without look-around and back-references
    "#]],
    );
    check(
        json!({"pattern": "(a{1000}){1000}"}),
        expect![[r#"
        TRACK "Order Completed" version 1, /rules/0/jsonSchema/pattern: the schema is none: "(a{1000}){1000}" is not a "regex"; fix: write a regular expression without look-around and back-references
    "#]],
    );
}

#[test]
fn limits_hold() {
    let rules = |count: usize| Plan {
        rules: (0..count).map(|n| track(&n.to_string(), json!({}))).collect(),
        ..Plan::default()
    };
    assert!(Compiled::new(&rules(RULES_MAX)).is_ok());
    let problems = Compiled::new(&rules(RULES_MAX + 1)).expect_err("it is one too many");
    expect!["/rules: the plan has 2001 rules; fix: keep it to 2000, or split it over sources"]
        .assert_eq(&problems[0].to_string());
    let twice = Plan { rules: vec![track("A", json!({})), track("A", json!({}))], ..rules(0) };
    let problems = Compiled::new(&twice).expect_err("they have one name");
    expect![[r#"TRACK "A" version 1, /rules/1: the plan has this rule twice; fix: take one out, or give it another version"#]].assert_eq(&problems[0].to_string());
    let large = Plan { rules: vec![track("A", json!({"title": "x".repeat(300_000)}))], ..rules(0) };
    let problems = Compiled::new(&large).expect_err("it is too large");
    expect![[r#"TRACK "A" version 1, /rules/0/jsonSchema: the schema has 300012 bytes; fix: keep it to 262144 bytes"#]].assert_eq(&problems[0].to_string());
}

#[test]
fn plans_that_say_the_same_are_equal() {
    let one = |key| Plan { rules: vec![track(key, json!({}))], ..Plan::default() };
    let compiled = |key| Compiled::new(&one(key)).expect("it compiles");
    assert_eq!(compiled("A"), compiled("A"));
    assert_ne!(compiled("A"), compiled("B"));
    assert!(compiled("A").plans(Kind::Track, Some("A")));
    assert!(!compiled("A").plans(Kind::Track, Some("a")), "names match exactly");
    assert!(!compiled("A").plans(Kind::Alias, None));
}
