//! The delivery part of the data plane's API. Who may call is checked in front of it.
//!
//! Answers speak of everything that the log held when the request came.

mod accounting;
mod flow;
mod overview;
mod problem;
mod query;
mod replays;
mod sample;
mod trial;
mod vitals;
mod volume;

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    routing::{get, post},
};
use routing::{DestinationRoute, RoutingSnapshot};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    Delivery,
    books::{DestinationBook, Line},
    worker::{State as Condition, Status},
};
use problem::Problem;
use query::Pairs;

/// How long an answer waits for the books.
const BOOKS_WAIT: Duration = Duration::from_secs(5);
const LETTERS_MAX: usize = 1000;
const LETTERS: usize = 100;
const POSITIONS_MAX: usize = 10_000;

/// The routes, under `/api`.
pub fn routes(delivery: Delivery) -> Router {
    Router::new()
        .route("/api/accounting", get(accounting::accounting))
        .route("/api/accounting/audit", get(audit))
        .route("/api/vitals", get(vitals::vitals))
        .route("/api/volume", get(volume::volume))
        .route("/api/overview", get(overview::overview))
        .route("/api/destinations", get(destinations))
        .route("/api/destinations/{destination}", get(destination))
        .route("/api/destinations/{destination}/overview", get(flow::destination))
        .route("/api/destinations/{destination}/messages/{position}", get(sample::message))
        .route("/api/sources/{source}/overview", get(flow::source))
        .route("/api/destinations/{destination}/dead-letters", get(dead_letters))
        .route("/api/destinations/{destination}/redeliver", post(redeliver))
        .route("/api/destinations/{destination}/resume", post(resume))
        .route("/api/destinations/{destination}/test", post(trial::test))
        .route("/api/destinations/{destination}/syncs", get(trial::history))
        .route("/api/destinations/{destination}/replays", get(replays::list).post(replays::create))
        .route("/api/destinations/{destination}/replays/{replay}", get(replays::get))
        .route("/api/destinations/{destination}/replays/{replay}/{order}", post(replays::order))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(delivery)
}

/// Waits for the books to have what the log has now.
async fn up_to_date(delivery: &Delivery) -> Result<(), Problem> {
    let end = *delivery.inner().log.end().borrow();
    let reached = timeout(BOOKS_WAIT, delivery.ledger().caught_up(end)).await;
    reached.map_err(|_| Problem::books_behind())
}

/// The audit of the books: what is pending by the books, and counted in the log itself.
async fn audit(State(delivery): State<Delivery>, query: Pairs) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    up_to_date(&delivery).await?;
    let audits = delivery.audit().await.map_err(Problem::log)?;
    let sound = delivery.ledger().with(|books| books.check());
    let balanced = sound.is_ok() && audits.iter().all(crate::Audit::balances);
    let destinations: Vec<Value> = audits
        .iter()
        .map(|audit| {
            json!({
                "destination": audit.destination,
                "routed": audit.routed,
                "settled": audit.settled,
                "retrying": audit.retrying,
                "waiting": audit.waiting,
                "balanced": audit.balances(),
            })
        })
        .collect();
    Ok(Json(json!({
        "data": { "balanced": balanced, "problem": sound.err(), "destinations": destinations }
    })))
}

async fn destinations(
    State(delivery): State<Delivery>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let list: Vec<Value> =
        snapshot.destinations().map(|route| show(&delivery, &snapshot, route)).collect();
    Ok(Json(json!({ "data": { "destinations": list } })))
}

async fn destination(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    Ok(Json(json!({ "data": { "destination": show(&delivery, &snapshot, route) } })))
}

async fn dead_letters(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["after", "limit"])?;
    let after = given.number("after", u64::MAX)?;
    let limit = given.number("limit", LETTERS_MAX as u64)?.map_or(LETTERS, |n| n.max(1) as usize);
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let page = delivery.ledger().with(|books| {
        let Some(book) = books.destination(&route.id) else { return (vec![], None, 0) };
        let from = after.map_or(0, |after| after.saturating_add(1));
        let mut rest = book.dead_letters.range(from..);
        let letters: Vec<(u64, Value)> = rest
            .by_ref()
            .take(limit)
            .map(|(position, letter)| {
                let letter = json!({
                    "position": position.to_string(),
                    "source": snapshot.source_of_stream(letter.stream).map(|s| &s.slug),
                    "receivedAt": iso(letter.received_at_ms),
                    "givenUpAt": iso(letter.given_up_at_ms),
                    "attempts": letter.attempts,
                    "status": letter.status,
                    "code": letter.code,
                    "excerpt": letter.excerpt,
                });
                (*position, letter)
            })
            .collect();
        let more = rest.next().is_some();
        let after = letters.last().filter(|_| more).map(|(position, _)| position.to_string());
        (letters, after, book.total.exhausted)
    });
    let (letters, after, total) = page;
    let letters: Vec<Value> = letters.into_iter().map(|(_, letter)| letter).collect();
    let pagination = after.map_or(json!({}), |after| json!({ "after": after }));
    Ok(Json(json!({
        "data": { "deadLetters": letters, "total": total }, "pagination": pagination
    })))
}

async fn redeliver(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let wanted = wanted(&body)?;
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let redelivered = delivery.redeliver(&route.id, wanted.as_deref()).await;
    let many = redelivered.map_err(|error| Problem::redeliver(&error, &name))?;
    Ok(Json(json!({ "data": { "redelivered": many } })))
}

/// Lets a destination go on that was paused until somebody sees to it.
async fn resume(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let resumed = delivery.resume(&route.id).await.ok_or_else(|| Problem::not_running(&name))?;
    Ok(Json(json!({ "data": { "resumed": resumed } })))
}

