use axum::extract::State;
use catalog::{Action, state::check_reason};
use serde::Deserialize;
use store::integrations;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::ApiError,
    integrations::{IntegrationAnswer, IntegrationView},
    lifecycle,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// Why a draft is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenUp {
    /// For the history.
    #[schema(example = "We make another product now.", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Give up a draft
///
/// By an admin of the partner team, while it is being built. Its slug stays taken, and an operator
/// can bring it back.
#[utoipa::path(
    delete,
    path = "/integrations/{integrationId}",
    operation_id = "removeIntegration",
    tag = "Integrations",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    request_body = GivenUp,
    responses((status = 200, description = "Given up", body = Data<IntegrationAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "403": ["wrong_party"],
            "409": ["wrong_state"],
            "422": ["reason_missing"]
        }))
    )
)]
pub async fn remove(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(given_up): Body<GivenUp>,
) -> Result<Versioned<Data<IntegrationAnswer>>, ApiError> {
    let action = Action::Remove;
    check_reason(action, &given_up.reason)?;
    let mut write = api.db.write().await?;
    let row = integrations::find(&mut write, &caller.integration()?.id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("integration"))?;
    seen.check(row.version)?;
    let party = lifecycle::party_of(&caller)?;
    let (from, to) = lifecycle::step(&mut row, party, action, caller.id(), None)?;
    row.removed_reason = Some(given_up.reason.clone());
    let moved = (party, action, from, to);
    lifecycle::save(&api, &mut write, &caller, &mut row, moved, &given_up.reason).await?;
    write.commit().await?;
    api.nudge();
    let integration = IntegrationView::of(&api, &caller, &row)?;
    Ok(Versioned(row.version, data(IntegrationAnswer { integration })))
}
