use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Plan, stored};

/// A plan with an event in two versions, traits, and a common schema.
pub(crate) fn plan(settings: Value) -> Compiled {
    let plan = json!({
        "settings": settings,
        "rules": [
            {"type": "TRACK", "key": "Order Completed", "version": 2, "jsonSchema": {
                "properties": {"properties": {"properties": {"total": {"type": "string"}}}}}},
            {"type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {"properties": {
                    "type": "object",
                    "required": ["order_id"],
                    "properties": {
                        "order_id": {"type": "string", "pattern": "^[0-9]+$"},
                        "total": {"type": "number", "minimum": 0},
                        "currency": {"enum": ["EUR", "USD"]},
                        "placed_at": {"type": "string", "format": "date-time"},
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "extra": {"type": "object"},
                        "products": {"type": "array", "items": {
                            "type": "object",
                            "required": ["sku"],
                            "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
                        }},
                    },
                }},
            }},
            {"type": "IDENTIFY", "version": 1, "jsonSchema": {
                "properties": {"traits": {"properties": {"age": {"type": "integer"}}}}}},
            {"type": "COMMON", "version": 1, "jsonSchema": {
                "properties": {
                    "context": {"properties": {"app": {"required": ["version"]}}},
                    "properties": {"properties": {"plan": {"enum": ["free", "pro"]}}},
                }}},
        ],
    });
    Compiled::new(&Plan::from_value(&plan).expect("it is a plan")).expect("it compiles")
}

/// Settings under which nothing that breaks the plan goes on.
fn block() -> Value {
    json!({"track": {"allowUnplannedEvents": false, "allowEventOnViolations": false,
        "commonEventOnViolations": "BLOCK"}})
}

fn omit() -> Value {
    json!({
        "track": {"allowUnplannedEventProperties": false, "allowPropertiesOnViolations": false,
            "commonEventOnViolations": "OMIT_PROPERTIES"},
        "identify": {"allowUnplannedTraits": false, "allowTraitsOnViolations": false},
        "group": {"allowUnplannedTraits": false},
    })
}

/// What the plan says of a message, one line for each thing.
fn said(settings: Value, message: &Value) -> String {
    let text = message.to_string();
    let judgement = judge(&plan(settings), text.as_bytes());
    let mut out = String::new();
    for violation in &judgement.violations {
        let Violation { kind, field, description, pointer, expected } = violation;
        out.push_str(&format!("{kind}: {field}: {description} [{pointer}] expected {expected}\n"));
    }
    for (what, pointers) in
        [("omitted", &judgement.omitted), ("on violation", &judgement.omitted_on_violation)]
    {
        if !pointers.is_empty() {
            out.push_str(&format!("{what}: {}\n", pointers.join(" ")));
        }
    }
    match judgement.action {
        Action::Allow => out.push_str("allow"),
        Action::Block(blocked) => out.push_str(&format!("block: {}", blocked.code())),
        Action::Quarantine(blocked) => out.push_str(blocked.quarantine_code()),
    }
    if let Some((pointer, detail)) = judgement.fault() {
        out.push_str(&format!(" [{pointer}] {detail}"));
    }
    out
}

fn check(settings: Value, message: Value, expect: Expect) {
    expect.assert_eq(&said(settings, &message));
}

fn order(properties: Value) -> Value {
    json!({"type": "track", "event": "Order Completed", "properties": properties})
}

