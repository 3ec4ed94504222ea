use serde_json::json;

use super::*;

fn action() -> Action {
    Action {
        slug: "post".to_owned(),
        name: "Post".to_owned(),
        description: "Posts.".to_owned(),
        trigger: "all".to_owned(),
        fields: vec![
            Field::new("text", "Text", FieldKind::Text, "What is written.").required(),
            Field::new("data", "Data", FieldKind::Json, "Beside it."),
        ],
    }
}

fn checked(action_slug: &str, fields: Value) -> Result<Value, String> {
    let Value::Object(fields) = fields else { unreachable!("an object") };
    match action().check(&Mapped { action: action_slug.into(), fields }) {
        Ok(fields) => Ok(Value::Object(fields)),
        Err(DeliveryError::Refused(fault)) => Err(fault.excerpt),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_must_name_known_fields_and_all_that_are_required() {
    let problems = |fields: Value| -> Vec<String> {
        let problems = action().problems(fields.as_object().expect("an object"));
        problems.iter().map(BadSetting::to_string).collect()
    };
    assert_eq!(problems(json!({ "text": { "@path": "$.event" } })), Vec::<String>::new());
    assert_eq!(
        problems(json!({ "txt": "a" })),
        [
            "setting \"text\": is required: What is written.",
            "setting \"txt\": is unknown; post knows text, data"
        ]
    );
}

#[test]
fn what_is_made_becomes_text_where_it_can() {
    assert_eq!(checked("post", json!({ "text": 7 })), Ok(json!({ "text": "7" })));
    let both = json!({ "text": "a", "data": [1, null] });
    assert_eq!(checked("post", both.clone()), Ok(both));
    assert_eq!(
        checked("post", json!({ "text": true, "data": null })),
        Ok(json!({ "text": "true" }))
    );
}

#[test]
fn what_an_action_needs_and_does_not_get_is_refused() {
    let nothing = "the mapping makes nothing of \"text\", which post needs".to_owned();
    for fields in [json!({}), json!({ "text": null }), json!({ "text": "" })] {
        assert_eq!(checked("post", fields), Err(nothing.clone()));
    }
    let no_text = "the mapping makes no text of \"text\"".to_owned();
    assert_eq!(checked("post", json!({ "text": {} })), Err(no_text));
    let unknown = "the destination knows no action \"other\"".to_owned();
    assert_eq!(checked("other", json!({ "text": "a" })), Err(unknown));
}
