use axum::extract::{Path, State};
use store::{
    Connection,
    destination_subscriptions::{self, DestinationSubscription},
};

use super::view::{SubscriptionAnswer, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    version::Versioned,
};

/// Read a mapping of a destination
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/subscriptions/{subscriptionId}",
    operation_id = "getSubscriptionFromDestination",
    tag = "Destination Mappings",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("subscriptionId" = String, Path, description = "Id of the mapping")
    ),
    responses((status = 200, description = "The mapping", body = Data<SubscriptionAnswer>)),
    extensions(("x-access" = json!("destination_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
) -> Result<Versioned<Data<SubscriptionAnswer>>, ApiError> {
    let mut db = api.db.read().await?;
    let row = find(&mut db, &caller, &id).await?;
    Ok(Versioned(row.version, data(SubscriptionAnswer { subscription: view(&row)? })))
}

/// The mapping of the caller's destination with this id.
pub async fn find(
    db: &mut Connection,
    caller: &Caller,
    id: &str,
) -> Result<DestinationSubscription, ApiError> {
    let row = destination_subscriptions::find(db, &caller.destination()?.id, id).await?;
    row.ok_or_else(|| ApiError::not_found("mapping"))
}
