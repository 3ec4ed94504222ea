//! Answers, as SDKs read them: `200` with `{"success":true}`, or a status with the body of a
//! [`Reject`]. Nothing is serialised for the usual ones.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::{Value, json};

use crate::{accept::Fault, body::Body, pixel, reject::Reject, split::SplitError};

/// What a sender hears whose request was taken.
pub const SUCCESS: &[u8] = br#"{"success":true}"#;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const GIF: HeaderValue = HeaderValue::from_static("image/gif");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

static REJECTS: LazyLock<Vec<(Reject, Bytes)>> =
    LazyLock::new(|| Reject::ALL.map(|reject| (reject, reject.body().into())).to_vec());

/// An answer with this JSON.
pub fn json(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// The usual one.
pub fn success() -> Response<Body> {
    json(StatusCode::OK, Bytes::from_static(SUCCESS))
}

/// The answer to a request that was not taken.
pub fn rejection(reject: Reject) -> Response<Body> {
    let found = REJECTS.iter().find(|(other, _)| *other == reject);
    let body = found.map(|(_, body)| body.clone()).expect("the table holds every reject");
    rejection_with(reject, body)
}

fn rejection_with(reject: Reject, body: impl Into<Body>) -> Response<Body> {
    let mut response = json(reject.status(), body);
    if let Some(seconds) = reject.retry_after_s() {
        let value = HeaderValue::from(seconds);
        response.headers_mut().insert(RETRY_AFTER, value.clone());
        response.headers_mut().insert(RATE_LIMIT_RESET, value);
    }
    response
}

/// The answer to every pixel, whatever became of the message in it.
pub fn pixel() -> Response<Body> {
    let mut response = Response::new(Bytes::from_static(pixel::GIF).into());
    response.headers_mut().insert(CONTENT_TYPE, GIF);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// An answer in the form of a script that calls `callback` with the answer's body.
pub fn jsonp(callback: &str, body: &str) -> Response<Body> {
    let mut response = Response::new(format!("{callback}({body})").into());
    response.headers_mut().insert(CONTENT_TYPE, SCRIPT);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response.headers_mut().insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// What a strict sender hears of a body that cannot be split.
pub fn strict_split(error: &SplitError, reject: Reject) -> Response<Body> {
    let body = json!({
        "success": false,
        "message": reject.message(),
        "code": reject.code(),
        "errors": [{
            "code": reject.reason(),
            "pointer": "",
            "expected": error.expected,
            "detail": format!("{} at byte {}", error.fault, error.at),
        }],
    });
    rejection_with(reject, body.to_string())
}

/// What a strict sender hears whose messages break rules; each is `(index, messageId, fault)`.
pub fn strict_faults<'a>(
    faults: impl Iterator<Item = (u32, Option<&'a str>, &'a Fault)>,
) -> Response<Body> {
    let errors: Vec<Value> = faults
        .map(|(index, message_id, fault)| {
            // The example is JSON of our own; as a value it reads better than as text.
            let example = serde_json::from_str(&fault.example)
                .unwrap_or_else(|_| Value::String(fault.example.to_string()));
            json!({
                "index": index,
                "messageId": message_id,
                "code": fault.code,
                "pointer": fault.pointer,
                "expected": fault.expected,
                "detail": fault.detail,
                "example": example,
            })
        })
        .collect();
    let body = json!({
        "success": false,
        "message": format!("{} of the request's messages cannot be used; none was taken", errors.len()),
        "code": "invalid_events",
        "errors": errors,
    });
    json(StatusCode::BAD_REQUEST, body.to_string())
}

/// A whole answer for a connection that is closed after it, as bytes.
pub fn last_words(reject: Reject) -> Bytes {
    let (status, body) = (reject.status(), reject.body());
    let retry = reject.retry_after_s().map_or_else(String::new, |seconds| {
        format!("retry-after: {seconds}\r\nx-ratelimit-reset: {seconds}\r\n")
    });
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         access-control-allow-origin: *\r\n{retry}connection: close\r\n\r\n{body}",
        body.len(),
    );
    Bytes::from(text)
}

/// The protocol library refuses what is no HTTP by itself, without a body. This is what is
/// written in place of `written`, when that is such a refusal.
pub fn in_place_of(written: &[u8]) -> Option<Bytes> {
    let status = written.strip_prefix(b"HTTP/1.1 ")?;
    let reject = match status.get(..3)? {
        b"400" => Reject::BadRequest,
        b"414" => Reject::UriTooLong,
        b"431" => Reject::HeadTooLarge,
        _ => return None,
    };
    let head = written.strip_suffix(b"\r\n\r\n")?.to_ascii_lowercase();
    let has = |line: &[u8]| head.windows(line.len()).any(|window| window == line);
    (has(b"\r\ncontent-length: 0") && has(b"\r\nconnection: close")).then(|| last_words(reject))
}
