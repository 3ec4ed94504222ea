//! What a client hears when it does not get what it asked for, with the statuses in one place.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use event_log::LogError;
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde::Serialize;

use crate::{RedeliverError, replay::ReplayError};

/// One error as clients read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    /// Stable, for machines.
    code: &'static str,
    /// One sentence for people.
    message: String,
    /// The query parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    /// Where in the body the fault is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: String) -> Problem {
        Problem { status, code, message, parameter: None, pointer: None, fix: None }
    }

    pub(super) fn parameter(parameter: &str, message: String, fix: String) -> Problem {
        Problem {
            parameter: Some(parameter.to_owned()),
            fix: Some(fix),
            ..Problem::new(StatusCode::BAD_REQUEST, "invalid_parameter", message)
        }
    }

    /// `what` is `source` or `destination`.
    pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> Problem {
        let code = if what == "source" { "source_not_found" } else { "destination_not_found" };
        let fix = match known {
            [] => format!("add a {what} to the configuration"),
            known => format!("known {what}s: {}", known.join(", ")),
        };
        let message = format!("no {what} is called {name:?}");
        Problem { fix: Some(fix), ..Problem::new(StatusCode::NOT_FOUND, code, message) }
    }

    pub(super) fn no_message(position: &str) -> Problem {
        let message = format!("nothing is known of a message at {position:?} of this destination");
        Problem {
            fix: Some("take a position from the overview or the dead letters".to_owned()),
            ..Problem::new(StatusCode::NOT_FOUND, "message_not_found", message)
        }
    }

    pub(super) fn redeliver_body(pointer: &str) -> Problem {
        let message = "the body does not say what to deliver again".to_owned();
        let fix = r#"send {"positions":["123"]} with 1 to 10,000 positions, or {"all":true}"#;
        Problem {
            pointer: Some(pointer.to_owned()),
            fix: Some(fix.to_owned()),
            ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message)
        }
    }

    pub(super) fn test_body(pointer: &str, message: String) -> Problem {
        let fix = r#"send {}, or {"message": {"type": "track", "event": "Test Event", …}}"#;
        Problem {
            pointer: Some(pointer.to_owned()),
            fix: Some(fix.to_owned()),
            ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message)
        }
    }

    pub(super) fn needs_a_message(name: &str) -> Problem {
        let message = format!("{name:?} can only be tried with a message");
        Problem {
            pointer: Some("/connectionOnly".to_owned()),
            fix: Some("leave connectionOnly out: one test message is sent then".to_owned()),
            ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "message_needed", message)
        }
    }

    pub(super) fn no_history(said: &str) -> Problem {
        let message = format!("the destination does not tell its history: {said}");
        Problem {
            fix: Some("try again once it can be reached".to_owned()),
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "destination_not_ready", message)
        }
    }

    pub(super) fn not_running(name: &str) -> Problem {
        let message = format!("{name:?} is disabled or about to stop");
        Problem {
            fix: Some("enable the destination and try again".to_owned()),
            ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "destination_not_running", message)
        }
    }

    pub(super) fn redeliver(error: &RedeliverError, name: &str) -> Problem {
        match error {
            RedeliverError::Unknown => Problem {
                fix: Some("messages stand there once their retries are used up".to_owned()),
                ..Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "not_a_dead_letter",
                    format!("{name:?} has no dead letters"),
                )
            },
            RedeliverError::NotRunning => Problem::not_running(name),
            RedeliverError::NotThere(positions) => {
                let shown: Vec<String> =
                    positions.iter().take(10).map(ToString::to_string).collect();
                let more = if positions.len() > 10 { " …" } else { "" };
                Problem {
                    pointer: Some("/positions".to_owned()),
                    fix: Some(format!("list them with GET /api/destinations/{name}/dead-letters")),
                    ..Problem::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "not_a_dead_letter",
                        format!("not in the dead-letter list: {}{more}", shown.join(", ")),
                    )
                }
            }
        }
    }

    pub(super) fn replay_body(pointer: &str, message: String) -> Problem {
        let fix = r#"send {"from": "2026-01-31T12:00:00Z"}, and what else narrows it: to, sources, types, events, userId, anonymousId, perSecond, start"#;
        Problem {
            pointer: Some(pointer.to_owned()),
            fix: Some(fix.to_owned()),
            ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message)
        }
    }

    pub(super) fn no_replay(id: &str) -> Problem {
        let message = format!("no replay of this destination is called {id:?}");
        Problem::new(StatusCode::NOT_FOUND, "replay_not_found", message)
    }

    pub(super) fn no_such_order(order: &str) -> Problem {
        let message = format!("a replay cannot {order:?}");
        Problem {
            fix: Some("start, pause, resume or cancel it".to_owned()),
            ..Problem::new(StatusCode::NOT_FOUND, "replay_not_found", message)
        }
    }

    pub(super) fn replay(error: &ReplayError, name: &str) -> Problem {
        let conflict = |message: String, fix: &str| Problem {
            fix: Some(fix.to_owned()),
            ..Problem::new(StatusCode::CONFLICT, "replay_state", message)
        };
        match error {
            ReplayError::Unknown => Problem::unknown("destination", name, &[]),
            ReplayError::Busy(id) => {
                conflict(format!("the replay {id} has not ended"), "wait for it, or cancel it")
            }
            ReplayError::State(state) => conflict(
                format!("the replay is {}", state.as_str()),
                "read its state again; make a new one where it has ended",
            ),
            ReplayError::Archive(words) => {
                let message = format!("the archive cannot be asked: {words}");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "archive_unavailable", message)
            }
            ReplayError::Disk(cause) => {
                tracing::error!(error = cause as &dyn std::error::Error, "a replay was not kept");
                let message = "the replay could not be written down".to_owned();
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "log_unavailable", message)
            }
        }
    }

    pub(super) fn too_many_rows(max: usize) -> Problem {
        Problem {
            fix: Some("ask for a shorter time, one source, or by=hour".to_owned()),
            ..Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_rows",
                format!("the answer would have more than {max} rows"),
            )
        }
    }

    pub(super) fn books_behind() -> Problem {
        let message = "the books are behind the log".to_owned();
        Problem {
            fix: Some("try again shortly".to_owned()),
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "books_behind", message)
        }
    }

    pub(super) fn log(error: LogError) -> Problem {
        tracing::error!(error = &error as &dyn std::error::Error, "the books cannot be audited");
        let message = "the event log cannot be read at the moment".to_owned();
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "log_unavailable", message)
    }

    pub(super) fn method_not_allowed() -> Problem {
        let message = "this path does not take that method".to_owned();
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
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
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
