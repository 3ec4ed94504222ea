use axum::extract::{Path, State};
use store::submissions;

use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    state::Api,
    submissions::BUILDER,
};

/// Resolve a comment
///
/// Says that it was dealt with. Reviewers see what was resolved when it is submitted again.
#[utoipa::path(
    post,
    path = "/integrations/{integrationId}/comments/{commentId}/resolve",
    operation_id = "resolveComment",
    tag = "Submission",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        ("commentId" = String, Path, description = "The comment's id")
    ),
    responses((status = 200, description = "Resolved", body = Data<Done>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn resolve(
    State(api): State<Api>,
    caller: Caller,
    Path((_, comment_id)): Path<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let integration = caller.integration()?;
    let mut write = api.db.write().await?;
    for submission in submissions::of_integration(&mut write, &integration.id).await? {
        let comments = submissions::comments(&mut write, &submission.id).await?;
        let theirs = comments.iter().any(|c| c.id == comment_id && c.audience == BUILDER);
        if theirs
            && submissions::resolve(&mut write, &submission.id, &comment_id, caller.now_ms).await?
        {
            let scope = integration.partner_id.as_deref().unwrap_or(PLATFORM);
            let change =
                Change::new("Review Comment Resolved", "COMMENT", &comment_id, &integration.name);
            record(&api, &mut write, &caller, scope, change).await?;
            write.commit().await?;
            return Ok(done());
        }
    }
    Err(ApiError::not_found("comment"))
}
