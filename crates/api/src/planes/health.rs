//! What does nothing but fail: the destinations and sources of a workspace that somebody has to
//! look at.

use axum::extract::State;
use catalog::access::{Things, scope};
use http::Method;
use serde::{Deserialize, Serialize};
use store::{
    Page,
    destinations::{self, Destination},
    sources::{self, Source},
};
use utoipa::ToSchema;

use super::forward::{Target, ask};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
};

/// So many are asked about at once.
pub const AT_ONCE: usize = 200;
const DAY_MINUTES: u32 = 24 * 60;

/// What the data plane says of many.
#[derive(Debug, Default, Deserialize)]
pub struct Vitals {
    /// Destinations that it knows.
    pub destinations: Vec<DestinationVitals>,
    /// Sources.
    pub sources: Vec<SourceVitals>,
}

/// How a destination fared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationVitals {
    /// Its id.
    pub id: String,
    /// `active`, `failing`, `paused` …
    pub state: String,
    /// Messages delivered.
    pub delivered: u64,
    /// Messages refused or given up.
    pub failed: u64,
    /// Attempts that failed and led to another one.
    pub failed_attempts: u64,
    /// Messages on their way now.
    pub pending: u64,
    /// When the oldest of them came.
    pub oldest_pending_at: Option<String>,
    /// What went wrong last.
    pub last_error: Option<LastError>,
    /// Nothing is sent until somebody sees to it.
    pub pause: Option<Pause>,
    /// Failures without a success.
    pub failing: Option<Failing>,
}

/// A pause.
#[derive(Debug, Clone, Deserialize)]
pub struct Pause {
    /// Since when.
    pub at: String,
    /// `gone` or `failing`.
    pub cause: String,
}

/// Failures without a success.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failing {
    /// When the destination is paused if this goes on.
    pub pauses_at: String,
    /// 50, 70 or 90 percent of the time until then; 0 before.
    pub warning: u32,
}

/// What went wrong last.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct LastError {
    /// When.
    #[schema(example = "2026-11-25T11:58:00.000Z")]
    pub at: String,
    /// What the destination answered.
    #[schema(example = 404)]
    status: Option<u16>,
    /// Why, for programs.
    #[schema(example = "404")]
    pub code: String,
    /// Why, in a few words.
    #[schema(example = "Not found (404)")]
    pub label: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The beginning of the answer, without secrets.
    excerpt: String,
}

/// How a source fared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceVitals {
    /// Its id.
    pub id: String,
    /// Messages accepted.
    pub accepted: u64,
    /// Messages accepted in as much time before.
    pub accepted_before: u64,
    /// How that changed, as a share.
    pub change: Option<f64>,
    /// Messages stopped on ingest or at the source.
    pub stopped: u64,
    /// Requests refused whole.
    pub refused_requests: u64,
    /// When something was accepted last.
    pub last_received_at: Option<String>,
    /// Why most was stopped.
    pub worst: Option<Worst>,
}

/// Why most was stopped.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct Worst {
    /// `failed_on_ingest` or `filtered_at_source`.
    #[schema(example = "failed_on_ingest")]
    step: String,
    /// Why, for programs.
    #[schema(example = "no_user_anon_id")]
    code: String,
    /// Why, in a few words.
    #[schema(example = "No userId or anonymousId")]
    label: String,
    /// What to do about it.
    remedy: Option<String>,
    /// How many.
    #[schema(example = 12)]
    count: u64,
}

/// What does nothing but fail.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthAnswer {
    /// Destinations that delivered nothing in the last 24 hours and failed to, and those that are
    /// paused, by name.
    destinations: Vec<UnwellDestination>,
    /// Sources of which nothing was accepted in the last 24 hours and something stopped, by slug.
    sources: Vec<UnwellSource>,
}

/// A destination that somebody has to look at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnwellDestination {
    /// Its id.
    #[schema(example = "dst_4hPS4Yz1rXUSX6sFwGFHUb")]
    id: String,
    /// Its name.
    #[schema(example = "Webhook")]
    name: String,
    /// Its source, by id.
    #[schema(example = "src_3yQ8sVbCq5F0w2xJ9kLmNp")]
    source_id: String,
    /// `failing`, `paused`, `misconfigured` …
    #[schema(example = "failing")]
    state: String,
    /// Messages refused or given up in the last 24 hours.
    #[schema(example = 12)]
    failed: u64,
    /// Attempts that failed and led to another one.
    #[schema(example = 36)]
    failed_attempts: u64,
    /// Messages that wait now: nothing of them is lost.
    #[schema(example = 400)]
    pending: u64,
    /// When it is or was paused by itself.
    #[schema(example = "2026-11-30T11:58:00.000Z")]
    pauses_at: Option<String>,
    /// What went wrong last.
    last_error: Option<LastError>,
}

