use axum::extract::{Path, State};
use serde::Serialize;
use store::{
    Page,
    tracking_plans::{self, Revision},
};
use tracking_plan::diff;
use utoipa::ToSchema;

use super::{
    change::{ChangeView, RulesChanged, Wanted, change, plan_of},
    rules::DryRun,
    view::PlanRuleView,
};
use crate::{
    answer::{Data, data, time},
    caller::Caller,
    error::ApiError,
    page::{PageParams, PageQuery, Pagination},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// A version of a tracking plan: what one change made of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanVersionView {
    /// Its number; the first has 1.
    #[schema(example = 3)]
    revision: i64,
    /// Account or token.
    #[schema(example = "acc_7dJk2LmQ9xRtVwYzAbCdEf")]
    made_by: String,
    /// The account's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by_email: Option<String>,
    /// In how many ways it differs from the one before.
    #[schema(example = 4)]
    changes: i64,
    /// How many of them broke what conformed, as the connected sources were set then.
    #[schema(example = 1)]
    breaking: i64,
    /// When.
    created_at: String,
}

/// Versions in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanVersionsAnswer {
    /// The newest first.
    versions: Vec<PlanVersionView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// A version in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanVersionAnswer {
    /// The version.
    version: PlanVersionView,
    /// The rules as they were.
    rules: Vec<PlanRuleView>,
    /// Every difference from the version before.
    changes: Vec<ChangeView>,
}

impl PlanVersionView {
    fn of(row: Revision) -> PlanVersionView {
        PlanVersionView {
            revision: row.revision,
            made_by: row.made_by,
            made_by_email: row.made_by_email,
            changes: row.changes,
            breaking: row.breaking,
            created_at: time(row.made_at_ms),
        }
    }
}

/// List the versions of a tracking plan
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}/versions",
    operation_id = "listVersionsOfTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        PageParams
    ),
    responses((status = 200, description = "The versions", body = Data<PlanVersionsAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-errors" = json!({ "422": ["not_allowed"] }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<PlanVersionsAnswer>, ApiError> {
    let plan = caller.tracking_plan()?;
    let mut db = api.db.read().await?;
    let paged = tracking_plans::revisions(&mut db, &plan.id, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let versions = paged.rows.into_iter().map(PlanVersionView::of).collect();
    Ok(data(PlanVersionsAnswer { versions, pagination }))
}

/// Get a version of a tracking plan
///
/// Its rules, and what it changed.
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}/versions/{revision}",
    operation_id = "getVersionOfTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("revision" = String, Path, description = "Its number", example = "3")
    ),
    responses((status = 200, description = "The version", body = Data<PlanVersionAnswer>)),
    extensions(("x-access" = json!("tracking_plan_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((_, revision)): Path<(String, String)>,
) -> Result<Data<PlanVersionAnswer>, ApiError> {
    let plan = caller.tracking_plan()?;
    let mut db = api.db.read().await?;
    let row = revision_of(&mut db, &plan.id, &revision).await?;
    let (before, _) = plan_of(&mut db, &plan.id, row.revision - 1).await?;
    let (after, rules) = plan_of(&mut db, &plan.id, row.revision).await?;
    let changes = diff(&before, &after).into_iter().map(ChangeView::of).collect();
    let rules = rules.iter().map(PlanRuleView::of).collect::<Result<_, _>>()?;
    Ok(data(PlanVersionAnswer { version: PlanVersionView::of(row), rules, changes }))
}

/// Restore a version of a tracking plan
///
/// Makes its rules the plan's again, as a new version.
#[utoipa::path(
    post,
    path = "/tracking-plans/{trackingPlanId}/versions/{revision}/restore",
    operation_id = "restoreVersionOfTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("revision" = String, Path, description = "Its number", example = "3"),
        ("dryRun" = Option<bool>, Query, description = "Only say what would change", example = true),
        IfMatchHeader
    ),
    responses((status = 200, description = "What changed", body = Data<RulesChanged>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({ "422": ["bad_rule", "not_allowed"] }))
    )
)]
pub async fn restore(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    dry_run: DryRun,
    Path((_, revision)): Path<(String, String)>,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let plan = caller.tracking_plan()?;
    let mut db = api.db.read().await?;
    let revision = revision_of(&mut db, &plan.id, &revision).await?;
    let (then, _) = plan_of(&mut db, &plan.id, revision.revision).await?;
    drop(db);
    let edit = |_| Ok(Wanted { rules: then.rules.clone(), ..Wanted::default() });
    change(&api, &caller, seen, dry_run.0, edit).await
}

async fn revision_of(
    db: &mut store::Connection,
    plan_id: &str,
    number: &str,
) -> Result<Revision, ApiError> {
    let missing = || ApiError::not_found("version");
    let number: i64 = number.parse().map_err(|_| missing())?;
    let page = Page { count: 1, after: number.checked_add(1).map(|next| next.to_string()) };
    let found = tracking_plans::revisions(db, plan_id, &page).await?;
    found.rows.into_iter().find(|row| row.revision == number).ok_or_else(missing)
}
