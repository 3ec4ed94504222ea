use axum::extract::State;
use serde::Serialize;
use store::destination_subscriptions;
use utoipa::ToSchema;

use super::view::{DestinationSubscriptionView, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
    state::Api,
};

/// Mappings in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionsAnswer {
    /// By id.
    pub subscriptions: Vec<DestinationSubscriptionView>,
    /// Where this page stands.
    pub pagination: Pagination,
}

/// List the mappings of a destination
#[utoipa::path(
    get,
    path = "/destinations/{destinationId}/subscriptions",
    operation_id = "listSubscriptionsFromDestination",
    tag = "Destination Mappings",
    params(("destinationId" = String, Path, description = "Id of the destination"), PageParams),
    responses((status = 200, description = "The mappings", body = Data<SubscriptionsAnswer>)),
    extensions(("x-access" = json!("destination_read")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(wanted): PageQuery,
) -> Result<Data<SubscriptionsAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let of = &caller.destination()?.id;
    let paged = destination_subscriptions::list(&mut db, of, &wanted).await?;
    let pagination = Pagination::of(&wanted, &paged);
    let subscriptions = paged.rows.iter().map(view).collect::<Result<_, _>>()?;
    Ok(data(SubscriptionsAnswer { subscriptions, pagination }))
}
