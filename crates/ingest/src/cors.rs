//! What browsers need to see on every answer, errors included.
//!
//! The origin is mirrored, which also covers SDKs that are told to send credentials; `*` would
//! fail there. Source: Fetch standard, "CORS protocol".

use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
    },
};

use crate::body::Body;

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("Retry-After, X-RateLimit-Reset, Preference-Applied");
const DAY: HeaderValue = HeaderValue::from_static("86400");
/// What SDKs are known to send. A preflight's own list comes on top.
const HEADERS: &str =
    "authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, prefer";
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
const REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");

/// Lets the page at `origin` read the answer that has these headers.
pub fn allow(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    let Some(origin) = origin else {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        return;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, ORIGIN);
}

/// Answers an `OPTIONS` request; [`allow`] comes on top, as for every answer.
pub fn preflight(request: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let asked = request.get(ACCESS_CONTROL_REQUEST_HEADERS).filter(|asked| !asked.is_empty());
    let allowed = asked.and_then(|asked| {
        let all = [HEADERS.as_bytes(), b", ", asked.as_bytes()].concat();
        HeaderValue::from_bytes(&all).ok()
    });
    let allowed = allowed.unwrap_or(HeaderValue::from_static(HEADERS));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, DAY);
    if request.contains_key(REQUEST_PRIVATE_NETWORK) {
        headers.insert(PRIVATE_NETWORK, TRUE);
    }
    response
}
