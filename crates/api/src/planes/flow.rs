//! What becomes of messages, step by step: of a source, of a destination, of one message.

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::Response,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    forward::{Target, forward},
    shapes::TrialRequest,
};
use crate::{answer::Data, caller::Caller, error::ApiError, state::Api};

/// What became of the messages of one stretch of time. It is read from the books and from nothing
/// else, so that it balances: received = failed on ingest + filtered at source + duplicates +
/// accepted; accepted = not routed + routed; routed = filtered at destination + failed delivery +
/// delivered + pending.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryOverview {
    /// From here on: where the books are cut, which may be somewhat before what was asked for.
    #[schema(example = "2026-11-24T12:00:00.000Z")]
    from: String,
    /// To here.
    #[schema(example = "2026-11-25T12:01:00.000Z")]
    to: String,
    /// The stretch before it, for comparison.
    #[schema(example = "2026-11-23T12:00:00.000Z")]
    compared_from: String,
    /// Its end.
    #[schema(example = "2026-11-24T12:00:00.000Z")]
    compared_to: String,
    /// How finely series are cut: `minute`, `hour` or `day`, in UTC.
    #[schema(example = "hour")]
    step: String,
    /// When each point of a series begins.
    #[schema(example = json!(["2026-11-24T12:00:00.000Z"]))]
    times: Vec<String>,
    /// Each step.
    steps: OverviewSteps,
    /// Whether every message is accounted for.
    balanced: bool,
    /// Why messages were stopped, step by step, the most frequent first.
    reasons: Vec<OverviewReason>,
    /// Why requests were refused whole. Nobody knows how many messages they held.
    refusals: Vec<OverviewReason>,
    /// What each event had of it, the most frequent first.
    events: Vec<OverviewEvent>,
    /// Of a destination: how long messages took from accept to delivery.
    latency: Option<OverviewLatency>,
    /// Of a destination: messages between attempts.
    retrying: Option<OverviewRetrying>,
    /// Of a source: the steps at each of its destinations.
    destinations: Option<Vec<OverviewDestination>>,
}

/// The steps. Those after `accepted` are a destination's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewSteps {
    /// Messages that came in, whatever became of them.
    received: OverviewCount,
    /// Messages that came in and cannot be used.
    failed_on_ingest: OverviewCount,
    /// Messages that the schema or the tracking plan stopped.
    filtered_at_source: OverviewCount,
    /// Messages that had been accepted before.
    duplicates: OverviewCount,
    /// Messages accepted, each once: they are eligible for destinations.
    accepted: OverviewCount,
    /// Requests refused whole.
    refused_requests: OverviewCount,
    /// Accepted while the destination was not connected, or disabled.
    not_routed: Option<OverviewCount>,
    /// Messages that were the destination's to take.
    routed: Option<OverviewCount>,
    /// Messages that the destination does not get on purpose.
    filtered_at_destination: Option<OverviewCount>,
    /// Messages still on their way, now.
    pending: Option<OverviewCount>,
    /// Messages that the destination refused, or that were given up.
    failed_delivery: Option<OverviewCount>,
    /// Messages that the destination has.
    delivered: Option<OverviewCount>,
    /// Attempts that failed and led to another one.
    retried_attempts: Option<OverviewCount>,
}

/// A count, and what it was before.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewCount {
    /// How many.
    #[schema(example = 1200)]
    count: u64,
    /// How many in the stretch before.
    #[schema(example = 1000)]
    before: u64,
    /// How it changed, as a share and for as much time; `null` when there was nothing before.
    #[schema(example = 0.2)]
    change: Option<f64>,
    /// How many in each step of time.
    #[schema(example = json!([1200]))]
    series: Vec<u64>,
}

/// Why messages were stopped.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewReason {
    /// `failed_on_ingest`, `filtered_at_source`, `filtered_at_destination` or `failed_delivery`.
    #[schema(example = "failed_delivery")]
    step: String,
    /// Why, for programs.
    #[schema(example = "404")]
    code: String,
    /// Why, in a few words.
    #[schema(example = "Not found (404)")]
    label: String,
    /// What happened.
    #[schema(example = "The receiver knows no such address.")]
    explanation: String,
    /// What to do about it.
    #[schema(example = "Correct the URL in the destination's settings.")]
    remedy: String,
    /// How many messages; of refusals, requests.
    #[schema(example = 12)]
    count: u64,
    /// How many in the stretch before.
    #[schema(example = 3)]
    before: u64,
    /// Its share of all that were stopped at this step.
    #[schema(example = 0.75)]
    share: Option<f64>,
    /// How much the share grew.
    #[schema(example = 0.25)]
    share_change: Option<f64>,
    /// The newest of them, at most ten.
    samples: Vec<OverviewSample>,
}

