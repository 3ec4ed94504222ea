use axum::extract::{Request, State};
use serde::Serialize;
use store::tracking_plans;
use utoipa::ToSchema;

use super::view::{TrackingPlanView, views};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

/// Tracking plans in their envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackingPlansAnswer {
    /// By slug.
    tracking_plans: Vec<TrackingPlanView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// List tracking plans
#[utoipa::path(
    get,
    path = "/tracking-plans",
    operation_id = "listTrackingPlans",
    tag = "Tracking Plans",
    params(
        PageParams,
        ("name" = Option<String>, Query, description = "Part of the name or the slug, whatever its case"),
        ("type" = Option<String>, Query, description = "`LIVE`, which all of them are", example = "LIVE")
    ),
    responses((status = 200, description = "The plans", body = Data<TrackingPlansAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-errors" = json!({ "422": ["not_allowed"] }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    request: Request,
) -> Result<Data<TrackingPlansAnswer>, ApiError> {
    let name = page::value(request.uri().query().unwrap_or_default(), "name");
    let workspace_id = &caller.workspace()?.id;
    let mut db = api.db.read().await?;
    let paged = tracking_plans::list(&mut db, workspace_id, name.as_deref(), &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let tracking_plans = views(&mut db, &paged.rows).await?;
    Ok(data(TrackingPlansAnswer { tracking_plans, pagination }))
}
