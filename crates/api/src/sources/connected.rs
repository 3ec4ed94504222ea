use axum::extract::State;
use catalog::access::{Things, scope};
use serde::Serialize;
use serde_json::Value;
use store::{Page, Paged, destinations};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    destinations::{DestinationsAnswer, views},
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
    state::Api,
};

/// Warehouses in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarehousesAnswer {
    /// There are none.
    #[schema(value_type = Vec<Object>)]
    pub warehouses: Vec<Value>,
    /// Where this page stands.
    pub pagination: Pagination,
}

/// List the destinations of a source
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/connected-destinations",
    operation_id = "listConnectedDestinationsFromSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        PageParams
    ),
    responses((status = 200, description = "The destinations", body = Data<DestinationsAnswer>)),
    extensions(("x-access" = json!("source_read")))
)]
pub async fn destinations(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<DestinationsAnswer>, ApiError> {
    let source_id = &caller.source()?.id;
    let filter = destinations::Filter {
        visible: &scope(&caller.permissions, Things::Destinations { admin: false }),
        sources: &scope(&caller.permissions, Things::Sources { admin: false }),
        source_id: Some(source_id),
        name: None,
        enabled: None,
    };
    let mut db = api.db.read().await?;
    let paged = destinations::list(&mut db, &caller.workspace()?.id, &filter, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let destinations = views(&api, &mut db, &paged.rows).await?;
    Ok(data(DestinationsAnswer { destinations, pagination }))
}

/// List the warehouses of a source
///
/// There are no warehouses: the list is empty.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/connected-warehouses",
    operation_id = "listConnectedWarehousesFromSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        PageParams
    ),
    responses((status = 200, description = "No warehouses", body = Data<WarehousesAnswer>)),
    extensions(("x-access" = json!("source_read")))
)]
pub async fn warehouses(PageQuery(page): PageQuery) -> Result<Data<WarehousesAnswer>, ApiError> {
    Ok(data(WarehousesAnswer { warehouses: Vec::new(), pagination: nothing(&page) }))
}

/// Where a page of an empty list stands.
pub fn nothing(page: &Page) -> Pagination {
    Pagination::of(page, &Paged::<()> { rows: Vec::new(), next: None, total: 0 })
}
