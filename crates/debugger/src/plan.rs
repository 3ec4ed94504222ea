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
use event_log::{EventLog, LogError};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tokio::task::yield_now;
use tracking_plan::{Compiled, Inference, Plan, SeenRule, judge};

use self::groups::{Groups, Span, Summary};
use crate::{
    Debugger,
    history::{Stretch, stretch},
    opened::{Opened, Verdict},
    problem::Problem,
    query,
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

/// Shows `each` message of `stream` that came since `since_ms`, newest first, at most `most`.
async fn recent(
    log: &dyn EventLog,
    stream: u64,
    since_ms: i64,
    most: usize,
    mut each: impl FnMut(&Opened),
) -> Result<Looked, LogError> {
    let oldest = log.position_at(since_ms);
    let mut before = *log.end().borrow();
    let (mut left, mut scanned, mut from_ms) = (most, 0, None);
    let looked = |from_ms: Option<i64>, complete| Looked { from: from_ms.map(iso), complete };
    while let Some(block) = log.block_before(before, Some(stream)).filter(|b| b.end > oldest) {
        let of = |verdict| matches!(verdict, Verdict::Accepted | Verdict::Discarded);
        let range = block.start..block.end.min(before);
        let Some(read) = stretch(log, range, Some(stream), of).await? else { break };
        let Stretch { entries, bytes } = read;
        scanned += bytes;
        for entry in entries.iter().rev().filter(|entry| entry.label.time_ms >= since_ms) {
            if left == 0 {
                return Ok(looked(from_ms, false));
            }
            if let Some(opened) = Opened::open(entry) {
                left -= 1;
                from_ms = Some(opened.received_at_ms);
                each(&opened);
            }
        }
        before = block.start;
        if scanned >= SCAN_BYTES_MAX {
            let more = log.block_before(before, Some(stream)).is_some_and(|b| b.end > oldest);
            return Ok(looked(from_ms, !more));
        }
        yield_now().await;
    }
    Ok(looked(from_ms, true))
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
    let source = find_source(&debugger.routing.current(), &slug)?;
    let mut groups = Groups::new(span);
    let looked = recent(&*debugger.log, source.id.stream(), span.since_ms, COUNTED_MAX, |opened| {
        groups.take_as_stored(opened);
    });
    let looked = looked.await?;
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
    let source = find_source(&debugger.routing.current(), &slug)?;
    let plan = Plan::from_value(&plan).and_then(|plan| Compiled::new(&plan));
    let plan = match plan {
        Ok(plan) => plan,
        Err(problems) => {
            let body = serde_json::json!({ "errors": problems });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response());
        }
    };
    let mut groups = Groups::new(span);
    let looked = recent(&*debugger.log, source.id.stream(), span.since_ms, TRIED_MAX, |opened| {
        if let Some(message) = opened.message() {
            groups.take(opened, &judge(&plan, message.raw()));
        }
    });
    let looked = looked.await?;
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
    let source = find_source(&debugger.routing.current(), &slug)?;
    let mut inference = Inference::new();
    let looked = recent(&*debugger.log, source.id.stream(), span.since_ms, TRIED_MAX, |opened| {
        // What the wire refused is no model; what a plan or a switch stopped is.
        if let Some(message) = opened.message() {
            inference.add(message.raw());
        }
    });
    let looked = looked.await?;
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
