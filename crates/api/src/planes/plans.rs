//! What the data plane knows of sources and their tracking plans: violations, what waits in
//! quarantine, and what a plan made of a source's messages would say.

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::forward::{Target, forward};
use crate::{
    answer::Data,
    caller::Caller,
    error::{ApiError, Fault},
    page,
    state::Api,
};

/// How a source's messages stand to a plan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Violations {
    /// When the oldest message came that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether these are all messages of the period that are kept; at most 200,000 are looked at.
    complete: bool,
    /// Messages that were looked at.
    messages: u64,
    /// Those that the plan says nothing about, or all good.
    conforming: u64,
    /// Those that break the plan, whatever became of them.
    violating: u64,
    /// Those that went on without something.
    omitted: u64,
    /// Those that were stopped for good.
    blocked: u64,
    /// Those that were kept back.
    quarantined: u64,
    /// How long each part of a trend is, milliseconds.
    bucket_ms: i64,
    /// There were more events or violations than are told apart.
    truncated: bool,
    /// Events that break the plan, the most frequent first.
    groups: Vec<ViolationGroup>,
}

/// The violations of one event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViolationGroup {
    /// `track`, `identify` …
    #[serde(rename = "type")]
    #[schema(example = "track")]
    kind: String,
    /// The event's or page's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Order Completed")]
    event: Option<String>,
    /// All its messages.
    messages: u64,
    /// Those that break the plan.
    violating: u64,
    /// Those that were stopped for good.
    blocked: u64,
    /// Those that were kept back.
    quarantined: u64,
    /// When the last one came that breaks the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<String>,
    /// Those that break the plan over the period, the oldest part first.
    series: Vec<u64>,
    /// What is wrong, the most frequent first.
    violations: Vec<SeenViolation>,
}

/// One way in which messages break a plan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeenViolation {
    /// `Required`, `Invalid Type` …
    #[serde(rename = "type")]
    #[schema(example = "Required")]
    kind: String,
    /// Where.
    #[schema(example = "properties.order_id")]
    field: String,
    /// What is wrong, in a sentence.
    #[schema(example = "properties.order_id is required")]
    description: String,
    /// How many messages.
    count: u64,
    /// When the last one came.
    last_seen_at: String,
    /// Up to ten that show it, the newest first.
    samples: Vec<ViolationSample>,
}

/// A message that shows a violation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViolationSample {
    /// Where it stands in the log.
    #[schema(example = "1048576")]
    position: String,
    /// Its id.
    message_id: String,
}

/// What waits in a quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarantineView {
    /// How many messages.
    messages: u64,
    /// By cause, the most frequent first.
    causes: Vec<QuarantineCause>,
}

/// Messages that wait for the same reason.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineCause {
    /// Which control kept them back.
    #[schema(example = "quarantined_schema_violation")]
    code: String,
    /// Where in the message; `*` for any place of a list.
    #[schema(example = "/properties/order_id")]
    pointer: String,
    /// The fault of the oldest one, in a sentence.
    #[schema(example = "properties.order_id is required")]
    detail: String,
    /// How many.
    messages: u64,
    /// When the oldest came.
    first_received_at: String,
    /// When the newest came.
    last_received_at: String,
    /// Where the oldest stands in the log.
    #[schema(example = "1048576")]
    position: String,
}

/// What became of the messages of a release.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasedView {
    /// They were accepted and go to the destinations.
    accepted: u64,
    /// Their ids were accepted before.
    duplicates: u64,
    /// The plan still keeps them back.
    kept: u64,
    /// They are discarded as the plan is now.
    discarded: u64,
}

/// A plan made of what a source sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// When the oldest message came that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether these are all messages of the period that are kept; at most 20,000 are looked at.
    complete: bool,
    /// Messages that were read.
    messages: u64,
    /// What was no message, or more than a plan can hold.
    unread: u64,
    /// The rules, to be sent as they are: one for each event and kind of call.
    #[schema(value_type = Vec<Object>)]
    rules: Value,
    /// What each rule rests on, in their order.
    seen: Vec<SeenRuleView>,
}

