use axum::extract::{Path, State};
use store::destination_filters;

use super::{
    get::find,
    view::{FilterNote, read},
};
use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader},
};

/// Delete a filter of a destination
///
/// For good. What it stopped is not sent by that.
#[utoipa::path(
    delete,
    path = "/destination/{destinationId}/filters/{filterId}",
    operation_id = "removeFilterFromDestination",
    tag = "Destination Filters",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("filterId" = String, Path, description = "Id of the filter"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(("x-access" = json!("destination_admin")))
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Path((_, id)): Path<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let row = find(&mut write, &caller, &id).await?;
    seen.check(row.version)?;
    let filter = read(&row)?;
    destination_filters::delete(&mut write, &row.destination_id, &row.id).await?;
    let kind = "Destination Filter Deleted";
    let change = Change::new(kind, "DESTINATION_FILTER", &row.id, &filter.title)
        .before(&FilterNote::of(&row, &filter));
    record(&api, &mut write, &caller, &caller.workspace()?.id, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}
