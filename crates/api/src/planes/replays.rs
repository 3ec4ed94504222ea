//! Replays: what the log holds of a time, sent again to one destination.

use axum::{
    body::Body as RawBody,
    extract::{Path, Request, State},
    response::Response,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spec::Kind;
use utoipa::ToSchema;

use super::forward::{Target, ask, forward};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
};

/// Events in one request.
const NAMES_MAX: usize = 100;

/// What is to be sent again: everything that fits all that is said.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewReplay {
    /// Received at or after this time.
    #[schema(example = "2026-11-25T00:00:00Z")]
    from: String,
    /// Received before this time; now when left out.
    #[schema(example = "2026-11-25T12:00:00Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Only these calls: `track`, `identify`, `page`, `screen`, `group`, `alias`; all when left out.
    #[schema(max_items = 6, example = json!(["track"]))]
    #[serde(default)]
    types: Vec<String>,
    /// Only these events, by their exact names; all when left out.
    #[schema(max_items = 100, example = json!(["Order Completed"]))]
    #[serde(default)]
    events: Vec<String>,
    /// Only messages with exactly this `userId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// Only messages with exactly this `anonymousId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<String>,
    /// At most so many messages in a second; 1,000 when left out.
    #[schema(example = 500, minimum = 1, maximum = 1_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<u64>,
    /// Send as soon as they are counted. When left out, the replay is counted and waits for
    /// somebody to start it.
    #[serde(default)]
    start: bool,
}

/// A replay.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayView {
    /// Its id; it stands in the `context.replay.id` of what it sends.
    #[schema(example = "rpl_3yQ8sVbCq5F0w2xJ9kLmNp")]
    id: String,
    /// Where it sends to.
    #[schema(example = "dst_3yQ8sVbCq5F0w2xJ9kLmNp")]
    destination: String,
    /// `counting`, `ready`, `running`, `paused`, `done` or `cancelled`.
    #[schema(example = "running")]
    state: String,
    /// Why it is paused, when nobody paused it.
    problem: Option<ReplayProblem>,
    /// Received at or after this time.
    #[schema(example = "2026-11-25T00:00:00.000Z")]
    from: String,
    /// Received before this time.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    to: String,
    /// Whose messages, as workspace and slug.
    #[schema(example = json!(["acme/website"]))]
    sources: Vec<String>,
    /// The calls; all when empty.
    #[schema(example = json!(["track"]))]
    types: Vec<String>,
    /// The events; all when empty.
    #[schema(example = json!(["Order Completed"]))]
    events: Vec<String>,
    /// The `userId`.
    user_id: Option<String>,
    /// The `anonymousId`.
    anonymous_id: Option<String>,
    /// At most so many messages in a second.
    #[schema(example = 500)]
    per_second: u64,
    /// When it was made.
    created_at: String,
    /// When it began to send.
    started_at: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// How many messages there are; grows while they are counted.
    #[schema(example = 1200)]
    matched: u64,
    /// Their bytes of JSON.
    #[schema(example = 1_048_576)]
    bytes: u64,
    /// What the destination has taken.
    #[schema(example = 800)]
    delivered: u64,
    /// What a filter or a message's own `integrations` kept back.
    #[schema(example = 10)]
    filtered: u64,
    /// What the destination refused.
    #[schema(example = 2)]
    refused: u64,
    /// Messages to be sent yet; absent while they are counted.
    #[schema(example = 388)]
    left: Option<u64>,
    /// How long that takes at the rate asked for, in seconds.
    #[schema(example = 1)]
    seconds_left: Option<u64>,
    /// From 0 to 1, of the count while it counts and of the messages after.
    #[schema(example = 0.67)]
    progress: f64,
    /// The first refusals.
    samples: Vec<ReplayRefusal>,
}

/// What stands in a replay's way.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct ReplayProblem {
    /// For programs: `bad_settings`, `destination_not_ready`, `destination_gone`,
    /// `destination_deleted`, `log_unavailable`.
    #[schema(example = "destination_not_ready")]
    code: String,
    /// For people.
    #[schema(example = "ECONNREFUSED: connection refused")]
    detail: String,
}

/// A message that the destination refused.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct ReplayRefusal {
    /// Where it stands in the log.
    #[schema(example = "1048576")]
    position: String,
    /// What the destination answered.
    #[schema(example = 400)]
    status: Option<u16>,
    /// Why, for programs.
    #[schema(example = "400")]
    code: String,
    /// The beginning of the answer.
    excerpt: String,
}

/// A replay in its envelope.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// The replay.
    replay: ReplayView,
}

/// The replays of a destination.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayList {
    /// The newest first.
    replays: Vec<ReplayView>,
}

/// What a replay is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReplayOrder {
    /// Send what was counted.
    Start,
    /// Send nothing more for now.
    Pause,
    /// Go on.
    Resume,
    /// End.
    Cancel,
}

