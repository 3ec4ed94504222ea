//! `/api/log`: what the log says about itself, and all that is in it.
//!
//! Streams are lines of JSON. `/api/log/verify` gives `{"at", "end"}` now and then, and at its end
//! `{"report": {…}}`.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use event_log::EventLog;
use futures_util::stream;
use http::{StatusCode, header};
use routing::Routing;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::{
    log_read::{
        export::{Export, Filter},
        verify::Verify,
    },
    serve::now_ms,
};

/// Pieces of a stream that wait for a slow reader.
const WAITING_MAX: usize = 2;
/// Bytes of log between two lines about how far a check has come.
const STRIDE: u64 = 16 << 20;

/// What the routes share. Cheap to clone.
#[derive(Clone)]
pub struct LogApi {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// Names of sources.
    pub routing: Routing,
    /// Ends streams.
    pub stopping: watch::Receiver<bool>,
}

/// The routes under `/api/log`.
pub fn routes(api: LogApi) -> Router {
    Router::new()
        .route("/api/log", get(stats))
        .route("/api/log/export", get(export))
        .route("/api/log/verify", get(verify))
        .with_state(api)
}

async fn stats(State(api): State<LogApi>) -> Json<Value> {
    Json(json!({ "data": describe(&*api.log) }))
}

/// What `log` says about itself.
pub fn describe(log: &dyn EventLog) -> Value {
    let stats = log.stats();
    let groups: Vec<Value> = log
        .groups()
        .into_iter()
        .map(|(name, position)| json!({ "name": name, "position": position.to_string() }))
        .collect();
    json!({
        "oldest": stats.oldest.to_string(),
        "end": stats.end.to_string(),
        "segments": stats.segments,
        "diskBytes": stats.disk_bytes,
        "records": stats.records,
        "duplicates": stats.duplicates,
        "writeGroups": stats.groups,
        "payloadBytes": stats.payload_bytes,
        "writtenBytes": stats.written_bytes,
        "dedupeKeys": stats.keys,
        "syncP50Us": stats.sync_p50_us,
        "syncP99Us": stats.sync_p99_us,
        "damagedBytes": stats.damaged_bytes,
        "full": stats.full,
        "stopped": stats.stopped,
        "groups": groups,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    source: Option<String>,
    since: Option<String>,
    until: Option<String>,
    #[serde(default)]
    envelope: bool,
}

async fn export(State(api): State<LogApi>, Query(query): Query<ExportQuery>) -> Response {
    let slugs = {
        let routing = api.routing.current();
        routing.sources().map(|source| (source.id.stream(), source.slug.clone())).collect()
    };
    let ExportQuery { source, since, until, envelope } = query;
    let filter =
        Filter::new(source.as_deref(), since.as_deref(), until.as_deref(), slugs, now_ms());
    let filter = match filter {
        Ok(filter) => filter,
        Err(message) => {
            let body = json!({ "errors": [{ "code": "invalid_parameter", "message": message }] });
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    };
    let mut export = Export::new(api.log.clone(), filter, envelope);
    let (out, lines) = mpsc::channel::<Bytes>(WAITING_MAX);
    streamed(&api, lines, async move {
        loop {
            match export.step().await {
                Ok(Some(lines)) if lines.is_empty() => {}
                Ok(Some(lines)) => {
                    if out.send(lines.into()).await.is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "an export of the log ended early");
                    break;
                }
            }
        }
    })
}

async fn verify(State(api): State<LogApi>) -> Response {
    let mut verify = Verify::new(api.log.clone());
    let (out, lines) = mpsc::channel::<Bytes>(WAITING_MAX);
    streamed(&api, lines, async move {
        let mut next = 0;
        loop {
            let line = match verify.step().await {
                Ok(None) => {
                    let (at, end) = (verify.reading.at, verify.reading.end);
                    if at.0 < next {
                        continue;
                    }
                    next = at.0 + STRIDE;
                    json!({ "at": at.to_string(), "end": end.to_string() })
                }
                Ok(Some(report)) => json!({ "report": report }),
                Err(error) => {
                    tracing::warn!(%error, "a check of the log ended early");
                    break;
                }
            };
            let last = line.get("report").is_some();
            if out.send(format!("{line}\n").into()).await.is_err() || last {
                break;
            }
        }
    })
}

/// Answers with what `work` sends to `lines`, until it ends, nobody reads, or the server stops.
fn streamed(
    api: &LogApi,
    lines: mpsc::Receiver<Bytes>,
    work: impl Future<Output = ()> + Send + 'static,
) -> Response {
    let mut stopping = api.stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = work => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
    let body = stream::unfold(lines, async |mut lines| {
        let piece = lines.recv().await?;
        Some((Ok::<Bytes, Infallible>(piece), lines))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(body)).into_response()
}