/// One message that was stopped, or waits for another attempt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewSample {
    /// Where it stands in the log; what did not get past ingest is among the messages of its source.
    #[schema(example = "1048576")]
    position: String,
    /// Workspace and slug of its source.
    #[schema(example = "acme/website")]
    source: Option<String>,
    /// When it was received.
    received_at: String,
    /// When it was stopped, or when its next attempt is due.
    at: String,
    /// How often it was tried.
    #[schema(example = 1)]
    attempts: u32,
    /// What the destination answered.
    #[schema(example = 404)]
    status: Option<u16>,
    /// The beginning of the answer, or why, in a sentence.
    excerpt: String,
}

/// What one event had of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewEvent {
    /// `track`, `identify` …; `null` for those that are not told apart.
    #[serde(rename = "type")]
    #[schema(example = "track")]
    kind: Option<String>,
    /// The event of track calls.
    #[schema(example = "Order Completed")]
    name: Option<String>,
    /// Messages accepted.
    #[schema(example = 12)]
    accepted: u64,
    /// Messages that failed on ingest.
    #[schema(example = 0)]
    failed_on_ingest: u64,
    /// Messages filtered at the source.
    #[schema(example = 0)]
    filtered_at_source: u64,
    /// Messages delivered, of a destination.
    #[schema(example = 10)]
    delivered: Option<u64>,
    /// Messages filtered at the destination.
    #[schema(example = 1)]
    filtered_at_destination: Option<u64>,
    /// Messages that failed delivery.
    #[schema(example = 1)]
    failed_delivery: Option<u64>,
    /// Its share of all events.
    #[schema(example = 0.5)]
    share: Option<f64>,
    /// How much the share grew.
    #[schema(example = 0.1)]
    share_change: Option<f64>,
}

/// How long messages took from accept to delivery, to about 3 %.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewLatency {
    /// In this stretch of time.
    #[serde(flatten)]
    now: OverviewQuantiles,
    /// In the stretch before.
    before: OverviewQuantiles,
}

/// So many milliseconds or less for so many of a hundred.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewQuantiles {
    /// How many messages it is known of.
    #[schema(example = 1100)]
    messages: u64,
    /// Half of them.
    #[schema(example = 42)]
    p50_ms: Option<u64>,
    /// 95 of 100.
    #[schema(example = 180)]
    p95_ms: Option<u64>,
    /// 99 of 100.
    #[schema(example = 950)]
    p99_ms: Option<u64>,
}

/// Messages between attempts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewRetrying {
    /// How many.
    #[schema(example = 4)]
    count: u64,
    /// Attempts that they have behind them.
    #[schema(example = 9)]
    attempts: u64,
    /// When the next one is due.
    next_attempt_at: Option<String>,
    /// Why the last attempts failed.
    reasons: Vec<OverviewRetryReason>,
}

/// Why the last attempts failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewRetryReason {
    /// Why, for programs.
    #[schema(example = "503")]
    code: String,
    /// Why, in a few words.
    #[schema(example = "Not available (503)")]
    label: String,
    /// What happened.
    #[schema(example = "The receiver is not ready.")]
    explanation: String,
    /// What to do about it.
    remedy: String,
    /// How many messages.
    #[schema(example = 4)]
    count: u64,
    /// The newest of them, at most ten.
    samples: Vec<OverviewSample>,
}

/// The steps at one destination of a source.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewDestination {
    /// Id of the destination.
    #[schema(example = "dst_4hPS4Yz1rXUSX6sFwGFHUb")]
    id: String,
    /// Workspace and slug of the destination; its id once it is deleted.
    #[schema(example = "acme/webhook")]
    destination: String,
    /// Accepted while it was not connected, or disabled.
    #[schema(example = 0)]
    not_routed: u64,
    /// Messages that were its to take.
    #[schema(example = 12)]
    routed: u64,
    /// Messages that it does not get on purpose.
    #[schema(example = 1)]
    filtered_at_destination: u64,
    /// Messages still on their way, now.
    #[schema(example = 0)]
    pending: u64,
    /// Messages that it refused, or that were given up.
    #[schema(example = 1)]
    failed_delivery: u64,
    /// Messages that it has.
    #[schema(example = 10)]
    delivered: u64,
    /// Whether every message is accounted for.
    balanced: bool,
}

