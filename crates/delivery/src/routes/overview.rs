//! How all deliveries fare, in one answer for whoever runs the server. It does not wait for the
//! books: how far they are behind is a part of it.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Pairs, accounting, iso, problem::Problem, query, state};
use crate::{
    Delivery,
    books::{Books, Tally},
};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// Destinations that are shown, those with the oldest pending message first.
const SHOWN_MAX: usize = 100;

pub(super) async fn overview(
    State(delivery): State<Delivery>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let now_ms = delivery.inner().options.world.clock.now_ms();
    let minute_ms = (now_ms / MINUTE_MS - 1) * MINUTE_MS;
    let day_ms = (now_ms - DAY_MS) / MINUTE_MS * MINUTE_MS;
    let end = delivery.inner().log.end().borrow().0;
    let (minute, behind) = delivery.ledger().with(|books| {
        let minute = sum(books, |from_ms| from_ms == minute_ms);
        (minute, end.saturating_sub(books.position))
    });
    let (day, balanced) = accounting::since(&delivery, day_ms).await?;
    let per_second = |count: u64| (count as f64 / 6.0).round() / 10.0;
    Ok(Json(json!({ "data": {
        "throughput": {
            "from": iso(minute_ms),
            "to": iso(minute_ms + MINUTE_MS),
            "acceptedPerSecond": per_second(minute.accepted),
            "duplicatesPerSecond": per_second(minute.duplicates),
            "discardedPerSecond": per_second(minute.discarded.total()),
            "refusedPerSecond": per_second(minute.refused.total()),
        },
        "books": {
            "from": iso(day_ms),
            "to": iso(now_ms),
            "received": day.received(),
            "accepted": day.accepted,
            "duplicates": day.duplicates,
            "discarded": day.discarded.total(),
            "refused": day.refused.total(),
            "balanced": balanced,
            "behindBytes": behind,
        },
        "deliveries": deliveries(&delivery, end),
    } })))
}

fn sum(books: &Books, wanted: impl Fn(i64) -> bool) -> Tally {
    let mut sum = Tally::default();
    for row in books.rows().filter(|row| wanted(row.from_ms)) {
        sum.merge(row.tally);
    }
    sum
}

fn deliveries(delivery: &Delivery, end: u64) -> Value {
    let snapshot = delivery.inner().routing.snapshot();
    let mut pending = 0;
    let mut shown: Vec<(i64, Value)> = Vec::new();
    for route in snapshot.destinations() {
        let book = delivery.ledger().with(|books| {
            books.destination(&route.id).map(|book| {
                let retried = book.retries.values().map(|retry| retry.received_at_ms).min();
                let behind = if book.waiting() > 0 { end - book.read_to.min(end) } else { 0 };
                (book.total.pending(), retried, behind)
            })
        });
        let Some((of_it, retried, behind)) = book.filter(|(pending, ..)| *pending > 0) else {
            continue;
        };
        pending += of_it;
        let status = delivery.status(&route.id);
        let waiting = status.as_ref().and_then(|status| status.oldest_waiting_ms);
        let oldest = [retried, waiting].into_iter().flatten().min();
        shown.push((
            oldest.unwrap_or(i64::MAX),
            json!({
                "id": route.id,
                "slug": route.slug,
                "name": route.name,
                "type": route.kind,
                "state": state(route, status.as_ref()),
                "pending": of_it,
                "oldestPendingAt": oldest.map(iso),
                "lagBytes": behind,
            }),
        ));
    }
    shown.sort_by_key(|(oldest, _)| *oldest);
    let oldest = shown.first().map(|(oldest, _)| *oldest).filter(|oldest| *oldest < i64::MAX);
    let count = shown.len();
    let shown: Vec<Value> = shown.into_iter().take(SHOWN_MAX).map(|(_, shown)| shown).collect();
    json!({
        "pending": pending,
        "oldestPendingAt": oldest.map(iso),
        "destinations": shown,
        "more": count.saturating_sub(SHOWN_MAX),
    })
}
