use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::header;
use proof::Report;
use serde::Serialize;
use store::{StoreError, evidence, submissions};
use utoipa::ToSchema;

use super::gather::Range;
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
};

/// Bytes of the messages of one submission, at most; more was never frozen.
const LINES_MAX: usize = 256 << 20;

/// What a submission rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    /// What the checks found in exactly these messages.
    report: Report,
    /// SHA-256 of the messages as they are handed out, hex.
    hash: String,
    /// From where to where they stand in the log, by source.
    ranges: Vec<Range>,
}

/// Evidence in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceAnswer {
    /// The evidence.
    evidence: EvidenceView,
}

/// Get a submission's evidence
///
/// What the checks found when it was submitted, frozen. A submission without it is an edit, which
/// is no matter of messages.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/submissions/{submissionId}/evidence",
    operation_id = "getEvidence",
    tag = "Submission",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        ("submissionId" = String, Path, description = "The submission's id")
    ),
    responses((status = 200, description = "The evidence", body = Data<EvidenceAnswer>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn of_submission(
    State(api): State<Api>,
    caller: Caller,
    Path((_, submission)): Path<(String, String)>,
) -> Result<Data<EvidenceAnswer>, ApiError> {
    own(&api, &caller, &submission).await?;
    view(&api, &submission).await
}

/// Download a submission's messages
///
/// One JSON object on each line, the newest first: with these and the certificate everybody can run
/// the checks again (`headwater certificate verify`).
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/submissions/{submissionId}/evidence/messages",
    operation_id = "getEvidenceMessages",
    tag = "Submission",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        ("submissionId" = String, Path, description = "The submission's id")
    ),
    responses((status = 200, description = "The messages", body = String, content_type = "application/x-ndjson")),
    extensions(("x-access" = json!("integration")))
)]
pub async fn messages_of_submission(
    State(api): State<Api>,
    caller: Caller,
    Path((_, submission)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    own(&api, &caller, &submission).await?;
    messages(&api, &submission).await
}

/// Get a review's evidence
///
/// What the builder saw when it was submitted, frozen.
#[utoipa::path(
    get,
    path = "/reviews/{submissionId}/evidence",
    operation_id = "getReviewEvidence",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    responses((status = 200, description = "The evidence", body = Data<EvidenceAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn of_review(
    State(api): State<Api>,
    Path(submission): Path<String>,
) -> Result<Data<EvidenceAnswer>, ApiError> {
    view(&api, &submission).await
}

/// Download a review's messages
///
/// One JSON object on each line, the newest first.
#[utoipa::path(
    get,
    path = "/reviews/{submissionId}/evidence/messages",
    operation_id = "getReviewEvidenceMessages",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    responses((status = 200, description = "The messages", body = String, content_type = "application/x-ndjson")),
    extensions(("x-access" = json!("operator")))
)]
pub async fn messages_of_review(
    State(api): State<Api>,
    Path(submission): Path<String>,
) -> Result<Response, ApiError> {
    messages(&api, &submission).await
}

/// Fails unless the submission is of the integration in the path.
pub(super) async fn own(api: &Api, caller: &Caller, submission: &str) -> Result<(), ApiError> {
    let found = submissions::get(&mut *api.db.read().await?, submission).await?;
    let own = found.is_some_and(|found| {
        caller.integration().is_ok_and(|integration| integration.id == found.integration_id)
    });
    if own { Ok(()) } else { Err(ApiError::not_found("submission")) }
}

async fn view(api: &Api, submission: &str) -> Result<Data<EvidenceAnswer>, ApiError> {
    let found = evidence::get(&mut *api.db.read().await?, submission).await?;
    let found = found.ok_or_else(|| ApiError::not_found("evidence"))?;
    let unreadable = |what, error: serde_json::Error| {
        ApiError::unavailable(&StoreError::Unreadable { what, why: error.to_string() })
    };
    let report = serde_json::from_str(&found.report);
    let ranges = serde_json::from_str(&found.ranges);
    Ok(data(EvidenceAnswer {
        evidence: EvidenceView {
            report: report.map_err(|error| unreadable("evidence.report", error))?,
            hash: found.hash,
            ranges: ranges.map_err(|error| unreadable("evidence.ranges", error))?,
        },
    }))
}

async fn messages(api: &Api, submission: &str) -> Result<Response, ApiError> {
    let packed = evidence::lines(&mut *api.db.read().await?, submission).await?;
    let packed = packed.ok_or_else(|| ApiError::not_found("evidence"))?;
    let unreadable = |why: String| {
        ApiError::unavailable(&StoreError::Unreadable { what: "evidence.lines_base64", why })
    };
    let packed = STANDARD.decode(packed).map_err(|error| unreadable(error.to_string()))?;
    let lines = zstd::bulk::decompress(&packed, LINES_MAX);
    let lines = lines.map_err(|error| unreadable(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{submission}-evidence.ndjson\""),
        ),
    ];
    Ok((headers, lines).into_response())
}
