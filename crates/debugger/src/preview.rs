//! What filters would do to a source's newest messages, through the code that does it.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use filters::{Compiled, Discard, FILTERED_BY_RULES, Filter, Outcome, Salt};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use spec::Message;

use crate::{
    Debugger,
    opened::{Content, Opened},
    problem::Problem,
    recent::{Reach, recent},
    routes::{Data, find_source},
    row::iso,
};

/// Messages that are looked at, unless somebody says how many.
pub(crate) const MESSAGES: usize = 1_000;
/// Messages that are looked at, whatever somebody says.
pub(crate) const MESSAGES_MAX: usize = 20_000;
/// One request looks through at most this much of the log.
pub(crate) const SCAN_BYTES_MAX: usize = 128 << 20;
/// Messages that are shown before and after.
const PAIRS_MAX: usize = 10;

/// The routes, under `/api`.
pub(crate) fn routes() -> Router<Debugger> {
    Router::new().route("/api/sources/{source}/filters/preview", post(preview))
}

/// Filters to be tried.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    /// In their order.
    filters: Vec<Filter>,
    /// The destination under whose key values are hashed.
    destination_id: Option<String>,
    /// At so many of the newest messages.
    messages: Option<usize>,
}

/// What they would do.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    /// When the oldest message came that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether these are all that are kept.
    complete: bool,
    /// Accepted messages that were looked at.
    messages: u64,
    /// Those that go on as they are.
    passed: u64,
    /// Those that go on changed.
    changed: u64,
    /// Those that a filter stops.
    filtered: u64,
    /// Those that no filter can decide about, and that are stopped therefore.
    failed: u64,
    /// Why messages are stopped, the most frequent first.
    reasons: Vec<Reason>,
    /// Messages that do not go on as they are, the newest first: of each reason one before a
    /// second one.
    pairs: Vec<Pair>,
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    reason: String,
    messages: u64,
}

/// One message before and after.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    /// Where it stands in the log.
    position: String,
    message_id: String,
    before: Option<Box<RawValue>>,
    /// `null`: it is not sent.
    after: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

async fn preview(
    State(debugger): State<Debugger>,
    Path(slug): Path<String>,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    let stream = find_source(&debugger.routing.current(), &slug)?.id.stream();
    let salt = asked.destination_id.and_then(|id| salt_of(&debugger, &id, stream));
    let filters = match Compiled::new(&asked.filters, &salt.unwrap_or_else(Salt::default)) {
        Ok(filters) => filters,
        Err(problems) => {
            let problems: Vec<_> = problems
                .into_iter()
                .map(|(index, problem)| filters::Problem {
                    pointer: format!("/filters/{index}{}", problem.pointer),
                    ..problem
                })
                .collect();
            let body = serde_json::json!({ "errors": problems });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response());
        }
    };
    let messages = asked.messages.unwrap_or(MESSAGES).min(MESSAGES_MAX);
    let reach = Reach { messages, since_ms: None, bytes: SCAN_BYTES_MAX };
    let mut tally = Tally::default();
    let looked = recent(&*debugger.log, stream, reach, |opened| {
        if let Content::Accepted(message) = &opened.content {
            tally.take(opened, message, &filters.apply(message));
        }
    })
    .await?;
    let preview =
        Preview { from: looked.from_ms.map(iso), complete: looked.complete, ..tally.finish() };
    Ok(Json(Data { data: preview }).into_response())
}

/// The key under which a destination's values are hashed, where it has one.
pub(crate) fn salt_of(debugger: &Debugger, destination: &str, stream: u64) -> Option<Salt> {
    let routing = debugger.routing.current();
    let route = routing.find_destination(destination)?;
    Some(route.filters.get(&stream)?.salt().clone())
}

/// What was seen so far.
#[derive(Default)]
struct Tally {
    preview: Preview,
    reasons: BTreeMap<(&'static str, String), u64>,
    /// Of each reason, and of changes, the newest.
    firsts: Vec<Pair>,
    more: Vec<Pair>,
}

impl Tally {
    fn take(&mut self, opened: &Opened, message: &Message, outcome: &Outcome) {
        self.preview.messages += 1;
        let (after, discard) = match outcome {
            Outcome::Pass => {
                self.preview.passed += 1;
                return;
            }
            Outcome::Changed(after) => (Some(after), None),
            Outcome::Discard(discard) => (None, Some(discard)),
        };
        let first = match discard {
            None => {
                self.preview.changed += 1;
                self.preview.changed == 1
            }
            Some(Discard { code, reason }) => {
                match *code == FILTERED_BY_RULES {
                    true => self.preview.filtered += 1,
                    false => self.preview.failed += 1,
                }
                let many = self.reasons.entry((code, reason.clone())).or_default();
                *many += 1;
                *many == 1
            }
        };
        let pairs = if first { &mut self.firsts } else { &mut self.more };
        if pairs.len() < PAIRS_MAX {
            pairs.push(Pair {
                position: opened.position.0.to_string(),
                message_id: String::from_utf8_lossy(message.message_id()).into_owned(),
                before: raw(message),
                after: after.and_then(raw),
                code: discard.map(|discard| discard.code),
                reason: discard.map(|discard| discard.reason.clone()),
            });
        }
    }

    fn finish(self) -> Preview {
        let Tally { mut preview, reasons, firsts, more } = self;
        preview.reasons = reasons
            .into_iter()
            .map(|((code, reason), messages)| Reason { code, reason, messages })
            .collect();
        preview.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.messages));
        preview.pairs = firsts.into_iter().chain(more).take(PAIRS_MAX).collect();
        preview
    }
}

/// The message as JSON; nothing when it is none.
pub(crate) fn raw(message: &Message) -> Option<Box<RawValue>> {
    let text = std::str::from_utf8(message.raw()).ok()?;
    RawValue::from_string(text.to_owned()).ok()
}
