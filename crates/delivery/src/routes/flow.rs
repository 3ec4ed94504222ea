//! The overview of one destination, or of one source: each step with its count, what changed, why
//! messages were stopped, which events they were and how long they took.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use routing::RoutingSnapshot;
use serde_json::{Map, Value, json};
use spec::{Latency, Step, reasons};

use super::{Pairs, accounting, find, iso, problem::Problem, query, up_to_date};
use crate::{
    Delivery,
    books::{Books, Shares},
    overview::{EventName, Flow, Mixed, Period, Retrying, Scope, Stopped, Sum},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The periods by their names.
const PERIODS: [(&str, i64); 5] = [
    ("10m", 10 * MINUTE_MS),
    ("1h", HOUR_MS),
    ("24h", DAY_MS),
    ("7d", 7 * DAY_MS),
    ("14d", 14 * DAY_MS),
];
/// Points of a chart.
const POINTS_MAX: i64 = 1000;

/// Of one destination, with what came from one of its sources or from all.
pub(super) async fn destination(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["period", "from", "to", "source"])?;
    let (from_ms, to_ms, now_ms) = time(&delivery, &mut given)?;
    let source = given.take("source");
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let stream = source.as_deref().map(|slug| accounting::stream_named(&snapshot, slug));
    let stream = stream.transpose()?;
    let connected: Vec<u64> = route.sources.iter().map(|source| source.stream()).collect();
    let overview = delivery.ledger().with(|books| {
        let mut scope = Scope::destination(books, books.place_of(&route.id), &connected);
        if let Some(stream) = stream {
            scope.streams = vec![stream];
        }
        let period = period(books, from_ms, to_ms, now_ms)?;
        let hide = |text: &str| delivery.hide(route, text);
        Ok(show(&snapshot, books, &scope, period, Some(&hide)))
    })?;
    Ok(Json(json!({ "data": { "overview": overview } })))
}

/// Of one source.
pub(super) async fn source(
    State(delivery): State<Delivery>,
    Path(name): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let mut given = query::parse(query, &["period", "from", "to"])?;
    let (from_ms, to_ms, now_ms) = time(&delivery, &mut given)?;
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let scope = Scope::source(accounting::stream_named(&snapshot, &name)?);
    let overview = delivery.ledger().with(|books| {
        let period = period(books, from_ms, to_ms, now_ms)?;
        let mut shown = show(&snapshot, books, &scope, period, None);
        let sum = scope.sum(books, period.span);
        let destinations: Vec<Value> = sum
            .destinations
            .iter()
            .map(|(place, flow)| {
                let id = &books.destinations()[*place as usize].id;
                let mut shown = steps_of(flow);
                shown.insert("id".into(), id.as_str().into());
                shown.insert("destination".into(), accounting::name(&snapshot, id).into());
                shown.insert("balanced".into(), flow.balances(true).into());
                Value::Object(shown)
            })
            .collect();
        shown.insert("destinations".into(), destinations.into());
        Ok(shown)
    })?;
    Ok(Json(json!({ "data": { "overview": overview } })))
}

/// From when to when, and now.
fn time(delivery: &Delivery, given: &mut query::Given) -> Result<(i64, i64, i64), Problem> {
    let now_ms = delivery.inner().options.world.clock.now_ms();
    let (from, to) = (given.time("from")?, given.time("to")?);
    let period = given.take("period");
    let length_ms = match &period {
        None => DAY_MS,
        Some(_) if from.is_some() || to.is_some() => {
            let message = "a period ends now, and \"from\" or \"to\" is given too".to_owned();
            return Err(Problem::parameter("period", message, "give one or the other".into()));
        }
        Some(name) => {
            let known = PERIODS.iter().find(|(known, _)| known == name);
            let (_, ms) = known.ok_or_else(|| {
                let message = format!("{name:?} is no period");
                Problem::parameter("period", message, "10m, 1h, 24h, 7d or 14d".into())
            })?;
            *ms
        }
    };
    // What comes in this very millisecond is in it.
    let to_ms = to.unwrap_or(now_ms + 1);
    let from_ms = from.unwrap_or(to_ms - length_ms);
    if from_ms >= to_ms {
        let message = "\"to\" is not after \"from\"".to_owned();
        return Err(Problem::parameter("to", message, "a time after \"from\"".into()));
    }
    Ok((from_ms, to_ms, now_ms))
}

fn period(books: &Books, from_ms: i64, to_ms: i64, now_ms: i64) -> Result<Period, Problem> {
    let period = Period::new(books, from_ms, to_ms, now_ms);
    if (period.span.to_ms - period.span.from_ms) / period.step_ms > POINTS_MAX {
        return Err(Problem::too_many_rows(POINTS_MAX as usize));
    }
    Ok(period)
}