/// An overview.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewAnswer {
    /// The overview.
    overview: DeliveryOverview,
}

/// Get the delivery overview of a destination
///
/// Every step from receipt to delivery with its count and change, why messages were stopped with
/// samples, which events they were, and how long they took. Pending is as of now.
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/overview",
    operation_id = "getOverviewOfDestination",
    tag = "Data",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("period" = Option<String>, Query, description = "Until now: `10m`, `1h`, `24h` (when left out), `7d` or `14d`", example = "24h"),
        ("from" = Option<String>, Query, description = "From this time, in place of a period", example = "2026-11-25T11:00:00Z"),
        ("to" = Option<String>, Query, description = "To this time", example = "2026-11-25T12:00:00Z")
    ),
    responses((status = 200, description = "The overview", body = Data<OverviewAnswer>)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter", "too_many_rows"],
            "503": ["books_behind", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn destination(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "overview"];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}

/// Get the delivery overview of a source
///
/// What came in, what was stopped on ingest and at the source and why, which events they were, and
/// what became of the accepted at each destination.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/overview",
    operation_id = "getOverviewOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("period" = Option<String>, Query, description = "Until now: `10m`, `1h`, `24h` (when left out), `7d` or `14d`", example = "24h"),
        ("from" = Option<String>, Query, description = "From this time, in place of a period", example = "2026-11-25T11:00:00Z"),
        ("to" = Option<String>, Query, description = "To this time", example = "2026-11-25T12:00:00Z")
    ),
    responses((status = 200, description = "The overview", body = Data<OverviewAnswer>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter", "too_many_rows"],
            "503": ["books_behind", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn source(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["sources", &caller.source()?.id, "overview"];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}

/// One message at one destination.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationMessage {
    /// Where it stands in the log.
    #[schema(example = "1048576")]
    position: String,
    /// Workspace and slug of its source.
    #[schema(example = "acme/website")]
    source: Option<String>,
    /// `retrying`, `deadLetter`, `discarded`, or `settled` for one that the books need no more.
    #[schema(example = "deadLetter")]
    state: String,
    /// How often it was tried.
    #[schema(example = 9)]
    attempts: Option<u32>,
    /// What you sent; `null` once the log let it go.
    sent: Option<SentMessage>,
    /// The request that carries it, without secrets: made anew by the destination's own code, with
    /// nothing going out.
    request: Option<TrialRequest>,
    /// Why there is no request to show.
    request_missing: Option<String>,
    /// What the last attempt was answered; `null` when there was none.
    response: Option<AttemptAnswer>,
    /// Why it was stopped, or is tried again.
    reason: Option<MessageReason>,
}

/// A message as it is stored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentMessage {
    /// When it was received.
    received_at: String,
    /// Its JSON, byte for byte.
    #[schema(example = "{\"type\":\"track\",\"event\":\"Order Completed\"}")]
    raw: String,
}

/// What an attempt was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptAnswer {
    /// When it was given up; of a message between attempts, when the next one is due.
    at: String,
    /// The status.
    #[schema(example = 503)]
    status: Option<u16>,
    /// Why it failed, for programs.
    #[schema(example = "503")]
    code: String,
    /// The beginning of the answer, or the error in words, without secrets.
    excerpt: String,
}

/// Why a message was stopped.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageReason {
    /// Where.
    #[schema(example = "failed_delivery")]
    step: String,
    /// Why, for programs.
    #[schema(example = "503")]
    code: String,
    /// Why, in a few words.
    #[schema(example = "Not available (503)")]
    label: String,
    /// What happened.
    #[schema(example = "The receiver is not ready.")]
    explanation: String,
    /// What to do about it.
    remedy: String,
    /// What was said.
    excerpt: String,
}

/// One message at one destination.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationMessageAnswer {
    /// The message.
    message: DestinationMessage,
}

/// Get a message of a destination
///
/// What you sent, the request that carries it, and what the destination answered, with secrets
/// taken out. Messages are named by their position, as samples and dead letters are.
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/messages/{position}",
    operation_id = "getMessageOfDestination",
    tag = "Data",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("position" = String, Path, description = "Where the message stands in the log")
    ),
    responses((status = 200, description = "The message", body = Data<DestinationMessageAnswer>)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-errors" = json!({
            "404": ["message_not_found"],
            "503": ["books_behind", "log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn message(
    State(api): State<Api>,
    caller: Caller,
    Path((_, position)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "messages", &position];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}
