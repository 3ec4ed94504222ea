//! A body of the wrong shape is rehearsed: its faulty fields are left out, or stood in for where
//! they must be there, and its handler runs on a database that keeps nothing. What the rules say of
//! the other fields is told together with the wrong shapes, so that one answer names every fault.

use axum::{body::Body, extract::Request};
use http::{HeaderValue, StatusCode, header, request::Parts};
use jsonschema::Validator;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    body,
    caller::Caller,
    error::{Errors, Fault},
    state::Api,
};

/// A body with more faults of its shape hears of them alone: each costs a look at the whole body.
const FAULTS_MAX: usize = 32;

/// Text that most schemas take, and that is nobody's id, slug or address.
const TEXT: &str = "stand-in@headwater.invalid";

/// What the rules have against the fields of `given` that have no fault of their shape.
pub async fn rules(
    api: &Api,
    parts: &Parts,
    validator: &Validator,
    mut given: Value,
    shape: &[Fault],
) -> Vec<Fault> {
    let Some(stage) = api.rehearsal() else { return Vec::new() };
    let wrong: Vec<&str> = shape.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
    if shape.len() > FAULTS_MAX || !wrong.iter().all(|at| mend(validator, &mut given, at)) {
        return Vec::new();
    }
    let mut request = Request::new(Body::from(given.to_string()));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    request.headers_mut().remove(header::CONTENT_LENGTH);
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    if let Some(caller) = parts.extensions.get::<Caller>() {
        request.extensions_mut().insert(caller.clone());
    }
    let Ok(mut response) = stage.oneshot(request).await;
    if response.status() != StatusCode::UNPROCESSABLE_ENTITY {
        return Vec::new();
    }
    let refused = response.extensions_mut().remove::<Errors>();
    let faults = refused.map(|errors| errors.errors).unwrap_or_default();
    faults.into_iter().filter(|fault| speaks_of_what_was_given(fault, &wrong)).collect()
}

/// Leaves the value at `at` out, or puts one in its place that fits. What chooses among others (a
/// word out of a list, yes or no) has no stand-in: what it means for the rest cannot be said.
fn mend(validator: &Validator, body: &mut Value, at: &str) -> bool {
    let stand_ins = [None, Some(json!(TEXT)), Some(json!(1)), Some(json!([])), Some(json!({}))];
    fits(validator, body, at)
        || stand_ins
            .into_iter()
            .any(|stand_in| put(body, at, stand_in) && fits(validator, body, at))
}

fn put(body: &mut Value, at: &str, stand_in: Option<Value>) -> bool {
    let Some((parent, name)) = at.rsplit_once('/') else { return false };
    let name = name.replace("~1", "/").replace("~0", "~");
    match (body.pointer_mut(parent), stand_in) {
        (Some(Value::Object(fields)), Some(value)) => drop(fields.insert(name, value)),
        (Some(Value::Object(fields)), None) => drop(fields.remove(&name)),
        (Some(Value::Array(items)), Some(value)) => {
            match name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => *item = value,
                None => return false,
            }
        }
        _ => return false,
    }
    true
}

fn fits(validator: &Validator, body: &Value, at: &str) -> bool {
    let faults = body::shape(validator, body);
    !faults.iter().filter_map(|fault| fault.pointer.as_deref()).any(|wrong| within(wrong, at))
}

/// Whether `fault` is none of a stand-in, nor of something that holds or is part of one.
fn speaks_of_what_was_given(fault: &Fault, wrong: &[&str]) -> bool {
    let Some(at) = fault.pointer.as_deref().filter(|at| !at.is_empty()) else { return false };
    !wrong.iter().any(|wrong| within(at, wrong) || within(wrong, at))
}

/// Whether `inner` is at `outer` or somewhere in it.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
