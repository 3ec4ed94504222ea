//! The envelope of every answer.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// `{"data": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Data<T> {
    /// What was asked for.
    pub data: T,
}

/// Wraps `data` in its envelope.
pub fn data<T>(data: T) -> Data<T> {
    Data { data }
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// `{"data": {"status": "SUCCESS"}}`, when there is nothing else to say.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Done {
    /// Always `SUCCESS`.
    #[schema(example = "SUCCESS")]
    pub status: &'static str,
}

/// It is done.
pub fn done() -> Data<Done> {
    data(Done { status: "SUCCESS" })
}

/// Milliseconds since 1970 as an RFC 3339 time with milliseconds, in UTC.
pub fn time(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => String::new(),
    }
}
