use axum::extract::{Path, RawQuery, State};
use catalog::{Action, Party, review::RoundStatus};
use serde::{Deserialize, Serialize};
use store::{
    integrations::{self, Integration},
    submissions,
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::{self, Data, data},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    lifecycle, mailer,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
    version::{IfMatch, IfMatchHeader},
};

/// An integration, as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedIntegration {
    /// Its id.
    #[schema(example = "int_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
    /// `source` or `destination`.
    kind: String,
    /// Its state as everybody sees it now.
    status: catalog::State,
    /// The partner's id; absent for ours.
    partner_id: Option<String>,
    /// When its launch was approved.
    approved_at: Option<String>,
    /// Why it was removed.
    removed_reason: Option<String>,
    /// What an operator may do now.
    allowed: Vec<Action>,
    /// Its version, for `If-Match`.
    #[schema(example = "\"3\"")]
    etag: String,
}

/// Integrations in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagedAnswer {
    /// By slug.
    integrations: Vec<ManagedIntegration>,
    /// Where this page stands.
    pagination: Pagination,
}

/// One integration in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagedOneAnswer {
    /// The integration.
    integration: ManagedIntegration,
}

/// Which integrations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
struct ManagedParams {
    /// Part of the name or the slug.
    search: Option<String>,
}

/// What to do with an integration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedAction {
    /// What to do.
    action: ManageAction,
    /// Why; the partner reads it.
    #[serde(default)]
    #[schema(max_length = 2000)]
    reason: String,
}

/// What operators can do with an integration.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ManageAction {
    /// From private beta into the catalog, with a beta badge.
    PublishBeta,
    /// Not offered to new customers; sources there are go on.
    Deprecate,
    /// Offered again, or back to building.
    Restore,
    /// Out of the catalog.
    Remove,
}

impl ManagedIntegration {
    fn of(api: &Api, row: &Integration, now_ms: i64) -> Result<ManagedIntegration, ApiError> {
        Ok(ManagedIntegration {
            id: row.id.clone(),
            slug: row.slug.clone(),
            name: row.name.clone(),
            kind: row.kind.clone(),
            status: lifecycle::shown_state(api, row, now_ms)?,
            partner_id: row.partner_id.clone(),
            approved_at: row.approved_at_ms.map(answer::time),
            removed_reason: row.removed_reason.clone(),
            allowed: catalog::state::allowed(lifecycle::stored_state(row)?, Party::Reviewer),
            etag: format!("\"{}\"", row.version),
        })
    }
}

/// List every integration
///
/// Private ones as well.
#[utoipa::path(
    get,
    path = "/operator/integrations",
    operation_id = "listAllIntegrations",
    tag = "Operations",
    params(ManagedParams, PageParams),
    responses((status = 200, description = "A page of them", body = Data<ManagedAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<ManagedAnswer>, ApiError> {
    let search = page::value(query.as_deref().unwrap_or_default(), "search").unwrap_or_default();
    let mut db = api.db.read().await?;
    let paged = integrations::search(&mut db, &search, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let view = |row: &Integration| ManagedIntegration::of(&api, row, caller.now_ms);
    let integrations = paged.rows.iter().map(view).collect::<Result<_, _>>()?;
    Ok(data(ManagedAnswer { integrations, pagination }))
}

/// Manage an integration
///
/// Publishes a private beta, deprecates, restores or removes, with the reason. What waits for
/// review is closed by a removal.
#[utoipa::path(
    post,
    path = "/operator/integrations/{integrationId}/actions",
    operation_id = "manageIntegration",
    tag = "Operations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    request_body = ManagedAction,
    responses((status = 200, description = "Done", body = Data<ManagedOneAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "403": ["own_submission", "wrong_party"],
            "409": ["wrong_state"],
            "422": ["reason_missing"]
        }))
    )
)]
pub async fn act(
    State(api): State<Api>,
    caller: Caller,
    Path(integration_id): Path<String>,
    seen: IfMatch,
    Body(wanted): Body<ManagedAction>,
) -> Result<Data<ManagedOneAnswer>, ApiError> {
    let action = match wanted.action {
        ManageAction::PublishBeta => Action::PublishBeta,
        ManageAction::Deprecate => Action::Deprecate,
        ManageAction::Restore => Action::Restore,
        ManageAction::Remove => Action::Remove,
    };
    catalog::state::check_reason(action, &wanted.reason)
        .map_err(Fault::from)
        .map_err(ApiError::invalid_field)?;
    let mut write = api.db.write().await?;
    let row = integrations::find(&mut write, &integration_id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("integration"))?;
    seen.check(row.version)?;
    let all = submissions::of_integration(&mut write, &row.id).await?;
    let by = all.first().map(|last| last.submitted_by.clone());
    let party = Party::Reviewer;
    let (from, to) = lifecycle::step(&mut row, party, action, caller.id(), by.as_deref())?;
    match action {
        Action::PublishBeta => {
            row.approved_at_ms = Some(caller.now_ms);
            row.beta_met_at_ms = None;
            row.listed_at_ms.get_or_insert(caller.now_ms);
        }
        Action::Remove => row.removed_reason = Some(wanted.reason.clone()),
        Action::Restore => row.removed_reason = None,
        _ => {}
    }
    if action == Action::Remove {
        for open in all.iter().filter(|s| s.status == RoundStatus::Open.as_str()) {
            let declined = RoundStatus::Declined.as_str();
            submissions::close(&mut write, &open.id, declined, caller.id(), caller.now_ms).await?;
        }
    }
    if let (Some(partner), Some(letter)) = (&row.partner_id, letter(&api, &row, action, &wanted)) {
        for email in submissions::team_emails(&mut write, partner).await? {
            mailer::post(&api, &mut write, caller.now_ms, &email, &letter).await?;
        }
    }
    let moved = (party, action, from, to);
    lifecycle::save(&api, &mut write, &caller, &mut row, moved, &wanted.reason).await?;
    write.commit().await?;
    api.nudge();
    api.mail.notify_one();
    let integration = ManagedIntegration::of(&api, &row, caller.now_ms)?;
    Ok(data(ManagedOneAnswer { integration }))
}

/// What the partner's team is told of it.
fn letter(
    api: &Api,
    row: &Integration,
    action: Action,
    wanted: &ManagedAction,
) -> Option<mail::Letter> {
    let (integration, reason) = (row.name.clone(), wanted.reason.clone());
    match action {
        Action::PublishBeta => Some(lifecycle::listed_letter(api, row)),
        Action::Deprecate => Some(mail::Letter::Deprecated { integration, reason }),
        Action::Remove => Some(mail::Letter::Removed { integration, reason }),
        _ => None,
    }
}
