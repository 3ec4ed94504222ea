//! A builder hands an integration in: checklist, submit, withdraw, what reviewers said, history.

mod checklist;
mod comments;
mod history;
mod list;
mod submit;
mod withdraw;

use catalog::review::{Part, PartReview, Purpose, RoundStatus, Verdict, outcome};
use serde::Serialize;
use store::{
    Read,
    submissions::{self, Comment, Submission},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{answer, error::ApiError, state::Api};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(checklist::checklist))
        .routes(routes!(list::list, submit::submit))
        .routes(routes!(withdraw::withdraw))
        .routes(routes!(comments::resolve))
        .routes(routes!(history::history))
        .routes(routes!(history::for_operator))
}

/// A submission, as its builders see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionView {
    /// Its id.
    #[schema(example = "sub_5BKZVyYHdt1D7ZrtHyNR7W")]
    pub id: String,
    /// First, second, …
    pub number: i64,
    /// To be listed, or to change what is published.
    #[schema(value_type = Purpose)]
    pub purpose: String,
    /// How it stands.
    #[schema(value_type = RoundStatus)]
    pub status: String,
    /// SHA-256 of what was handed in: what is approved is this and nothing else.
    pub content_hash: String,
    /// When it was submitted.
    pub submitted_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// The three parts of the review.
    pub parts: Vec<PartReview>,
    /// What follows from them.
    pub outcome: catalog::review::Outcome,
    /// What reviewers said.
    pub comments: Vec<CommentView>,
}

/// A comment of a reviewer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentView {
    /// Its id.
    #[schema(example = "com_5BKZVyYHdt1D7ZrtHyNR7W")]
    pub id: String,
    /// The part of the review it belongs to.
    #[schema(value_type = Part)]
    pub part: String,
    /// The field it is about, a JSON pointer into the catalog info.
    #[schema(example = "/description")]
    pub pointer: Option<String>,
    /// Or the event it is about.
    pub event: Option<String>,
    /// What has to change.
    pub text: String,
    /// `builder`, or `reviewers` for their own notes.
    #[schema(example = "builder")]
    pub audience: String,
    /// When it was written.
    pub created_at: String,
    /// When it was dealt with.
    pub resolved_at: Option<String>,
}

impl CommentView {
    fn of(comment: Comment) -> CommentView {
        CommentView {
            id: comment.id,
            part: comment.part,
            pointer: comment.pointer,
            event: comment.event,
            text: comment.text,
            audience: comment.audience,
            created_at: answer::time(comment.at_ms),
            resolved_at: comment.resolved_at_ms.map(answer::time),
        }
    }
}

/// The parts of a submission's review.
pub async fn parts_of(
    db: &mut Read,
    submission_id: &str,
    comments: &[Comment],
) -> Result<Vec<PartReview>, ApiError> {
    let verdicts = submissions::verdicts(db, submission_id).await?;
    Ok(parts(&verdicts, comments))
}

/// The parts of a review, from what is stored.
pub fn parts(verdicts: &[(String, String)], comments: &[Comment]) -> Vec<PartReview> {
    Part::ALL
        .into_iter()
        .map(|part| PartReview {
            part,
            verdict: verdicts
                .iter()
                .find(|(name, _)| name == part.as_str())
                .and_then(|(_, verdict)| Verdict::parse(verdict)),
            open_comments: u32::try_from(
                comments
                    .iter()
                    .filter(|comment| comment.part == part.as_str())
                    .filter(|comment| {
                        comment.audience == BUILDER && comment.resolved_at_ms.is_none()
                    })
                    .count(),
            )
            .unwrap_or(u32::MAX),
        })
        .collect()
}

/// Comments that builders read.
pub const BUILDER: &str = "builder";
/// Notes that only reviewers read.
pub const REVIEWERS: &str = "reviewers";

/// A submission as `audience` sees it. Builders see verdicts and comments once it is decided.
pub async fn view(
    db: &mut Read,
    submission: &Submission,
    audience: &str,
) -> Result<SubmissionView, ApiError> {
    let mut comments = submissions::comments(db, &submission.id).await?;
    let mut parts = parts_of(db, &submission.id, &comments).await?;
    if audience == BUILDER {
        comments.retain(|comment| comment.audience == BUILDER);
        if submission.status == RoundStatus::Open.as_str() {
            comments.clear();
            parts = self::parts(&[], &[]);
        }
    }
    Ok(SubmissionView {
        id: submission.id.clone(),
        number: submission.number,
        purpose: submission.kind.clone(),
        status: submission.status.clone(),
        content_hash: submission.content_hash.clone(),
        submitted_at: answer::time(submission.submitted_at_ms),
        decided_at: submission.decided_at_ms.map(answer::time),
        outcome: outcome(&parts),
        parts,
        comments: comments.into_iter().map(CommentView::of).collect(),
    })
}

#[cfg(test)]
mod tests;
