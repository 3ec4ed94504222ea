use axum::extract::{Path, State};
use store::submissions;

use crate::{
    answer::Data,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    reviews::{get, open},
    state::Api,
};

/// Take a review
///
/// Makes oneself a reviewer of the submission. Nobody reviews what they submitted.
#[utoipa::path(
    post,
    path = "/reviews/{submissionId}/assign",
    operation_id = "assignReview",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    responses((status = 200, description = "Assigned", body = Data<get::ReviewAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "403": ["own_submission"],
            "409": ["wrong_state"]
        }))
    )
)]
pub async fn assign(
    State(api): State<Api>,
    caller: Caller,
    Path(submission_id): Path<String>,
) -> Result<Data<get::ReviewAnswer>, ApiError> {
    let mut write = api.db.write().await?;
    let (submission, row) = open(&mut write, &submission_id).await?;
    if submission.submitted_by == caller.id() {
        return Err(ApiError::forbidden("own_submission", "you submitted this yourself")
            .fix("another reviewer has to look at it"));
    }
    submissions::assign(&mut write, &submission.id, caller.id(), caller.now_ms).await?;
    let change = Change::new("Review Assigned", "SUBMISSION", &submission.id, &row.name);
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    get::record(&api, &caller, &submission_id).await
}
