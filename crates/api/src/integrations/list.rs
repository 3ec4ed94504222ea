use axum::extract::State;
use serde::Serialize;
use store::integrations;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    integrations::IntegrationView,
    state::Api,
};

/// Integrations in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntegrationsAnswer {
    /// By name.
    integrations: Vec<IntegrationView>,
}

/// List our integrations
///
/// Every integration of the partner team, with its status.
#[utoipa::path(
    get,
    path = "/integrations",
    operation_id = "listIntegrations",
    tag = "Integrations",
    responses((status = 200, description = "The integrations", body = Data<IntegrationsAnswer>)),
    extensions(("x-access" = json!("partner")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<IntegrationsAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = integrations::of_partner(&mut db, &caller.seat()?.partner_id).await?;
    let view = |row| IntegrationView::of(&api, &caller, row);
    let integrations = rows.iter().map(view).collect::<Result<_, _>>()?;
    Ok(data(IntegrationsAnswer { integrations }))
}
