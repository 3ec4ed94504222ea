use axum::extract::{Path, State};
use store::destination_subscriptions;

use super::{
    get::find,
    view::{SubscriptionNote, read},
};
use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader},
};

/// Delete a mapping of a destination
///
/// For good. Without the last one every message goes as the destination's settings say.
#[utoipa::path(
    delete,
    path = "/destinations/{destinationId}/subscriptions/{subscriptionId}",
    operation_id = "removeSubscriptionFromDestination",
    tag = "Destination Mappings",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("subscriptionId" = String, Path, description = "Id of the mapping"),
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
    let subscription = read(&row)?;
    destination_subscriptions::delete(&mut write, &row.destination_id, &row.id).await?;
    let kind = "Destination Mapping Deleted";
    let change = Change::new(kind, "DESTINATION_SUBSCRIPTION", &row.id, &subscription.name)
        .before(&SubscriptionNote::of(&row, &subscription));
    record(&api, &mut write, &caller, &caller.workspace()?.id, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}
