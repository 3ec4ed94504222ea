use serde_json::json;

use super::*;
use crate::tests::message;

const PAID: &str = r#"{"type":"track","messageId":"m","event":"Paid","userId":"u","properties":{"total":7,"glob":"["}}"#;
const SEEN: &str = r#"{"type":"track","messageId":"n","event":"Seen","userId":"u"}"#;

fn written(list: Value) -> Vec<Subscription> {
    serde_json::from_value(list).expect("mappings")
}

fn made(mappings: &Mappings, text: &str) -> Result<Option<(String, Value)>, Discard> {
    let made = mappings.apply(&message(text))?;
    Ok(made.map(|made| (made.mapping.to_string(), Value::Object(made.fields))))
}

#[test]
fn the_first_that_is_on_and_whose_trigger_holds_makes_it() {
    let of = |name: &str, trigger: &str, enabled: bool| {
        json!({ "name": name, "action": "send", "trigger": trigger, "enabled": enabled,
                "fields": { "by": name, "total": { "@path": "$.properties.total" } } })
    };
    let mappings = Mappings::new(&written(json!([
        of("off", "type = 'track'", false),
        of("paid", "event = 'Paid'", true),
        of("all", "all", true),
    ])))
    .expect("mappings");
    let fields = json!({ "by": "paid", "total": 7 });
    assert_eq!(made(&mappings, PAID), Ok(Some(("paid".to_owned(), fields))));
    assert_eq!(made(&mappings, SEEN), Ok(Some(("all".to_owned(), json!({ "by": "all" })))));
}

#[test]
fn what_none_is_about_is_not_sent_unless_there_is_none_at_all() {
    assert_eq!(made(&Mappings::default(), PAID), Ok(None));
    let one = |enabled: bool| {
        let one = json!([{ "name": "a", "action": "send", "trigger": "event = 'Paid'", "enabled": enabled }]);
        Mappings::new(&written(one)).expect("mappings")
    };
    let code = |mappings: &Mappings, text| made(mappings, text).expect_err("it is not sent").code;
    assert_eq!(code(&one(true), SEEN), NO_MATCHING_MAPPING);
    assert_eq!(code(&one(false), PAID), NO_MATCHING_MAPPING);
}

#[test]
fn a_trigger_that_cannot_say_stops_the_message() {
    let list = written(json!([
        { "name": "sure", "action": "send", "trigger": "match( event, properties.glob )" },
        { "name": "all", "action": "send", "trigger": "all" }
    ]));
    let mappings = Mappings::new(&list).expect("mappings");
    let stopped = made(&mappings, PAID).expect_err("it is not sent");
    assert_eq!(stopped.code, FILTERED_AT_MAPPING);
    assert!(stopped.reason.contains("\"sure\""), "{}", stopped.reason);
}

#[test]
fn every_problem_is_named_and_what_was_kept_broken_lets_nothing_through() {
    let list = written(json!([
        { "name": "", "action": "send", "trigger": "event =", "fields": { "a": { "@path": 1 } } }
    ]));
    let problems = Mappings::new(&list).expect_err("it is wrong");
    let pointers: Vec<&str> = problems.iter().map(|(_, one)| one.pointer.as_str()).collect();
    assert_eq!(pointers, ["/name", "/trigger", "/fields/a/@path"]);
    let stopped = made(&Mappings::of_stored(&list), PAID).expect_err("it is not sent");
    assert_eq!(stopped.code, FILTERED_AT_MAPPING);
}
