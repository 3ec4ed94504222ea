//! `ETag` and `If-Match`: two editors cannot overwrite each other unnoticed.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header, request::Parts};
use utoipa::IntoParams;

use crate::error::ApiError;

/// The version that a change was made on, when the caller says so.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// Fails with 412 unless the row is still at the version that the caller saw.
    pub fn check(self, version: i64) -> Result<(), ApiError> {
        match self.0 {
            Some(seen) if seen != version => Err(ApiError::stale()),
            _ => Ok(()),
        }
    }

    /// As [`IfMatch::check`], and 428 when the caller does not say.
    pub fn require(self, version: i64) -> Result<(), ApiError> {
        if self.0.is_none() {
            return Err(ApiError::unconditional());
        }
        self.check(version)
    }
}

/// The version of what has no number of its own: made from its text.
pub fn of_text(text: &str) -> i64 {
    // 48 bits: two texts that follow each other will not share them.
    i64::from_str_radix(&store::fresh::hash(text)[..12], 16).unwrap_or_default()
}

/// How [`IfMatch`] is sent.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents the header, which is read by hand")]
pub struct IfMatchHeader {
    /// The `ETag` that was read: when somebody else changed it meanwhile, nothing is done and 412
    /// is answered.
    #[serde(rename = "If-Match")]
    #[param(example = "\"3\"")]
    if_match: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfMatch, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(IfMatch(None)) };
        let tag = value.to_str().unwrap_or_default().trim();
        if tag == "*" {
            return Ok(IfMatch(None));
        }
        let tag = tag.trim_start_matches("W/").trim_matches('"');
        // A tag that is none of ours matches nothing.
        Ok(IfMatch(Some(tag.parse().unwrap_or(-1))))
    }
}

/// An answer with the version of what it shows.
pub struct Versioned<R>(pub i64, pub R);

impl<R: IntoResponse> IntoResponse for Versioned<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}
