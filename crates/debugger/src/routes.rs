//! The debugger's part of the data plane's API. Who may call is checked in front of it.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response, Sse},
    routing::{get, post},
};
use event_log::{LogError, Position};
use futures_util::{Stream, stream};
use http::HeaderMap;
use routing::{RoutingSnapshot, SourceRoute};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use crate::{
    Debugger,
    evidence::{Wanted, walk},
    history::{self, Page},
    live::{Begin, Seat, Tail},
    mapped,
    opened::{Content, Opened},
    originals::Originals,
    plan, preview,
    problem::Problem,
    query::{self, After},
    row::Row,
    schema::{self, Schema},
    trace,
};

/// The debugger's routes, under `/api`.
pub fn routes(debugger: Debugger) -> Router {
    Router::new()
        .route("/api/sources", get(sources))
        .route("/api/sources/{source}/messages", get(messages))
        .route("/api/sources/{source}/messages/{position}", get(message))
        .route("/api/sources/{source}/schema", get(schema_of_source))
        .route("/api/sources/{source}/stream", get(stream_of_source))
        .route("/api/stream", get(stream_of_all))
        .route("/api/trace/{message_id}", get(trace_message))
        .route("/api/checks", post(checks))
        .route("/api/evidence", post(evidence))
        .merge(plan::routes())
        .merge(preview::routes())
        .merge(mapped::routes())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(debugger)
}

pub(crate) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

pub(crate) fn pairs(pairs: Pairs) -> Result<Vec<(String, String)>, Problem> {
    pairs.map(|Query(pairs)| pairs).map_err(|rejection| {
        let fix = "give parameters as name=value, percent-encoded".to_owned();
        Problem::bad_parameter("query", rejection.body_text(), fix)
    })
}

#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

async fn sources(State(debugger): State<Debugger>, query: Pairs) -> Result<Json<Value>, Problem> {
    query::nothing(&pairs(query)?)?;
    let snapshot = debugger.routing.snapshot();
    let slug = |id: &spec::DestinationId| {
        snapshot.destination(id).map(|destination| destination.slug.as_str())
    };
    let source = |source: &Arc<SourceRoute>| {
        let destinations: Vec<&str> = source.destinations.iter().filter_map(slug).collect();
        json!({
            "id": source.id,
            "slug": source.slug,
            "name": source.name,
            "enabled": source.enabled,
            "writeKeys": source.write_keys,
            "destinations": destinations,
        })
    };
    let sources: Vec<Value> = snapshot.sources().map(source).collect();
    Ok(Json(json!({ "data": { "sources": sources } })))
}

pub(crate) fn find_source(
    snapshot: &RoutingSnapshot,
    slug: &str,
) -> Result<Arc<SourceRoute>, Problem> {
    snapshot.find_source(slug).cloned().ok_or_else(|| {
        let known: Vec<String> = snapshot.sources().map(|source| source.slug.clone()).collect();
        Problem::unknown_source(slug, &known)
    })
}

async fn messages(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Messages<'a> {
        messages: Vec<Row<'a>>,
    }
    #[derive(Serialize)]
    struct Pagination {
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    }
    #[derive(Serialize)]
    struct Answer<'a> {
        data: Messages<'a>,
        pagination: Pagination,
    }
    let query = query::history(&pairs(query)?)?;
    let source = find_source(&debugger.routing.current(), &slug)?;
    let before = query.before.unwrap_or_else(|| *debugger.log.end().borrow());
    let stream = Some(source.id.stream());
    let Page { found, before } =
        history::page(&*debugger.log, stream, &query.filter, before, query.limit).await?;
    let messages = found.iter().map(|opened| Row::of(opened, Some(&source.slug))).collect();
    let pagination = Pagination { before: before.map(|before| before.to_string()) };
    Ok(Json(Answer { data: Messages { messages }, pagination }).into_response())
}

/// What is kept of one message beside its row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// For a discard: where it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<spec::Step>,
    /// For a discard: where in the message the fault is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    /// For a discard: index in its batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    /// For a refused request: what the sender heard, and where it had sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    /// The message, byte for byte as it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a RawValue>,
    /// What is kept of a body that is not JSON, or not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

async fn message(
    State(debugger): State<Debugger>,
    Path((slug, position)): Path<(String, String)>,
    query: Pairs,
) -> Result<Response, Problem> {
    query::nothing(&pairs(query)?)?;
    let source = find_source(&debugger.routing.current(), &slug)?;
    let not_found = || {
        Problem::message_not_found(
            format!("no message of source {slug:?} stands at position {position:?}"),
            "take a position from the source's messages",
        )
    };
    let at = Position(position.parse().map_err(|_| not_found())?);
    let mut opened = open_at(&debugger, at).await?.ok_or_else(not_found)?;
    if opened.stream != source.id.stream() {
        return Err(not_found());
    }
    Originals::default().fill_in(&mut opened, &*debugger.log).await?;
    let data = detail(&opened, &source.slug);
    Ok(Json(Data { data }).into_response())
}

async fn open_at(debugger: &Debugger, at: Position) -> Result<Option<Opened>, LogError> {
    if at >= *debugger.log.end().borrow() {
        return Ok(None);
    }
    let chunk = debugger.log.read(at, 1).await?;
    let entry = chunk.entries.first().filter(|entry| entry.position == at);
    Ok(entry.and_then(Opened::open))
}

