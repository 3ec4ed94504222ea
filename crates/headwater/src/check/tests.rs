use expect_test::expect;

use tracking_plan::Plan;

use super::*;

fn check(asks: &Asks, file: &[u8]) -> Vec<Said> {
    asks.check(file).expect("examples are JSON").1
}

#[test]
fn a_problem_is_named_with_its_place_and_what_would_be_right() {
    let wire = Asks { plan: None, spec: false };
    let said =
        check(&wire, b"{\"type\":\"track\",\"userId\":\"u\",\"event\":7}\n[{\"type\":\"tracc\"}]");
    expect![[r#"
        events.ndjson:1: /event: event is a number [event_not_string]
            expected the event's name, text that is not empty, such as {"type":"track","userId":"u","event":"Order Completed"}
        events.ndjson:2: message 0: /type: type is "tracc" [bad_request]
            expected one of identify, track, page, screen, group, alias, such as {"type":"track","userId":"019mr8mf4r","event":"Order Completed"}
    "#]].assert_eq(&as_text("events.ndjson", &said));
    expect![[r#"
        {"file":"events.ndjson","line":1,"index":null,"messageId":null,"severity":"error","code":"event_not_string","pointer":"/event","message":"event is a number","expected":"the event's name, text that is not empty","example":{"type":"track","userId":"u","event":"Order Completed"}}
        {"file":"events.ndjson","line":2,"index":0,"messageId":null,"severity":"error","code":"bad_request","pointer":"/type","message":"type is \"tracc\"","expected":"one of identify, track, page, screen, group, alias","example":{"type":"track","userId":"019mr8mf4r","event":"Order Completed"}}
    "#]].assert_eq(&as_json("events.ndjson", &said));
    assert_eq!(as_text("x", &check(&wire, b"")), "");
}

const EVENTS: &[u8] = br#"{"batch": [
{"type": "track", "userId": "u-1", "event": "Order Completed", "properties": {"total": "12"}},
{"type": "track", "userId": "u-1", "event": "Install", "messageId": "m-2"},
{"type": "track"}]}"#;

#[test]
fn a_plan_and_the_spec_say_what_the_wire_rules_do_not() {
    let plan = Plan::from_json(
        br#"{"settings": {"track": {"allowUnplannedEvents": false}},
        "rules": [{"type": "TRACK", "key": "Order Completed", "jsonSchema": {"properties":
        {"properties": {"required": ["order_id"], "properties": {"total": {"type": "number"}}}}}}]}"#,
    );
    let plan = Compiled::new(&plan.expect("it is a plan")).expect("it compiles");
    let planned = Asks { plan: Some(plan), spec: false };
    expect![[r#"
        events.json:2: message 0: /properties/order_id: properties.order_id is required [schema_violation]
            expected a value
        events.json:2: message 0: /properties/total: Invalid type. Expected: number, given: string [schema_violation]
            expected number
        events.json:3: message 1: "m-2": /event: the plan does not know this event [unplanned]
            expected an event of the plan
        events.json:4: message 2: neither userId nor anonymousId is there [no_user_anon_id]
            expected a userId or an anonymousId, text that is not empty, such as {"type":"track","event":"Order Completed","userId":"019mr8mf4r"}
        events.json:4: message 2: /event: event is missing [event_not_defined]
            expected the event's name, text that is not empty, such as {"type":"track","userId":"019mr8mf4r","event":"Order Completed"}
    "#]].assert_eq(&as_text("events.json", &check(&planned, EVENTS)));
    let spec = Asks { plan: None, spec: true };
    let said = check(&spec, EVENTS);
    let codes: Vec<_> = said.iter().map(|said| (said.line, said.severity, &*said.code)).collect();
    assert!(codes.iter().any(|(line, severity, _)| *line == 3 && *severity != Severity::Error));
    expect![[r#"
        [
            (
                2,
                Warning,
                "property_type",
            ),
            (
                3,
                Warning,
                "event_alias",
            ),
            (
                4,
                Error,
                "no_user_anon_id",
            ),
            (
                4,
                Error,
                "event_not_defined",
            ),
        ]"#]]
    .assert_eq(&format!("{codes:#?}"));
}
