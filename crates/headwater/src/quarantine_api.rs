//! `/api/sources/{source}/quarantine`: what the source's tracking plan keeps back, and its release.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use event_log::{EventLog, LogError};
use http::{StatusCode, header};
use ingest::quarantine::{Cause, Quarantine, Waiting};
use routing::{Routing, SourceRoute};
use serde_json::{Value, json};

use crate::serve::now_ms;

/// What the routes share. Cheap to clone.
#[derive(Clone)]
pub struct QuarantineApi {
    log: Arc<dyn EventLog>,
    routing: Routing,
    quarantine: Arc<Quarantine>,
}

impl QuarantineApi {
    /// Of the sources in `routing`, in `log`. One for each log: releases wait for each other.
    pub fn new(log: Arc<dyn EventLog>, routing: Routing) -> QuarantineApi {
        let quarantine = Arc::new(Quarantine::new(&*log));
        QuarantineApi { log, routing, quarantine }
    }

    fn source(&self, slug: &str) -> Result<Arc<SourceRoute>, Refused> {
        let found = self.routing.current().find_source(slug).cloned();
        found.ok_or_else(|| Refused::NoSource(slug.to_owned()))
    }
}

/// The routes.
pub fn routes(api: QuarantineApi) -> Router {
    Router::new()
        .route("/api/sources/{source}/quarantine", get(waiting))
        .route("/api/sources/{source}/quarantine/release", post(release))
        .with_state(api)
}

async fn waiting(
    State(api): State<QuarantineApi>,
    Path(slug): Path<String>,
) -> Result<Json<Value>, Refused> {
    let source = api.source(&slug)?;
    let waiting = api.quarantine.waiting(&*api.log, source.id.stream()).await?;
    let Waiting { messages, causes } = waiting;
    let causes: Vec<Value> = causes.iter().map(shown).collect();
    Ok(Json(json!({ "data": { "messages": messages, "causes": causes } })))
}

async fn release(
    State(api): State<QuarantineApi>,
    Path(slug): Path<String>,
) -> Result<Json<Value>, Refused> {
    let source = api.source(&slug)?;
    let log = api.log.clone();
    // On its own: a caller that goes away does not end it half way.
    let work = async move { api.quarantine.release(&*log, &source, now_ms()).await };
    let released = tokio::spawn(work).await.expect("nothing in it panics")?;
    Ok(Json(json!({ "data": released })))
}

fn shown(cause: &Cause) -> Value {
    json!({
        "code": cause.code,
        "pointer": cause.pointer,
        "detail": cause.detail,
        "messages": cause.messages,
        "firstReceivedAt": iso(cause.first_ms),
        "lastReceivedAt": iso(cause.last_ms),
        "position": cause.position.to_string(),
    })
}

fn iso(ms: i64) -> String {
    let mut out = Vec::with_capacity(24);
    spec::format_iso(ms, &mut out);
    String::from_utf8(out).expect("times are ASCII")
}

/// Why there is no answer.
enum Refused {
    NoSource(String),
    Log(LogError),
}

impl From<LogError> for Refused {
    fn from(error: LogError) -> Refused {
        Refused::Log(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Refused::NoSource(slug) => {
                let message = format!("no source is called {slug:?}");
                let body =
                    json!({ "errors": [{ "code": "source_not_found", "message": message }] });
                (StatusCode::NOT_FOUND, Json(body)).into_response()
            }
            Refused::Log(error) => {
                tracing::warn!(%error, "a quarantine could not be read or released");
                let message = "the log does not take or give this now; what was released stays so";
                let body = json!({ "errors": [{ "code": "unavailable", "message": message }] });
                let later = [(header::RETRY_AFTER, "5")];
                (StatusCode::SERVICE_UNAVAILABLE, later, Json(body)).into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use axum::body::{Body, to_bytes};
    use event_log::{Batch, Label, MemoryLog, Tag};
    use http::{Method, Request};
    use routing::RoutingSnapshot;
    use spec::{Discard, Head, Kind, Message, SourceId, Span, Step, record};
    use tower::ServiceExt;

    use super::*;

    fn website() -> SourceRoute {
        SourceRoute {
            id: SourceId("website".into()),
            slug: "website".into(),
            name: "Website".into(),
            write_keys: vec![],
            enabled: true,
            client_side: false,
            destinations: vec![],
            schema: Default::default(),
            keep_for: None,
        }
    }

    async fn ask(router: &Router, method: Method, path: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn what_waits_is_shown_and_released_once() {
        let log = Arc::new(MemoryLog::new());
        let json = br#"{"type":"track","messageId":"m-1"}"#;
        let mut body = Vec::new();
        let at = Message::begin(&mut body);
        body.extend_from_slice(json);
        let message_id = Span { start: 29, len: 3 };
        let (name, user_id) = (Span::default(), Span::default());
        let (anonymous_id, integrations) = (Span::default(), Span::default());
        let kind = Kind::Track;
        let head = Head { kind, message_id, name, user_id, anonymous_id, integrations };
        Message::finish(&mut body, at, &head);
        let discard = Discard {
            step: Step::FilteredAtSource,
            code: "quarantined_unplanned".into(),
            messages: 1,
            pointer: "/event".into(),
            detail: "the tracking plan does not know this event".into(),
            index: 0,
            body,
            readable: true,
        };
        let mut batch = Batch::new();
        let stream = website().id.stream();
        let label = Label { kind: record::DISCARD, stream, time_ms: 0, tag: Tag::None };
        batch.push(label, &record::encode(&discard));
        log.lane().append(batch).await.unwrap();
        let routing = Routing::new(RoutingSnapshot::new(1, vec![website()], vec![]));
        let router = routes(QuarantineApi::new(log, routing));

        let (status, found) = ask(&router, Method::GET, "/api/sources/website/quarantine").await;
        assert_eq!((status, &found["data"]["messages"]), (200, &json!(1)));
        assert_eq!(found["data"]["causes"][0]["firstReceivedAt"], "1970-01-01T00:00:00.000Z");
        let path = "/api/sources/website/quarantine/release";
        for accepted in [1, 0] {
            let (status, done) = ask(&router, Method::POST, path).await;
            assert_eq!((status, &done["data"]["accepted"]), (200, &json!(accepted)));
        }
        let (_, found) = ask(&router, Method::GET, "/api/sources/website/quarantine").await;
        assert_eq!(found, json!({ "data": { "messages": 0, "causes": [] } }));
        let (status, said) = ask(&router, Method::GET, "/api/sources/none/quarantine").await;
        assert_eq!((status, &said["errors"][0]["code"]), (404, &json!("source_not_found")));
    }
}