#[test]
fn a_message_that_conforms_goes_on_as_it_is() {
    let right = order(json!({"order_id": "7", "total": 12.5, "currency": "EUR", "coupon": true}));
    check(block(), right, expect!["allow"]);
    let huge: Value = serde_json::from_str(r#"{"order_id": "7", "total": 1e400}"#).expect("JSON");
    check(block(), order(huge), expect!["allow"]);
}

#[test]
fn a_violation_names_its_place_in_the_fields_words() {
    check(
        json!({}),
        order(json!({
            "order_id": "7a", "total": "12", "currency": "GBP", "placed_at": "yesterday",
            "products": [{"sku": "A"}, {"price": "3"}], "tags": ["a", 7],
        })),
        expect![[r#"
            Pattern: properties.order_id: Must be text that matches ^[0-9]+$ [/properties/order_id] expected text that matches ^[0-9]+$
            Invalid Type: properties.total: Invalid type. Expected: number, given: string [/properties/total] expected number
            Enum: properties.currency: Must be one of "EUR", "USD" [/properties/currency] expected one of "EUR", "USD"
            Format: properties.placed_at: Must be in the format date-time [/properties/placed_at] expected in the format date-time
            Required: properties.products.1.sku: properties.products.1.sku is required [/properties/products/1/sku] expected a value
            Invalid Type: properties.products.1.price: Invalid type. Expected: number, given: string [/properties/products/1/price] expected number
            Invalid Type: properties.tags.1: Invalid type. Expected: string, given: integer [/properties/tags/1] expected string
            allow"#]],
    );
    check(
        json!({}),
        order(json!({"order_id": 7, "total": -1})),
        expect![[r#"
        Invalid Type: properties.order_id: Invalid type. Expected: string, given: integer [/properties/order_id] expected string
        Range: properties.total: Must be 0 or more [/properties/total] expected 0 or more
        allow"#]],
    );
    check(
        json!({}),
        order(json!([])),
        expect![[r#"
        Invalid Type: properties: Invalid type. Expected: object, given: array [/properties] expected object
        allow"#]],
    );
}

#[test]
fn what_is_missing_is_judged_as_empty() {
    check(
        json!({}),
        json!({"type": "track", "event": "Order Completed"}),
        expect![[r#"
        Required: properties.order_id: properties.order_id is required [/properties/order_id] expected a value
        allow"#]],
    );
    check(
        json!({}),
        order(Value::Null),
        expect![[r#"
        Required: properties.order_id: properties.order_id is required [/properties/order_id] expected a value
        allow"#]],
    );
}

#[test]
fn an_event_that_breaks_its_rule_can_be_blocked() {
    check(
        block(),
        order(json!({})),
        expect![[r#"
            Required: properties.order_id: properties.order_id is required [/properties/order_id] expected a value
            block: schema_violation [/properties/order_id] properties.order_id is required"#]],
    );
    check(
        block(),
        order(json!({"order_id": 7, "total": "x"})),
        expect![[r#"
        Invalid Type: properties.order_id: Invalid type. Expected: string, given: integer [/properties/order_id] expected string
        Invalid Type: properties.total: Invalid type. Expected: number, given: string [/properties/total] expected number
        block: schema_violation [/properties/order_id] properties.order_id: Invalid type. Expected: string, given: integer, and 1 more"#]],
    );
}

#[test]
fn an_event_that_is_not_planned_can_be_blocked() {
    let unknown = json!({"type": "track", "event": "order completed"});
    check(json!({}), unknown.clone(), expect!["allow"]);
    check(
        block(),
        unknown,
        expect!["block: unplanned [/event] the tracking plan does not know this event"],
    );
    let both = json!({"type": "track", "event": "Other", "properties": {"plan": "gold"}});
    check(
        block(),
        both.clone(),
        expect![[r#"
        Enum: properties.plan: Must be one of "free", "pro" [/properties/plan] expected one of "free", "pro"
        block: unplanned_and_schema_violation [/event] the tracking plan does not know this event, and it breaks the common schema: properties.plan: Must be one of "free", "pro""#]],
    );
    check(
        json!({}),
        both,
        expect![[r#"
        Enum: properties.plan: Must be one of "free", "pro" [/properties/plan] expected one of "free", "pro"
        allow"#]],
    );
}

#[test]
fn what_is_blocked_can_wait_in_quarantine() {
    let mut settings = block();
    settings["track"]["onBlock"] = json!("QUARANTINE");
    check(
        settings.clone(),
        order(json!({})),
        expect![[r#"
            Required: properties.order_id: properties.order_id is required [/properties/order_id] expected a value
            quarantined_schema_violation [/properties/order_id] properties.order_id is required"#]],
    );
    check(
        settings.clone(),
        json!({"type": "track", "event": "Other"}),
        expect!["quarantined_unplanned [/event] the tracking plan does not know this event"],
    );
    check(settings, order(json!({"order_id": "7"})), expect!["allow"]);
}

#[test]
fn the_common_schema_is_for_every_message_and_comes_last() {
    let gold = order(json!({"order_id": "7", "plan": "gold"}));
    check(
        block(),
        gold.clone(),
        expect![[r#"
        Enum: properties.plan: Must be one of "free", "pro" [/properties/plan] expected one of "free", "pro"
        block: common_schema_violation [/properties/plan] properties.plan: Must be one of "free", "pro""#]],
    );
    check(
        omit(),
        gold,
        expect![[r#"
        Enum: properties.plan: Must be one of "free", "pro" [/properties/plan] expected one of "free", "pro"
        on violation: /properties/plan
        allow"#]],
    );
    let app = json!({"type": "page", "context": {"app": {}}});
    check(
        block(),
        app,
        expect![[r#"
        Required: context.app.version: context.app.version is required [/context/app/version] expected a value
        allow"#]],
    );
}

#[test]
fn properties_that_are_not_planned_or_break_the_plan_can_be_omitted() {
    check(
        omit(),
        order(json!({
            "order_id": "7", "total": "12", "coupon": 1, "a/b": {"c": 1}, "extra": {"any": 1},
            "tags": ["a", 7], "plan": "pro",
            "products": [{"sku": "A", "color": "red"}, {"sku": 4, "price": 1}, 3],
        })),
        expect![[r#"
            Invalid Type: properties.total: Invalid type. Expected: number, given: string [/properties/total] expected number
            Invalid Type: properties.tags.1: Invalid type. Expected: string, given: integer [/properties/tags/1] expected string
            Invalid Type: properties.products.1.sku: Invalid type. Expected: string, given: integer [/properties/products/1/sku] expected string
            Invalid Type: properties.products.2: Invalid type. Expected: object, given: integer [/properties/products/2] expected object
            omitted: /properties/coupon /properties/a~1b /properties/products/0/color
            on violation: /properties/products /properties/tags /properties/total
            allow"#]],
    );
    // of an event that is not planned nothing is known
    check(
        omit(),
        json!({"type": "track", "event": "Other", "properties": {"a": 1}}),
        expect!["allow"],
    );
}

#[test]
fn traits_are_judged_as_properties_are() {
    let ada = json!({"type": "identify", "traits": {"age": 36.5, "name": "Ada"}});
    check(
        json!({}),
        ada.clone(),
        expect![[r#"
        Invalid Type: traits.age: Invalid type. Expected: integer, given: number [/traits/age] expected integer
        allow"#]],
    );
    check(
        omit(),
        ada.clone(),
        expect![[r#"
        Invalid Type: traits.age: Invalid type. Expected: integer, given: number [/traits/age] expected integer
        omitted: /traits/name
        on violation: /traits/age
        allow"#]],
    );
    check(
        json!({"identify": {"allowEventOnViolations": false}}),
        ada,
        expect![[r#"
        Invalid Type: traits.age: Invalid type. Expected: integer, given: number [/traits/age] expected integer
        block: schema_violation [/traits/age] traits.age: Invalid type. Expected: integer, given: number"#]],
    );
    // no rule says anything of groups
    check(
        omit(),
        json!({"type": "group", "traits": {"plan": "pro"}}),
        expect![[r#"
        omitted: /traits/plan
        allow"#]],
    );
}

#[test]
fn a_message_chooses_the_version_of_its_event() {
    let asks = |version: Value| {
        let mut message = order(json!({"total": "12"}));
        message["context"] = json!({"protocols": {"event_version": version}});
        message
    };
    check(json!({}), asks(json!(2)), expect!["allow"]);
    let oldest = said(json!({}), &order(json!({"total": "12"})));
    for version in [json!(1), json!(3), json!("2"), json!(-1), json!(2.5), json!(null)] {
        assert_eq!(said(json!({}), &asks(version)), oldest);
    }
}

#[test]
fn what_is_no_message_is_told() {
    let plan = plan(json!({}));
    for bytes in [&b""[..], b"7", b"[]", b"{", b"\xff", b"{\"a\":\"\\"] {
        let judgement = judge(&plan, bytes);
        assert_eq!(judgement.violations, [Violation::unreadable()]);
        assert_eq!(judgement.action, Action::Allow);
    }
    assert!(judge(&plan, b"{}").is_clean());
    assert_eq!(
        judge(&super::tests::plan(block()), b"7").action,
        Action::Block(Blocked::SchemaViolation)
    );
}

#[test]
fn lone_surrogates_do_not_hide_a_message() {
    let message = r#"{"type":"track","event":"Order Completed","properties":{"order_id":"\ud800","x\udc00":1,"currency":"\\ud83d\ude00 \ud83d\ude00"}}"#;
    let judgement = judge(&plan(json!({})), message.as_bytes());
    let kinds: Vec<&str> = judgement.violations.iter().map(|violation| violation.kind).collect();
    assert_eq!(kinds, ["Pattern", "Enum"]);
}

#[test]
fn violations_are_bounded() {
    let products: Vec<Value> = (0..1000).map(|n| json!({"sku": n})).collect();
    let message = order(json!({"order_id": "7", "products": products})).to_string();
    let judgement = judge(&plan(omit()), message.as_bytes());
    assert_eq!(judgement.violations.len(), VIOLATIONS_MAX);
    let amended = stored(message.as_bytes(), &judgement, "src_1");
    assert!(amended.len() < message.len() + 20_000, "{}", amended.len());
    let pattern = "x".repeat(10_000);
    let rule = json!([{"type": "PAGE", "jsonSchema": {"properties": {"properties":
        {"properties": {"a": {"pattern": pattern}}}}}}]);
    let plan = Compiled::new(&Plan::from_value(&rule).expect("a plan")).expect("it compiles");
    let judgement = judge(&plan, br#"{"type":"page","properties":{"a":"b"}}"#);
    assert!(judgement.violations[0].description.len() < 400);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        prop_oneof![Just("EUR"), Just("7"), Just("pro")].prop_map(Value::from),
    ];
    let name = || {
        prop_oneof![
            "[a-z~/.$]{0,3}",
            prop_oneof![
                Just("order_id"),
                Just("total"),
                Just("currency"),
                Just("products"),
                Just("sku"),
                Just("plan"),
                Just("tags"),
                Just("extra"),
                Just("age"),
                Just("price"),
            ]
            .prop_map(str::to_owned),
        ]
    };
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn message() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just("track"),
        Just("identify"),
        Just("group"),
        Just("page"),
        Just("alias"),
        Just("?")
    ];
    let event = prop_oneof![Just("Order Completed"), Just("Other")];
    (kind, event, value(), value(), value()).prop_map(
        |(kind, event, properties, traits, context)| {
            json!({"type": kind, "event": event, "properties": properties, "traits": traits,
                "context": context})
        },
    )
}

/// The value at a pointer and everything above it.
fn without(message: &Value, pointers: &[String]) -> Value {
    let mut left = message.clone();
    remove(&mut left, pointers);
    left
}

proptest! {
    #[test]
    fn nothing_makes_a_judge_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let judgement = judge(&plan(omit()), &bytes);
        stored(&bytes, &judgement, "src_1");
    }

    #[test]
    fn a_stored_message_lacks_what_is_omitted_and_nothing_else(
        message in message(), pretty in any::<bool>(), blocking in any::<bool>(),
    ) {
        let text = if pretty {
            serde_json::to_string_pretty(&message).expect("JSON")
        } else {
            message.to_string()
        };
        let plan = plan(if blocking { block() } else { omit() });
        let judgement = judge(&plan, text.as_bytes());
        let amended = stored(text.as_bytes(), &judgement, "src_1");
        let mut kept: Value = serde_json::from_slice(&amended).expect("it is still JSON");
        let clean = judgement.violations.is_empty()
            && judgement.omitted.is_empty()
            && judgement.omitted_on_violation.is_empty();
        if clean {
            prop_assert_eq!(&amended, text.as_bytes());
        } else {
            let protocols = kept.pointer("/context/protocols").expect("it is told").clone();
            prop_assert_eq!(&protocols["sourceId"], "src_1");
            let before = message["context"].clone();
            kept["context"] = before;
        }
        let all = [judgement.omitted.clone(), judgement.omitted_on_violation.clone()].concat();
        prop_assert_eq!(kept, without(&message, &all));
        if matches!(judgement.action, Action::Block(_)) {
            prop_assert!(all.is_empty());
        }
    }
}
