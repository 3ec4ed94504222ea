//! What a source's tracking plan has to do with its newest messages: which break it, what another
//! plan would do to them, and what a plan made of them would say.
//!
//! Source: Segment, "Validate with Protocols": violations by event, over a period, with samples.

mod groups;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use spec::{Message, Step};
use tracking_plan::{Compiled, Inference, Plan, SeenRule, judge};

use self::groups::{Groups, Span, Summary};
use crate::{
    Debugger,
    opened::{Content, Opened},
    problem::Problem,
    query,
    recent::{Reach, recent},
    routes::{Data, Pairs, find_source, pairs},
    row::iso,
};

/// Messages that a plan is tried on, or made of.
const TRIED_MAX: usize = 20_000;
/// Messages whose violations are counted.
const COUNTED_MAX: usize = 200_000;
/// One request looks through at most this much of the log.
const SCAN_BYTES_MAX: usize = 128 << 20;
/// Bytes of a plan that is tried; 2,000 rules fit well.
const PLAN_BYTES_MAX: usize = 32 << 20;

/// The routes, under `/api`.
pub(crate) fn routes() -> Router<Debugger> {
    Router::new()
        .route("/api/sources/{source}/violations", get(violations))
        .route("/api/sources/{source}/proposal", get(proposal))
        .route(
            "/api/sources/{source}/trial",
            post(trial).layer(DefaultBodyLimit::max(PLAN_BYTES_MAX)),
        )
}

/// How far a request looked.
#[derive(Debug, Serialize)]
struct Looked {
    /// When the oldest message came that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether these are all of the period that are kept.
    complete: bool,
}

impl Looked {
    /// Shows `each` message of a source that came since `since_ms`, newest first, at most `messages`.
    async fn at(
        debugger: &Debugger,
        slug: &str,
        messages: usize,
        since_ms: i64,
        each: impl FnMut(&Opened),
    ) -> Result<Looked, Problem> {
        let source = find_source(&debugger.routing.current(), slug)?;
        let reach = Reach { messages, since_ms: Some(since_ms), bytes: SCAN_BYTES_MAX };
        let looked = recent(&*debugger.log, source.id.stream(), reach, each).await?;
        Ok(Looked { from: looked.from_ms.map(iso), complete: looked.complete })
    }
}

/// A message that the wire rules took, whatever a plan or a switch made of it then.
fn sent(opened: &Opened) -> Option<&Message> {
    match &opened.content {
        Content::Discarded(discard, message) => {
            message.as_ref().filter(|_| discard.step == Step::FilteredAtSource)
        }
        _ => opened.message(),
    }
}

/// What was found, and how far it was looked.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    looked: Looked,
    #[serde(flatten)]
    summary: Summary,
}

async fn violations(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    query: Pairs,
) -> Result<Json<Data<Answer>>, Problem> {
    let span = span(&debugger, query)?;
    let mut groups = Groups::new(span);
    let each = |opened: &Opened| groups.take_as_stored(opened);
    let looked = Looked::at(&debugger, &slug, COUNTED_MAX, span.since_ms, each).await?;
    Ok(Json(Data { data: Answer { looked, summary: groups.summary() } }))
}

/// The time that is asked for.
fn span(debugger: &Debugger, query: Pairs) -> Result<Span, Problem> {
    let query::Period { since, buckets } = query::period(&pairs(query)?)?;
    let until_ms = (debugger.now_ms)();
    let since_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    Ok(Span { since_ms: until_ms.saturating_sub(since_ms).max(0), until_ms, buckets })
}

async fn trial(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    query: Pairs,
    Json(plan): Json<Value>,
) -> Result<Response, Problem> {
    let span = span(&debugger, query)?;
    let plan = Plan::from_value(&plan).and_then(|plan| Compiled::new(&plan));
    let plan = match plan {
        Ok(plan) => plan,
        Err(problems) => {
            let body = serde_json::json!({ "errors": problems });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response());
        }
    };
    let mut groups = Groups::new(span);
    let each = |opened: &Opened| {
        if let Some(message) = sent(opened) {
            groups.take(opened, &judge(&plan, message.raw()));
        }
    };
    let looked = Looked::at(&debugger, &slug, TRIED_MAX, span.since_ms, each).await?;
    Ok(Json(Data { data: Answer { looked, summary: groups.summary() } }).into_response())
}

/// A plan made of messages.
#[derive(Serialize)]
struct Proposal {
    #[serde(flatten)]
    looked: Looked,
    /// Messages that were read.
    messages: u64,
    /// What was no message, or more than a plan can hold.
    unread: u64,
    /// The rules.
    rules: Vec<tracking_plan::Rule>,
    /// What each rests on, in their order.
    seen: Vec<SeenRule>,
}

async fn proposal(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    query: Pairs,
) -> Result<Json<Data<Proposal>>, Problem> {
    let span = span(&debugger, query)?;
    let mut inference = Inference::new();
    let each = |opened: &Opened| {
        if let Some(message) = sent(opened) {
            inference.add(message.raw());
        }
    };
    let looked = Looked::at(&debugger, &slug, TRIED_MAX, span.since_ms, each).await?;
    let inferred = inference.finish();
    Ok(Json(Data {
        data: Proposal {
            looked,
            messages: inferred.messages,
            unread: inferred.unread,
            rules: inferred.plan.rules,
            seen: inferred.rules,
        },
    }))
}
