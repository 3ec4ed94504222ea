use expect_test::expect;

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
    expect![[""]].assert_eq(&as_json("events.ndjson", &said));
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
    expect![[""]].assert_eq(&as_text("events.json", &check(&planned, EVENTS)));
    let spec = Asks { plan: None, spec: true };
    let said = check(&spec, EVENTS);
    let codes: Vec<_> = said.iter().map(|said| (said.line, said.severity, &*said.code)).collect();
    assert!(codes.iter().any(|(line, severity, _)| *line == 3 && *severity != Severity::Error));
    expect![[""]].assert_eq(&format!("{codes:#?}"));
}

#[test]
fn a_plan_that_is_none_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it is written");
        match plan(&path) {
            Ok(_) => "it is a plan".to_owned(),
            Err(error) => {
                let folder = folder.path().display().to_string();
                error.to_string().replace(&folder, "…")
            }
        }
    };
    expect![[""]].assert_eq(&check("plan.json", r#"{"rules": [{"type": "TRACK"}]}"#));
    expect![[""]].assert_eq(&check("plan.csv", "type,key,data_type\nTRACK,E,text\n"));
    assert_eq!(check("good.csv", "type,key\nTRACK,E\n"), "it is a plan");
    assert!(plan(&folder.path().join("none.json")).is_err());
}
