use expect_test::expect;
use serde_json::json;

use super::*;

fn file(text: &str) -> SourceFile {
    let document = text.parse().expect("the test writes TOML");
    SourceFile { path: PathBuf::from("sources/mail/headwater-source.toml"), document }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

#[test]
fn a_new_file_is_empty_catalog_info() {
    let new = SourceFile::new(PathBuf::from(FILE), "acme-mail", "Acme \"Mail\"");
    assert_eq!(new.slug().expect("it has one"), "acme-mail");
    assert_eq!(new.name(), Some("Acme \"Mail\""));
    assert_eq!(new.base(), None);
    assert_eq!(Value::from(new.info()), json!({ "regions": ["us-west-2"] }));
    assert_eq!(new.beside("logo.svg").expect("it is"), Path::new("logo.svg"));
}

#[test]
fn the_keys_are_the_api_s() {
    let read = file(
        r##"
slug = "acme-mail"
name = "Acme Mail"
base = "abc"
description = """
Two
lines"""
website = ""
moreCategories = ["Analytics"]
screenshots = [{ asset = "a.png", caption = "A" }]

[[options]]
name = "campaigns"
type = "number"
required = true
defaultValue = 2.5

[[events]]
name = "Email Opened"

[[events.properties]]
name = "email_id"
required = true

[docs]
introduction = """
Hello.
"""
stream = ""
"##,
    );
    assert_eq!(
        Value::from(read.info()),
        json!({
            "description": "Two\nlines",
            "moreCategories": ["Analytics"],
            "screenshots": [{ "asset": "a.png", "caption": "A" }],
            "options": [{ "name": "campaigns", "type": "number", "required": true, "defaultValue": 2.5 }],
            "events": [{ "name": "Email Opened", "properties": [{ "name": "email_id", "required": true }] }],
            "docs": { "introduction": "Hello." },
        })
    );
    let beside = read.beside("./pictures/a.png").expect("it is");
    assert_eq!(beside, Path::new("sources/mail/./pictures/a.png"));
    for elsewhere in ["/etc/passwd", "../other/a.png", "pictures/../../../a.png"] {
        assert_eq!(read.beside(elsewhere).expect_err("it is not").exit_code(), 2, "{elsewhere}");
    }
}

#[test]
fn comments_and_order_stay_when_it_is_written() {
    let mut edited = file(
        r##"# Ours.
slug = "acme-mail"

# What it does.
description = "Before" # short
website = "https://acme.example"

[docs] # read over by Mia
# first
introduction = "Hello."
stream = "Old."
"##,
    );
    let changed = edited.set_info(&map(json!({
        "description": "After\nand more",
        "primaryCategory": "Email Marketing",
        "docs": { "introduction": "Hello.", "events": "| a |\n| - |" },
        "events": [{ "name": "Email Opened", "kind": "track", "properties": [
            { "name": "email_id", "type": "string", "required": true }
        ] }],
    })));
    assert_eq!(changed, ["description", "primaryCategory", "docs", "events", "website"]);
    edited.set_base(&json!({ "description": "After" }));
    expect![[r##"
        # Ours.
        slug = "acme-mail"

        # What it does.
        description = """
        After
        and more""" # short
        website = ""
        primaryCategory = "Email Marketing"
        base = "561a69ebfca3b9b09946137f"

        [docs] # read over by Mia
        # first
        introduction = "Hello."
        stream = ""
        events = """
        | a |
        | - |"""

        [[events]]
        name = "Email Opened"
        kind = "track"

        [[events.properties]]
        name = "email_id"
        type = "string"
        required = true
    "##]]
    .assert_eq(&edited.document.to_string());
    let again = edited.info();
    let mut twice = edited.clone();
    assert!(twice.set_info(&again).is_empty(), "what was written is what is read");
}

#[test]
fn what_is_no_file_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(FILE);
    let failure = SourceFile::read(&path).expect_err("it is not there");
    assert_eq!(failure.exit_code(), 2);
    fs::write(&path, "slug = acme").expect("it can be written");
    let failure = SourceFile::read(&path).expect_err("it is no TOML");
    assert_eq!(failure.exit_code(), 2);
    assert!(failure.to_string().contains("line 1"), "{failure}");
    fs::write(&path, "name = \"x\"").expect("it can be written");
    let read = SourceFile::read(&path).expect("it is TOML");
    assert!(read.slug().expect_err("it has none").to_string().contains("slug is missing"));
}
