//! What a caller hears when a request fails: the status, and for each fault a stable code, where
//! it is, what was expected and how to mend it.

use std::fmt;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// One fault. `type`, `message` and `field` are as in Segment's Public API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The kind of fault: `input-validation`, `not-found`, `unauthorized` …
    #[serde(rename = "type")]
    #[schema(example = "input-validation")]
    pub kind: &'static str,
    /// Stable, for programs.
    #[schema(example = "required")]
    pub code: String,
    /// One sentence for people.
    #[schema(example = "\"name\" is required")]
    pub message: String,
    /// The faulty field, dotted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "name")]
    pub field: Option<String>,
    /// The faulty place in the body, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/name")]
    pub pointer: Option<String>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "text of 1 to 100 characters")]
    pub expected: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "add \"name\"")]
    pub fix: Option<String>,
}

/// `{"errors": [...]}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Errors {
    /// Every fault that was found; at least one.
    pub errors: Vec<Fault>,
}

/// A failed request.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    faults: Vec<Fault>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Fault {
    /// A fault of the field at `pointer`.
    pub fn at(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Fault {
        let pointer = pointer.into();
        let field = pointer.trim_start_matches('/').replace('/', ".");
        Fault {
            kind: "input-validation",
            code: code.to_owned(),
            message: message.into(),
            field: Some(field),
            pointer: Some(pointer),
            expected: None,
            fix: None,
        }
    }

    /// What would have been right.
    pub fn expected(mut self, expected: impl Into<String>) -> Fault {
        self.expected = Some(expected.into());
        self
    }

    /// What to do.
    pub fn fix(mut self, fix: impl Into<String>) -> Fault {
        self.fix = Some(fix.into());
        self
    }
}

