//! What a store's errors mean for a delivery, and in words.

use std::{error::Error, io, time::Duration};

use destination_kit::{
    DeliveryError, Fault,
    http::{HttpError, excerpt},
    io_code,
};
use http::StatusCode;

use super::transport::Refusal;

/// Codes of S3 that come with 400 and yet pass.
const PASSING: [&str; 4] =
    ["RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch"];

/// What the engine does next. `doing` says what was tried: `writing to bucket "events"`.
pub(super) fn delivery_error(doing: &str, error: &object_store::Error) -> DeliveryError {
    let first: &(dyn Error + 'static) = error;
    let causes = || std::iter::successors(Some(first), |cause| (*cause).source());
    if let Some(refusal) = causes().find_map(|cause| cause.downcast_ref::<Refusal>()) {
        return refused(doing, refusal);
    }
    if let Some(error) = causes().find_map(|cause| cause.downcast_ref::<HttpError>()) {
        return match error {
            HttpError::Forbidden(fault) => DeliveryError::BadSettings(fault.clone()),
            HttpError::Failed(fault) => DeliveryError::Retry(fault.clone(), None),
        };
    }
    let failed = causes().find_map(|cause| cause.downcast_ref::<io::Error>());
    let code = failed.map_or("EPROTO", io_code);
    again(fault(None, code, format!("{doing}: {error}")), None)
}

fn refused(doing: &str, refusal: &Refusal) -> DeliveryError {
    let Refusal { status, retry_after, body } = refusal;
    let said = said(body);
    let code = said.code.clone().unwrap_or_else(|| status.as_u16().to_string());
    let fault = |words: &str| fault(Some(*status), &code, format!("{doing} {words}{said}"));
    let passes = status.is_server_error() && !matches!(status.as_u16(), 501 | 505);
    match *status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            again(fault("was put off by the store"), *retry_after)
        }
        _ if passes => again(fault("failed at the store"), *retry_after),
        StatusCode::BAD_REQUEST if PASSING.contains(&code.as_str()) => {
            again(fault("broke off"), *retry_after)
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            DeliveryError::BadSettings(fault("is not allowed with these keys"))
        }
        StatusCode::NOT_FOUND => DeliveryError::BadSettings(fault("found no such bucket")),
        _ if status.is_redirection() => {
            DeliveryError::BadSettings(fault("was sent elsewhere: is the region right?"))
        }
        _ => DeliveryError::BadSettings(fault("is not what this store takes")),
    }
}

fn again(fault: Fault, after: Option<Duration>) -> DeliveryError {
    DeliveryError::Retry(fault, after)
}

fn fault(status: Option<StatusCode>, code: &str, sentence: String) -> Fault {
    let status = status.map(|status| status.as_u16());
    Fault { status, code: code.to_owned(), excerpt: excerpt(sentence.as_bytes()) }
}

/// What a store says for itself.
struct Said {
    code: Option<String>,
    message: Option<String>,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in [&self.code, &self.message].into_iter().flatten() {
            write!(f, ": {part}")?;
        }
        Ok(())
    }
}

/// Finds code and message in an error's body: XML with S3 and Azure, JSON with Google.
fn said(body: &str) -> Said {
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(body) {
        let inside = value.get("error").unwrap_or(&value);
        let text = |key: &str| inside.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let code = text("reason").or_else(|| value.get("error")?.as_str().map(str::to_owned));
        let message = text("message")
            .or_else(|| value.get("error_description").and_then(|v| v.as_str()).map(str::to_owned));
        return Said { code, message };
    }
    Said { code: element(body, "Code"), message: element(body, "Message") }
}

/// The text of the first XML element of this name.
fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}