/// Make a replay
///
/// Counts what the log holds of a time, and sends it again to one destination, disabled ones
/// included: at most so many messages in a second, each marked with `context.replay`. The books do
/// not count it; its own account is `matched = delivered + filtered + refused + left`.
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/replays",
    operation_id = "createReplay",
    tag = "Data",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = NewReplay,
    responses((status = 200, description = "It counts", body = Data<ReplayAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "409": ["replay_state"],
            "422": ["invalid", "invalid_time", "not_allowed", "out_of_range", "required", "too_many", "unknown_field"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewReplay>,
) -> Result<Data<ReplayAnswer>, ApiError> {
    let row = caller.destination()?;
    let faults = faults(&new);
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let target = Target::new(&["destinations", &row.id, "replays"], None);
    let body = serde_json::to_value(&new).map_err(|error| ApiError::unavailable(&error))?;
    let made: ReplayAnswer = ask(&api, Method::POST, target, Some(body)).await?;
    noted(&api, &caller, "Replay Created", &made.replay).await?;
    Ok(data(made))
}

/// List the replays of a destination
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/replays",
    operation_id = "listReplaysOfDestination",
    tag = "Data",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    responses((status = 200, description = "Its replays", body = Data<ReplayList>)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-errors" = json!({ "503": ["no_data_plane", "not_routed"] }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["destinations", &caller.destination()?.id, "replays"], None);
    forward(&api, &parts, target, RawBody::empty()).await
}

/// Get a replay
///
/// How far it has come.
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/replays/{replayId}",
    operation_id = "getReplay",
    tag = "Data",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("replayId" = String, Path, description = "Id of the replay")
    ),
    responses((status = 200, description = "The replay", body = Data<ReplayAnswer>)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-errors" = json!({
            "404": ["replay_not_found"],
            "503": ["no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((_, replay)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "replays", &replay];
    forward(&api, &parts, Target::new(&segments, None), RawBody::empty()).await
}

/// Start, pause, resume or cancel a replay
///
/// A paused one goes on where it was, after a restart of the server too; one that has ended stays
/// so.
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/replays/{replayId}/{order}",
    operation_id = "orderReplay",
    tag = "Data",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("replayId" = String, Path, description = "Id of the replay"),
        ("order" = inline(ReplayOrder), Path, description = "What it is told")
    ),
    responses((status = 200, description = "The replay as it is now", body = Data<ReplayAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "404": ["replay_not_found"],
            "409": ["replay_state"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn order(
    State(api): State<Api>,
    caller: Caller,
    Path((_, replay, order)): Path<(String, String, String)>,
) -> Result<Data<ReplayAnswer>, ApiError> {
    let kind = match order.as_str() {
        "start" => "Replay Started",
        "pause" => "Replay Paused",
        "resume" => "Replay Resumed",
        "cancel" => "Replay Cancelled",
        _ => return Err(ApiError::not_found("order of a replay")),
    };
    let segments = ["destinations", &caller.destination()?.id, "replays", &replay, &order];
    let told: ReplayAnswer = ask(&api, Method::POST, Target::new(&segments, None), None).await?;
    noted(&api, &caller, kind, &told.replay).await?;
    Ok(data(told))
}

async fn noted(
    api: &Api,
    caller: &Caller,
    kind: &'static str,
    replay: &ReplayView,
) -> Result<(), ApiError> {
    let row = caller.destination()?;
    let mut write = api.db.write().await?;
    let change = Change::new(kind, "DESTINATION", &row.id, &row.name).after(&json!({
        "replay": replay.id,
        "state": replay.state,
        "from": replay.from,
        "to": replay.to,
        "matched": replay.matched,
        "delivered": replay.delivered,
    }));
    record(api, &mut write, caller, &caller.workspace()?.id, change).await?;
    Ok(write.commit().await?)
}

/// What is wrong with what was asked for.
fn faults(new: &NewReplay) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut time = |pointer: &str, text: &str| {
        let read = text.parse::<jiff::Timestamp>();
        if read.is_err() {
            faults.push(
                Fault::at(pointer, "invalid_time", format!("{text:?} is no time"))
                    .expected("ISO-8601 with a time zone")
                    .fix("write it like 2026-11-25T12:00:00Z"),
            );
        }
        read.ok()
    };
    let from = time("/from", &new.from);
    let to = new.to.as_deref().and_then(|to| time("/to", to));
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        faults.push(
            Fault::at("/to", "out_of_range", "the time ends before it begins")
                .expected("a time after from")
                .fix("exchange them, or leave to out for now"),
        );
    }
    for (n, word) in new.types.iter().enumerate() {
        if word.parse::<Kind>().is_err() {
            faults.push(
                Fault::at(format!("/types/{n}"), "not_allowed", format!("{word:?} is no call"))
                    .expected("track, identify, page, screen, group or alias")
                    .fix("name one of them, or leave types out for all"),
            );
        }
    }
    if new.events.len() > NAMES_MAX {
        faults.push(
            Fault::at("/events", "too_many", format!("there are more than {NAMES_MAX} names"))
                .expected(format!("at most {NAMES_MAX} names"))
                .fix("make several replays"),
        );
    }
    faults
}
