//! Asking the data plane what a source sent, and holding it against the Spec.

use axum::body::Body;
use http::{HeaderValue, Method, Request, header};
use proof::{Check, Report, Setup, evidence::lines};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    Read,
    evidence::{self, TestSource},
    integrations::Integration,
};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    lifecycle,
    planes::forward::{Target, ask, take},
    state::Api,
};

/// Which messages count.
pub struct Wanted {
    /// The sources by which the partner tries the integration.
    pub sources: Vec<TestSource>,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// What they are held against.
    pub setup: Setup,
}

impl Wanted {
    /// Of an integration as it stands.
    pub async fn of(db: &mut Read, row: &Integration) -> Result<Wanted, ApiError> {
        Ok(Wanted {
            sources: evidence::test_sources(db, &row.id).await?,
            since_ms: evidence::since_ms(db, &row.id).await?,
            setup: Setup::of(&row.slug, &lifecycle::info(&row.draft)?),
        })
    }

    fn messages(&self) -> Value {
        let sources: Vec<&str> = self.sources.iter().map(|source| source.id.as_str()).collect();
        json!({ "sources": sources, "sinceMs": self.since_ms })
    }
}

/// The checks of an integration as they stand now; none where there is no data plane to ask.
pub async fn report(api: &Api, wanted: &Wanted) -> Result<Option<Report>, ApiError> {
    if api.planes.is_none() {
        return Ok(None);
    }
    let body = json!({ "setup": wanted.setup, "wanted": wanted.messages() });
    ask(api, Method::POST, Target::new(&["checks"], None), Some(body)).await.map(Some)
}

/// What a submission rests on.
pub struct Gathered {
    /// What the checks found.
    pub report: Report,
    /// What the messages were held against.
    pub setup: Setup,
    /// The messages, one on each line.
    pub lines: Vec<u8>,
    /// From where to where they stand in the log.
    pub ranges: Vec<Range>,
}

/// From where to where messages of one source stand in the log, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Range {
    /// The source's id.
    pub source: String,
    /// Of the oldest message.
    #[schema(example = "1048576")]
    pub from: String,
    /// Of the newest message.
    #[schema(example = "2097152")]
    pub to: String,
    /// How many.
    pub messages: u64,
}

/// The messages that count now, and what the checks find in exactly these; none where there is no
/// data plane to ask.
pub async fn gather(api: &Api, row: &Integration) -> Result<Option<Gathered>, ApiError> {
    if api.planes.is_none() {
        return Ok(None);
    }
    let wanted = Wanted::of(&mut api.db.read().await?, row).await?;
    let mut request = Request::new(Body::from(wanted.messages().to_string()));
    *request.method_mut() = Method::POST;
    let kind = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    let lines = take(api, request, Target::new(&["evidence"], None)).await?;
    let setup = wanted.setup;
    // A hundred thousand messages take a second.
    let checked = spawn_blocking(move || check(setup, lines.into())).await;
    Ok(Some(checked.map_err(|error| ApiError::unavailable(&error))??))
}

fn check(setup: Setup, bytes: Vec<u8>) -> Result<Gathered, ApiError> {
    let mut check = Check::new(setup.clone());
    let mut ranges: Vec<Range> = Vec::new();
    for line in lines(&bytes) {
        let line = line.map_err(|error| ApiError::unavailable(&error))?;
        check.take(&line);
        match ranges.last_mut().filter(|range| range.source == line.source) {
            Some(range) => {
                // The newest come first.
                line.position.clone_into(&mut range.from);
                range.messages += 1;
            }
            None => ranges.push(Range {
                source: line.source.to_owned(),
                from: line.position.to_owned(),
                to: line.position.to_owned(),
                messages: 1,
            }),
        }
    }
    Ok(Gathered { report: check.report(), setup, lines: bytes, ranges })
}
