use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use store::{evidence, listings};
use utoipa::ToSchema;

use super::evidence::own;
use crate::{
    answer::{self, Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
};

/// Get a submission's certificate
///
/// What was checked, how it came out, and the hash of the messages it rests on, signed with this
/// installation's key (Ed25519).
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/submissions/{submissionId}/certificate",
    operation_id = "getCertificate",
    tag = "Submission",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        ("submissionId" = String, Path, description = "The submission's id")
    ),
    responses((status = 200, description = "The certificate", body = Certificate)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn of_submission(
    State(api): State<Api>,
    caller: Caller,
    Path((_, submission)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    own(&api, &caller, &submission).await?;
    let found = evidence::get(&mut *api.db.read().await?, &submission).await?;
    certificate(found.map(|found| found.certificate), &submission)
}

/// Get the certificate of a submission in review
///
/// As its builder sees it.
#[utoipa::path(
    get,
    path = "/reviews/{submissionId}/certificate",
    operation_id = "getCertificateOfReview",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    responses((status = 200, description = "The certificate", body = Certificate)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn of_review(
    State(api): State<Api>,
    Path(submission): Path<String>,
) -> Result<Response, ApiError> {
    let found = evidence::get(&mut *api.db.read().await?, &submission).await?;
    certificate(found.map(|found| found.certificate), &submission)
}

/// Get a source's certificate
///
/// That of the submission by which it came into the catalog; anybody may read it.
#[utoipa::path(
    get,
    path = "/catalog/sources/{sourceMetadataId}/certificate",
    operation_id = "getSourceCertificate",
    tag = "Catalog",
    params(("sourceMetadataId" = String, Path, description = "Id or slug of the entry", example = "http-api")),
    responses((status = 200, description = "The certificate", body = Certificate)),
    extensions(("x-access" = json!("public")))
)]
pub async fn of_entry(
    State(api): State<Api>,
    Path(named): Path<String>,
) -> Result<Response, ApiError> {
    let mut db = api.db.read().await?;
    let row = listings::find(&mut db, "source", &named).await?;
    let row = row.ok_or_else(|| ApiError::not_found("source"))?;
    certificate(evidence::certificate_of(&mut db, &row.id).await?, &row.slug)
}

fn certificate(found: Option<String>, name: &str) -> Result<Response, ApiError> {
    let found = found.ok_or_else(|| ApiError::not_found("certificate"))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}-certificate.json\"")),
    ];
    Ok((headers, found).into_response())
}

/// A conformance certificate. Its payload is signed byte for byte as it stands in the document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// What it is.
    #[schema(example = "headwater-conformance-certificate/1")]
    format: String,
    /// What is certified.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    /// The key that signed it, base64.
    public_key: String,
    /// Ed25519, base64.
    signature: String,
}

/// A key that signs certificates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningKeyView {
    /// Its id.
    id: String,
    /// By which others verify: Ed25519, base64.
    public_key: String,
    /// When it was made.
    created_at: String,
}

/// Keys in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeysAnswer {
    /// The keys, the newest first; none before the first certificate.
    keys: Vec<SigningKeyView>,
}

/// List the keys of certificates
///
/// By which everybody can verify that a certificate was issued here.
#[utoipa::path(
    get,
    path = "/certificates/keys",
    operation_id = "listCertificateKeys",
    tag = "Catalog",
    responses((status = 200, description = "The keys", body = Data<KeysAnswer>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn keys(State(api): State<Api>) -> Result<Data<KeysAnswer>, ApiError> {
    let keys = evidence::signing_keys(&mut *api.db.read().await?).await?;
    let view = |key: evidence::SigningKey| SigningKeyView {
        id: key.id,
        public_key: key.public_key,
        created_at: answer::time(key.created_at_ms),
    };
    Ok(data(KeysAnswer { keys: keys.into_iter().map(view).collect() }))
}