/// A source that somebody has to look at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnwellSource {
    /// Its id.
    #[schema(example = "src_3yQ8sVbCq5F0w2xJ9kLmNp")]
    id: String,
    /// Its name.
    #[schema(example = "Website")]
    name: String,
    /// Its slug.
    #[schema(example = "website")]
    slug: String,
    /// Messages stopped in the last 24 hours.
    #[schema(example = 12)]
    stopped: u64,
    /// Requests refused whole.
    #[schema(example = 0)]
    refused_requests: u64,
    /// When a message was accepted last.
    last_received_at: Option<String>,
    /// Why most was stopped.
    worst: Option<Worst>,
}

/// Get what fails
///
/// Every destination and source that did nothing but fail in the last 24 hours, with the error,
/// when it was seen last and how often.
#[utoipa::path(
    get,
    path = "/delivery-health",
    operation_id = "getDeliveryHealth",
    tag = "Data",
    responses((status = 200, description = "What fails", body = Data<HealthAnswer>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "503": ["books_behind", "no_data_plane"]
        }))
    )
)]
pub async fn health(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<HealthAnswer>, ApiError> {
    let (destinations, sources) = visible(&api, &caller).await?;
    let vitals = vitals(&api, &destinations, &sources, DAY_MINUTES).await?;
    let unwell = vitals.destinations.into_iter().filter_map(|vitals| {
        let row = destinations.iter().find(|row| row.id == vitals.id)?;
        let fails = vitals.delivered == 0 && vitals.failed + vitals.failed_attempts > 0;
        let stands = vitals.state == "misconfigured" || vitals.pause.is_some();
        (row.enabled_at_ms.is_some() && (fails || stands)).then(|| UnwellDestination {
            id: row.id.clone(),
            name: row.name.clone(),
            source_id: row.source_id.clone(),
            state: vitals.state,
            failed: vitals.failed,
            failed_attempts: vitals.failed_attempts,
            pending: vitals.pending,
            pauses_at: vitals
                .pause
                .map(|pause| pause.at)
                .or(vitals.failing.map(|failing| failing.pauses_at)),
            last_error: vitals.last_error,
        })
    });
    let destinations = unwell.collect();
    let unwell = vitals.sources.into_iter().filter_map(|vitals| {
        let row = sources.iter().find(|row| row.id == vitals.id)?;
        let fails = vitals.accepted == 0 && vitals.stopped + vitals.refused_requests > 0;
        fails.then(|| UnwellSource {
            id: row.id.clone(),
            name: row.name.clone(),
            slug: row.slug.clone(),
            stopped: vitals.stopped,
            refused_requests: vitals.refused_requests,
            last_received_at: vitals.last_received_at,
            worst: vitals.worst,
        })
    });
    let sources = unwell.collect();
    Ok(data(HealthAnswer { destinations, sources }))
}

/// Every destination and source that the caller may see.
async fn visible(api: &Api, caller: &Caller) -> Result<(Vec<Destination>, Vec<Source>), ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let destinations_seen = scope(&caller.permissions, Things::Destinations { admin: false });
    let sources_seen = scope(&caller.permissions, Things::Sources { admin: false });
    let filter = destinations::Filter {
        visible: &destinations_seen,
        sources: &sources_seen,
        source_id: None,
        name: None,
        enabled: None,
    };
    let mut db = api.db.read().await?;
    let (mut found, mut page) = (Vec::new(), Page::first(AT_ONCE as u32));
    loop {
        let paged = destinations::list(&mut db, workspace_id, &filter, &page).await?;
        found.extend(paged.rows);
        let Some(next) = paged.next else { break };
        page.after = Some(next);
    }
    let filter = sources::Filter::all(&sources_seen);
    let (mut sources, mut page) = (Vec::new(), Page::first(AT_ONCE as u32));
    loop {
        let paged = sources::list(&mut db, workspace_id, &filter, &page).await?;
        sources.extend(paged.rows);
        let Some(next) = paged.next else { break };
        page.after = Some(next);
    }
    Ok((found, sources))
}

/// What the data plane says of these in the last `minutes`.
pub async fn vitals(
    api: &Api,
    destinations: &[Destination],
    sources: &[Source],
    minutes: u32,
) -> Result<Vitals, ApiError> {
    let mut all = Vitals::default();
    let rounds = destinations.len().max(sources.len()).div_ceil(AT_ONCE);
    for round in 0..rounds {
        let ids = destinations.iter().skip(round * AT_ONCE).take(AT_ONCE);
        let ids: Vec<&str> = ids.map(|row| row.id.as_str()).collect();
        let sources = sources.iter().skip(round * AT_ONCE).take(AT_ONCE);
        let sources: Vec<&str> = sources.map(|row| row.id.as_str()).collect();
        let target = Target::new(&["vitals"], None)
            .with("destinations", &ids.join(","))
            .with("sources", &sources.join(","))
            .with("minutes", &minutes.to_string());
        let found: Vitals = ask(api, Method::GET, target, None).await?;
        all.destinations.extend(found.destinations);
        all.sources.extend(found.sources);
    }
    Ok(all)
}
