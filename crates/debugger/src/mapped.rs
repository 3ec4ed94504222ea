//! What a mapping would make of a source's newest messages, through the code that does it.

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use filters::{Compiled, Filter, Mappings, NO_MATCHING_MAPPING, Outcome, Salt, Subscription};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use spec::Message;

use crate::{
    Debugger,
    opened::{Content, Opened},
    preview::{MESSAGES, MESSAGES_MAX, SCAN_BYTES_MAX, raw, salt_of},
    problem::Problem,
    recent::{Reach, recent},
    routes::{Data, find_source},
    row::iso,
};

/// Messages that are shown.
const SAMPLES_MAX: usize = 10;

/// The routes, under `/api`.
pub(crate) fn routes() -> Router<Debugger> {
    Router::new().route("/api/sources/{source}/mappings/preview", post(preview))
}

/// A mapping to be tried.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    /// What comes before it, in its order.
    #[serde(default)]
    filters: Vec<Filter>,
    /// The destination under whose key values are hashed.
    destination_id: Option<String>,
    mapping: Subscription,
    /// At so many of the newest messages.
    messages: Option<usize>,
}

/// What it would make.
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
    /// Those that a filter stops before.
    filtered: u64,
    /// Those for which the trigger does not hold.
    unmatched: u64,
    /// Those of which it makes something.
    mapped: u64,
    /// Those about which it cannot say.
    failed: u64,
    /// Messages that are mapped or failed, the newest first.
    samples: Vec<Sample>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    /// Where it stands in the log.
    position: String,
    message_id: String,
    before: Option<Box<RawValue>>,
    /// `null`: it cannot say.
    fields: Option<Map<String, Value>>,
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
    let filters = Compiled::of_stored(&asked.filters, &salt.unwrap_or_else(Salt::default));
    let mappings = match Mappings::new(&[asked.mapping]) {
        Ok(mappings) => mappings,
        Err(problems) => {
            let problems: Vec<_> = problems
                .into_iter()
                .map(|(_, problem)| filters::Problem {
                    pointer: format!("/mapping{}", problem.pointer),
                    ..problem
                })
                .collect();
            let body = serde_json::json!({ "errors": problems });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response());
        }
    };
    let messages = asked.messages.unwrap_or(MESSAGES).min(MESSAGES_MAX);
    let reach = Reach { messages, since_ms: None, bytes: SCAN_BYTES_MAX };
    let mut preview = Preview::default();
    let looked = recent(&*debugger.log, stream, reach, |opened| {
        if let Content::Accepted(message) = &opened.content {
            preview.take(opened, message, &filters, &mappings);
        }
    })
    .await?;
    let preview = Preview { from: looked.from_ms.map(iso), complete: looked.complete, ..preview };
    Ok(Json(Data { data: preview }).into_response())
}

impl Preview {
    fn take(&mut self, opened: &Opened, message: &Message, filters: &Compiled, of: &Mappings) {
        self.messages += 1;
        let made = match filters.apply(message) {
            Outcome::Discard(_) => {
                self.filtered += 1;
                return;
            }
            Outcome::Pass => of.apply(message),
            Outcome::Changed(changed) => of.apply(&changed),
        };
        let (fields, reason) = match made {
            Ok(made) => {
                self.mapped += 1;
                (made.map(|made| made.fields), None)
            }
            Err(discard) if discard.code == NO_MATCHING_MAPPING => {
                self.unmatched += 1;
                return;
            }
            Err(discard) => {
                self.failed += 1;
                (None, Some(discard.reason))
            }
        };
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(Sample {
                position: opened.position.0.to_string(),
                message_id: String::from_utf8_lossy(message.message_id()).into_owned(),
                before: raw(message),
                fields,
                reason,
            });
        }
    }
}
