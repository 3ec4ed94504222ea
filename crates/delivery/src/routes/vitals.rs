//! How sources and destinations fare, many in one answer: what a list of problems is made from,
//! and what alerts are decided by.

use axum::{Json, extract::State};
use routing::DestinationRoute;
use serde_json::{Value, json};
use spec::{DestinationId, SourceId, Step, reasons};

use super::{Pairs, iso, problem::Problem, query, state, up_to_date};
use crate::{
    Delivery,
    overview::{Period, Scope},
};

/// How many may be asked for at once, of each.
const NAMED_MAX: usize = 500;
const MINUTE_MS: i64 = 60_000;
const MINUTES_MAX: u64 = 14 * 24 * 60;

/// The `destinations` and `sources` (ids, with commas between them) in the last `minutes`.
pub(super) async fn vitals(
    State(delivery): State<Delivery>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["destinations", "sources", "minutes"])?;
    let minutes = given.number("minutes", MINUTES_MAX)?.unwrap_or(24 * 60).max(1);
    let destinations = ids(&mut given, "destinations")?;
    let sources = ids(&mut given, "sources")?;
    up_to_date(&delivery).await?;
    let now_ms = delivery.inner().options.world.clock.now_ms();
    let from_ms = now_ms - minutes.cast_signed() * MINUTE_MS;
    let period = delivery.ledger().with(|books| Period::new(books, from_ms, now_ms + 1, now_ms));
    let snapshot = delivery.inner().routing.snapshot();
    let destinations: Vec<Value> = destinations
        .iter()
        .filter_map(|id| {
            let id = DestinationId(id.as_str().into());
            let route = snapshot.destination(&id)?;
            Some(destination(&delivery, route, period))
        })
        .collect();
    let sources: Vec<Value> = sources.iter().map(|id| source(&delivery, id, period)).collect();
    Ok(Json(json!({ "data": { "destinations": destinations, "sources": sources } })))
}

fn ids(given: &mut query::Given, name: &str) -> Result<Vec<String>, Problem> {
    let text = given.take(name).unwrap_or_default();
    let ids: Vec<String> = text.split(',').filter(|id| !id.is_empty()).map(Into::into).collect();
    if ids.len() > NAMED_MAX {
        return Err(Problem::too_many_rows(NAMED_MAX));
    }
    Ok(ids)
}

fn destination(delivery: &Delivery, route: &DestinationRoute, period: Period) -> Value {
    let status = delivery.status(&route.id);
    let connected: Vec<u64> = route.sources.iter().map(SourceId::stream).collect();
    let (flow, pending, oldest, last_delivered, last_error) = delivery.ledger().with(|books| {
        let place = books.place_of(&route.id);
        let flow = Scope::destination(books, place, &connected).flow(books, period.span);
        let book = books.destination(&route.id);
        let oldest = book.and_then(|b| b.retries.values().map(|r| r.received_at_ms).min());
        let pending = book.map_or(0, |book| book.total.pending());
        let last_error = book.and_then(|book| book.last_error.clone());
        (flow, pending, oldest, book.and_then(|b| b.last_delivered_at_ms), last_error)
    });
    let waiting = status.as_ref().and_then(|status| status.oldest_waiting_ms);
    let oldest = [oldest, waiting].into_iter().flatten().min().filter(|_| pending > 0);
    let error = last_error.map(|error| {
        let words = reasons::find(Step::FailedDelivery, &error.code);
        json!({
            "at": iso(error.at_ms),
            "status": error.status,
            "code": error.code,
            "label": words.map_or(error.code.as_ref(), |words| words.label),
            "remedy": words.map(|words| words.remedy),
            "excerpt": delivery.hide(route, &error.excerpt),
        })
    });
    json!({
        "id": route.id,
        "state": state(route, status.as_ref()),
        "routed": flow.routed,
        "delivered": flow.delivered,
        "filtered": flow.filtered_at_destination,
        "failed": flow.failed_delivery,
        "failedAttempts": flow.retried,
        "pending": pending,
        "oldestPendingAt": oldest.map(iso),
        "lastDeliveredAt": last_delivered.map(iso),
        "lastError": error,
        "pause": status.as_ref().and_then(|status| status.pause).map(|pause| json!({
            "at": iso(pause.at_ms),
            "cause": pause.cause,
        })),
        "failing": status.as_ref().and_then(|status| status.failing).map(|streak| json!({
            "since": iso(streak.since_ms),
            "pausesAt": iso(streak.pauses_at_ms()),
            "percent": streak.percent().min(100),
            "warning": streak.warning(),
        })),
    })
}

fn source(delivery: &Delivery, id: &str, period: Period) -> Value {
    let stream = SourceId(id.into()).stream();
    let (now, before, seen) = delivery.ledger().with(|books| {
        let scope = Scope::source(stream);
        let before = scope.flow(books, period.before);
        (scope.sum(books, period.span), before, books.seen(stream))
    });
    let all = now.reasons.iter().chain(&now.refusals);
    let worst = all.max_by_key(|(_, many)| **many).map(|((step, code), many)| {
        let words = reasons::find(*step, code);
        json!({
            "step": step,
            "code": code,
            "label": words.map_or(code.as_str(), |words| words.label),
            "remedy": words.map(|words| words.remedy),
            "count": many,
        })
    });
    let flow = now.flow;
    json!({
        "id": id,
        "received": flow.received,
        "accepted": flow.accepted,
        "acceptedBefore": before.accepted,
        "change": period.change(flow.accepted, before.accepted),
        "stopped": flow.failed_on_ingest + flow.filtered_at_source,
        "refusedRequests": flow.refused,
        "lastReceivedAt": seen.map(|seen| iso(seen.last_ms)),
        "worst": worst,
    })
}
