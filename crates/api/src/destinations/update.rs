use axum::extract::State;
use catalog::slug::check_name;
use serde::Deserialize;
use store::{destinations, integrations, snapshot::destination_owner};
use utoipa::ToSchema;

use super::{
    create,
    pace::{self, given},
    view::{DestinationAnswer, DestinationNote, view},
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    settings::{self, Asked, Kept, Settings},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationChanges {
    /// Its name for people.
    #[schema(example = "Webhook", min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Whether it is given messages.
    enabled: Option<bool>,
    /// Settings to change; one given as `null` is taken out, one left out stays, and so does a
    /// secret that is sent as it was shown.
    #[schema(value_type = Option<Object>, example = json!({ "url": "https://example.com/hook" }))]
    settings: Option<Settings>,
    /// Attempts that begin in a second at most, retries among them; `null`: as many as it takes.
    #[schema(value_type = Option<i64>, example = 100, minimum = 1, maximum = 100_000)]
    #[serde(default, deserialize_with = "given")]
    rate_per_second: pace::Change,
    /// Requests on their way to it at one time; `null`: 8.
    #[schema(value_type = Option<i64>, example = 8, minimum = 1, maximum = 1000)]
    #[serde(default, deserialize_with = "given")]
    concurrency: pace::Change,
    /// How many hours a message that it did not take is tried again; `null`: as long as the
    /// installation does.
    #[schema(value_type = Option<i64>, example = 72, minimum = 4, maximum = 720)]
    #[serde(default, deserialize_with = "given")]
    retry_for_hours: pace::Change,
}

/// Change a destination
///
/// Name, settings, pace, and whether it is given messages. Its source and its catalog entry never
/// change.
#[utoipa::path(
    patch,
    path = "/destinations/{destinationId}",
    operation_id = "updateDestination",
    tag = "Destinations",
    params(
        ("destinationId" = String, Path, description = "Id of the destination"),
        IfMatchHeader
    ),
    request_body = DestinationChanges,
    responses((status = 200, description = "Changed", body = Data<DestinationAnswer>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-errors" = json!({
            "409": ["not_installable"],
            "422": [
                "blank_at_end", "control_character", "invalid", "masked", "name_empty",
                "out_of_range", "required", "taken", "too_long", "unknown_field"
            ]
        }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(changes): Body<DestinationChanges>,
) -> Result<Versioned<Data<DestinationAnswer>>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let before = destinations::find(&mut write, workspace_id, &caller.destination()?.id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("destination"))?;
    seen.check(before.version)?;
    let mut after = before.clone();
    let mut faults: Vec<Fault> = Vec::new();
    if let Some(name) = changes.name {
        after.name = name.trim().to_owned();
        faults.extend(check_name(&after.name).err().map(Into::into));
        let siblings = destinations::of_source(&mut write, workspace_id, &before.source_id).await?;
        if siblings.iter().any(|other| other.name == after.name && other.id != before.id) {
            faults.push(create::taken_name());
        }
    }
    if let Some(enabled) = changes.enabled {
        after.enabled_at_ms = enabled.then(|| before.enabled_at_ms.unwrap_or(caller.now_ms));
    }
    let DestinationChanges { rate_per_second, concurrency, retry_for_hours, .. } = changes;
    after.pace = pace::changed(before.pace, rate_per_second, concurrency, retry_for_hours);
    if let Some(given) = changes.settings {
        let entry = integrations::find(&mut write, &before.integration_id).await?;
        let entry = entry.ok_or_else(|| ApiError::not_found("catalog entry"))?;
        let definition = api.options.definitions.iter().find(|known| known.slug == entry.slug);
        let definition = definition.ok_or_else(|| {
            ApiError::conflict(
                "not_installable",
                "this server does not know this kind of destination any more",
            )
        })?;
        let kept = Kept { shown: before.settings.clone(), sealed: before.secrets_sealed.clone() };
        let (asked, owner) = (Asked::Definition(definition), destination_owner(&before.id));
        let kept = settings::keep(&api, asked, &owner, &kept, given);
        if let Some(kept) = ApiError::gather(kept, &mut faults)? {
            (after.settings, after.secrets_sealed) = (kept.shown, kept.sealed);
        }
    }
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    after.version += 1;
    destinations::update(&mut write, &after).await.map_err(create::taken)?;
    let modified = after.name != before.name
        || after.settings != before.settings
        || after.secrets_sealed != before.secrets_sealed
        || after.pace != before.pace;
    let switched = after.enabled_at_ms.is_some() != before.enabled_at_ms.is_some();
    let switch = match after.enabled_at_ms {
        Some(_) => "Destination Enabled",
        None => "Destination Disabled",
    };
    for (kind, happened) in [("Destination Modified", modified), (switch, switched)] {
        if happened {
            let change = Change::new(kind, "DESTINATION", &after.id, &after.name)
                .before(&DestinationNote::of(&before))
                .after(&DestinationNote::of(&after));
            record(&api, &mut write, &caller, workspace_id, change).await?;
        }
    }
    let destination = view(&api, &mut write, &after).await?;
    write.commit().await?;
    api.nudge();
    Ok(Versioned(after.version, data(DestinationAnswer { destination })))
}
