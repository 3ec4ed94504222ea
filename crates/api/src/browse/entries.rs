use axum::{
    extract::{Path, State},
    http::Uri,
};
use serde::Serialize;
use store::listings;
use utoipa::ToSchema;

use super::query::{Asked, CatalogQuery};
use crate::{
    answer::{Data, data},
    error::ApiError,
    metadata::{DestinationMetadata, SourceMetadata},
    page::{PageParams, PageQuery, Pagination},
    state::Api,
};

/// Sources of the catalog in their envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourcesCatalog {
    /// By name.
    sources_catalog: Vec<SourceMetadata>,
    /// Where this page stands.
    pagination: Pagination,
}

/// A source of the catalog in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceMetadataAnswer {
    /// The entry.
    source_metadata: SourceMetadata,
}

/// Destinations of the catalog in their envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationsCatalog {
    /// By name.
    destinations_catalog: Vec<DestinationMetadata>,
    /// Where this page stands.
    pagination: Pagination,
}

/// A destination of the catalog in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationMetadataAnswer {
    /// The entry.
    destination_metadata: DestinationMetadata,
}

/// List the sources in the catalog
///
/// What is listed, with the badge of those in beta; anybody may read it.
#[utoipa::path(
    get,
    path = "/catalog/sources",
    operation_id = "getSourcesCatalog",
    tag = "Catalog",
    params(PageParams, CatalogQuery),
    responses((status = 200, description = "The entries", body = Data<SourcesCatalog>)),
    extensions(
        ("x-access" = json!("public")),
        ("x-errors" = json!({
            "422": ["not_allowed", "unknown"]
        }))
    )
)]
pub async fn list_sources(
    State(api): State<Api>,
    PageQuery(page): PageQuery,
    uri: Uri,
) -> Result<Data<SourcesCatalog>, ApiError> {
    let asked = Asked::parse(&api, uri.query().unwrap_or_default())?;
    let mut db = api.db.read().await?;
    let paged = listings::list(&mut db, &asked.filter("source"), &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let sources_catalog = paged.rows.iter().map(|row| SourceMetadata::of(&api, row)).collect();
    Ok(data(SourcesCatalog { sources_catalog, pagination }))
}

/// Get a source of the catalog
///
/// With its documentation, pictures, and what it sends.
#[utoipa::path(
    get,
    path = "/catalog/sources/{sourceMetadataId}",
    operation_id = "getSourceMetadata",
    tag = "Catalog",
    params(("sourceMetadataId" = String, Path, description = "Id or slug of the entry", example = "http-api")),
    responses((status = 200, description = "The entry", body = Data<SourceMetadataAnswer>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn get_source(
    State(api): State<Api>,
    Path(named): Path<String>,
) -> Result<Data<SourceMetadataAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let row = listings::find(&mut db, "source", &named).await?;
    let row = row.ok_or_else(|| ApiError::not_found("source"))?;
    Ok(data(SourceMetadataAnswer { source_metadata: SourceMetadata::detailed(&api, &row) }))
}

/// List the destinations in the catalog
#[utoipa::path(
    get,
    path = "/catalog/destinations",
    operation_id = "getDestinationsCatalog",
    tag = "Catalog",
    params(PageParams, CatalogQuery),
    responses((status = 200, description = "The entries", body = Data<DestinationsCatalog>)),
    extensions(
        ("x-access" = json!("public")),
        ("x-errors" = json!({
            "422": ["not_allowed", "unknown"]
        }))
    )
)]
pub async fn list_destinations(
    State(api): State<Api>,
    PageQuery(page): PageQuery,
    uri: Uri,
) -> Result<Data<DestinationsCatalog>, ApiError> {
    let asked = Asked::parse(&api, uri.query().unwrap_or_default())?;
    let mut db = api.db.read().await?;
    let paged = listings::list(&mut db, &asked.filter("destination"), &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let destinations_catalog =
        paged.rows.iter().map(|row| DestinationMetadata::of(&api, row)).collect();
    Ok(data(DestinationsCatalog { destinations_catalog, pagination }))
}

/// Get a destination of the catalog
#[utoipa::path(
    get,
    path = "/catalog/destinations/{destinationMetadataId}",
    operation_id = "getDestinationMetadata",
    tag = "Catalog",
    params(("destinationMetadataId" = String, Path, description = "Id or slug of the entry", example = "webhook")),
    responses((status = 200, description = "The entry", body = Data<DestinationMetadataAnswer>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn get_destination(
    State(api): State<Api>,
    Path(named): Path<String>,
) -> Result<Data<DestinationMetadataAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let row = listings::find(&mut db, "destination", &named).await?;
    let row = row.ok_or_else(|| ApiError::not_found("destination"))?;
    Ok(data(DestinationMetadataAnswer {
        destination_metadata: DestinationMetadata::of(&api, &row),
    }))
}