/// `hide` takes secrets of the destination out of what was said; without it there is no destination.
fn show(
    snapshot: &RoutingSnapshot,
    books: &Books,
    scope: &Scope,
    period: Period,
    hide: Option<&dyn Fn(&str) -> String>,
) -> Map<String, Value> {
    let to_destination = hide.is_some();
    let samples = |stopped: Vec<Stopped>| samples(snapshot, hide, stopped);
    let sum = scope.sum(books, period.span);
    let before = scope.sum(books, period.before);
    let series = scope.series(books, period.span, period.step_ms);
    let flows = (&sum.flow, &before.flow);
    let mut shown = json!({
        "from": iso(period.span.from_ms),
        "to": iso(period.span.to_ms),
        "comparedFrom": iso(period.before.from_ms),
        "comparedTo": iso(period.before.to_ms),
        "step": match period.step_ms {
            MINUTE_MS => "minute",
            HOUR_MS => "hour",
            _ => "day",
        },
        "times": series.iter().map(|(at_ms, _)| iso(*at_ms)).collect::<Vec<_>>(),
        "steps": steps(flows, &series, period, to_destination),
        "balanced": sum.flow.balances(to_destination),
        "reasons": reasons_of(&sum.reasons, &before.reasons, |step, code| {
            samples(scope.samples(books, period.span, step, code))
        }),
        "refusals": reasons_of(&sum.refusals, &before.refusals, |step, code| {
            samples(scope.samples(books, period.span, step, code))
        }),
        "events": events(&sum, &before, to_destination),
    });
    if to_destination {
        shown["latency"] = latency(&sum.latency, &before.latency);
        shown["retrying"] = retrying(&scope.retrying(books, period.span), samples);
    }
    let Value::Object(shown) = shown else { unreachable!("it was written as one") };
    shown
}

