use axum::extract::State;
use serde::Serialize;
use store::source_schemas;
use utoipa::ToSchema;

use super::view::{SourceView, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    version::Versioned,
};

/// A source in its envelope, as it is read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundSource {
    /// The source.
    source: SourceView,
    /// The tracking plan that it is connected to.
    tracking_plan_id: Option<String>,
}

/// Get a source
///
/// By id or slug.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}",
    operation_id = "getSource",
    tag = "Sources",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    responses((status = 200, description = "The source", body = Data<FoundSource>)),
    extensions(("x-access" = json!("source_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Versioned<Data<FoundSource>>, ApiError> {
    let row = caller.source()?;
    let mut db = api.db.read().await?;
    let source = view(&api, &mut db, &caller, row).await?;
    let tracking_plan_id = source_schemas::get(&mut db, &row.id).await?.plan_id;
    Ok(Versioned(row.version, data(FoundSource { source, tracking_plan_id })))
}
