use axum::extract::State;
use store::destinations;

use super::view::DestinationNote;
use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader},
};

/// Delete a destination
///
/// For good; what waits for it is discarded.
#[utoipa::path(
    delete,
    path = "/destinations/{destinationId}",
    operation_id = "deleteDestination",
    tag = "Destinations",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(("x-access" = json!("destination_admin")))
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
) -> Result<Data<Done>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let row = destinations::find(&mut write, workspace_id, &caller.destination()?.id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("destination"))?;
    seen.check(row.version)?;
    destinations::delete(&mut write, workspace_id, &row.id).await?;
    let change = Change::new("Destination Deleted", "DESTINATION", &row.id, &row.name)
        .before(&DestinationNote::of(&row));
    record(&api, &mut write, &caller, workspace_id, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}
