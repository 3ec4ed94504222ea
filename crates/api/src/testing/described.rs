//! Every answer that a test gets is held against the OpenAPI document: the operation lists the
//! status, and the body fits its schema. So the whole suite tests what we promise in writing.

use std::sync::{LazyLock, OnceLock};

use http::Method;
use jsonschema::Validator;
use serde_json::Value;

use super::Reply;

struct Described {
    method: Method,
    path: Vec<String>,
    answers: Vec<Answer>,
    /// The codes it may answer with, by status.
    codes: Value,
}

struct Answer {
    status: u16,
    /// Whether it may come in another form than JSON as well.
    other: bool,
    schema: Option<Value>,
    validator: OnceLock<Validator>,
}

static ALL: LazyLock<Vec<Described>> = LazyLock::new(|| {
    let document = crate::document();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap().iter();
            all.push(Described {
                method: method.to_uppercase().parse().unwrap(),
                path: path.split('/').map(str::to_owned).collect(),
                answers: answers
                    .map(|(status, said)| Answer::of(&document, status, said))
                    .collect(),
                codes: operation["x-errors"].clone(),
            });
        }
    }
    all
});

/// Fails when `reply` is none that the document lists for the operation. `path` is under `/api`.
#[track_caller]
pub fn check(method: &Method, path: &str, reply: &Reply) {
    let path = path.split('?').next().unwrap_or_default();
    let Some(described) = find(method, path) else { return };
    let status = reply.status.as_u16();
    let answer = described.answers.iter().find(|answer| answer.status == status);
    let answer = answer.unwrap_or_else(|| {
        panic!("{method} {path} answers {status}, which is not described: {:#}", reply.body)
    });
    let json = reply.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    if answer.other && !json {
        return;
    }
    assert_eq!(json, answer.schema.is_some(), "{method} {path}: {status} in the wrong form");
    let Some(schema) = &answer.schema else { return };
    if status >= 400 {
        faults(method, path, &described.codes[status.to_string()], reply);
    }
    let validator = answer.validator.get_or_init(|| jsonschema::validator_for(schema).unwrap());
    if let Some(fault) = validator.iter_errors(&reply.body).next() {
        let at = fault.instance_path().to_string();
        panic!("{method} {path}: {status} is not as described, at {at:?}: {fault}");
    }
}

/// Each fault has a code that is listed for the operation, and whoever sent a faulty field is told
/// where it is, what was expected and what to do.
#[track_caller]
fn faults(method: &Method, path: &str, codes: &Value, reply: &Reply) {
    for fault in reply.body["errors"].as_array().into_iter().flatten() {
        let listed = codes.as_array().is_some_and(|codes| codes.contains(&fault["code"]));
        assert!(
            listed,
            "{method} {path} answers {} with a code that is not listed for it; say it in \
             \"x-errors\" beside the handler: {fault:#}",
            reply.status
        );
        // What is read from the data plane is refused in its own words.
        let ours = *method != Method::GET;
        if ours && reply.status == 422 && fault.get("pointer").is_some() {
            for part in ["expected", "fix"] {
                let said = fault[part].as_str().is_some_and(|text| !text.is_empty());
                assert!(said, "{method} {path}: {part} is missing: {fault:#}");
            }
        }
    }
}

/// The operation of a path; one without parameters goes first.
fn find(method: &Method, path: &str) -> Option<&'static Described> {
    let path: Vec<&str> = path.split('/').collect();
    let parameters = |described: &&Described| {
        described.path.iter().filter(|segment| segment.starts_with('{')).count()
    };
    let fits = |described: &&Described| {
        described.method == *method
            && described.path.len() == path.len()
            && described
                .path
                .iter()
                .zip(&path)
                .all(|(known, segment)| known.starts_with('{') || known == segment)
    };
    ALL.iter().filter(fits).min_by_key(parameters)
}

impl Answer {
    fn of(document: &Value, status: &str, said: &Value) -> Answer {
        let said = crate::openapi::response(document, said);
        let schema = said["content"]
            .get("application/json")
            .map(|media| crate::openapi::closed(document, &media["schema"]));
        let forms = said["content"].as_object();
        let other = forms.is_some_and(|forms| forms.len() > 1);
        Answer { status: status.parse().unwrap(), other, schema, validator: OnceLock::new() }
    }
}
