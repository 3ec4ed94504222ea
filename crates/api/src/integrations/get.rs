use axum::extract::State;
use catalog::slug;
use serde::Deserialize;
use store::integrations;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    integrations::{IntegrationAnswer, IntegrationView},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// What may change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationChanges {
    /// Its name.
    #[schema(example = "Acme Mail", min_length = 1, max_length = 60)]
    name: String,
}

/// Get an integration
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}",
    operation_id = "getIntegration",
    tag = "Integrations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The integration", body = Data<IntegrationAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Versioned<Data<IntegrationAnswer>>, ApiError> {
    let row = caller.integration()?;
    let integration = IntegrationView::of(&api, &caller, row)?;
    Ok(Versioned(row.version, data(IntegrationAnswer { integration })))
}

/// Rename an integration
///
/// The slug stays. A name that customers read changes with the next review.
#[utoipa::path(
    patch,
    path = "/integrations/{integrationId}",
    operation_id = "updateIntegration",
    tag = "Integrations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    request_body = IntegrationChanges,
    responses((status = 200, description = "Renamed", body = Data<IntegrationAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "409": ["frozen", "wrong_state"],
            "422": ["blank_at_end", "control_character", "name_empty", "too_long"]
        }))
    )
)]
pub async fn rename(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(changes): Body<IntegrationChanges>,
) -> Result<Versioned<Data<IntegrationAnswer>>, ApiError> {
    let name = changes.name.trim().to_owned();
    slug::check_name(&name).map_err(|problem| problem.at("/name"))?;
    let mut write = api.db.write().await?;
    let row = integrations::find(&mut write, &caller.integration()?.id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("integration"))?;
    seen.check(row.version)?;
    super::info::editable(&mut write, &row).await?;
    let before = std::mem::replace(&mut row.name, name);
    row.version += 1;
    row.updated_at_ms = caller.now_ms;
    integrations::update(&mut write, &row).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Integration Modified", "INTEGRATION", &row.id, &row.name)
        .before(&serde_json::json!({ "name": before }))
        .after(&serde_json::json!({ "name": row.name }));
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    let integration = IntegrationView::of(&api, &caller, &row)?;
    Ok(Versioned(row.version, data(IntegrationAnswer { integration })))
}