/// What a proposed rule rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenRuleView {
    /// The rule.
    #[schema(example = "TRACK \"Order Completed\" version 1")]
    rule: String,
    /// Messages of this event or kind.
    messages: u64,
    /// Its properties or traits.
    properties: Vec<SeenPropertyView>,
    /// There were more properties than are kept.
    truncated: bool,
}

/// What is known of a property.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenPropertyView {
    /// Where.
    #[schema(example = "properties.products.$.sku")]
    path: String,
    /// How often it was there.
    seen: u64,
    /// How often it could have been.
    of: u64,
    /// Its types.
    #[schema(example = json!(["string"]))]
    types: Vec<String>,
    /// Whether the rule requires it: it was always there.
    required: bool,
    /// How likely the next message conforms in this, 0 to 1.
    #[schema(example = 0.98)]
    confidence: f64,
}

/// List violations of a source
///
/// How its newest messages break its tracking plan: by event, with a trend and samples.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/violations",
    operation_id = "listViolationsOfSource",
    tag = "Tracking Plans",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("period" = Option<String>, Query, description = "`1h`, `24h` (when left out) or `7d`", example = "24h")
    ),
    responses((status = 200, description = "The violations", body = Data<Violations>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-requests-per-minute" = json!(120)),
        ("x-errors" = json!({
            "422": ["not_allowed"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn violations(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let period = period(&parts, &["1h", "24h", "7d"])?;
    let buckets = match period.as_str() {
        "1h" => "30",
        "24h" => "24",
        _ => "28",
    };
    let target = Target::new(&["sources", &caller.source()?.id, "violations"], None)
        .with("since", &period)
        .with("buckets", buckets);
    forward(&api, &parts, target, Body::empty()).await
}

/// Propose a tracking plan
///
/// A plan made of what the source sent lately: one rule for each event, with how often each
/// property came and how sure that is.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/plan-proposal",
    operation_id = "proposeTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("period" = Option<String>, Query, description = "`24h` (when left out), `7d` or `30d`", example = "7d")
    ),
    responses((status = 200, description = "The proposal", body = Data<ProposalView>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["not_allowed"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn proposal(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let period = period(&parts, &["24h", "7d", "30d"])?;
    let target = Target::new(&["sources", &caller.source()?.id, "proposal"], None);
    forward(&api, &parts, target.with("since", &period), Body::empty()).await
}

/// Get the quarantine of a source
///
/// What its tracking plan keeps back, by cause.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/quarantine",
    operation_id = "getQuarantineOfSource",
    tag = "Tracking Plans",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    responses((status = 200, description = "What waits", body = Data<QuarantineView>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-requests-per-minute" = json!(120)),
        ("x-errors" = json!({ "503": ["no_data_plane", "not_routed", "unavailable"] }))
    )
)]
pub async fn quarantine(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["sources", &caller.source()?.id, "quarantine"], None);
    forward(&api, &parts, target, Body::empty()).await
}

/// Release the quarantine of a source
///
/// Everything that waits is judged by the plan as it is now, in the order in which it came, each
/// message exactly once: accepted, kept back again, or discarded.
#[utoipa::path(
    post,
    path = "/sources/{sourceId}/quarantine/release",
    operation_id = "releaseQuarantineOfSource",
    tag = "Tracking Plans",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    responses((status = 200, description = "What became of it", body = Data<ReleasedView>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({ "503": ["no_data_plane", "not_routed", "unavailable"] }))
    )
)]
pub async fn release(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["sources", &caller.source()?.id, "quarantine", "release"], None);
    forward(&api, &parts, target, Body::empty()).await
}

/// The period that is asked for: one of these.
pub fn period(parts: &Parts, known: &[&'static str]) -> Result<String, ApiError> {
    let asked = page::value(parts.uri.query().unwrap_or_default(), "period");
    let asked = asked.filter(|asked| !asked.is_empty()).unwrap_or_else(|| "24h".to_owned());
    if known.contains(&asked.as_str()) {
        return Ok(asked);
    }
    Err(ApiError::invalid_field(
        Fault::at("/period", "not_allowed", format!("{asked:?} is no period"))
            .expected(known.join(", "))
            .fix("give one of them"),
    ))
}
