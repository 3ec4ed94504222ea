use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::Response,
};
use store::destinations;

use super::{
    forward::{Target, forward, named},
    shapes::{Accounting, MessageDetail, MessagePage, Trace},
    watch::watched,
};
use crate::{answer::Data, caller::Caller, error::ApiError, state::Api};

/// List messages of a source
///
/// The newest first, as far as they are kept.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/messages",
    operation_id = "listMessagesOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("before" = Option<String>, Query, description = "`pagination.before` of the page before"),
        ("limit" = Option<u32>, Query, description = "Rows, 1 to 500; 50 when left out", minimum = 1, maximum = 500),
        ("type" = Option<String>, Query, description = "Only this call", example = "track"),
        ("event" = Option<String>, Query, description = "Only this event or page name"),
        ("user_id" = Option<String>, Query, description = "Only this userId"),
        ("anonymous_id" = Option<String>, Query, description = "Only this anonymousId"),
        ("message_id" = Option<String>, Query, description = "Only this messageId"),
        ("code" = Option<String>, Query, description = "Only what was not accepted for this reason"),
        ("text" = Option<String>, Query, description = "Only what contains this text"),
        ("verdict" = Option<String>, Query, description = "`accepted`, `discarded`, `duplicate` or `refused`")
    ),
    responses((status = 200, description = "The messages", body = MessagePage)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn messages(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["sources", &caller.source()?.id, "messages"], parts.uri.query());
    forward(&api, &parts, target, Body::empty()).await
}

/// Get a message of a source
///
/// Whole, as it is stored.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/messages/{position}",
    operation_id = "getMessageOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("position" = String, Path, description = "Where it stands, as its row says", example = "1048576")
    ),
    responses((status = 200, description = "The message", body = Data<MessageDetail>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "404": ["message_not_found"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
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
    let segments = ["sources", &caller.source()?.id, "messages", &position];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}

/// Watch a source
///
/// Server-sent events as messages come in: `messages` with rows, `behind` for a slow viewer, `gap`
/// where retention was faster, `closed` at the end. It resumes by `Last-Event-ID` or `after`, and
/// ends within seconds when the viewer may not see the source any more.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/stream",
    operation_id = "streamMessagesOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("workspace" = Option<String>, Query, description = "Slug or id of the workspace, for clients that cannot send headers"),
        ("after" = Option<String>, Query, description = "Where to resume, as the last `id` said"),
        ("recent" = Option<u32>, Query, description = "Begin with so many of the newest", maximum = 500),
        ("since" = Option<String>, Query, description = "Begin so long ago", example = "10m"),
        ("type" = Option<String>, Query, description = "Only this call", example = "track"),
        ("event" = Option<String>, Query, description = "Only this event or page name"),
        ("user_id" = Option<String>, Query, description = "Only this userId"),
        ("anonymous_id" = Option<String>, Query, description = "Only this anonymousId"),
        ("message_id" = Option<String>, Query, description = "Only this messageId"),
        ("code" = Option<String>, Query, description = "Only what was not accepted for this reason"),
        ("text" = Option<String>, Query, description = "Only what contains this text"),
        ("verdict" = Option<String>, Query, description = "`accepted`, `discarded`, `duplicate` or `refused`")
    ),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter"],
            "503": ["log_unavailable", "no_data_plane", "not_routed", "too_many_viewers"]
        }))
    )
)]
pub async fn stream(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["sources", &caller.source()?.id, "stream"], parts.uri.query());
    let response = forward(&api, &parts, target, Body::empty()).await?;
    Ok(watched(api, parts, response))
}

/// Trace a message
///
/// By its `messageId`: what became of it, and every attempt at every destination.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/trace/{messageId}",
    operation_id = "traceMessageOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("messageId" = String, Path, description = "The message's id")
    ),
    responses((status = 200, description = "Its way", body = Data<Trace>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "404": ["message_not_found"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn trace(
    State(api): State<Api>,
    caller: Caller,
    Path((_, message_id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["trace", &message_id], parts.uri.query());
    let target = target.with("source", &caller.source()?.id);
    forward(&api, &parts, target, Body::empty()).await
}

/// Get the books of a source
///
/// What came in, and what became of it at each destination.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/accounting",
    operation_id = "getAccountingOfSource",
    tag = "Data",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        ("destination" = Option<String>, Query, description = "Only this destination of the source, by id"),
        ("from" = Option<String>, Query, description = "From this time", example = "2026-11-25T12:00:00Z"),
        ("to" = Option<String>, Query, description = "To this time"),
        ("by" = Option<String>, Query, description = "`minute`, `hour` or `total` (when left out)", example = "hour")
    ),
    responses((status = 200, description = "The books", body = Data<Accounting>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter", "too_many_rows"],
            "503": ["books_behind", "log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn accounting(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let source_id = &caller.source()?.id;
    if let Some(id) = named(&parts, "destination") {
        let mut db = api.db.read().await?;
        let row = destinations::find(&mut db, &caller.workspace()?.id, &id).await?;
        if row.is_none_or(|row| row.source_id != *source_id) {
            return Err(ApiError::not_found("destination"));
        }
    }
    let target = Target::new(&["accounting"], parts.uri.query()).with("source", source_id);
    forward(&api, &parts, target, Body::empty()).await
}
