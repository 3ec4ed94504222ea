use axum::extract::{Path, State};
use store::{
    Connection,
    destination_filters::{self, DestinationFilter},
};

use super::view::{DestinationFilterAnswer, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    version::Versioned,
};

/// Get a filter of a destination
#[utoipa::path(
    get,
    path = "/destination/{destinationId}/filters/{filterId}",
    operation_id = "getFilterInDestination",
    tag = "Destination Filters",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("filterId" = String, Path, description = "Id of the filter")
    ),
    responses((status = 200, description = "The filter", body = Data<DestinationFilterAnswer>)),
    extensions(("x-access" = json!("destination_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
) -> Result<Versioned<Data<DestinationFilterAnswer>>, ApiError> {
    let mut db = api.db.read().await?;
    let row = find(&mut db, &caller, &id).await?;
    Ok(Versioned(row.version, data(DestinationFilterAnswer { filter: view(&row)? })))
}

/// The filter with this id, of the destination in the path.
pub async fn find(
    db: &mut Connection,
    caller: &Caller,
    id: &str,
) -> Result<DestinationFilter, ApiError> {
    let row = destination_filters::find(db, &caller.destination()?.id, id).await?;
    row.ok_or_else(|| ApiError::not_found("filter"))
}
