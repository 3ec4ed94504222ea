use axum::extract::Path;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
    sources::nothing,
};

/// Warehouses of the catalog in their envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WarehousesCatalog {
    /// There are none.
    #[schema(value_type = Vec<Object>)]
    warehouses_catalog: Vec<Value>,
    /// Where this page stands.
    pagination: Pagination,
}

/// List the warehouses in the catalog
///
/// There are none: the list is empty.
#[utoipa::path(
    get,
    path = "/catalog/warehouses",
    operation_id = "getWarehousesCatalog",
    tag = "Catalog",
    params(PageParams),
    responses((status = 200, description = "No entries", body = Data<WarehousesCatalog>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn list(PageQuery(page): PageQuery) -> Result<Data<WarehousesCatalog>, ApiError> {
    Ok(data(WarehousesCatalog { warehouses_catalog: Vec::new(), pagination: nothing(&page) }))
}

/// Get a warehouse of the catalog
///
/// There are none: it is not found.
#[utoipa::path(
    get,
    path = "/catalog/warehouses/{warehouseMetadataId}",
    operation_id = "getWarehouseMetadata",
    tag = "Catalog",
    params(("warehouseMetadataId" = String, Path, description = "Id of the entry")),
    responses((status = 404, description = "There is no such thing", body = crate::error::Errors)),
    extensions(("x-access" = json!("public")))
)]
pub async fn get(Path(_): Path<String>) -> ApiError {
    ApiError::not_found("warehouse")
}
