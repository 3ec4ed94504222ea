use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::Value;

use super::{Object, merge};

fn merged(under: &str, over: &str) -> String {
    let mut out = Vec::new();
    merge(&Object::of(under.as_bytes()), &Object::of(over.as_bytes()), &mut out);
    String::from_utf8(out).expect("made of text")
}

fn check(under: &str, over: &str, expect: Expect) {
    expect.assert_eq(&merged(under, over));
}

#[test]
fn the_upper_object_wins() {
    check("{}", "{}", expect!["{}"]);
    check(r#"{"a":1}"#, "{ }", expect![[r#"{"a":1}"#]]);
    check("{}", r#"{"a":1}"#, expect![[r#"{"a":1}"#]]);
    check(r#"{"a":1,"b":2}"#, r#"{"b":3,"c":4}"#, expect![[r#"{"a":1,"b":3,"c":4}"#]]);
    check(r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, expect![[r#"{"a":[3]}"#]]);
    check(r#"{"a":{"x":1}}"#, r#"{"a":null}"#, expect![[r#"{"a":null}"#]]);
    check(r#"{"a":5}"#, r#"{"a":{"x":1}}"#, expect![[r#"{"a":{"x":1}}"#]]);
}

#[test]
fn objects_are_merged_deep() {
    check(
        r#"{"app":{"name":"Shop","version":"1.0"},"locale":"en-US"}"#,
        r#"{"app":{"version":"2.0"},"locale":"de-AT"}"#,
        expect![[r#"{"app":{"name":"Shop","version":"2.0"},"locale":"de-AT"}"#]],
    );
    check(r#"{"a":{"x":1}}"#, r#"{"a":{}}"#, expect![[r#"{"a":{"x":1}}"#]]);
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    check(r#"{"a":1,"a":2}"#, "{}", expect![[r#"{"a":2}"#]]);
    check("{}", r#"{"a":1,"\u0061":2}"#, expect![[r#"{"\u0061":2}"#]]);
    check(r#"{"a":1}"#, r#"{"\u0061":2}"#, expect![[r#"{"a":2}"#]]);
}

#[test]
fn digits_are_kept() {
    check(
        r#"{"n":12345678901234567890.10}"#,
        r#"{"m":1e999}"#,
        expect![[r#"{"n":12345678901234567890.10,"m":1e999}"#]],
    );
}

fn model(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(slot) => model(slot, value),
                    None => {
                        under.insert(key, value);
                    }
                }
            }
        }
        (slot, value) => *slot = value,
    }
}

fn object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c\"\\\\é]{0,3}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 40, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-f\"é]{0,2}", inner), 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::vec(("[a-f\"é]{0,2}", value), 0..20)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

proptest! {
    #[test]
    fn it_merges_as_the_model_does(under in object(), over in object()) {
        let found = merged(&under.to_string(), &over.to_string());
        let mut expect = under;
        model(&mut expect, over);
        prop_assert_eq!(serde_json::from_str::<Value>(&found).expect("valid JSON"), expect);
    }
}
