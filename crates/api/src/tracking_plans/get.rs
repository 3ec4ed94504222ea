use axum::extract::State;

use super::view::{TrackingPlanAnswer, view};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    version::Versioned,
};

/// Get a tracking plan
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}",
    operation_id = "getTrackingPlan",
    tag = "Tracking Plans",
    params(("trackingPlanId" = String, Path, description = "Id or slug of the plan")),
    responses((status = 200, description = "The plan", body = Data<TrackingPlanAnswer>)),
    extensions(("x-access" = json!("tracking_plan_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Versioned<Data<TrackingPlanAnswer>>, ApiError> {
    let row = caller.tracking_plan()?;
    let tracking_plan = view(&mut *api.db.read().await?, row).await?;
    Ok(Versioned(row.version, data(TrackingPlanAnswer { tracking_plan })))
}
