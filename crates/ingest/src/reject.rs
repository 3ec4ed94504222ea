//! What a sender hears when a request is not taken: the only place with status codes.
//!
//! Every body is `{"success":false,"message":…,"code":…}`: SDKs read all three.
//! Source: Segment HTTP API, "Errors"; texts as the real service was seen to use them.

use http::StatusCode;

/// Why a request was not taken, named by what the sender should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reject {
    /// Drop it: the body is not one JSON object, or cannot be inflated.
    Malformed,
    /// Drop it: the body is larger than we take, before or after inflating.
    TooLarge,
    /// Drop it: no write key, or one that cannot be one.
    BadWriteKey,
    /// Drop it: a strict sender named a write key that no source has.
    UnknownWriteKey,
    /// Mend it: a strict sender's request holds messages that cannot be used.
    InvalidMessages,
    /// Drop it: the body's coding is one we do not know, or there are several.
    UnknownEncoding,
    /// Get another token.
    Unauthorized,
    /// Ask elsewhere.
    NotFound,
    /// Ask with another write key: this one belongs to no source.
    UnknownSource,
    /// Ask with another verb.
    WrongMethod,
    /// Shorten the address.
    UriTooLong,
    /// Send fewer or shorter headers.
    HeadTooLarge,
    /// Speak HTTP.
    BadRequest,
    /// Send it again, faster.
    TooSlow,
    /// Send it again later: this source sends more than it may.
    RateLimited,
    /// Send it again later: there is no room for it now.
    Overloaded,
    /// Send it again later: what arrives cannot be made durable.
    Unavailable,
}

impl Reject {
    /// Every reject, for tables.
    pub const ALL: [Reject; 17] = [
        Reject::Malformed,
        Reject::TooLarge,
        Reject::BadWriteKey,
        Reject::UnknownWriteKey,
        Reject::InvalidMessages,
        Reject::UnknownEncoding,
        Reject::Unauthorized,
        Reject::NotFound,
        Reject::UnknownSource,
        Reject::WrongMethod,
        Reject::UriTooLong,
        Reject::HeadTooLarge,
        Reject::BadRequest,
        Reject::TooSlow,
        Reject::RateLimited,
        Reject::Overloaded,
        Reject::Unavailable,
    ];

    /// The status.
    pub fn status(self) -> StatusCode {
        match self {
            Reject::Malformed
            | Reject::TooLarge
            | Reject::BadWriteKey
            | Reject::UnknownWriteKey
            | Reject::InvalidMessages
            | Reject::UnknownEncoding
            | Reject::BadRequest => StatusCode::BAD_REQUEST,
            Reject::Unauthorized => StatusCode::UNAUTHORIZED,
            Reject::NotFound | Reject::UnknownSource => StatusCode::NOT_FOUND,
            Reject::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Reject::UriTooLong => StatusCode::URI_TOO_LONG,
            Reject::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Reject::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Reject::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Reject::Overloaded | Reject::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Reject::Malformed
            | Reject::TooLarge
            | Reject::BadWriteKey
            | Reject::UnknownEncoding
            | Reject::UriTooLong
            | Reject::HeadTooLarge
            | Reject::BadRequest => "invalid_request",
            Reject::UnknownWriteKey | Reject::UnknownSource => "unknown_source",
            Reject::InvalidMessages => "invalid_events",
            Reject::Unauthorized => "unauthorized",
            Reject::NotFound => "not_found",
            Reject::WrongMethod => "method_not_allowed",
            Reject::TooSlow => "request_timeout",
            Reject::RateLimited => "too_many_requests",
            Reject::Overloaded | Reject::Unavailable => "unavailable",
        }
    }

    /// The sentence for the person who reads the answer.
    pub fn message(self) -> &'static str {
        match self {
            Reject::Malformed => "malformed JSON",
            Reject::TooLarge => "Exceed payload limit",
            Reject::BadWriteKey => "An invalid write key was provided",
            Reject::UnknownWriteKey | Reject::UnknownSource => "No source has this write key",
            Reject::InvalidMessages => "Some messages cannot be used; none was taken",
            Reject::UnknownEncoding => {
                "Content-Encoding must be one of gzip, deflate, zstd, br, identity"
            }
            Reject::Unauthorized => "The access token is not valid",
            Reject::NotFound => "No such path",
            Reject::WrongMethod => "This path does not take this method",
            Reject::UriTooLong => "The request target is longer than 8192 bytes",
            Reject::HeadTooLarge => {
                "The request head is larger than 32768 bytes or has more than 100 headers"
            }
            Reject::BadRequest => "The request is not valid HTTP",
            Reject::TooSlow => "The request did not arrive in time",
            Reject::RateLimited => "More requests come with this write key than may",
            Reject::Overloaded => "The server is busy",
            Reject::Unavailable => "The server cannot store messages at the moment",
        }
    }

    /// Seconds after which to send it again, where that helps. Whole seconds, 1 to 300: what SDKs read.
    pub fn retry_after_s(self) -> Option<u32> {
        match self {
            Reject::RateLimited | Reject::Overloaded => Some(1),
            Reject::Unavailable => Some(5),
            _ => None,
        }
    }

    /// Which of them it is, for the `reason` label of metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Reject::Malformed => "malformed",
            Reject::TooLarge => "too_large",
            Reject::BadWriteKey => "bad_write_key",
            Reject::UnknownWriteKey => "unknown_write_key",
            Reject::InvalidMessages => "invalid_messages",
            Reject::UnknownSource => "unknown_source",
            Reject::UnknownEncoding => "unknown_encoding",
            Reject::Unauthorized => "unauthorized",
            Reject::NotFound => "not_found",
            Reject::WrongMethod => "wrong_method",
            Reject::UriTooLong => "uri_too_long",
            Reject::HeadTooLarge => "head_too_large",
            Reject::BadRequest => "bad_request",
            Reject::TooSlow => "too_slow",
            Reject::RateLimited => "rate_limited",
            Reject::Overloaded => "overloaded",
            Reject::Unavailable => "unavailable",
        }
    }

    /// The whole body.
    pub fn body(self) -> String {
        format!(r#"{{"success":false,"message":"{}","code":"{}"}}"#, self.message(), self.code())
    }
}
