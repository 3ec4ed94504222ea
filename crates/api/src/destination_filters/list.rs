use axum::extract::State;
use serde::Serialize;
use store::destination_filters;
use utoipa::ToSchema;

use super::view::{DestinationFilterView, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
    state::Api,
};

/// Filters in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationFiltersAnswer {
    /// By id.
    pub filters: Vec<DestinationFilterView>,
    /// Where this page stands.
    pub pagination: Pagination,
}

/// List the filters of a destination
#[utoipa::path(
    get,
    path = "/destination/{destinationId}/filters",
    operation_id = "listFiltersFromDestination",
    tag = "Destination Filters",
    params(("destinationId" = String, Path, description = "Id of the destination"), PageParams),
    responses((status = 200, description = "The filters", body = Data<DestinationFiltersAnswer>)),
    extensions(("x-access" = json!("destination_read")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(wanted): PageQuery,
) -> Result<Data<DestinationFiltersAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let paged = destination_filters::list(&mut db, &caller.destination()?.id, &wanted).await?;
    let pagination = Pagination::of(&wanted, &paged);
    let filters = paged.rows.iter().map(view).collect::<Result<_, _>>()?;
    Ok(data(DestinationFiltersAnswer { filters, pagination }))
}
