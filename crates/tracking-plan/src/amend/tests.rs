use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::{Compiled, Plan, judge};

/// Judged by a plan that takes out what it does not know and what breaks it.
fn judged(message: &str) -> (Judgement, String) {
    let plan = json!({
        "settings": {"track": {"allowUnplannedEventProperties": false,
            "allowPropertiesOnViolations": false}},
        "rules": [{"type": "TRACK", "key": "E", "version": 1, "jsonSchema": {"properties": {
            "properties": {"required": ["c"], "properties": {
                "a": {"type": "number"}, "b": {"type": "number"}, "c": {},
                "list": {"items": {"properties": {"n": {"type": "number"}}}},
            }}}}}],
    });
    let plan = Plan::from_value(&plan).expect("it is a plan");
    let judgement = judge(&Compiled::new(&plan).expect("it compiles"), message.as_bytes());
    let stored = stored(message.as_bytes(), &judgement, "src_1");
    (judgement, String::from_utf8(stored).expect("it is text"))
}

fn check(message: &str, expect: Expect) {
    let (_, stored) = judged(message);
    serde_json::from_str::<Value>(&stored).expect("it is JSON");
    expect.assert_eq(&stored);
}

#[test]
fn a_message_without_a_fault_keeps_every_byte() {
    let right = r#" { "type":"track", "event":"E","properties":{"a":1.00,"c":"\u00e9"} }"#;
    assert_eq!(judged(right).1, right);
}

#[test]
fn members_are_cut_out_and_the_rest_keeps_its_bytes() {
    for (properties, expect) in [
        (
            r#"{"x":1,"c":1.500}"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{"c":1.500},"context":{"protocols":{"sourceId":"src_1","violations":[],"omitted":["properties.x"],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#"{"c":1e3, "x": {"y":[1,2]}}"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{"c":1e3},"context":{"protocols":{"sourceId":"src_1","violations":[],"omitted":["properties.x"],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#"{ "x":1 , "y":2 , "c":3 , "z":4 , "a" : 5 }"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{ "c":3 , "a" : 5 },"context":{"protocols":{"sourceId":"src_1","violations":[],"omitted":["properties.x","properties.y","properties.z"],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#"{"c":1,"a":"1","b":"2"}"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{"c":1},"context":{"protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"properties.a","description":"Invalid type. Expected: number, given: string","pointer":"/properties/a","expected":"number"},{"type":"Invalid Type","field":"properties.b","description":"Invalid type. Expected: number, given: string","pointer":"/properties/b","expected":"number"}],"omitted":[],"omitted_on_violation":["properties.a","properties.b"]}}}"#
            ]],
        ),
        (
            r#"{"c":1,"x":1,"\u0078":2}"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{"c":1},"context":{"protocols":{"sourceId":"src_1","violations":[],"omitted":["properties.x"],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#"{"c":1,"list":[{"n":1},{"n":"1","m":2},{"m":3}]}"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{"c":1,"list":[{"n":1},{},{}]},"context":{"protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"properties.list.1.n","description":"Invalid type. Expected: number, given: string","pointer":"/properties/list/1/n","expected":"number"}],"omitted":["properties.list.1.m","properties.list.2.m"],"omitted_on_violation":["properties.list.1.n"]}}}"#
            ]],
        ),
        (
            r#"{"x":1}"#,
            expect![[
                r#"{"type":"track","event":"E","properties":{},"context":{"protocols":{"sourceId":"src_1","violations":[{"type":"Required","field":"properties.c","description":"properties.c is required","pointer":"/properties/c","expected":"a value"}],"omitted":["properties.x"],"omitted_on_violation":[]}}}"#
            ]],
        ),
    ] {
        check(
            &format!(r#"{{"type":"track","event":"E","properties":{properties},"context":{{}}}}"#),
            expect,
        );
    }
}

#[test]
fn protocols_stands_in_the_context_beside_what_the_sender_said() {
    for (context, expect) in [
        (
            "",
            expect![[
                r#"{"type":"track","event":"E","context":{"protocols":{"sourceId":"src_1","violations":[{"type":"Required","field":"properties.c","description":"properties.c is required","pointer":"/properties/c","expected":"a value"}],"omitted":[],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#","context":null"#,
            expect![[
                r#"{"type":"track","event":"E","context":{"protocols":{"sourceId":"src_1","violations":[{"type":"Required","field":"properties.c","description":"properties.c is required","pointer":"/properties/c","expected":"a value"}],"omitted":[],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#","context":{ "locale":"en" }"#,
            expect![[
                r#"{"type":"track","event":"E","context":{ "locale":"en" ,"protocols":{"sourceId":"src_1","violations":[{"type":"Required","field":"properties.c","description":"properties.c is required","pointer":"/properties/c","expected":"a value"}],"omitted":[],"omitted_on_violation":[]}}}"#
            ]],
        ),
        (
            r#","context":{"protocols":{"event_version":1,"violations":[7],"x":1.0},"app":{}}"#,
            expect![[
                r#"{"type":"track","event":"E","context":{"protocols":{"event_version":1,"x":1.0,"sourceId":"src_1","violations":[{"type":"Required","field":"properties.c","description":"properties.c is required","pointer":"/properties/c","expected":"a value"}],"omitted":[],"omitted_on_violation":[]},"app":{}}}"#
            ]],
        ),
        (
            r#","context":{"protocols":7}"#,
            expect![[
                r#"{"type":"track","event":"E","context":{"protocols":{"sourceId":"src_1","violations":[{"type":"Required","field":"properties.c","description":"properties.c is required","pointer":"/properties/c","expected":"a value"}],"omitted":[],"omitted_on_violation":[]}}}"#
            ]],
        ),
    ] {
        check(&format!(r#"{{"type":"track","event":"E"{context}}}"#), expect);
    }
}

#[test]
fn places_outside_what_is_cut_are_known_afterwards() {
    let message = r#"{"a":"before","type":"track","event":"E","properties":{"x":"\ud800","c":1},"context":{},"id":"behind"}"#;
    let (judgement, stored) = judged(message);
    let amendment = Amendment::of(message.as_bytes(), &judgement, "src_1").expect("x goes");
    for word in ["before", "behind", "track"] {
        let place = message.find(word).expect("it is there");
        let moved = amendment.moved(place);
        assert_eq!(&stored[moved..moved + word.len()], word);
    }
}
