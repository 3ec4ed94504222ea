use expect_test::{Expect, expect};

use super::*;

fn check(plan: &str, expect: Expect) {
    let said = match Plan::from_json(plan.as_bytes()) {
        Ok(plan) => serde_json::to_string(&plan).expect("a plan is JSON"),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    };
    expect.assert_eq(&said);
}

#[test]
fn a_plan_is_read_and_written_in_the_fields_shape() {
    check(
        r#"{"name": "Shop", "settings": {"track": {"allowUnplannedEvents": false},
            "identify": {"commonEventOnViolations": "OMIT_TRAITS"}},
            "rules": [{"type": "TRACK", "key": "Order Completed", "version": 2,
            "jsonSchema": {"type": "object"}, "deprecatedAt": "0001-01-01T00:00:00.000Z"},
            {"type": "IDENTIFY", "key": "", "jsonSchema": {}}]}"#,
        expect![[
            r#"{"name":"Shop","settings":{"track":{"allowUnplannedEvents":false,"allowUnplannedEventProperties":true,"allowEventOnViolations":true,"allowPropertiesOnViolations":true,"commonEventOnViolations":"ALLOW","onBlock":"DISCARD"},"identify":{"allowUnplannedTraits":true,"allowEventOnViolations":true,"allowTraitsOnViolations":true,"commonEventOnViolations":"OMIT_TRAITS","onBlock":"DISCARD"},"group":{"allowUnplannedTraits":true,"allowEventOnViolations":true,"allowTraitsOnViolations":true,"commonEventOnViolations":"ALLOW","onBlock":"DISCARD"}},"rules":[{"type":"TRACK","key":"Order Completed","version":2,"jsonSchema":{"type":"object"}},{"type":"IDENTIFY","version":1,"jsonSchema":{}}]}"#
        ]],
    );
    check(
        r#"[{"type": "PAGE", "jsonSchema": {}}]"#,
        expect![[
            r#"{"settings":{"track":{"allowUnplannedEvents":true,"allowUnplannedEventProperties":true,"allowEventOnViolations":true,"allowPropertiesOnViolations":true,"commonEventOnViolations":"ALLOW","onBlock":"DISCARD"},"identify":{"allowUnplannedTraits":true,"allowEventOnViolations":true,"allowTraitsOnViolations":true,"commonEventOnViolations":"ALLOW","onBlock":"DISCARD"},"group":{"allowUnplannedTraits":true,"allowEventOnViolations":true,"allowTraitsOnViolations":true,"commonEventOnViolations":"ALLOW","onBlock":"DISCARD"}},"rules":[{"type":"PAGE","version":1,"jsonSchema":{}}]}"#
        ]],
    );
}

#[test]
fn every_fault_of_shape_is_named_with_its_place_and_what_to_do() {
    check(
        r#"{"nam": "Shop", "settings": {"track": {"allowUnplanned": false}},
            "rules": [{"type": "TRAC", "jsonSchema": {}}, {"type": "TRACK", "jsonSchema": 1},
            {"type": "PAGE", "key": "Home", "version": -1, "jsonSchema": {}}, 7,
            {"type": "TRACK", "key": 7, "schema": {}}]}"#,
        expect![[r#"
            /nam: a plan has no "nam"; fix: take it out; a plan has name, description, settings and rules
            /settings: unknown field `allowUnplanned`, expected one of `allowUnplannedEvents`, `allowUnplannedEventProperties`, `allowEventOnViolations`, `allowPropertiesOnViolations`, `commonEventOnViolations`, `onBlock`; fix: see the reference of a source's settings
            /rules/0/type: the type is "TRAC"; fix: say one of COMMON, TRACK, IDENTIFY, GROUP, PAGE, SCREEN
            TRACK version 1, /rules/1/key: a TRACK rule names no event; fix: give the event's name as key
            TRACK version 1, /rules/1/jsonSchema: jsonSchema is 1; fix: make it a JSON Schema, an object
            /rules/2/key: a rule of type PAGE has a key; fix: leave the key out; only TRACK rules have one
            /rules/2/version: the version is -1; fix: make it a whole number from 0 to 4294967295, such as 1
            /rules/3: a rule is a number; fix: make it an object
            TRACK version 1, /rules/4/schema: a rule has no "schema"; fix: take it out; a rule has type, key, version and jsonSchema
            TRACK version 1, /rules/4/key: the key is 7; fix: make it text
            TRACK version 1, /rules/4/jsonSchema: jsonSchema is missing; fix: make it a JSON Schema, an object
        "#]],
    );
    check(
        r#"{"name": "no rules"}"#,
        expect![[r#"
        /rules: the rules are missing; fix: give a list of rules: {"rules": [{"type": "TRACK", "key": …}]}
    "#]],
    );
    check(
        "7",
        expect![[r#"
        the plan: the rules are 7; fix: give a list of rules: {"rules": [{"type": "TRACK", "key": …}]}
    "#]],
    );
    check(
        "{",
        expect![[r#"
        the plan: it is no JSON: EOF while parsing an object at line 1 column 1; fix: make the file one JSON object
    "#]],
    );
}

#[test]
fn a_request_of_the_api_holds_two_hundred_rules() {
    assert_eq!(too_many_at_once(200), None);
    let problem = too_many_at_once(201).expect("it is one too many");
    assert_eq!(problem.to_string(), "/rules: the request has 201 rules; fix: send 200 at a time");
}
