//! What a client hears when it does not get what it asked for, with the statuses in one place.

use std::borrow::Cow;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use event_log::LogError;
use http::{StatusCode, header::RETRY_AFTER};
use serde::Serialize;

/// One error as clients read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    /// Stable, for machines.
    pub(crate) code: &'static str,
    /// One sentence for people.
    pub(crate) message: String,
    /// The query parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<Cow<'static, str>>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: String) -> Problem {
        Problem { status, code, message, parameter: None, fix: None }
    }

    pub(crate) fn bad_parameter(
        parameter: impl Into<Cow<'static, str>>,
        message: String,
        fix: String,
    ) -> Problem {
        Problem {
            parameter: Some(parameter.into()),
            fix: Some(fix),
            ..Problem::new(StatusCode::BAD_REQUEST, "invalid_parameter", message)
        }
    }

    pub(crate) fn unknown_source(slug: &str, known: &[String]) -> Problem {
        let fix = match known {
            [] => "add a source to the configuration".to_owned(),
            known => format!("known sources: {}", known.join(", ")),
        };
        Problem {
            fix: Some(fix),
            ..Problem::new(
                StatusCode::NOT_FOUND,
                "source_not_found",
                format!("no source is called {slug:?}"),
            )
        }
    }

    pub(crate) fn message_not_found(message: String, fix: &str) -> Problem {
        Problem {
            fix: Some(fix.to_owned()),
            ..Problem::new(StatusCode::NOT_FOUND, "message_not_found", message)
        }
    }

    pub(crate) fn too_many_viewers(max: usize) -> Problem {
        Problem {
            fix: Some("close another live stream, or try again shortly".to_owned()),
            ..Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_viewers",
                format!("all {max} live streams of this process are taken"),
            )
        }
    }

    pub(crate) fn method_not_allowed() -> Problem {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this path does not know the method: what is read is asked for with GET".to_owned(),
        )
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Problem {
        match error {
            LogError::Gone(oldest) => Problem::message_not_found(
                "retention has taken what stood there".to_owned(),
                &format!("the oldest position that is left is {oldest}"),
            ),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "debugger cannot read");
                Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "log_unavailable",
                    "the event log cannot be read at the moment".to_owned(),
                )
            }
        }
    }
}

#[derive(Serialize)]
struct Errors {
    errors: [Problem; 1],
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(Errors { errors: [self] })).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from_static("2"));
        }
        response
    }
}
