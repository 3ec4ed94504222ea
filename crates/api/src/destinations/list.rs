use axum::{extract::State, http::Uri};
use catalog::access::{Things, scope};
use serde::{Deserialize, Serialize};
use store::destinations::{self, Filter};
use utoipa::{IntoParams, ToSchema};

use super::view::{DestinationView, views};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::{ApiError, Fault},
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

/// Which destinations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
pub struct ListDestinationsQuery {
    /// Part of the name.
    #[param(example = "hook")]
    name: Option<String>,
    /// Of this source, by id.
    #[serde(rename = "sourceId")]
    #[param(example = "src_qQEHquLrjRDN9j1ByrChyn")]
    source_id: Option<String>,
    /// `enabled` or `disabled`.
    #[param(example = "enabled")]
    status: Option<String>,
}

/// Destinations in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationsAnswer {
    /// By name.
    pub destinations: Vec<DestinationView>,
    /// Where this page stands.
    pub pagination: Pagination,
}

/// List destinations
///
/// Those that the caller may see, by name.
#[utoipa::path(
    get,
    path = "/destinations",
    operation_id = "listDestinations",
    tag = "Destinations",
    params(PageParams, ListDestinationsQuery),
    responses((status = 200, description = "The destinations", body = Data<DestinationsAnswer>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-errors" = json!({
            "422": ["not_allowed"]
        }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(wanted): PageQuery,
    uri: Uri,
) -> Result<Data<DestinationsAnswer>, ApiError> {
    let query = uri.query().unwrap_or_default();
    let enabled = match page::value(query, "status").as_deref() {
        None => None,
        Some("enabled") => Some(true),
        Some("disabled") => Some(false),
        Some(other) => {
            return Err(ApiError::invalid_field(
                Fault::at("/status", "not_allowed", format!("{other:?} is no status"))
                    .expected("enabled or disabled")
                    .fix("give one of these, or leave it out"),
            ));
        }
    };
    let (name, source_id) = (page::value(query, "name"), page::value(query, "sourceId"));
    let filter = Filter {
        visible: &scope(&caller.permissions, Things::Destinations { admin: false }),
        sources: &scope(&caller.permissions, Things::Sources { admin: false }),
        source_id: source_id.as_deref(),
        name: name.as_deref(),
        enabled,
    };
    let mut db = api.db.read().await?;
    let paged = destinations::list(&mut db, &caller.workspace()?.id, &filter, &wanted).await?;
    let pagination = Pagination::of(&wanted, &paged);
    let destinations = views(&api, &mut db, &paged.rows).await?;
    Ok(data(DestinationsAnswer { destinations, pagination }))
}
