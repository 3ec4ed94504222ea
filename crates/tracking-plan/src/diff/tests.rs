use expect_test::{Expect, expect};

use super::*;

fn plan(rules: Value) -> Plan {
    Plan::from_value(&rules).expect("it is a plan")
}

fn told(before: &Plan, after: &Plan) -> String {
    let mut out = String::new();
    for Change { kind, breaking, rule, field, before, after } in diff(before, after) {
        let breaking = if breaking { "BREAKS " } else { "" };
        let rule = rule.map(|rule| format!("{rule}: ")).unwrap_or_default();
        out.push_str(&format!("{breaking}{}: {rule}{field}", json!(kind).as_str().unwrap_or("")));
        for (word, value) in [("was", before), ("is", after)] {
            if let Some(value) = value {
                out.push_str(&format!(", {word} {value}"));
            }
        }
        out.push('\n');
    }
    out
}

/// Compares two schemas of the properties of one event.
fn check(before: Value, after: Value, expect: Expect) {
    let rule = |properties: Value| {
        plan(json!([{"type": "TRACK", "key": "E", "version": 1,
            "jsonSchema": {"properties": {"properties": properties}}}]))
    };
    expect.assert_eq(&told(&rule(before), &rule(after)));
}

#[test]
fn plans_that_are_alike_have_no_changes() {
    check(json!({"required": ["a", "b"]}), json!({"required": ["b", "a"]}), expect![""]);
    check(json!({"type": ["null", "string"]}), json!({"type": ["string", "null"]}), expect![""]);
    check(json!({"$comment": "x"}), json!({}), expect![""]);
}

