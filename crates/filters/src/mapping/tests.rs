use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::tests::message;

const MESSAGE: &str = r#"{"type":"track","messageId":"m","event":"Paid","userId":"u<1>","traits":{"name":"Mr. Rogers","empty":"","nothing":null},"properties":{"total":100.50,"big":12345678901234567890123,"products":[{"sku":"a","price":1.10},{"sku":"b"}],"one":{"sku":"c"},"nested":{"a":{"b":{"c":1},"d":2},"list":[{"b":1},{"c":[2]}]},"a.b":"dotted","json":"{\"x\":[1]}","yes":true,"broken":"\ud800x"}}"#;

/// What a mapping makes of the message above.
fn check(fields: Value, expect: Expect) {
    let mapping = Mapping::new("type = 'track'", &fields).expect("a mapping");
    let made = mapping.apply(&message(MESSAGE));
    expect.assert_eq(&match made {
        Ok(made) => made.expect("the trigger holds").to_string(),
        Err(fault) => fault.to_string(),
    });
}

#[test]
fn the_trigger_decides() {
    let mapping = Mapping::new("event = 'Refunded'", &json!({})).expect("a mapping");
    assert_eq!(mapping.apply(&message(MESSAGE)), Ok(None));
}

#[test]
fn paths_lead_to_values_with_their_digits() {
    check(
        json!({"a": {"@path": "$.properties.total"}, "b": {"@path": "properties.products[0].sku"}, "c": {"@path": "$.properties['a.b']"}, "d": {"@path": "$.gone"}, "e": null, "f": {"@path": "$.traits.nothing"}, "g": {"@path": "$.properties.big"}, "h": [{"@path": "$.gone"}, 1, {"x": {"@path": "$.event"}}]}),
        expect![[
            r#"{"a":100.50,"b":"a","c":"dotted","e":null,"f":null,"g":12345678901234567890123,"h":[1,{"x":"Paid"}]}"#
        ]],
    );
    check(
        json!({"@path": "$.properties.products"}),
        expect![[r#"[{"sku":"a","price":1.10},{"sku":"b"}]"#]],
    );
    check(json!({"@path": "$.properties.broken"}), expect![["\"\u{fffd}x\""]]);
    check(json!({"@path": "$.gone"}), expect![["null"]]);
}

#[test]
fn templates_take_values_in() {
    check(
        json!({"@template": "Hello, {{traits.name}}! {{ userId }} {{{userId}}} {{gone}}{{properties.total}} {{properties.one}} {x}"}),
        expect![[r#""Hello, Mr. Rogers! u&lt;1&gt; u<1> 100.50 {\"sku\":\"c\"} {x}""#]],
    );
}

#[test]
fn literals_stay_as_they_are() {
    check(
        json!({"a": {"@literal": true}, "b": {"@literal": {"@path": "$.event"}}}),
        expect![[r#"{"a":true,"b":{"@path":"$.event"}}"#]],
    );
}

#[test]
fn ifs_ask_what_is_there() {
    let of = |path: &str, word: &str| json!({"@if": {word: {"@path": path}, "then": "yes", "else": "no"}});
    check(
        json!([
            of("$.event", "exists"),
            of("$.gone", "exists"),
            of("$.traits.nothing", "exists"),
            of("$.traits.empty", "exists"),
            of("$.traits.empty", "blank"),
            of("$.event", "blank")
        ]),
        expect![[r#"["yes","no","no","yes","no","yes"]"#]],
    );
    check(
        json!({"a": {"@if": {"exists": {"@path": "$.gone"}, "then": 1}}, "b": {"@if": {"exists": {"@path": "$.gone"}, "else": false}}}),
        expect![[r#"{"b":false}"#]],
    );
}

#[test]
fn text_is_changed() {
    check(
        json!([{"@case": {"operator": "upper", "value": {"@path": "$.event"}}}, {"@case": {"operator": "lower", "value": {"@path": "$.event"}}}, {"@case": {"operator": "lower", "value": 1}}]),
        expect![[r#"["PAID","paid",1]"#]],
    );
    let replace = |options: Value| {
        let mut replace =
            json!({"pattern": "r", "replacement": "-", "value": {"@path": "$.traits.name"}});
        replace
            .as_object_mut()
            .expect("an object")
            .extend(options.as_object().expect("one").clone());
        json!({ "@replace": replace })
    };
    check(
        json!([
            replace(json!({})),
            replace(json!({"ignorecase": true})),
            replace(json!({"global": false})),
            replace(json!({"pattern2": ".", "replacement2": ""})),
            replace(json!({"value": true, "pattern": "true", "replacement": "1"})),
            replace(json!({"value": {"@path": "$.gone"}}))
        ]),
        expect![[r#"["M-. Roge-s","M-. -oge-s","M-. Rogers","M- Roge-s","1"]"#]],
    );
}

#[test]
fn lists_and_objects_are_shaped() {
    let sku = json!({"id": {"@path": "$.sku"}, "price": {"@path": "$.price"}});
    check(
        json!([{"@arrayPath": ["$.properties.products", sku]}, {"@arrayPath": ["$.properties.one", sku]}, {"@arrayPath": ["$.properties.one"]}, {"@arrayPath": [{"@path": "$.gone"}, sku]}]),
        expect![[r#"[[{"id":"a","price":1.10},{"id":"b"}],[{"id":"c"}],{"sku":"c"}]"#]],
    );
    check(
        json!({"@flatten": {"value": {"@path": "$.properties.nested"}, "separator": "_"}}),
        expect![[r#"{"a_b_c":1,"a_d":2,"list_0_b":1,"list_1_c_0":2}"#]],
    );
    check(
        json!({"@flatten": {"value": {"@path": "$.properties.nested"}, "separator": ".", "omitArrays": true}}),
        expect![[r#"{"a.b.c":1,"a.d":2,"list":[{"b":1},{"c":[2]}]}"#]],
    );
    let merge = |direction: &str| json!({"@merge": {"direction": direction, "objects": [{"sku": "own", "x": 1}, {"@path": "$.properties.one"}, {"@path": "$.gone"}]}});
    check(
        json!([merge("right"), merge("left")]),
        expect![[r#"[{"sku":"c","x":1},{"sku":"own","x":1}]"#]],
    );
}

#[test]
fn json_is_written_and_read() {
    check(
        json!([{"@json": {"mode": "encode", "value": {"@path": "$.properties.one"}}}, {"@json": {"mode": "decode", "value": {"@path": "$.properties.json"}}}, {"@json": {"mode": "decode", "value": 1}}]),
        expect![[r#"["{\"sku\":\"c\"}",{"x":[1]},1]"#]],
    );
    check(
        json!({"@json": {"mode": "decode", "value": {"@path": "$.event"}}}),
        expect![[r#"@json: "Paid" is no JSON"#]],
    );
    check(
        json!({"a": {"@excludeWhenNull": {"@path": "$.traits.nothing"}}, "b": {"@excludeWhenNull": {"@path": "$.event"}}}),
        expect![[r#"{"b":"Paid"}"#]],
    );
}

#[test]
fn a_mapping_makes_no_more_than_it_may() {
    let too_large = |fields: &Value| {
        let mapping = Mapping::new("all", fields).expect("a mapping");
        matches!(mapping.apply(&message(MESSAGE)), Err(MappingFault::TooLarge))
    };
    assert!(too_large(&json!({ "@template": "{{{$}}}".repeat(9000) })));
    assert!(too_large(&json!(vec![json!({"@path": "$."}); 4000])));
}

#[test]
fn problems_say_where_and_what_to_do() {
    let fields = json!({
        "a": {"@path": "$.x", "b": 1}, "c": {"@path": "$.x", "@template": "y"}, "d": {"@nope": 1},
        "e": {"@path": 1}, "f": {"@template": "{{x"}, "g": {"@if": {"then": 1}}, "h": {"@case": 1},
        "i": {"@replace": {"pattern": "longer than ten", "value": "x"}},
        "j/k": {"@merge": {"objects": [], "direction": "up"}},
        "l": {"@if": {"exists": {"@path": 2}, "then": 1}},
    });
    let problems = Mapping::new("event ==", &fields).expect_err("none");
    let problems: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expect![[r#"
        /trigger: at byte 6: found `==`; fix: write = to ask whether two values are the same
        /fields/a: @path stands beside other members; fix: write a directive as the only member of its object
        /fields/c: @path stands beside other members; fix: write a directive as the only member of its object
        /fields/d: @nope is no directive; fix: the directives are @path, @template, @literal, @if, @case, @replace, @arrayPath, @flatten, @json, @merge, @excludeWhenNull
        /fields/e/@path: 1 is no path; fix: write it as $.properties.name
        /fields/f/@template: {{ is not closed; fix: write }}
        /fields/g/@if: @if lacks what it needs; fix: write {"exists": …, "then": …, "else": …}, or blank in place of exists
        /fields/h/@case: @case is no object; fix: write {"operator": "lower", "value": …}, or upper
        /fields/i/@replace: @replace lacks what it needs; fix: write {"pattern": "a", "replacement": "b", "value": …}, each of at most 10 characters
        /fields/j~1k/@merge: @merge lacks what it needs; fix: write {"objects": [ … ], "direction": "right"}, or left
        /fields/l/@if/exists/@path: 2 is no path; fix: write it as $.properties.name
    "#]]
    .assert_eq(&problems);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(Mapping::new("all", &deep).expect_err("too deep").len(), 1);
}
