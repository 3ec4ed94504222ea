use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

fn definition() -> Definition {
    let of = ["red", "blue"].map(str::to_owned).to_vec();
    Definition {
        slug: "example".to_owned(),
        name: "Example".to_owned(),
        description: "Takes anything.".to_owned(),
        settings: vec![
            Setting::new("url", "URL", SettingKind::Url, "Where to.").required(),
            Setting::new("key", "Key", SettingKind::Text, "Who asks.").secret(),
            Setting::new("size", "Size", SettingKind::Number { min: 1, max: 9 }, "How much.")
                .or(json!(3)),
            Setting::new("color", "Color", SettingKind::Choice { of }, "How it looks.")
                .or(json!("red")),
            Setting::new("fast", "Fast", SettingKind::Switch, "Whether it hurries."),
            Setting::new("headers", "Headers", SettingKind::TextMap, "What goes along."),
        ],
        actions: vec![],
    }
}

fn check(settings: Value, expect: Expect) {
    let settings = settings.as_object().expect("settings are an object");
    let found = match definition().check(settings) {
        Ok(settings) => Value::from(settings).to_string(),
        Err(bad) => bad.iter().map(BadSetting::to_string).collect::<Vec<_>>().join("\n"),
    };
    expect.assert_eq(&found);
}

#[test]
fn defaults_are_filled_in_and_null_is_not_given() {
    check(
        json!({ "url": "http://a.example", "fast": true, "key": null, "headers": { "a": "b" } }),
        expect![[
            r#"{"url":"http://a.example","size":3,"color":"red","fast":true,"headers":{"a":"b"}}"#
        ]],
    );
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    check(
        json!({
            "key": 1, "size": 10, "color": "green", "fast": "yes", "headers": { "a": 1 }, "speed": 1,
        }),
        expect![[r#"
            setting "url": is required: Where to.
            setting "key": must be text
            setting "size": must be a whole number from 1 to 9
            setting "color": must be one of red, blue
            setting "fast": must be true or false
            setting "headers": must be a table of text values
            setting "speed": is unknown; example knows url, key, size, color, fast, headers"#]],
    );
    for url in ["", "a.example", "ftp://a.example", "http://", "mailto:a@b.example"] {
        check(json!({ "url": url }), expect![[r#"setting "url": must be an http or https URL"#]]);
    }
}

#[test]
fn its_page() {
    expect![[r#"
        # Example

        Takes anything.

        ```toml
        [[destinations]]
        slug = "my-example"
        type = "example"
        sources = ["website"]
        enabled = true
        [destinations.settings]
        url = "…"
        # size = 3
        # color = "red"
        ```

        | setting | value | default | what it means |
        | --- | --- | --- | --- |
        | `url` | `http` or `https` URL | must be given | Where to. |
        | `key` | text | – | Who asks. Secret. |
        | `size` | 1 to 9 | `3` | How much. |
        | `color` | `red`, `blue` | `"red"` | How it looks. |
        | `fast` | `true` or `false` | – | Whether it hurries. |
        | `headers` | table of text | – | What goes along. |
    "#]]
    .assert_eq(&definition().markdown());
}
