//! A test message to one destination.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use destination_kit::SyncStatus;

use super::{Pairs, find, iso, problem::Problem, query};
use crate::{Delivery, Trial};

/// Entries of a history, when nothing is said, and at most.
const SYNCS: u64 = 50;
const SYNCS_MAX: u64 = 1000;

/// What to send, and with which settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// A track call when left out.
    message: Option<Map<String, Value>>,
    /// In place of all that are stored.
    settings: Option<Map<String, Value>>,
    /// Only try the connection, and send nothing.
    #[serde(default, rename = "connectionOnly")]
    connection_only: bool,
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
    if asked.connection_only {
        let tried = delivery.try_connection(route, asked.settings.as_ref()).await;
        let tried = tried.ok_or_else(|| Problem::needs_a_message(&name))?;
        return Ok(Json(shown(&tried)));
    }
    let message = delivery.test_message(asked.message).map_err(|bad| {
        let sentence = format!("the message must have {}", bad.expected);
        Problem::test_body(&format!("/message{}", bad.pointer), sentence)
    })?;
    let trial = delivery.try_out(route, asked.settings.as_ref(), message).await;
    Ok(Json(shown(&trial)))
}

/// What the last loads brought, where the destination keeps that.
pub(super) async fn history(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["limit"])?;
    let limit = given.number("limit", SYNCS_MAX)?.unwrap_or(SYNCS).max(1) as usize;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let read = delivery.history(route, limit).await.map_err(|said| Problem::no_history(&said))?;
    let kept = read.is_some();
    let history = read.unwrap_or_default();
    let receipts: Vec<Value> = history
        .receipts
        .iter()
        .map(|receipt| {
            json!({
                "source": receipt.source,
                "completeUntil": receipt.complete_until_ms.map(iso),
                "loadedUntil": receipt.loaded_until_ms.map(iso),
                "messages": receipt.messages,
                "rows": receipt.rows,
            })
        })
        .collect();
    let syncs: Vec<Value> = history
        .syncs
        .iter()
        .map(|sync| {
            json!({
                "source": sync.source,
                "status": match sync.status {
                    SyncStatus::Success => "success",
                    SyncStatus::Partial => "partial",
                    SyncStatus::Failure => "failure",
                },
                "startedAt": iso(sync.started_at_ms),
                "endedAt": iso(sync.ended_at_ms),
                "loads": sync.loads,
                "messages": sync.messages,
                "rows": sync.rows,
                "notices": sync.notices,
                "error": sync.error,
            })
        })
        .collect();
    Ok(Json(json!({ "data": { "kept": kept, "receipts": receipts, "syncs": syncs } })))
}

fn shown(trial: &Trial) -> Value {
    json!({ "data": {
        "request": trial.request,
        "response": trial.response,
        "outcome": trial.outcome.as_str(),
        "detail": trial.detail,
        "durationMs": trial.took_ms,
    } })
}
