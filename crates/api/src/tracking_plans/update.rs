use axum::extract::State;
use catalog::slug::check_name;
use serde::Deserialize;
use store::tracking_plans;
use utoipa::ToSchema;

use super::{change::found, view::PlanNote};
use crate::{
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrackingPlanChanges {
    /// Its name for people. Its name in paths stays.
    #[schema(example = "Shop", min_length = 1, max_length = 60)]
    name: Option<String>,
    /// What it is for.
    #[schema(example = "What the shop sends", max_length = 2000)]
    description: Option<String>,
}

/// Change a tracking plan
///
/// Its name and description; its rules have operations of their own.
#[utoipa::path(
    patch,
    path = "/tracking-plans/{trackingPlanId}",
    operation_id = "updateTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        IfMatchHeader
    ),
    request_body = TrackingPlanChanges,
    responses((status = 200, description = "Changed", body = Data<Done>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "422": ["blank_at_end", "control_character", "name_empty", "too_long", "unknown_field"]
        }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(changes): Body<TrackingPlanChanges>,
) -> Result<Versioned<Data<Done>>, ApiError> {
    let mut write = api.db.write().await?;
    let before = found(&mut write, &caller).await?;
    seen.check(before.version)?;
    let mut after = before.clone();
    if let Some(name) = changes.name {
        after.name = name.trim().to_owned();
        check_name(&after.name).map_err(|problem| ApiError::invalid_field(Fault::from(problem)))?;
    }
    if let Some(description) = changes.description {
        after.description = description.trim().to_owned();
    }
    after.version += 1;
    after.updated_at_ms = caller.now_ms;
    tracking_plans::update(&mut write, &after).await?;
    if (&before.name, &before.description) != (&after.name, &after.description) {
        let change = Change::new("Tracking Plan Modified", "TRACKING_PLAN", &after.id, &after.name)
            .before(&PlanNote::of(&before))
            .after(&PlanNote::of(&after));
        record(&api, &mut write, &caller, &after.workspace_id, change).await?;
    }
    write.commit().await?;
    Ok(Versioned(after.version, done()))
}