/// For whoever is no HTTP client: every fault in a sentence.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let between = if at == 0 { "" } else { "; " };
            write!(f, "{between}{}", fault.message)?;
            if let Some(fix) = &fault.fix {
                write!(f, ": {fix}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    fn of(status: StatusCode, kind: &'static str, code: &str, message: String) -> ApiError {
        let fault = Fault {
            kind,
            code: code.to_owned(),
            message,
            field: None,
            pointer: None,
            expected: None,
            fix: None,
        };
        ApiError { status, faults: vec![fault], headers: Vec::new() }
    }

    /// 400: the request cannot be read at all.
    pub fn malformed(code: &str, message: impl Into<String>) -> ApiError {
        ApiError::of(StatusCode::BAD_REQUEST, "bad-request", code, message.into())
    }

    /// 401: we do not know who is calling.
    pub fn unauthorized(code: &str, message: impl Into<String>) -> ApiError {
        let mut error =
            ApiError::of(StatusCode::UNAUTHORIZED, "unauthorized", code, message.into());
        error.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        error
    }

    /// 401: somebody must have logged in.
    pub fn login_needed() -> ApiError {
        ApiError::unauthorized("login_needed", "this needs a login")
            .fix("log in, or send a token in Authorization: Bearer …")
    }

    /// 403: known, but not allowed.
    pub fn forbidden(code: &str, message: impl Into<String>) -> ApiError {
        ApiError::of(StatusCode::FORBIDDEN, "forbidden", code, message.into())
    }

    /// 404: there is no such thing, or not for this caller; both sound the same.
    pub fn not_found(what: &str) -> ApiError {
        let message = format!("{what} not found");
        ApiError::of(StatusCode::NOT_FOUND, "not-found", "not_found", message)
    }

    /// 404: it was there, and its time is over.
    pub fn expired(what: &str) -> ApiError {
        let message = format!("the {what} has expired");
        ApiError::of(StatusCode::NOT_FOUND, "not-found", "expired", message)
            .fix("ask for a new one, from whoever sent it")
    }

    /// 405: the path is known, the method is not.
    pub fn unknown_method() -> ApiError {
        let message = "this path does not know that method".to_owned();
        ApiError::of(StatusCode::METHOD_NOT_ALLOWED, "bad-request", "unknown_method", message)
            .fix("the methods of every path are listed in /api/docs")
    }

    /// 409: it contradicts what is there.
    pub fn conflict(code: &str, message: impl Into<String>) -> ApiError {
        ApiError::of(StatusCode::CONFLICT, "conflict", code, message.into())
    }

    /// 412: somebody else changed it meanwhile.
    pub fn stale() -> ApiError {
        let message = "it was changed since you read it".to_owned();
        ApiError::of(StatusCode::PRECONDITION_FAILED, "conflict", "changed_meanwhile", message)
            .fix("read it again, make your change on top of what is there, and send the new ETag in If-Match")
    }

    /// 413: the body is too large.
    pub fn too_large(limit: usize) -> ApiError {
        let message = format!("the body is larger than {limit} bytes");
        ApiError::of(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "too_large", message)
            .fix("send less at a time")
    }

    /// 415: the body is no JSON.
    pub fn not_json() -> ApiError {
        let message = "the body must be JSON".to_owned();
        ApiError::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-request", "not_json", message)
            .fix("send it with Content-Type: application/json")
    }

    /// 422: every faulty field at once.
    pub fn invalid(faults: Vec<Fault>) -> ApiError {
        debug_assert!(!faults.is_empty(), "a refusal names its reason");
        ApiError { status: StatusCode::UNPROCESSABLE_ENTITY, faults, headers: Vec::new() }
    }

    /// 422 for one field.
    pub fn invalid_field(fault: Fault) -> ApiError {
        ApiError::invalid(vec![fault])
    }

    /// 428: this change needs to say what it was made on.
    pub fn unconditional() -> ApiError {
        let message = "this change needs If-Match".to_owned();
        ApiError::of(StatusCode::PRECONDITION_REQUIRED, "conflict", "if_match_required", message)
            .fix("send the ETag that you read in If-Match, so that nobody's change is overwritten unseen")
    }

    /// 429: too often.
    pub fn too_many(retry_after_s: i64) -> ApiError {
        let message = "Too many requests".to_owned();
        let seconds = retry_after_s.max(1);
        let mut error = ApiError::of(
            StatusCode::TOO_MANY_REQUESTS,
            "RequestError",
            "too_many_requests",
            message,
        )
        .fix(format!("wait {seconds} s"));
        error.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        error
    }

    /// 503: not now. The cause is logged here, once.
    pub fn unavailable(cause: &(dyn std::error::Error + 'static)) -> ApiError {
        let mut chain = cause.to_string();
        let mut next = cause.source();
        while let Some(inner) = next {
            chain.push_str(": ");
            chain.push_str(&inner.to_string());
            next = inner.source();
        }
        tracing::error!(cause = chain, "a request could not be answered");
        let message = "the server cannot answer this now".to_owned();
        let mut error =
            ApiError::of(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "unavailable", message)
                .fix("try again shortly");
        error.headers.push((header::RETRY_AFTER, HeaderValue::from_static("1")));
        error
    }

    /// 503: a part of the server is not there, or has not heard yet.
    pub fn not_ready(code: &str, message: impl Into<String>) -> ApiError {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut error = ApiError::of(status, "unavailable", code, message.into());
        error.headers.push((header::RETRY_AFTER, HeaderValue::from_static("1")));
        error
    }

    /// What another part of the server refused, in its own words.
    pub fn passed_on(status: StatusCode, code: &str, message: impl Into<String>) -> ApiError {
        match status {
            StatusCode::SERVICE_UNAVAILABLE => ApiError::not_ready(code, message),
            StatusCode::NOT_FOUND => ApiError::of(status, "not-found", code, message.into()),
            StatusCode::UNPROCESSABLE_ENTITY => {
                ApiError::of(status, "input-validation", code, message.into())
            }
            StatusCode::CONFLICT => ApiError::of(status, "conflict", code, message.into()),
            status => ApiError::of(status, "bad-request", code, message.into()),
        }
    }

    /// What `result` holds. Faulty fields (422) are added to `faults`, so that others can be looked
    /// at before all are told; every other failure stays one.
    pub fn gather<T>(
        result: Result<T, ApiError>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<T>, ApiError> {
        match result {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.status == StatusCode::UNPROCESSABLE_ENTITY => {
                faults.extend(error.faults);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// With what to do about it.
    pub fn fix(mut self, fix: impl Into<String>) -> ApiError {
        if let Some(fault) = self.faults.first_mut() {
            fault.fix = Some(fix.into());
        }
        self
    }

    /// With the place in the body that it is about.
    pub fn pointer(mut self, pointer: &str) -> ApiError {
        if let Some(fault) = self.faults.first_mut() {
            fault.field = Some(pointer.trim_start_matches('/').replace('/', "."));
            fault.pointer = Some(pointer.to_owned());
        }
        self
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its faults.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl From<catalog::Problem> for Fault {
    fn from(problem: catalog::Problem) -> Fault {
        Fault::at(problem.pointer, problem.code, problem.message)
            .expected(problem.expected)
            .fix(problem.fix)
    }
}

impl From<catalog::Problem> for ApiError {
    fn from(problem: catalog::Problem) -> ApiError {
        ApiError::invalid_field(problem.into())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        match error {
            StoreError::Taken => ApiError::conflict("taken", "there is one like this already"),
            StoreError::Referenced => ApiError::conflict(
                "in_use",
                "something else still refers to it, or what it refers to is gone",
            ),
            StoreError::Stale => ApiError::stale(),
            StoreError::Rehearsed => ApiError::not_ready("rehearsed", "this was a rehearsal"),
            other => ApiError::unavailable(&other),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let errors = Errors { errors: self.faults };
        let mut response = (self.status, Json(&errors)).into_response();
        // For who asked from inside: see `body`.
        response.extensions_mut().insert(errors);
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
