use axum::extract::{Path, State};
use catalog::{
    info::{Change, diff_named},
    review::{Age, Part, age},
};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{integrations, submissions};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    integrations::{SectionView, sections},
    lifecycle,
    state::Api,
    submissions::{REVIEWERS, SubmissionView, view},
};

/// Everything a reviewer needs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewRecord {
    /// The submission, with every comment and note.
    submission: SubmissionView,
    /// The integration's id.
    integration_id: String,
    /// Its slug.
    slug: String,
    /// Its state as everybody sees it.
    status: catalog::State,
    /// What was handed in: name and catalog info, frozen.
    #[schema(value_type = Object)]
    frozen: Box<RawValue>,
    /// The description that was handed in, as safe HTML.
    #[schema(example = "<p>Sends mail, and tells what became of it.</p>")]
    description_html: String,
    /// The documentation that was handed in, as safe HTML, section by section.
    sections: Vec<SectionView>,
    /// The checklist as it stood at that time.
    #[schema(value_type = catalog::Checklist)]
    checklist: Box<RawValue>,
    /// What differs from what customers read now; everything before the launch.
    changes: Vec<Change>,
    /// How long it has waited, against the target of two business days.
    age: Age,
    /// Who reviews it.
    reviewers: Vec<ReviewerView>,
    /// Whether there is an account to test with; assigned reviewers can read it.
    has_test_account: bool,
    /// What to do for each part.
    steps: Vec<PartSteps>,
}

/// Somebody who reviews.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewerView {
    /// The account's id.
    id: String,
    /// Address.
    email: String,
}

/// What to look at for one part of a review.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartSteps {
    /// The part.
    part: Part,
    /// In order.
    steps: Vec<&'static str>,
}

/// A review in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewAnswer {
    /// The review.
    pub review: ReviewRecord,
}

/// Get a review
///
/// What was handed in, how it differs from what is public, verdicts, comments and private notes.
#[utoipa::path(
    get,
    path = "/reviews/{submissionId}",
    operation_id = "getReview",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    responses((status = 200, description = "The review", body = Data<ReviewAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(submission_id): Path<String>,
) -> Result<Data<ReviewAnswer>, ApiError> {
    record(&api, &caller, &submission_id).await
}

/// The review, as it stands now.
pub async fn record(
    api: &Api,
    caller: &Caller,
    submission_id: &str,
) -> Result<Data<ReviewAnswer>, ApiError> {
    let missing = || ApiError::not_found("submission");
    let mut db = api.db.read().await?;
    let submission = submissions::get(&mut db, submission_id).await?.ok_or_else(missing)?;
    let row = integrations::find(&mut db, &submission.integration_id).await?;
    let row = row.ok_or_else(missing)?;
    let frozen = lifecycle::Frozen::of(&submission)?;
    let before = lifecycle::info(row.published.as_deref().unwrap_or("{}"))?;
    let after = lifecycle::info(frozen.info.get())?;
    let raw =
        |json: String| RawValue::from_string(json).map_err(|error| ApiError::unavailable(&error));
    let reviewers = submissions::reviewers(&mut db, submission_id).await?;
    let until = submission.decided_at_ms.unwrap_or(caller.now_ms);
    let record = ReviewRecord {
        submission: view(&mut db, &submission, REVIEWERS).await?,
        integration_id: row.id.clone(),
        slug: row.slug.clone(),
        status: lifecycle::shown_state(api, &row, caller.now_ms)?,
        changes: diff_named(
            (row.published_name.as_deref().unwrap_or_default(), &before),
            (&frozen.name, &after),
        ),
        age: age(submission.submitted_at_ms, until),
        reviewers: reviewers.into_iter().map(|(id, email)| ReviewerView { id, email }).collect(),
        has_test_account: submissions::has_test_account(&mut db, &row.id).await?,
        steps: Part::ALL
            .into_iter()
            .map(|part| PartSteps { part, steps: part.steps().to_vec() })
            .collect(),
        description_html: content::markdown::to_html(
            after.description.as_deref().unwrap_or_default(),
        ),
        sections: sections(&after),
        frozen: raw(submission.frozen)?,
        checklist: raw(submission.checklist)?,
    };
    Ok(data(ReviewAnswer { review: record }))
}
