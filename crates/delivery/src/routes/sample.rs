//! One message at one destination: what was sent to us, the request, and what was answered.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};
use spec::Step;

use super::{Pairs, find, flow::words, iso, problem::Problem, query, up_to_date};
use crate::{
    Delivery,
    books::{Books, Whose},
    rehearsal::feeds,
};

/// What the books know of a message that is not delivered.
struct Known {
    stream: u64,
    state: &'static str,
    step: Step,
    code: String,
    attempts: u32,
    at_ms: i64,
    status: Option<u16>,
    excerpt: String,
}

pub(super) async fn message(
    State(delivery): State<Delivery>,
    Path((name, position)): Path<(String, String)>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    query::nothing(query)?;
    let position: u64 = position.parse().map_err(|_| Problem::no_message(&position))?;
    up_to_date(&delivery).await?;
    let snapshot = delivery.inner().routing.snapshot();
    let route = find(&snapshot, &name)?;
    let known = delivery.ledger().with(|books| {
        let place = books.place_of(&route.id)?;
        known(books, place, position)
    });
    let kept = delivery.message_at(position).await.map_err(Problem::log)?;
    // Nobody learns what other sources sent.
    let kept = kept.filter(|kept| {
        known.as_ref().is_some_and(|known| known.stream == kept.stream) || feeds(route, kept.stream)
    });
    if known.is_none() && kept.is_none() {
        return Err(Problem::no_message(&position.to_string()));
    }
    let request = match &kept {
        Some(kept) => delivery.rehearse(route, position, kept).await,
        None => Err("the message is no longer in the log"),
    };
    let stream = kept.as_ref().map(|kept| kept.stream).or(known.as_ref().map(|known| known.stream));
    let source = stream.and_then(|stream| snapshot.source_of_stream(stream));
    let response = known.as_ref().filter(|known| known.attempts > 0).map(|known| {
        json!({
            "at": iso(known.at_ms),
            "status": known.status,
            "code": known.code,
            "excerpt": delivery.hide(route, &known.excerpt),
        })
    });
    let mut shown = json!({
        "position": position.to_string(),
        "source": source.map(|source| &source.slug),
        "state": known.as_ref().map_or("settled", |known| known.state),
        "attempts": known.as_ref().map(|known| known.attempts),
        "sent": kept.as_ref().map(|kept| json!({
            "receivedAt": iso(kept.received_at_ms),
            "raw": String::from_utf8_lossy(kept.message.raw()),
        })),
        "request": request.as_ref().ok(),
        "requestMissing": request.as_ref().err(),
        "response": response,
    });
    if let Some(known) = known {
        let mut reason = words(known.step, &known.code);
        reason.insert("step".into(), json!(known.step));
        reason.insert("code".into(), json!(known.code));
        reason.insert("excerpt".into(), delivery.hide(route, &known.excerpt).into());
        shown["reason"] = Value::Object(reason);
    }
    Ok(Json(json!({ "data": { "message": shown } })))
}

fn known(books: &Books, place: u32, position: u64) -> Option<Known> {
    let book = &books.destinations()[place as usize];
    if let Some(retry) = book.retries.get(&position) {
        return Some(Known {
            stream: retry.stream,
            state: "retrying",
            step: Step::FailedDelivery,
            code: retry.code.to_string(),
            attempts: retry.number,
            at_ms: retry.next_at_ms,
            status: retry.status,
            excerpt: retry.excerpt.clone(),
        });
    }
    if let Some(dead) = book.dead_letters.get(&position) {
        return Some(Known {
            stream: dead.stream,
            state: "deadLetter",
            step: Step::FailedDelivery,
            code: dead.code.to_string(),
            attempts: dead.attempts,
            at_ms: dead.given_up_at_ms,
            status: dead.status,
            excerpt: dead.excerpt.clone(),
        });
    }
    let (step, code, sample) = books.samples().find(Whose::Destination(place), position)?;
    Some(Known {
        stream: sample.stream,
        state: "discarded",
        step,
        code: code.to_owned(),
        attempts: sample.attempts,
        at_ms: sample.at_ms,
        status: sample.status,
        excerpt: sample.excerpt.clone(),
    })
}
