#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use serde_json::Value;

/// Where readers find the document without a server.
const KEPT: &str = "docs/openapi.json";

/// Differences that a failure names at most.
const SHOWN_MAX: usize = 20;

#[test]
#[expect(clippy::disallowed_methods, reason = "says whether to bless")]
fn the_document_is_the_one_in_docs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(KEPT);
    let now = crate::document();
    if std::env::var("UPDATE_EXPECT").is_ok() {
        let text = serde_json::to_string_pretty(&now).unwrap() + "\n";
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read(&path).unwrap_or_default();
    let kept: Value = serde_json::from_slice(&kept).unwrap_or_default();
    let mut differences = Vec::new();
    differ(&kept, &now, "", &mut differences);
    assert!(
        differences.is_empty(),
        "the API is not what {KEPT} says:\n{}\n\
         when that is meant, run: UPDATE_EXPECT=1 cargo test -p api openapi",
        differences.join("\n")
    );
}

/// Where two documents differ, by JSON pointer.
fn differ(kept: &Value, now: &Value, at: &str, found: &mut Vec<String>) {
    if found.len() >= SHOWN_MAX || kept == now {
        return;
    }
    match (kept, now) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let here = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (a.get(key), b.get(key)) {
                    (Some(kept), Some(now)) => differ(kept, now, &here, found),
                    (Some(_), None) => found.push(format!("  gone: {here}")),
                    _ => found.push(format!("  new:  {here}")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (kept, now)) in a.iter().zip(b).enumerate() {
                differ(kept, now, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(format!("  {at}: {kept} is now {now}")),
    }
}

#[test]
fn every_operation_says_all_that_its_callers_need() {
    let document = crate::document();
    let mut lacks = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut lack = |what: &str| lacks.push(format!("{method} {path}: {what}"));
            for field in ["operationId", "summary", "x-access"] {
                if operation[field].as_str().is_none_or(str::is_empty) {
                    lack(field);
                }
            }
            if operation["tags"][0].as_str().is_none_or(str::is_empty) {
                lack("a tag");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["description"].as_str().is_none_or(str::is_empty) {
                    lack(&format!("a description of {}", parameter["name"]));
                }
            }
            let body = &operation["requestBody"]["content"];
            if let Some(fault) = example_fault(&document, body, "/requestBody/content") {
                lack(&fault);
            }
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses {
                let place = format!("/responses/{status}/content");
                let response = super::response(&document, response);
                if let Some(fault) = example_fault(&document, &response["content"], &place) {
                    lack(&fault);
                }
            }
            // There is no warehouse whose entry could be got.
            let empty = operation["operationId"] == "getWarehouseMetadata";
            if !empty && !responses.keys().any(|status| status.starts_with('2')) {
                lack("an answer");
            }
            // A code without its status is one that nobody can hear.
            for (status, codes) in operation["x-errors"].as_object().unwrap() {
                if !responses.contains_key(status) {
                    lack(&format!("the status {status} of {codes}"));
                }
            }
            let mut errors = vec!["400", "429", "503"];
            if operation["x-access"] != "public" {
                errors.extend(["401", "403"]);
            }
            for status in errors {
                let code = "/content/application~1json/example/errors/0/code";
                let response = responses.get(status).unwrap_or(&Value::Null);
                let response = super::response(&document, response);
                if response.pointer(code).and_then(Value::as_str).is_none_or(str::is_empty) {
                    lack(&format!("the code of {status}"));
                }
            }
        }
    }
    assert!(lacks.is_empty(), "{}", lacks.join("\n"));
}

/// What is wrong with the examples of a JSON body: each must be there, fit its schema, and hold
/// no text that was left empty.
fn example_fault(document: &Value, content: &Value, place: &str) -> Option<String> {
    let media = content.get("application/json")?;
    let Some(example) = media.get("example") else { return Some(format!("{place}: an example")) };
    if let Some(empty) = empty_text(example) {
        return Some(format!("{place}: an example of {empty}"));
    }
    let schema = super::closed(document, &media["schema"]);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let fault = validator.iter_errors(example).next()?;
    Some(format!("{place}: the example is wrong at {}: {fault}", fault.instance_path()))
}

/// Where a text is empty.
fn empty_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.is_empty().then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| empty_text(item).map(|rest| format!("/{at}{rest}"))),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, field)| empty_text(field).map(|rest| format!("/{name}{rest}"))),
        _ => None,
    }
}
