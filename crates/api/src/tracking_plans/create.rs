use axum::extract::State;
use catalog::slug::{check_name, numbered, suggest_source_slug};
use serde::Deserialize;
use store::{
    Write,
    tracking_plans::{self, TrackingPlan},
};
use utoipa::ToSchema;

use super::{
    PLANS_MAX,
    view::{PlanNote, TrackingPlanAnswer, view},
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    version::Versioned,
};

/// A new tracking plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTrackingPlan {
    /// Its name for people; its name in paths is made from it.
    #[schema(example = "Shop", min_length = 1, max_length = 60)]
    name: String,
    /// What it is for.
    #[schema(example = "What the shop sends", max_length = 2000)]
    description: Option<String>,
    /// `LIVE`; the field's other types are not kept here.
    #[serde(rename = "type")]
    #[schema(example = "LIVE")]
    kind: Option<PlanType>,
}

/// The type of a tracking plan.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum PlanType {
    /// Messages are held against it.
    Live,
}

/// Create a tracking plan
///
/// Without rules: send them with `PUT /tracking-plans/{trackingPlanId}/rules`, or import a file.
#[utoipa::path(
    post,
    path = "/tracking-plans",
    operation_id = "createTrackingPlan",
    tag = "Tracking Plans",
    request_body = NewTrackingPlan,
    responses((status = 200, description = "Created", body = Data<TrackingPlanAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "409": ["too_many_plans"],
            "422": [
                "blank_at_end", "control_character", "name_empty", "not_allowed", "required",
                "too_long", "unknown_field"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewTrackingPlan>,
) -> Result<Versioned<Data<TrackingPlanAnswer>>, ApiError> {
    let NewTrackingPlan { name, description, kind } = new;
    let PlanType::Live = kind.unwrap_or(PlanType::Live);
    let name = name.trim().to_owned();
    check_name(&name).map_err(|problem| ApiError::invalid_field(Fault::from(problem)))?;
    let workspace_id = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    if tracking_plans::count(&mut write, workspace_id).await? >= PLANS_MAX {
        let message = format!("a workspace has at most {PLANS_MAX} tracking plans");
        return Err(ApiError::conflict("too_many_plans", message)
            .fix("delete one that is not in use any more"));
    }
    let slug = free_slug(&mut write, workspace_id, &name).await?;
    let row = TrackingPlan {
        id: api.fresh.id("tp"),
        workspace_id: workspace_id.clone(),
        slug,
        name,
        description: description.unwrap_or_default().trim().to_owned(),
        revision: 0,
        version: 1,
        created_at_ms: caller.now_ms,
        updated_at_ms: caller.now_ms,
    };
    tracking_plans::insert(&mut write, &row).await?;
    let change = Change::new("Tracking Plan Created", "TRACKING_PLAN", &row.id, &row.name)
        .after(&PlanNote::of(&row));
    record(&api, &mut write, &caller, workspace_id, change).await?;
    let tracking_plan = view(&mut write, &row).await?;
    write.commit().await?;
    Ok(Versioned(row.version, data(TrackingPlanAnswer { tracking_plan })))
}

/// A slug made from a name that no plan of the workspace has.
async fn free_slug(write: &mut Write, workspace_id: &str, name: &str) -> Result<String, ApiError> {
    // Where a plan is named, starters are named too.
    let mut candidates = numbered(suggest_source_slug(name)).filter(|slug| slug != "starters");
    loop {
        let candidate = candidates.next().expect("there are more numbers than plans");
        if tracking_plans::find(write, workspace_id, &candidate).await?.is_none() {
            return Ok(candidate);
        }
    }
}
