use axum::extract::State;
use filters::{Action, FILTERS_MAX, Filter};
use serde::Deserialize;
use store::destination_filters::{self, DestinationFilter};
use utoipa::ToSchema;

use super::view::{DestinationFilterAnswer, FilterAction, FilterNote, faults, view, write};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    version::Versioned,
};

/// A new filter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDestinationFilter {
    /// The source whose messages it is about: the one that feeds the destination.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn")]
    source_id: String,
    /// Its name for people.
    #[schema(example = "No e-mail addresses", min_length = 1, max_length = 64)]
    title: String,
    /// What it is for.
    #[schema(example = "The agency must not know them.", max_length = 500)]
    description: Option<String>,
    /// The messages that it is about, in FQL.
    #[serde(rename = "if")]
    #[schema(example = "type = 'track'")]
    condition: String,
    /// What becomes of them.
    #[schema(value_type = Vec<FilterAction>, min_items = 1, max_items = 10)]
    actions: Vec<Action>,
    /// Whether it does anything.
    enabled: bool,
}

/// Create a filter of a destination
///
/// It holds for every message that was not sent yet. Filters are applied in this order: samples,
/// drops, fields that go, fields that stay, hashes, new names, values; of two that do the same the
/// older is first. Every condition is asked of the message as it came.
#[utoipa::path(
    post,
    path = "/destination/{destinationId}/filters",
    operation_id = "createFilterForDestination",
    tag = "Destination Filters",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = NewDestinationFilter,
    responses((status = 200, description = "Created", body = Data<DestinationFilterAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "409": ["too_many_filters"],
            "422": ["invalid", "invalid_action", "invalid_fql", "unknown"]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewDestinationFilter>,
) -> Result<Versioned<Data<DestinationFilterAnswer>>, ApiError> {
    let destination = caller.destination()?;
    let mut write_db = api.db.write().await?;
    let there = destination_filters::of_destination(&mut write_db, &destination.id).await?;
    if there.len() >= FILTERS_MAX {
        let message = format!("a destination has at most {FILTERS_MAX} filters");
        return Err(ApiError::conflict("too_many_filters", message)
            .fix("join two of them with or, or delete one"));
    }
    let NewDestinationFilter { source_id, title, description, condition, actions, enabled } = new;
    let mut found = Vec::new();
    if source_id != destination.source_id {
        let message = format!("{source_id:?} does not feed this destination");
        found.push(
            Fault::at("/sourceId", "unknown", message)
                .expected("the id of the source that feeds it")
                .fix(format!("say {:?}", destination.source_id)),
        );
    }
    let title = title.trim().to_owned();
    let filter = Filter { title, condition, actions, enabled };
    found.extend(faults(&filter, ""));
    if !found.is_empty() {
        return Err(ApiError::invalid(found));
    }
    if filter.needs_salt() {
        let (sealer, fresh) = (&api.sealer, &api.fresh);
        destination_filters::ensure_salt(&mut write_db, sealer, fresh, &destination.id).await?;
    }
    let row = DestinationFilter {
        id: api.fresh.id("flt"),
        destination_id: destination.id.clone(),
        source_id: destination.source_id.clone(),
        description: description.map(|text| text.trim().to_owned()).filter(|t| !t.is_empty()),
        filter: write(&filter)?,
        created_at_ms: caller.now_ms,
        updated_at_ms: caller.now_ms,
        version: 1,
    };
    destination_filters::insert(&mut write_db, &row).await?;
    let kind = "Destination Filter Created";
    let change = Change::new(kind, "DESTINATION_FILTER", &row.id, &filter.title)
        .after(&FilterNote::of(&row, &filter));
    record(&api, &mut write_db, &caller, &caller.workspace()?.id, change).await?;
    write_db.commit().await?;
    api.nudge();
    Ok(Versioned(row.version, data(DestinationFilterAnswer { filter: view(&row)? })))
}
