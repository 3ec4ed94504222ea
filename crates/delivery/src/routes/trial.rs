//! A test message to one destination.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Pairs, find, problem::Problem, query};
use crate::Delivery;

/// What to send, and with which settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// A track call when left out.
    message: Option<Map<String, Value>>,
    /// In place of all that are stored.
    settings: Option<Map<String, Value>>,
}

pub(super) async fn test(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let asked = match body.is_empty() {
        true => Asked::default(),
        false => serde_json::from_slice(&body)
            .map_err(|error| Problem::test_body("", format!("the body cannot be read: {error}")))?,
    };
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let message = delivery.test_message(asked.message).map_err(|bad| {
        let sentence = format!("the message must have {}", bad.expected);
        Problem::test_body(&format!("/message{}", bad.pointer), sentence)
    })?;
    let trial = delivery.try_out(route, asked.settings.as_ref(), message).await;
    Ok(Json(json!({ "data": {
        "request": trial.request,
        "response": trial.response,
        "outcome": trial.outcome.as_str(),
        "detail": trial.detail,
        "durationMs": trial.took_ms,
    } })))
}