#[test]
fn required_properties() {
    check(
        json!({"required": ["a"]}),
        json!({"required": ["b"]}),
        expect![[r#"
        BREAKS required_added: TRACK "E" version 1: properties.b
        required_removed: TRACK "E" version 1: properties.a
    "#]],
    );
}

#[test]
fn types() {
    check(
        json!({"type": "number"}),
        json!({"type": "integer"}),
        expect![[r#"
        BREAKS type_narrowed: TRACK "E" version 1: properties, was "number", is "integer"
    "#]],
    );
    check(
        json!({"type": "integer"}),
        json!({"type": "number"}),
        expect![[r#"
        type_widened: TRACK "E" version 1: properties, was "integer", is "number"
    "#]],
    );
    check(
        json!({"type": ["string", "null"]}),
        json!({"type": "string"}),
        expect![[r#"
        BREAKS type_narrowed: TRACK "E" version 1: properties, was ["string","null"], is "string"
    "#]],
    );
    check(
        json!({"type": "string"}),
        json!({"type": "number"}),
        expect![[r#"
        BREAKS type_narrowed: TRACK "E" version 1: properties, was "string", is "number"
    "#]],
    );
    check(
        json!({}),
        json!({"type": "string"}),
        expect![[r#"
        BREAKS type_narrowed: TRACK "E" version 1: properties, is "string"
    "#]],
    );
    check(
        json!({"type": "string"}),
        json!({}),
        expect![[r#"
        type_widened: TRACK "E" version 1: properties, was "string"
    "#]],
    );
}

#[test]
fn values() {
    check(
        json!({"enum": ["a", "b"]}),
        json!({"enum": ["b", "c"]}),
        expect![[r#"
        BREAKS values_removed: TRACK "E" version 1: properties, was ["a"]
        values_added: TRACK "E" version 1: properties, is ["c"]
    "#]],
    );
    check(
        json!({}),
        json!({"enum": ["b"]}),
        expect![[r#"
        BREAKS values_removed: TRACK "E" version 1: properties, is ["b"]
    "#]],
    );
    check(
        json!({"enum": ["b"]}),
        json!({}),
        expect![[r#"
        values_added: TRACK "E" version 1: properties, was ["b"]
    "#]],
    );
}

#[test]
fn limits() {
    check(
        json!({"minimum": 1, "maxLength": 5}),
        json!({"minimum": 0, "maxLength": 4}),
        expect![[r#"
        BREAKS limit_tightened: TRACK "E" version 1: properties, was 5, is 4
        limit_loosened: TRACK "E" version 1: properties, was 1, is 0
    "#]],
    );
    check(
        json!({"pattern": "a"}),
        json!({"pattern": "b", "format": "email"}),
        expect![[r#"
        BREAKS limit_tightened: TRACK "E" version 1: properties, is "email"
        BREAKS limit_tightened: TRACK "E" version 1: properties, was "a", is "b"
    "#]],
    );
    check(
        json!({"pattern": "a"}),
        json!({}),
        expect![[r#"
        limit_loosened: TRACK "E" version 1: properties, was "a"
    "#]],
    );
    check(
        json!({}),
        json!({"additionalProperties": false}),
        expect![[r#"
        BREAKS limit_tightened: TRACK "E" version 1: properties, is false
    "#]],
    );
    check(
        json!({}),
        json!({"anyOf": [{"required": ["a"]}]}),
        expect![[r#"
        BREAKS schema_changed: TRACK "E" version 1: properties, is [{"required":["a"]}]
    "#]],
    );
    check(
        json!({"description": "a"}),
        json!({"description": "b"}),
        expect![[r#"
        description_changed: TRACK "E" version 1: properties, was "a", is "b"
    "#]],
    );
}

#[test]
fn properties() {
    let both = json!({"properties": {"a": {"type": "string"}, "b": {}}});
    let one = json!({"properties": {"a": {"type": "string"}}});
    check(
        both.clone(),
        one.clone(),
        expect![[r#"
        property_removed: TRACK "E" version 1: properties.b
    "#]],
    );
    check(
        one.clone(),
        both.clone(),
        expect![[r#"
        property_added: TRACK "E" version 1: properties.b
    "#]],
    );
    let closed = json!({"properties": {"a": {"type": "string"}}, "additionalProperties": false});
    check(
        both,
        closed,
        expect![[r#"
        BREAKS limit_tightened: TRACK "E" version 1: properties, is false
        BREAKS property_removed: TRACK "E" version 1: properties.b
    "#]],
    );
    check(
        json!({"properties": {"list": {"items": {"properties": {"n": {"type": "number"}}}}}}),
        json!({"properties": {"list": {"items": {"properties": {"n": {"type": "string"}}}}}}),
        expect![[r#"
            BREAKS type_narrowed: TRACK "E" version 1: properties.list.$.n, was "number", is "string"
        "#]],
    );
}

#[test]
fn rules_and_settings() {
    let before = plan(json!({"rules": [
        {"type": "TRACK", "key": "Gone", "version": 1, "jsonSchema": {}},
        {"type": "TRACK", "key": "Kept", "version": 1, "jsonSchema":
            {"properties": {"properties": {"properties": {"a": {}}}}}},
        {"type": "GROUP", "version": 1, "jsonSchema": {}},
    ]}));
    let after = plan(json!({
        "settings": {"track": {"allowUnplannedEventProperties": false,
            "commonEventOnViolations": "BLOCK"}},
        "rules": [
            {"type": "TRACK", "key": "Kept", "version": 1, "jsonSchema": {}},
            {"type": "TRACK", "key": "New", "version": 1, "jsonSchema": {"required": ["x"]}},
            {"type": "COMMON", "version": 1, "jsonSchema": {"type": "object"}},
            {"type": "IDENTIFY", "version": 1, "jsonSchema": {"required": ["traits"]}},
        ],
    }));
    expect![[r#"
        BREAKS setting_tightened: track.allowUnplannedEventProperties, was true, is false
        BREAKS setting_tightened: track.commonEventOnViolations, was "ALLOW", is "BLOCK"
        rule_added: COMMON version 1: (root)
        BREAKS rule_removed: TRACK "Gone" version 1: (root)
        BREAKS property_removed: TRACK "Kept" version 1: properties
        rule_added: TRACK "New" version 1: (root)
        BREAKS rule_added: IDENTIFY version 1: (root)
        rule_removed: GROUP version 1: (root)
    "#]]
    .assert_eq(&told(&before, &after));
    expect![[r#"
        setting_loosened: track.allowUnplannedEventProperties, was false, is true
        setting_loosened: track.commonEventOnViolations, was "BLOCK", is "ALLOW"
        rule_removed: COMMON version 1: (root)
        rule_added: TRACK "Gone" version 1: (root)
        property_added: TRACK "Kept" version 1: properties
        BREAKS rule_removed: TRACK "New" version 1: (root)
        rule_removed: IDENTIFY version 1: (root)
        rule_added: GROUP version 1: (root)
    "#]]
    .assert_eq(&told(&after, &before));
}
