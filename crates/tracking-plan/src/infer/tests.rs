use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::{Compiled, judge};

fn inferred(messages: impl IntoIterator<Item = Value>) -> Inferred {
    let mut inference = Inference::new();
    messages.into_iter().for_each(|message| inference.add(message.to_string().as_bytes()));
    inference.finish()
}

fn order(properties: Value) -> Value {
    json!({"type": "track", "event": "Order Completed", "properties": properties})
}

#[test]
fn a_plan_says_what_was_always_so() {
    let orders = (0..40).map(|n| {
        let mut properties = json!({
            "order_id": format!("{n}"), "total": if n == 7 { json!(0.5) } else { json!(n) },
            "currency": if n % 2 == 0 { "EUR" } else { "USD" },
            "placed_at": "2026-03-02T10:00:00.000Z",
            "products": [{"sku": format!("p-{n}")}, {"sku": "q", "price": 2}],
        });
        if n % 4 == 0 {
            properties["coupon"] = if n % 8 == 0 { json!(null) } else { json!(format!("c{n}")) };
        }
        order(properties)
    });
    let Inferred { plan, rules, messages, unread } = inferred(orders);
    assert_eq!((messages, unread), (40, 0));
    expect![[r#"
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "type": "object",
          "properties": {
            "properties": {
              "type": "object",
              "properties": {
                "coupon": {
                  "type": [
                    "null",
                    "string"
                  ]
                },
                "currency": {
                  "type": "string",
                  "enum": [
                    "EUR",
                    "USD"
                  ]
                },
                "order_id": {
                  "type": "string"
                },
                "placed_at": {
                  "type": "string",
                  "format": "date-time"
                },
                "products": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "properties": {
                      "price": {
                        "type": "integer"
                      },
                      "sku": {
                        "type": "string"
                      }
                    },
                    "required": [
                      "sku"
                    ]
                  }
                },
                "total": {
                  "type": "number"
                }
              },
              "required": [
                "currency",
                "order_id",
                "placed_at",
                "products",
                "total"
              ]
            }
          },
          "required": [
            "properties"
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&plan.rules[0].json_schema).expect("JSON"));
    let lines: Vec<String> = rules[0]
        .properties
        .iter()
        .map(|property| {
            let SeenProperty { path, seen, of, types, required, confidence } = property;
            let required = if *required { " required" } else { "" };
            format!("{path}: {} {seen}/{of}{required} {confidence:.3}", types.join("|"))
        })
        .collect();
    expect![[r#"
        properties.coupon: null|string 10/40 0.917
        properties.currency: string 40/40 required 0.976
        properties.order_id: string 40/40 required 0.976
        properties.placed_at: string 40/40 required 0.976
        properties.products: array 40/40 required 0.976
        properties.products.$: object 80/80 0.988
        properties.products.$.price: integer 40/80 0.976
        properties.products.$.sku: string 80/80 required 0.988
        properties.total: number 40/40 required 0.976"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn each_event_and_kind_has_its_rule() {
    let plan = inferred([
        order(json!({})),
        json!({"type": "track", "event": "Signed Up"}),
        json!({"type": "identify", "traits": {"age": 36}}),
        json!({"type": "page", "name": "Home"}),
        json!({"type": "alias"}),
        json!({"type": "?"}),
        json!(7),
    ]);
    let names: Vec<String> = plan.rules.iter().map(|rule| rule.rule.to_string()).collect();
    expect![[r#"
        TRACK "Order Completed" version 1
        TRACK "Signed Up" version 1
        IDENTIFY version 1
        PAGE version 1"#]]
    .assert_eq(&names.join("\n"));
    assert_eq!((plan.messages, plan.unread), (4, 3));
}

#[test]
fn memory_is_bounded() {
    let wide: Map<String, Value> = (0..1000).map(|n| (format!("p{n}"), json!(1))).collect();
    let plan = inferred([order(Value::Object(wide)), order(json!({"x".repeat(300): 1}))]);
    assert_eq!(plan.rules[0].properties.len(), PROPERTIES_MAX);
    assert!(plan.rules[0].truncated);
    let events = (0..RULES_MAX + 5).map(|n| json!({"type": "track", "event": n.to_string()}));
    let plan = inferred(events);
    assert_eq!((plan.rules.len(), plan.unread), (RULES_MAX, 5));
}

proptest! {
    #[test]
    fn what_was_seen_conforms_to_the_plan(
        seen in proptest::collection::vec(
            proptest::collection::btree_map("[a-d.$]{1,2}", prop_oneof![
                any::<i32>().prop_map(Value::from), any::<f64>().prop_map(Value::from),
                "[a-b]".prop_map(Value::from), Just(Value::Null),
                Just(json!("2026-03-02T10:00:00Z")), Just(json!([1, "a", {"n": 1}])),
                Just(json!({"n": "x"})), Just(json!({})),
            ], 0..4), 1..30),
    ) {
        let messages: Vec<Value> = seen.iter().map(|properties| order(json!(properties))).collect();
        let plan = Compiled::new(&inferred(messages.clone()).plan).expect("it compiles");
        for message in messages {
            let judgement = judge(&plan, message.to_string().as_bytes());
            prop_assert!(judgement.is_clean(), "{judgement:?}");
        }
    }
}