/// A name of a step in answers, and where its count stands.
type Named = (&'static str, fn(&Flow) -> u64);

const OF_SOURCE: [Named; 6] = [
    ("received", |flow| flow.received),
    ("failedOnIngest", |flow| flow.failed_on_ingest),
    ("filteredAtSource", |flow| flow.filtered_at_source),
    ("duplicates", |flow| flow.duplicates),
    ("accepted", |flow| flow.accepted),
    ("refusedRequests", |flow| flow.refused),
];

const OF_DESTINATION: [Named; 7] = [
    ("notRouted", |flow| flow.not_routed),
    ("routed", |flow| flow.routed),
    ("filteredAtDestination", |flow| flow.filtered_at_destination),
    ("pending", |flow| flow.pending),
    ("failedDelivery", |flow| flow.failed_delivery),
    ("delivered", |flow| flow.delivered),
    ("retriedAttempts", |flow| flow.retried),
];

fn named(to_destination: bool) -> impl Iterator<Item = Named> {
    OF_SOURCE.into_iter().chain(OF_DESTINATION.into_iter().filter(move |_| to_destination))
}

/// The steps at a destination alone.
fn steps_of(flow: &Flow) -> Map<String, Value> {
    let own = OF_DESTINATION.into_iter().filter(|(name, _)| *name != "retriedAttempts");
    own.map(|(name, count)| (name.to_owned(), count(flow).into())).collect()
}

fn steps(
    (now, before): (&Flow, &Flow),
    series: &[(i64, Flow)],
    period: Period,
    to_destination: bool,
) -> Value {
    let step = |(name, count): Named| {
        let step = json!({
            "count": count(now),
            "before": count(before),
            "change": period.change(count(now), count(before)).map(rounded),
            "series": series.iter().map(|(_, flow)| count(flow)).collect::<Vec<_>>(),
        });
        (name.to_owned(), step)
    };
    Value::Object(named(to_destination).map(step).collect())
}

fn reasons_of(
    now: &BTreeMap<(Step, String), u64>,
    before: &BTreeMap<(Step, String), u64>,
    samples: impl Fn(Step, &str) -> Vec<Value>,
) -> Vec<Value> {
    // A share is that of all messages stopped at the same step.
    let total = |of: &BTreeMap<(Step, String), u64>, step: Step| {
        of.iter().filter(|((at, _), _)| *at == step).map(|(_, many)| many).sum::<u64>()
    };
    let mut sorted: Vec<_> = now.iter().collect();
    sorted.sort_by_key(|((step, code), many)| (*step, std::cmp::Reverse(**many), code.clone()));
    sorted
        .into_iter()
        .map(|((step, code), many)| {
            let earlier = before.get(&(*step, code.clone())).copied().unwrap_or_default();
            let mut shown = words(*step, code);
            shown.insert("step".into(), json!(step));
            shown.insert("code".into(), json!(code));
            shown.insert("count".into(), json!(many));
            shown.insert("before".into(), json!(earlier));
            let (share, earlier) =
                (share(*many, total(now, *step)), share(earlier, total(before, *step)));
            shown.insert("share".into(), json!(share.map(rounded)));
            let change = share.zip(earlier).map(|(now, before)| rounded(now - before));
            shown.insert("shareChange".into(), json!(change));
            shown.insert("samples".into(), samples(*step, code).into());
            Value::Object(shown)
        })
        .collect()
}

/// A reason in words.
pub(super) fn words(step: Step, code: &str) -> Map<String, Value> {
    let (label, explanation, remedy) = match reasons::find(step, code) {
        Some(reason) => (reason.label, reason.explanation, reason.remedy),
        None => (
            code,
            "The destination stopped the message for a reason of its own.",
            "Read what it answered in the samples.",
        ),
    };
    let words = [("label", label), ("explanation", explanation), ("remedy", remedy)];
    words.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

fn samples(
    snapshot: &RoutingSnapshot,
    hide: Option<&dyn Fn(&str) -> String>,
    stopped: Vec<Stopped>,
) -> Vec<Value> {
    let sample = |stopped: Stopped| {
        let excerpt = hide.map_or(stopped.excerpt.clone(), |hide| hide(&stopped.excerpt));
        json!({
            "position": stopped.position.to_string(),
            "source": snapshot.source_of_stream(stopped.stream).map(|source| &source.slug),
            "receivedAt": iso(stopped.received_at_ms),
            "at": iso(stopped.at_ms),
            "attempts": stopped.attempts,
            "status": stopped.status,
            "excerpt": excerpt,
        })
    };
    stopped.into_iter().map(sample).collect()
}

fn retrying(retrying: &Retrying, samples: impl Fn(Vec<Stopped>) -> Vec<Value>) -> Value {
    let mut reasons: Vec<_> = retrying.reasons.iter().collect();
    reasons.sort_by_key(|(code, (many, _))| (std::cmp::Reverse(*many), (*code).clone()));
    let reasons = reasons.into_iter().map(|(code, (many, newest))| {
        let mut shown = words(Step::FailedDelivery, code);
        shown.insert("code".into(), json!(code));
        shown.insert("count".into(), json!(many));
        shown.insert("samples".into(), samples(newest.clone()).into());
        Value::Object(shown)
    });
    json!({
        "count": retrying.messages,
        "attempts": retrying.attempts,
        "nextAttemptAt": retrying.next_at_ms.map(iso),
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

fn latency(now: &Latency, before: &Latency) -> Value {
    let at = |latency: &Latency| {
        json!({
            "messages": latency.count(),
            "p50Ms": latency.quantile(0.50),
            "p95Ms": latency.quantile(0.95),
            "p99Ms": latency.quantile(0.99),
        })
    };
    let mut shown = at(now);
    shown["before"] = at(before);
    shown
}

fn events(now: &Sum, before: &Sum, to_destination: bool) -> Vec<Value> {
    let of = |mixed: &Mixed| if to_destination { mixed.destination } else { mixed.source };
    let all = |shares: Shares| shares.through + shares.filtered + shares.failed;
    let total = |sum: &Sum| sum.events.values().map(|mixed| all(of(mixed))).sum::<u64>();
    let totals = (total(now), total(before));
    let mut sorted: Vec<(&EventName, &Mixed)> = now.events.iter().collect();
    sorted.sort_by_key(|(name, mixed)| (std::cmp::Reverse(all(of(mixed))), (*name).clone()));
    let event = |(name, mixed): (&EventName, &Mixed)| {
        let earlier = before.events.get(name).copied().unwrap_or_default();
        let (share, earlier) =
            (share(all(of(mixed)), totals.0), share(all(of(&earlier)), totals.1));
        let mut shown = json!({
            "type": name.as_ref().map(|(kind, _)| kind),
            "name": name.as_ref().and_then(|(_, name)| name.as_ref()),
            "accepted": mixed.source.through,
            "failedOnIngest": mixed.source.failed,
            "filteredAtSource": mixed.source.filtered,
            "share": share.map(rounded),
            "shareChange": share.zip(earlier).map(|(now, before)| rounded(now - before)),
        });
        if to_destination {
            shown["delivered"] = mixed.destination.through.into();
            shown["filteredAtDestination"] = mixed.destination.filtered.into();
            shown["failedDelivery"] = mixed.destination.failed.into();
        }
        shown
    };
    sorted.into_iter().map(event).collect()
}

fn share(many: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| many as f64 / total as f64)
}

/// Four digits are enough to draw from.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}
