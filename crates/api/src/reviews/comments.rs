use axum::extract::{Path, State};
use catalog::review::{Part, Target, check_comment, check_event, check_target};
use http::StatusCode;
use serde::Deserialize;
use store::submissions::{self, Comment, Submission};
use utoipa::ToSchema;

use crate::{
    answer::Data,
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    lifecycle,
    reviews::{get, open},
    state::Api,
    submissions::{BUILDER, REVIEWERS},
};

/// A comment on a submission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewComment {
    /// The part of the review it belongs to.
    part: Part,
    /// The field it is about, a JSON pointer into the catalog info; or `event`.
    #[schema(example = "/description", max_length = 500)]
    pointer: Option<String>,
    /// The event it is about; or `pointer`.
    #[schema(example = "Email Opened", max_length = 200)]
    event: Option<String>,
    /// What has to change, and why.
    #[schema(example = "Say which events it sends.", min_length = 1, max_length = 4000)]
    text: String,
    /// Only for reviewers; the builder never sees it.
    #[serde(default)]
    private: bool,
}

/// Comment on a submission
///
/// Bound to one field or one event. The builder reads it once changes are requested; private notes
/// stay among reviewers.
#[utoipa::path(
    post,
    path = "/reviews/{submissionId}/comments",
    operation_id = "createReviewComment",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    request_body = NewComment,
    responses((status = 201, description = "Written", body = Data<get::ReviewAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "409": ["wrong_state"],
            "422": [
                "comment_empty", "event_without_name", "no_target", "unknown_event",
                "unknown_field"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(submission_id): Path<String>,
    Body(new): Body<NewComment>,
) -> Result<(StatusCode, Data<get::ReviewAnswer>), ApiError> {
    let target = Target { pointer: new.pointer, event: new.event };
    let mut write = api.db.write().await?;
    let (submission, row) = open(&mut write, &submission_id).await?;
    let declared = declared(&submission)?;
    let problems = [
        check_target(&target).err(),
        check_event(&target, declared.iter().map(String::as_str)).err(),
        check_comment(&new.text).err(),
    ];
    let faults: Vec<Fault> = problems.into_iter().flatten().map(Fault::from).collect();
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let comment = Comment {
        id: api.fresh.id("com"),
        part: new.part.as_str().to_owned(),
        pointer: target.pointer,
        event: target.event,
        text: new.text.trim().to_owned(),
        audience: if new.private { REVIEWERS } else { BUILDER }.to_owned(),
        account_id: caller.id().to_owned(),
        at_ms: caller.now_ms,
        resolved_at_ms: None,
    };
    submissions::comment(&mut write, &submission.id, &comment).await?;
    let change = Change::new("Review Comment Written", "SUBMISSION", &submission.id, &row.name)
        .after(&serde_json::json!({ "comment": comment.id, "private": new.private }));
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, get::record(&api, &caller, &submission_id).await?))
}

/// The names of the events that were handed in.
fn declared(submission: &Submission) -> Result<Vec<String>, ApiError> {
    let frozen = lifecycle::Frozen::of(submission)?;
    let info = lifecycle::info(frozen.info.get())?;
    Ok(info.events.into_iter().map(|event| event.name).collect())
}
