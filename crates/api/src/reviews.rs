//! Reviewers decide on what was handed in, with everything before their eyes; operators keep the
//! catalog.

mod assign;
mod comments;
mod decide;
mod get;
mod manage;
mod queue;
mod verdicts;

use catalog::review::RoundStatus;
use store::{
    Write,
    integrations::{self, Integration},
    submissions::{self, Submission},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{error::ApiError, state::Api};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(queue::queue))
        .routes(routes!(get::get))
        .routes(routes!(assign::assign))
        .routes(routes!(verdicts::set))
        .routes(routes!(comments::create))
        .routes(routes!(decide::decide))
        .routes(routes!(manage::list))
        .routes(routes!(manage::act))
}

/// An open submission and its integration, in the transaction that acts on them.
async fn open(write: &mut Write, id: &str) -> Result<(Submission, Integration), ApiError> {
    let missing = || ApiError::not_found("submission");
    let submission = submissions::get(write, id).await?.ok_or_else(missing)?;
    if submission.status != RoundStatus::Open.as_str() {
        return Err(ApiError::conflict("wrong_state", "this submission is closed")
            .fix("look for the newest one of the integration"));
    }
    let row = integrations::find(write, &submission.integration_id).await?;
    Ok((submission, row.ok_or_else(missing)?))
}

#[cfg(test)]
mod edits;
#[cfg(test)]
mod tests;
