//! Replays as JSON: made, listed, shown, and told what to do.

use std::collections::BTreeSet;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use http::StatusCode;
use routing::{DestinationRoute, RoutingSnapshot};
use serde::Deserialize;
use serde_json::{Value, json};
use spec::Kind;

use super::{Pairs, find, iso, problem::Problem, query};
use crate::{
    Delivery,
    replay::{self, Asked, Order, RATE_MAX, Replay},
};

/// Names of events in one request.
const EVENTS_MAX: usize = 100;
/// Messages in a second, when nothing else is said.
const PER_SECOND: u64 = 1000;

/// What is to be sent again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct New {
    from: String,
    to: Option<String>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    events: Vec<String>,
    user_id: Option<String>,
    anonymous_id: Option<String>,
    per_second: Option<u64>,
    #[serde(default)]
    start: bool,
}

pub(super) async fn create(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    query::nothing(query)?;
    let new: New = serde_json::from_slice(&body)
        .map_err(|error| Problem::replay_body("", format!("the body cannot be read: {error}")))?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let start = new.start;
    let asked = asked(new, &snapshot, route, delivery.inner().options.world.clock.now_ms())?;
    let made = delivery.replay(&route.id, asked, start).await;
    let replay = made.map_err(|error| Problem::replay(&error, &name))?;
    let shown = show(&snapshot, &replay);
    Ok((StatusCode::CREATED, Json(json!({ "data": { "replay": shown } }))))
}

pub(super) async fn list(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let all = delivery.replays_of(&route.id);
    let shown: Vec<Value> = all.iter().map(|replay| show(&snapshot, replay)).collect();
    Ok(Json(json!({ "data": { "replays": shown } })))
}

pub(super) async fn get(
    State(delivery): State<Delivery>,
    Path((name, id)): Path<(String, String)>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let snapshot = delivery.inner().routing.snapshot();
    let replay = found(&delivery, find(&snapshot, &name)?, &id)?;
    Ok(Json(json!({ "data": { "replay": show(&snapshot, &replay) } })))
}

pub(super) async fn order(
    State(delivery): State<Delivery>,
    Path((name, id, order)): Path<(String, String, String)>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let order = match order.as_str() {
        "start" | "resume" => Order::Go,
        "pause" => Order::Pause,
        "cancel" => Order::Cancel,
        _ => return Err(Problem::no_such_order(&order)),
    };
    let snapshot = delivery.inner().routing.snapshot();
    found(&delivery, find(&snapshot, &name)?, &id)?;
    // it may have been forgotten meanwhile
    let ordered = delivery.order_replay(&id, order).ok_or_else(|| Problem::no_replay(&id))?;
    let replay = ordered.map_err(|error| Problem::replay(&error, &name))?;
    Ok(Json(json!({ "data": { "replay": show(&snapshot, &replay) } })))
}

fn found(delivery: &Delivery, route: &DestinationRoute, id: &str) -> Result<Replay, Problem> {
    let found = delivery.find_replay(id).filter(|replay| replay.destination == route.id);
    found.ok_or_else(|| Problem::no_replay(id))
}

fn asked(
    new: New,
    snapshot: &RoutingSnapshot,
    route: &DestinationRoute,
    now_ms: i64,
) -> Result<Asked, Problem> {
    let time = |pointer: &str, text: &str| {
        let parsed = text.parse::<jiff::Timestamp>().map(|time| time.as_millisecond());
        parsed.map_err(|_| {
            let problem = format!("{text:?} is no time such as 2026-01-31T12:00:00Z");
            Problem::replay_body(pointer, problem)
        })
    };
    let from_ms = time("/from", &new.from)?;
    let to_ms = new.to.as_deref().map_or(Ok(now_ms), |to| time("/to", to))?;
    if to_ms <= from_ms {
        let problem = "the time ends before it begins".to_owned();
        return Err(Problem::replay_body("/to", problem));
    }
    let mut streams = Vec::new();
    for (n, name) in new.sources.iter().enumerate() {
        let source = snapshot.find_source(name).map(|source| &source.id);
        let fed = source.filter(|source| route.sources.contains(source));
        streams.push(fed.map(|source| source.stream()).ok_or_else(|| {
            let problem = format!("{name:?} is no source of this destination");
            Problem::replay_body(&format!("/sources/{n}"), problem)
        })?);
    }
    if new.sources.is_empty() {
        streams = route.sources.iter().map(|source| source.stream()).collect();
    }
    let mut kinds = Vec::new();
    for (n, word) in new.types.iter().enumerate() {
        kinds
            .push(word.parse::<Kind>().map_err(|error| {
                Problem::replay_body(&format!("/types/{n}"), error.to_string())
            })?);
    }
    if new.events.len() > EVENTS_MAX {
        let problem = format!("more than {EVENTS_MAX} events are named");
        return Err(Problem::replay_body("/events", problem));
    }
    let per_second = new.per_second.unwrap_or(PER_SECOND);
    if !(1..=RATE_MAX).contains(&per_second) {
        let problem = format!("must be a whole number from 1 to {RATE_MAX}");
        return Err(Problem::replay_body("/perSecond", problem));
    }
    Ok(Asked {
        from_ms,
        to_ms,
        streams,
        kinds,
        events: new.events.into_iter().collect::<BTreeSet<String>>(),
        user_id: new.user_id,
        anonymous_id: new.anonymous_id,
        per_second,
    })
}

fn show(snapshot: &RoutingSnapshot, replay: &Replay) -> Value {
    let asked = &replay.asked;
    let named = asked.streams.iter().filter_map(|stream| snapshot.source_of_stream(*stream));
    let sources: Vec<&str> = named.map(|source| source.slug.as_str()).collect();
    let samples: Vec<Value> = replay
        .samples
        .iter()
        .map(|sample| {
            json!({
                "position": sample.position.to_string(),
                "status": sample.status,
                "code": sample.code,
                "excerpt": sample.excerpt,
            })
        })
        .collect();
    json!({
        "id": replay.id,
        "destination": replay.destination,
        "state": replay.state,
        "problem": replay.problem,
        "from": iso(asked.from_ms),
        "to": iso(asked.to_ms),
        "sources": sources,
        "types": asked.kinds,
        "events": asked.events,
        "userId": asked.user_id,
        "anonymousId": asked.anonymous_id,
        "perSecond": asked.per_second,
        "createdAt": iso(replay.created_at_ms),
        "startedAt": replay.started_at_ms.map(iso),
        "endedAt": replay.ended_at_ms.map(iso),
        "matched": replay.matched,
        "bytes": replay.bytes,
        "delivered": replay.delivered,
        "filtered": replay.filtered,
        "refused": replay.refused,
        "left": replay.left(),
        "secondsLeft": replay.seconds_left(),
        "progress": progress(replay),
        "samples": samples,
    })
}

/// From 0 to 1: of the count while it counts, else of the messages.
fn progress(replay: &Replay) -> f64 {
    let (part, whole) = match (replay.state, replay.left()) {
        (replay::State::Done, _) => (1, 1),
        (_, Some(left)) => (replay.matched - left, replay.matched),
        (_, None) => (replay.read_to.saturating_sub(replay.from), replay.to - replay.from),
    };
    (part as f64 / whole.max(1) as f64).min(1.0)
}
