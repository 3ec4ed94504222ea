//! What is frozen of the checks with a submission.

use base64::{Engine, engine::general_purpose::STANDARD};
use proof::{
    certificate::{Payload, Subject},
    evidence::hash,
};
use store::{
    Write,
    evidence::{self, Evidence},
    integrations::Integration,
    submissions::Submission,
};
use tokio::task::spawn_blocking;

use super::{Gathered, signing};
use crate::{answer, error::ApiError, state::Api};

/// Quick, and small enough: test messages repeat themselves.
const ZSTD_LEVEL: i32 = 3;

/// Keeps what `submission` rests on, and certifies it.
pub async fn freeze(
    api: &Api,
    write: &mut Write,
    row: &Integration,
    submission: &Submission,
    gathered: Gathered,
) -> Result<(), ApiError> {
    let Gathered { report, setup, lines, ranges } = gathered;
    let packed = spawn_blocking(move || {
        let hash = hash(&lines);
        let packed = zstd::bulk::compress(&lines, ZSTD_LEVEL)?;
        Ok::<_, std::io::Error>((hash, STANDARD.encode(packed)))
    });
    let packed = packed.await.map_err(|error| ApiError::unavailable(&error))?;
    let (evidence_hash, packed) = packed.map_err(|error| ApiError::unavailable(&error))?;
    let json = report.json();
    let payload = Payload {
        integration: Subject {
            id: row.id.clone(),
            slug: row.slug.clone(),
            name: row.name.clone(),
            content_hash: submission.content_hash.clone(),
        },
        submission: submission.number,
        issued_at: answer::time(submission.submitted_at_ms),
        issuer: api.options.public_url.clone(),
        rule_set: report.rule_set.clone(),
        setup,
        outcome: report.outcome,
        score: report.score,
        seen: report.seen.clone(),
        evidence_hash: evidence_hash.clone(),
        report_hash: hash(json.as_bytes()),
    };
    let certificate = signing::key(api, write).await?.sign(&payload);
    let ranges = serde_json::to_string(&ranges).expect("plain data is JSON");
    let new = Evidence { report: json, hash: evidence_hash, ranges, certificate };
    evidence::insert(write, &submission.id, &new, &packed).await?;
    Ok(())
}
