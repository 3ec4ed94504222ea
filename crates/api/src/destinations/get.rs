use axum::extract::State;

use super::view::{DestinationAnswer, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    version::Versioned,
};

/// Get a destination
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}",
    operation_id = "getDestination",
    tag = "Destinations",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    responses((status = 200, description = "The destination", body = Data<DestinationAnswer>)),
    extensions(("x-access" = json!("destination_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Versioned<Data<DestinationAnswer>>, ApiError> {
    let row = caller.destination()?;
    let mut db = api.db.read().await?;
    let destination = view(&api, &mut db, row).await?;
    Ok(Versioned(row.version, data(DestinationAnswer { destination })))
}
