use axum::extract::State;
use serde::Serialize;
use store::submissions;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    submissions::{BUILDER, SubmissionView, view},
};

/// Submissions in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionsAnswer {
    /// Newest first.
    submissions: Vec<SubmissionView>,
}

/// List submissions
///
/// With what reviewers decided and said; their comments can be read once they have decided.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/submissions",
    operation_id = "listSubmissions",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The submissions", body = Data<SubmissionsAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<SubmissionsAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let mut views = Vec::new();
    for submission in submissions::of_integration(&mut db, &caller.integration()?.id).await? {
        views.push(view(&mut db, &submission, BUILDER).await?);
    }
    Ok(data(SubmissionsAnswer { submissions: views }))
}
