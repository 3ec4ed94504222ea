use axum::extract::{Path, State};
use serde::Serialize;
use store::{integrations, submissions};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
};

/// One change of an integration's state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When.
    at: String,
    /// Who: their address at the time.
    by: String,
    /// As what.
    #[schema(example = "builder")]
    party: String,
    /// What they did.
    #[schema(value_type = catalog::Action)]
    action: String,
    /// From this state.
    #[schema(value_type = catalog::State)]
    from: String,
    /// To this state.
    #[schema(value_type = catalog::State)]
    to: String,
    /// Why.
    reason: String,
}

/// History in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryAnswer {
    /// In order.
    history: Vec<HistoryEntry>,
}

/// Get the history
///
/// Every change of its state: who, when, why.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/history",
    operation_id = "getIntegrationHistory",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The history", body = Data<HistoryAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn history(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<HistoryAnswer>, ApiError> {
    of(&api, &caller.integration()?.id).await
}

/// Get the history of any integration
///
/// As its builders see it.
#[utoipa::path(
    get,
    path = "/operator/integrations/{integrationId}/history",
    operation_id = "getHistoryForOperator",
    tag = "Operations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The history", body = Data<HistoryAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn for_operator(
    State(api): State<Api>,
    Path(named): Path<String>,
) -> Result<Data<HistoryAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let row = integrations::find(&mut db, &named).await?;
    drop(db);
    of(&api, &row.ok_or_else(|| ApiError::not_found("integration"))?.id).await
}

async fn of(api: &Api, integration_id: &str) -> Result<Data<HistoryAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = submissions::history(&mut db, integration_id).await?;
    let history = rows.into_iter().map(|row| HistoryEntry {
        at: answer::time(row.at_ms),
        by: row.account_email,
        party: row.party,
        action: row.action,
        from: row.from_state,
        to: row.to_state,
        reason: row.reason,
    });
    Ok(data(HistoryAnswer { history: history.collect() }))
}
