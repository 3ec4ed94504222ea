use expect_test::expect;
use spec::rules::events;

use super::*;
use crate::{Compiled, diff, from_csv, judge, to_csv};

#[test]
fn every_category_has_a_plan_that_its_own_examples_conform_to() {
    for category in starters() {
        let plan = starter(category).expect("it is in the list");
        let compiled = Compiled::new(&plan).expect("it compiles");
        for event in events::all().filter(|event| event.category == category && is_sent(event)) {
            let example = event.example().to_string();
            let judgement = judge(&compiled, example.as_bytes());
            assert!(!judgement.unplanned_event, "{}", event.name);
            assert!(judgement.is_clean(), "{}: {judgement:?}", event.name);
        }
        let rules = from_csv(to_csv(&plan.rules).as_bytes()).expect("we wrote it");
        assert_eq!(diff(&plan, &Plan { rules, ..Plan::default() }), []);
    }
    assert_eq!(starter("Weather"), None);
}

#[test]
fn the_e_mail_plan_knows_its_events() {
    let plan = starter("Email").expect("the Spec has it");
    let names: Vec<&str> = plan.rules.iter().filter_map(|rule| rule.key.as_deref()).collect();
    expect![[r#"
        Email Bounced
        Email Delivered
        Email Link Clicked
        Email Marked as Spam
        Email Opened
        Unsubscribed"#]]
    .assert_eq(&names.join("\n"));
    let rule = plan.rules.iter().find(|rule| rule.key.as_deref() == Some("Unsubscribed"));
    let schema = &rule.expect("it is there").json_schema;
    expect![[r#"
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "type": "object",
          "description": "The recipient left one list, or all mail.",
          "properties": {
            "properties": {
              "type": "object",
              "properties": {
                "list_id": {
                  "description": "The list that was left; leave it out when there is none.",
                  "type": "string"
                },
                "list_name": {
                  "description": "What the list is called.",
                  "type": "string"
                },
                "email_id": {
                  "description": "The id of the message that was mailed.",
                  "type": "string"
                },
                "email_subject": {
                  "description": "Its subject line.",
                  "type": "string"
                },
                "campaign_id": {
                  "description": "The id of the campaign.",
                  "type": "string"
                },
                "campaign_name": {
                  "description": "The name of the campaign.",
                  "type": "string"
                }
              }
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(schema).expect("JSON"));
}