fn detail<'a>(opened: &'a Opened, source: &'a str) -> Detail<'a> {
    let body = opened.body();
    let message = std::str::from_utf8(body).ok().and_then(|t| serde_json::from_str(t).ok());
    let text =
        (message.is_none() && !body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
    let discard = match &opened.content {
        Content::Discarded(discard, _) => Some(discard),
        _ => None,
    };
    let refused = match &opened.content {
        Content::Refused(refused) => Some(refused),
        _ => None,
    };
    Detail {
        row: Row::of(opened, Some(source)),
        step: discard.map(|discard| discard.step),
        pointer: discard.map(|discard| discard.pointer.as_str()),
        index: discard.map(|discard| discard.index),
        status: refused.map(|refused| refused.status),
        path: refused.map(|refused| refused.path.as_str()),
        message,
        body: text,
    }
}

async fn schema_of_source(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    query: Pairs,
) -> Result<Json<Data<Schema>>, Problem> {
    let (messages, since) = query::schema(&pairs(query)?)?;
    let source = find_source(&debugger.routing.current(), &slug)?;
    let since_ms = since.map(|ago| {
        let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        (debugger.now_ms)().saturating_sub(ago_ms).max(0)
    });
    let data = schema::schema(&*debugger.log, source.id.stream(), messages, since_ms).await?;
    Ok(Json(Data { data }))
}

/// What to check, and against what.
#[derive(Deserialize)]
struct Checks {
    setup: proof::Setup,
    wanted: Wanted,
}

async fn checks(
    State(debugger): State<Debugger>,
    Json(asked): Json<Checks>,
) -> Result<Json<Data<proof::Report>>, Problem> {
    let mut check = proof::Check::new(asked.setup);
    walk(&*debugger.log, &asked.wanted, |line| check.take(line)).await?;
    Ok(Json(Data { data: check.report() }))
}

async fn evidence(
    State(debugger): State<Debugger>,
    Json(wanted): Json<Wanted>,
) -> Result<Response, Problem> {
    let mut lines = Vec::new();
    walk(&*debugger.log, &wanted, |line| line.write(&mut lines)).await?;
    Ok(([(http::header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

async fn stream_of_source(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    query: Pairs,
) -> Result<Response, Problem> {
    let source = find_source(&debugger.routing.current(), &slug)?;
    live(&debugger, Some(&source), &headers, query).await
}

async fn stream_of_all(
    State(debugger): State<Debugger>,
    headers: HeaderMap,
    query: Pairs,
) -> Result<Response, Problem> {
    live(&debugger, None, &headers, query).await
}

async fn live(
    debugger: &Debugger,
    source: Option<&SourceRoute>,
    headers: &HeaderMap,
    query: Pairs,
) -> Result<Response, Problem> {
    let query = query::live(&pairs(query)?)?;
    let came_to = match headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default()) {
        Some(id) if !id.is_empty() => Some(query::after("Last-Event-ID", id)?),
        _ => query.after,
    };
    let begin = match (came_to, query.since) {
        (Some(After::Position(position)), _) => Begin::At(Position(position.0.saturating_add(1))),
        (Some(After::Start), _) => Begin::At(debugger.log.stats().oldest),
        (None, Some(ago)) => {
            let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
            let time_ms = (debugger.now_ms)().saturating_sub(ago_ms).max(0);
            Begin::At(debugger.log.position_at(time_ms))
        }
        (None, None) if query.recent > 0 => Begin::Recent(query.recent),
        (None, None) => Begin::AtEnd,
    };
    let Ok(permit) = debugger.seats.clone().try_acquire_owned() else {
        metrics::counter!("headwater_debugger_viewers_refused_total").increment(1);
        return Err(Problem::too_many_viewers(debugger.viewers_max));
    };
    let source = source.map(|source| (source.slug.clone(), source.id.stream()));
    let tail = Tail::begin(debugger, source, query.filter, begin, Seat::new(permit)).await?;
    let mut response = Sse::new(events(tail)).into_response();
    let unbuffered = http::HeaderValue::from_static("no");
    response.headers_mut().insert("x-accel-buffering", unbuffered);
    Ok(response)
}

fn events(tail: Tail) -> impl Stream<Item = Result<axum::response::sse::Event, Infallible>> {
    stream::unfold(tail, |mut tail| async move {
        let frame = tail.next().await?;
        Some((Ok(frame.event()), tail))
    })
}

async fn trace_message(
    State(debugger): State<Debugger>,
    Path(message_id): Path<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        message_id: &'a str,
        messages: Vec<trace::TracedView<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        searched: Option<trace::Searched>,
    }
    let slug = query::trace(&pairs(query)?)?;
    let snapshot = debugger.routing.snapshot();
    let source = slug.map(|slug| find_source(&snapshot, &slug)).transpose()?;
    let found = trace::trace(&debugger, &snapshot, source.as_ref(), &message_id).await?;
    if found.messages.is_empty() {
        let how_far = match found.searched.and_then(|searched| searched.back_to) {
            Some(back_to) => format!("in the newest history, back to position {back_to}"),
            None => "in all of history".to_owned(),
        };
        return Err(Problem::message_not_found(
            format!(
                "no message {message_id:?} among the ids of the deduplication window, nor {how_far}"
            ),
            "check the id; look at refused requests too, whose messages have no place of their own",
        ));
    }
    let messages = found.messages.iter().map(|traced| traced.view(&snapshot)).collect();
    let data = Answer { message_id: &message_id, messages, searched: found.searched };
    Ok(Json(Data { data }).into_response())
}
