use axum::extract::State;
use catalog::slug::{check_name, check_source_slug};
use serde::{Deserialize, Deserializer};
use store::{integrations, sources};
use utoipa::ToSchema;

use super::{
    create,
    view::{SourceAnswer, SourceNote, owner, view},
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    metadata,
    settings::{self, Asked, Kept, Settings},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceChanges {
    /// Its name for people.
    #[schema(example = "Website", min_length = 1, max_length = 60)]
    name: Option<String>,
    /// Its name in paths.
    #[schema(example = "website", min_length = 1, max_length = 64)]
    slug: Option<String>,
    /// Whether it takes data. A disabled source discards messages as `source_disabled`.
    enabled: Option<bool>,
    /// How many days its messages are kept for the debugger, traces and replays; `null`: as long as
    /// the installation keeps all others.
    #[schema(example = 30, minimum = 1)]
    #[serde(default, deserialize_with = "given")]
    retention_days: Option<Option<i64>>,
    /// Settings to change; one given as `null` is taken out, one left out stays, and so does a
    /// secret that is sent as it was shown.
    #[schema(value_type = Option<Object>, example = json!({}))]
    settings: Option<Settings>,
}

/// Tells `null` from what is left out.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Change a source
///
/// Name, slug, settings, whether it takes data, and how long its messages are kept. Its catalog entry never changes.
#[utoipa::path(
    patch,
    path = "/sources/{sourceId}",
    operation_id = "updateSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        IfMatchHeader
    ),
    request_body = SourceChanges,
    responses((status = 200, description = "Changed", body = Data<SourceAnswer>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({
            "422": [
                "blank_at_end", "control_character", "invalid", "masked", "name_empty",
                "out_of_range", "required", "slug_empty", "slug_format", "slug_length", "slug_reserved", "taken",
                "too_long", "unknown_field"
            ]
        }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(changes): Body<SourceChanges>,
) -> Result<Versioned<Data<SourceAnswer>>, ApiError> {
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    let before = sources::find(&mut write, workspace_id, &caller.source()?.id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("source"))?;
    seen.check(before.version)?;
    let mut after = before.clone();
    let mut faults: Vec<Fault> = Vec::new();
    if let Some(name) = changes.name {
        after.name = name.trim().to_owned();
        faults.extend(check_name(&after.name).err().map(Into::into));
    }
    if let Some(slug) = changes.slug {
        faults.extend(check_source_slug(&slug).err().map(Into::into));
        let other = sources::find(&mut write, workspace_id, &slug).await?;
        if other.is_some_and(|other| other.slug == slug && other.id != before.id) {
            faults.push(create::taken_slug());
        }
        after.slug = slug;
    }
    if let Some(enabled) = changes.enabled {
        let since = before.disabled_at_ms.unwrap_or(caller.now_ms);
        after.disabled_at_ms = (!enabled).then_some(since);
    }
    if let Some(days) = changes.retention_days {
        faults.extend(bad_retention(&api, days));
        after.retention_days = days;
    }
    if let Some(given) = changes.settings {
        let entry = integrations::find(&mut write, &before.integration_id).await?;
        let entry = entry.ok_or_else(|| ApiError::not_found("catalog entry"))?;
        let info = metadata::info_of(&entry);
        let kept = Kept { shown: before.settings.clone(), sealed: before.secrets_sealed.clone() };
        let asked = Asked::Options(&info.options);
        let kept = settings::keep(&api, asked, &owner(&before.id), &kept, given);
        if let Some(kept) = ApiError::gather(kept, &mut faults)? {
            (after.settings, after.secrets_sealed) = (kept.shown, kept.sealed);
        }
    }
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    after.version += 1;
    sources::update(&mut write, &after).await.map_err(create::taken)?;
    let renamed = (&after.name, &after.slug) != (&before.name, &before.slug);
    let switched = after.disabled_at_ms.is_some() != before.disabled_at_ms.is_some();
    let resettled = (&after.settings, &after.secrets_sealed, after.retention_days)
        != (&before.settings, &before.secrets_sealed, before.retention_days);
    let switch = if after.disabled_at_ms.is_some() { "Source Disabled" } else { "Source Enabled" };
    for (kind, happened) in
        [("Source Modified", renamed), ("Source Settings Modified", resettled), (switch, switched)]
    {
        if happened {
            let change = Change::new(kind, "SOURCE", &after.id, &after.name)
                .before(&SourceNote::of(&before))
                .after(&SourceNote::of(&after));
            record(&api, &mut write, &caller, workspace_id, change).await?;
        }
    }
    let source = view(&api, &mut write, &caller, &after).await?;
    write.commit().await?;
    api.nudge();
    Ok(Versioned(after.version, data(SourceAnswer { source })))
}

/// What is wrong with this many days.
fn bad_retention(api: &Api, days: Option<i64>) -> Option<Fault> {
    let most = api.options.retention_days_max;
    let fits = days.is_none_or(|days| (1..=most).contains(&days));
    (!fits).then(|| {
        let message = format!("messages are kept for 1 to {most} days here");
        Fault::at("/retentionDays", "out_of_range", message)
            .expected(format!("a whole number from 1 to {most}, or null"))
            .fix("choose fewer days, or ask whoever runs the server to raise log.retention.longest")
    })
}
