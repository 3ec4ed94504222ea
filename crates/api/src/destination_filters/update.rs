use axum::extract::{Path, State};
use filters::Action;
use serde::Deserialize;
use store::destination_filters;
use utoipa::ToSchema;

use super::{
    get::find,
    view::{DestinationFilterAnswer, FilterAction, FilterNote, faults, read, view, write},
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationFilterChanges {
    /// Its name for people.
    #[schema(example = "No e-mail addresses", min_length = 1, max_length = 64)]
    title: Option<String>,
    /// What it is for; empty text takes it away.
    #[schema(example = "The agency must not know them.", max_length = 500)]
    description: Option<String>,
    /// The messages that it is about, in FQL.
    #[serde(rename = "if")]
    #[schema(example = "type = 'track'")]
    condition: Option<String>,
    /// What becomes of them, all of it.
    #[schema(value_type = Option<Vec<FilterAction>>, min_items = 1, max_items = 10)]
    actions: Option<Vec<Action>>,
    /// Whether it does anything.
    enabled: Option<bool>,
}

/// Change a filter of a destination
///
/// It holds as it is then for every message that was not sent yet.
#[utoipa::path(
    patch,
    path = "/destination/{destinationId}/filters/{filterId}",
    operation_id = "updateFilterForDestination",
    tag = "Destination Filters",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        ("filterId" = String, Path, description = "Id of the filter"),
        IfMatchHeader
    ),
    request_body = DestinationFilterChanges,
    responses((status = 200, description = "Changed", body = Data<DestinationFilterAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "422": ["invalid", "invalid_action", "invalid_fql"]
        }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Path((_, id)): Path<(String, String)>,
    Body(changes): Body<DestinationFilterChanges>,
) -> Result<Versioned<Data<DestinationFilterAnswer>>, ApiError> {
    let mut write_db = api.db.write().await?;
    let before = find(&mut write_db, &caller, &id).await?;
    seen.check(before.version)?;
    let was = read(&before)?;
    let (mut after, mut filter) = (before.clone(), was.clone());
    let DestinationFilterChanges { title, description, condition, actions, enabled } = changes;
    if let Some(title) = title {
        filter.title = title.trim().to_owned();
    }
    if let Some(text) = description {
        after.description = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    filter.condition = condition.unwrap_or(filter.condition);
    filter.actions = actions.unwrap_or(filter.actions);
    filter.enabled = enabled.unwrap_or(filter.enabled);
    let found = faults(&filter, "");
    if !found.is_empty() {
        return Err(ApiError::invalid(found));
    }
    if filter.needs_salt() {
        let (sealer, fresh) = (&api.sealer, &api.fresh);
        let destination = &after.destination_id;
        destination_filters::ensure_salt(&mut write_db, sealer, fresh, destination).await?;
    }
    after.filter = write(&filter)?;
    after.updated_at_ms = caller.now_ms;
    after.version += 1;
    destination_filters::update(&mut write_db, &after).await?;
    let switched = filter.enabled != was.enabled;
    let as_was = filters::Filter { enabled: was.enabled, ..filter.clone() };
    let modified = as_was != was || after.description != before.description;
    let switch = match filter.enabled {
        true => "Destination Filter Enabled",
        false => "Destination Filter Disabled",
    };
    for (kind, happened) in [("Destination Filter Modified", modified), (switch, switched)] {
        if happened {
            let change = Change::new(kind, "DESTINATION_FILTER", &after.id, &filter.title)
                .before(&FilterNote::of(&before, &was))
                .after(&FilterNote::of(&after, &filter));
            record(&api, &mut write_db, &caller, &caller.workspace()?.id, change).await?;
        }
    }
    write_db.commit().await?;
    api.nudge();
    Ok(Versioned(after.version, data(DestinationFilterAnswer { filter: view(&after)? })))
}
