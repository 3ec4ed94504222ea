use axum::extract::{Path, State};
use catalog::review::{Part, Verdict};
use serde::Deserialize;
use store::submissions;
use utoipa::ToSchema;

use crate::{
    answer::Data,
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    reviews::{get, open},
    state::Api,
};

/// A verdict on one part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVerdict {
    /// Whether it passed or has to change.
    verdict: Verdict,
}

/// Judge one part
///
/// The parts are `functionality`, `metadata` and `documentation`.
#[utoipa::path(
    put,
    path = "/reviews/{submissionId}/parts/{part}",
    operation_id = "setReviewVerdict",
    tag = "Review",
    params(
        ("submissionId" = String, Path, description = "The submission's id"),
        ("part" = String, Path, description = "The part")
    ),
    request_body = NewVerdict,
    responses((status = 200, description = "Noted", body = Data<get::ReviewAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "409": ["wrong_state"],
            "422": ["not_allowed"]
        }))
    )
)]
pub async fn set(
    State(api): State<Api>,
    caller: Caller,
    Path((submission_id, part)): Path<(String, String)>,
    Body(new): Body<NewVerdict>,
) -> Result<Data<get::ReviewAnswer>, ApiError> {
    let part = Part::parse(&part).ok_or_else(|| {
        let names: Vec<&str> = Part::ALL.iter().map(|part| part.as_str()).collect();
        let fault = Fault::at("/part", "not_allowed", format!("{part:?} is no part of a review"));
        ApiError::invalid_field(fault.expected(names.join(", ")).fix("give one of these"))
    })?;
    let mut write = api.db.write().await?;
    let (submission, row) = open(&mut write, &submission_id).await?;
    let (part, verdict) = (part.as_str(), new.verdict.as_str());
    submissions::set_verdict(&mut write, &submission.id, part, verdict, caller.id(), caller.now_ms)
        .await?;
    let change = Change::new("Review Verdict Set", "SUBMISSION", &submission.id, &row.name)
        .after(&serde_json::json!({ "part": part, "verdict": verdict }));
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    get::record(&api, &caller, &submission_id).await
}
