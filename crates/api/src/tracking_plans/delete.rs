use axum::extract::State;
use store::{source_schemas, tracking_plans};

use super::{change::found, view::PlanNote};
use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader},
};

/// Delete a tracking plan
///
/// For good, with all its versions. A plan that sources are connected to stays until they are not.
#[utoipa::path(
    delete,
    path = "/tracking-plans/{trackingPlanId}",
    operation_id = "deleteTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({ "409": ["in_use"] }))
    )
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let row = found(&mut write, &caller).await?;
    seen.check(row.version)?;
    let used = source_schemas::source_counts(&mut write, &[&row.id]).await?;
    if let Some(used) = used.first().filter(|used| **used > 0) {
        let message = match used {
            1 => "one source is connected to this plan".to_owned(),
            many => format!("{many} sources are connected to this plan"),
        };
        return Err(ApiError::conflict("in_use", message).fix("disconnect them first"));
    }
    tracking_plans::delete(&mut write, &row.workspace_id, &row.id).await?;
    let change = Change::new("Tracking Plan Deleted", "TRACKING_PLAN", &row.id, &row.name)
        .before(&PlanNote::of(&row));
    record(&api, &mut write, &caller, &row.workspace_id, change).await?;
    write.commit().await?;
    Ok(done())
}
