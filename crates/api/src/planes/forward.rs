//! Handing a request on, and making the answer ours.

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tower::ServiceExt;

use crate::{error::ApiError, page, state::Api};

/// What stands in one segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Headers that the data plane may read.
const HEADERS: [HeaderName; 3] =
    [header::ACCEPT, header::CONTENT_TYPE, HeaderName::from_static("last-event-id")];

/// Bytes of a refusal that are read.
const REFUSAL_MAX: usize = 64 << 10;

/// A path of the data plane.
#[derive(Debug, Clone)]
pub struct Target {
    path: String,
    query: Vec<(String, String)>,
}

impl Target {
    /// The path with these segments, under `/api`, and the query of a request but for the name of
    /// its workspace.
    pub fn new(segments: &[&str], query: Option<&str>) -> Target {
        let mut path = String::from("/api");
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let query = pairs.into_owned().filter(|(name, _)| name != "workspace").collect();
        Target { path, query }
    }

    /// With this parameter, whatever was asked for.
    pub fn with(mut self, name: &str, value: &str) -> Target {
        self.query.retain(|(given, _)| given != name);
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Path and query.
    pub fn uri(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        format!("{}?{}", self.path, query.finish())
    }
}

/// Bytes of an answer that is read here.
const ANSWER_MAX: usize = 256 << 20;

/// Asks the data plane, and reads what it answers in its envelope.
pub async fn ask<T: DeserializeOwned>(
    api: &Api,
    method: Method,
    target: Target,
    body: Option<Value>,
) -> Result<T, ApiError> {
    #[derive(Deserialize)]
    struct Envelope<T> {
        data: T,
    }
    let mut request = Request::new(());
    *request.method_mut() = method;
    let body = match body {
        Some(body) => {
            let kind = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, kind);
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    let bytes = take(api, request.map(|()| body), target).await?;
    let envelope: Result<Envelope<T>, _> = serde_json::from_slice(&bytes);
    Ok(envelope.map_err(|error| ApiError::unavailable(&error))?.data)
}

/// Asks the data plane, and takes its answer as it is.
pub async fn take(api: &Api, request: Request<Body>, target: Target) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let response = forward(api, &parts, target, body).await?;
    let bytes = to_bytes(response.into_body(), ANSWER_MAX).await;
    bytes.map_err(|error| ApiError::unavailable(&error))
}

/// Asks the data plane.
pub async fn forward(
    api: &Api,
    parts: &Parts,
    target: Target,
    body: Body,
) -> Result<Response, ApiError> {
    let Some(planes) = api.planes.clone() else {
        return Err(ApiError::not_ready("no_data_plane", "this server runs without a data plane")
            .fix("ask the one that ingests and delivers"));
    };
    let mut request = Request::new(body);
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = target.uri().parse().expect("a path and query that were just encoded");
    for name in HEADERS {
        if let Some(value) = parts.headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let response = planes.oneshot(request).await.unwrap_or_else(|never| match never {});
    if response.status().is_success() {
        return Ok(response);
    }
    Err(refusal(response, parts.method == Method::GET).await)
}

/// What the data plane refused, as one of our errors.
async fn refusal(response: Response, reading: bool) -> ApiError {
    #[derive(Default, Deserialize)]
    struct Errors {
        errors: Vec<Problem>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Problem {
        code: String,
        message: String,
        parameter: Option<String>,
        pointer: Option<String>,
        fix: Option<String>,
    }
    let status = response.status();
    let body = to_bytes(response.into_body(), REFUSAL_MAX).await.unwrap_or_default();
    let errors: Errors = serde_json::from_slice(&body).unwrap_or_default();
    let Some(problem) = errors.errors.into_iter().next() else {
        return ApiError::not_ready("unavailable", "the data plane cannot answer this now");
    };
    if matches!(problem.code.as_str(), "source_not_found" | "destination_not_found") {
        // Its own words would list what others have.
        return ApiError::not_ready("not_routed", "the data plane does not know it yet")
            .fix("try again in a second; a destination that stays so needs its secrets again");
    }
    let status = match status {
        // A parameter that can be read is merely faulty.
        StatusCode::BAD_REQUEST if reading => StatusCode::UNPROCESSABLE_ENTITY,
        status => status,
    };
    let mut error = ApiError::passed_on(status, &problem.code, problem.message);
    if let Some(fix) = problem.fix {
        error = error.fix(fix);
    }
    match (problem.pointer, problem.parameter) {
        (Some(pointer), _) => error.pointer(&pointer),
        (None, Some(parameter)) => error.pointer(&format!("/{parameter}")),
        (None, None) => error,
    }
}

/// The value of a parameter that names another row, which has to be checked here.
pub fn named(parts: &Parts, name: &str) -> Option<String> {
    page::value(parts.uri.query().unwrap_or_default(), name).filter(|value| !value.is_empty())
}
