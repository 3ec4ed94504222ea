use axum::extract::State;
use catalog::{
    Action,
    review::{Purpose, RoundStatus, close},
};
use serde::Deserialize;
use store::{integrations, submissions};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::ApiError,
    lifecycle,
    state::Api,
    submissions::{BUILDER, submit::SubmissionAnswer, view},
};

/// Why, for the history.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// May be empty.
    #[serde(default)]
    #[schema(example = "we found a fault ourselves", max_length = 2000)]
    reason: String,
}

/// Withdraw the submission
///
/// It leaves the reviewers' queue, and the integration can be edited again.
#[utoipa::path(
    post,
    path = "/integrations/{integrationId}/submissions/current/withdraw",
    operation_id = "withdrawSubmission",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    request_body = Withdrawal,
    responses((status = 200, description = "Withdrawn", body = Data<SubmissionAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "403": ["wrong_party"],
            "409": ["wrong_state"],
            "422": ["reason_missing"]
        }))
    )
)]
pub async fn withdraw(
    State(api): State<Api>,
    caller: Caller,
    Body(withdrawal): Body<Withdrawal>,
) -> Result<Data<SubmissionAnswer>, ApiError> {
    catalog::state::check_reason(Action::Withdraw, &withdrawal.reason)?;
    let id = &caller.integration()?.id;
    let mut write = api.db.write().await?;
    let row = integrations::find(&mut write, id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("integration"))?;
    let all = submissions::of_integration(&mut write, id).await?;
    let open = all.into_iter().find(|s| s.status == RoundStatus::Open.as_str());
    let open = open.ok_or_else(|| {
        ApiError::conflict("wrong_state", "nothing is waiting for review").fix("submit it first")
    })?;
    let party = lifecycle::party_of(&caller)?;
    let purpose = Purpose::parse(&open.kind).unwrap_or(Purpose::Launch);
    let status = RoundStatus::Open;
    let after = close(purpose, status, party, Action::Withdraw, caller.id(), &open.submitted_by)
        .map_err(|refusal| lifecycle::refused(&refusal))?;
    submissions::close(&mut write, &open.id, after.as_str(), caller.id(), caller.now_ms).await?;
    let (from, to) = match purpose {
        Purpose::Launch => lifecycle::step(&mut row, party, Action::Withdraw, caller.id(), None)?,
        Purpose::Edit => {
            let state = lifecycle::stored_state(&row)?;
            (state, state)
        }
    };
    let moved = (party, Action::Withdraw, from, to);
    lifecycle::save(&api, &mut write, &caller, &mut row, moved, &withdrawal.reason).await?;
    write.commit().await?;
    let mut db = api.db.read().await?;
    let closed = submissions::get(&mut db, &open.id).await?;
    let closed = closed.ok_or_else(|| ApiError::not_found("submission"))?;
    Ok(data(SubmissionAnswer { submission: view(&mut db, &closed, BUILDER).await? }))
}
