use super::{Filter, Text};

#[test]
fn text_is_found_in_either_case_and_either_spelling() {
    for (text, json, expected) in [
        ("order", r#"{"event":"ORDER Completed"}"#, true),
        ("ORDER", r#"{"event":"order completed"}"#, true),
        ("orders", r#"{"event":"order"}"#, false),
        ("\"event\":\"o", r#"{"event":"order"}"#, true),
        ("say \"hi\"", r#"{"a":"say \"hi\""}"#, true),
        ("zürich", r#"{"a":"ZüRICH"}"#, true),
        ("zürich", r#"{"a":"Z\u00FCrich"}"#, true),
        ("🎉", r#"{"a":"\ud83c\udf89"}"#, true),
        ("}", "{}", true),
        ("{}x", "{}", false),
        ("aab", "aaab", true),
    ] {
        assert_eq!(Text::new(text).is_in(json.as_bytes()), expected, "{text} in {json}");
    }
}

#[test]
fn a_bad_value_names_its_field_and_what_is_allowed() {
    let check = |parameter, value: &str, expected: &str| {
        let error = Filter::default().set(parameter, value).expect_err("it is bad");
        assert_eq!(error.to_string(), expected);
    };
    let kinds = "identify, track, page, screen, group, alias";
    check("type", "track,Page", &format!("type \"Page\" is none of {kinds}"));
    let verdicts = "accepted, discarded, duplicate, refused";
    check("verdict", "blocked", &format!("verdict \"blocked\" is none of {verdicts}"));
    check("text", &"x".repeat(2000), "text has 2000 bytes, 1024 are allowed");
    assert_eq!(Filter::default().set("colour", "red"), Ok(false));
}