/// The positions that a body names; `None` for all.
fn wanted(body: &[u8]) -> Result<Option<Vec<u64>>, Problem> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Problem::redeliver_body(""))?;
    let Some(fields) = body.as_object().filter(|fields| fields.len() == 1) else {
        return Err(Problem::redeliver_body(""));
    };
    match fields.iter().next().map(|(key, value)| (key.as_str(), value)) {
        Some(("all", Value::Bool(true))) => Ok(None),
        Some(("all", _)) => Err(Problem::redeliver_body("/all")),
        Some(("positions", Value::Array(positions)))
            if (1..=POSITIONS_MAX).contains(&positions.len()) =>
        {
            let parsed = positions.iter().enumerate().map(|(n, position)| {
                let number = match position {
                    Value::String(text) => text.parse().ok(),
                    number => number.as_u64(),
                };
                number.ok_or_else(|| Problem::redeliver_body(&format!("/positions/{n}")))
            });
            parsed.collect::<Result<Vec<u64>, Problem>>().map(Some)
        }
        Some(("positions", _)) => Err(Problem::redeliver_body("/positions")),
        _ => Err(Problem::redeliver_body("")),
    }
}

fn find<'a>(
    snapshot: &'a RoutingSnapshot,
    name: &str,
) -> Result<&'a std::sync::Arc<DestinationRoute>, Problem> {
    snapshot.find_destination(name).ok_or_else(|| {
        let known: Vec<&str> = snapshot.destinations().map(|d| d.slug.as_str()).collect();
        Problem::unknown("destination", name, &known)
    })
}

fn show(delivery: &Delivery, snapshot: &RoutingSnapshot, route: &DestinationRoute) -> Value {
    let book = delivery.ledger().with(|books| books.destination(&route.id).cloned());
    let status = delivery.status(&route.id);
    let end = delivery.inner().log.end().borrow().0;
    let none = Line::default();
    let total = book.as_ref().map_or(&none, |book| &book.total);
    let sources: Vec<&str> = route
        .sources
        .iter()
        .filter_map(|id| snapshot.source(id))
        .map(|source| source.slug.as_str())
        .collect();
    let retrying = book.as_ref().map_or(0, |book| book.retries.len() as u64);
    let probe = status.as_ref().and_then(|status| status.probe_at_ms);
    let next_retry = book.as_ref().and_then(|b| b.retries.values().map(|r| r.next_at_ms).min());
    // While the breaker is open nothing goes before its probe.
    let next_retry = next_retry.map(|due| due.max(probe.unwrap_or(due)));
    let last_error = book.as_ref().and_then(|book| book.last_error.as_ref()).map(|error| {
        json!({
            "at": iso(error.at_ms),
            "status": error.status,
            "code": error.code,
            "excerpt": error.excerpt,
        })
    });
    let last_delivered = book.as_ref().and_then(|book| book.last_delivered_at_ms);
    // What is behind only matters while something of its own is there.
    let behind = book.as_ref().filter(|book| book.waiting() > 0).map(|b| end - b.read_to.min(end));
    let mut shown = json!({
        "id": route.id,
        "slug": route.slug,
        "name": route.name,
        "type": route.kind,
        "enabled": route.enabled,
        "sources": sources,
        "state": state(route, status.as_ref()),
        "routed": total.routed,
        "delivered": total.delivered,
        "pending": total.pending(),
        "retrying": retrying,
        "waiting": book.as_ref().map_or(0, DestinationBook::waiting),
        "discarded": total.discarded.total(),
        "exhausted": total.exhausted,
        "retried": total.retried,
        "lag": {
            "bytes": behind.unwrap_or(0),
            "oldestWaitingAt": status.as_ref().and_then(|s| s.oldest_waiting_ms).map(iso),
        },
        "nextRetryAt": next_retry.map(iso),
        "breaker": {
            "state": breaker(status.as_ref()),
            "probeAt": probe.map(iso),
        },
        "inFlight": status.as_ref().map_or(0, |status| status.in_flight),
        "pause": status.as_ref().and_then(|status| status.pause).map(|pause| json!({
            "at": iso(pause.at_ms),
            "cause": pause.cause,
        })),
        "failing": status.as_ref().and_then(|status| status.failing).map(|streak| json!({
            "since": iso(streak.since_ms),
            "pausesAt": iso(streak.pauses_at_ms()),
            "percent": streak.percent().min(100),
            "warning": streak.warning() > 0,
        })),
        "retryFor": delivery.inner().options.schedule_of(route).give_up_after().as_secs(),
        "lastDeliveredAt": last_delivered.map(iso),
        "lastError": last_error,
    });
    if let Some(status) = status.filter(|status| !status.problems.is_empty()) {
        shown["problems"] = json!(status.problems);
    }
    shown
}

fn state(route: &DestinationRoute, status: Option<&Status>) -> &'static str {
    match status.map(|status| status.state) {
        _ if !route.enabled => "disabled",
        Some(Condition::Active) => "active",
        Some(Condition::Disabled) | None => "starting",
        Some(Condition::Misconfigured) => "misconfigured",
        Some(Condition::Paused | Condition::OnHold) => "paused",
        Some(Condition::Failing) => "failing",
        Some(Condition::Recovering) => "recovering",
        Some(Condition::Stopped) => "stopped",
    }
}

fn breaker(status: Option<&Status>) -> &'static str {
    match status.map(|status| status.state) {
        Some(Condition::Paused | Condition::Failing) => "open",
        Some(Condition::Recovering) => "half_open",
        _ => "closed",
    }
}

/// A time as clients read it.
pub(crate) fn iso(ms: i64) -> String {
    let mut out = Vec::with_capacity(24);
    spec::format_iso(ms, &mut out);
    String::from_utf8(out).expect("times are ASCII")
}

#[cfg(test)]
mod tests;
