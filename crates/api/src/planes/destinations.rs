use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};

use super::{
    forward::{Target, forward},
    shapes::{DeadLetterPage, DeliveryState, Redeliver, Redelivered, Resumed, SyncHistory},
};
use crate::{answer::Data, caller::Caller, error::ApiError, state::Api};

/// Get how a destination fares
///
/// Its state, what is delivered and what waits, and the last error.
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/delivery",
    operation_id = "getDeliveryOfDestination",
    tag = "Data",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    responses((status = 200, description = "How it fares", body = Data<DeliveryState>)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-errors" = json!({
            "503": ["books_behind", "log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn delivery(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let target = Target::new(&["destinations", &caller.destination()?.id], parts.uri.query());
    forward(&api, &parts, target, Body::empty()).await
}

/// List the dead letters of a destination
///
/// Messages whose retries are used up, the oldest first.
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/dead-letters",
    operation_id = "listDeadLettersOfDestination",
    tag = "Data",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("after" = Option<String>, Query, description = "`pagination.after` of the page before"),
        ("limit" = Option<u32>, Query, description = "Rows, 1 to 1,000; 100 when left out", minimum = 1, maximum = 1000)
    ),
    responses((status = 200, description = "The dead letters", body = DeadLetterPage)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-errors" = json!({
            "422": ["invalid_parameter"],
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn dead_letters(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "dead-letters"];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}

/// Deliver dead letters again
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/redeliver",
    operation_id = "redeliverToDestination",
    tag = "Data",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = Redeliver,
    responses((status = 200, description = "They are on their way", body = Data<Redelivered>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "422": ["destination_not_running", "invalid_body", "not_a_dead_letter"],
            "503": ["books_behind", "log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn redeliver(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "redeliver"];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), body).await
}

/// Let a paused destination go on
///
/// After its settings were mended, or the receiver is there again.
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/resume",
    operation_id = "resumeDestination",
    tag = "Data",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    responses((status = 200, description = "Whether it was paused", body = Data<Resumed>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "503": ["log_unavailable", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn resume(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "resume"];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}

/// Get the sync history of a destination
///
/// What its last loads brought, and how far each source is complete: of destinations that are
/// loaded in bulk, such as warehouses.
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/syncs",
    operation_id = "listSyncsOfDestination",
    tag = "Data",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("limit" = Option<u32>, Query, description = "Entries, 1 to 1,000; 50 when left out", minimum = 1, maximum = 1000)
    ),
    responses((status = 200, description = "Its history", body = Data<SyncHistory>)),
    extensions(
        ("x-access" = json!("destination_read")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["invalid_parameter"],
            "503": ["destination_not_ready", "no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn syncs(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let segments = ["destinations", &caller.destination()?.id, "syncs"];
    forward(&api, &parts, Target::new(&segments, parts.uri.query()), Body::empty()).await
}
