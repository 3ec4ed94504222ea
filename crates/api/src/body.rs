//! Request bodies: JSON that fits the schema in the OpenAPI document, so that what is documented
//! is what is checked. Every fault is reported at once: those of the shape here, and with them
//! those of the rules, by [`rehearsal`].

use axum::{
    body::Bytes,
    extract::{FromRequest, MatchedPath, Request},
};
use catalog::problem::pointer_step;
use http::header;
use jsonschema::{Validator, error::ValidationErrorKind as Kind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    error::{ApiError, Fault},
    openapi::OperationKey,
    rehearsal,
    state::Api,
};

/// Bytes of a body at most; catalog info with its documentation fits well.
pub const BODY_MAX: usize = 1 << 20;

/// A checked body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Body<T>, ApiError> {
        let key = OperationKey::of(request.method(), request.extensions().get::<MatchedPath>());
        if !is_json(&request) {
            return Err(ApiError::not_json());
        }
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, BODY_MAX)
            .await
            .map_err(|_| ApiError::too_large(BODY_MAX))?;
        let value = parse(&bytes)?;
        if let Some(validator) = api.operation(&key).and_then(|operation| operation.body()) {
            let mut faults = shape(validator, &value);
            if !faults.is_empty() {
                let rules = rehearsal::rules(api, &parts, validator, value, &faults).await;
                faults.extend(rules);
                return Err(ApiError::invalid(faults));
            }
        }
        serde_json::from_value(value).map(Body).map_err(|error| {
            let fault = Fault::at("", "invalid", error.to_string());
            ApiError::invalid_field(
                fault.expected("what /api/docs says of it").fix("see what /api/docs says of it"),
            )
        })
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        // Segment's SDKs may send the versioned type that they accept.
        || (kind.starts_with("application/vnd.segment.") && kind.ends_with("+json"))
}

fn parse(bytes: &Bytes) -> Result<Value, ApiError> {
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::malformed("invalid_json", format!("the body is not valid JSON: {error}"))
            .fix("look at the line and column named")
    })
}

/// Every fault of the shape of `value`.
pub fn shape(validator: &Validator, value: &Value) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    nul(value, "", &mut faults);
    for error in validator.iter_errors(value) {
        let at = error.instance_path().to_string();
        faults.extend(faults_of(at, error.kind(), &error.to_string()));
    }
    faults.dedup();
    faults
}

/// Where text holds U+0000: Postgres cannot store it, and nobody means it.
fn nul(value: &Value, at: &str, faults: &mut Vec<Fault>) {
    let mut refuse = || {
        faults.push(
            Fault::at(at, "invalid", "text must not hold U+0000")
                .expected("text without U+0000")
                .fix("take it out"),
        );
    };
    match value {
        Value::String(text) if text.contains('\0') => refuse(),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nul(item, &format!("{at}/{index}"), faults);
            }
        }
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains('\0')) {
                refuse();
            }
            for (name, field) in fields {
                nul(field, &format!("{at}/{}", pointer_step(name)), faults);
            }
        }
        _ => {}
    }
}

fn faults_of(at: String, kind: &Kind, message: &str) -> Vec<Fault> {
    let named = |at: &str| match at.rsplit('/').next() {
        Some(name) if !name.is_empty() => format!("\"{name}\""),
        _ => "the body".to_owned(),
    };
    let this = named(&at);
    let fault = match kind {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            Fault::at(format!("{at}/{name}"), "required", format!("\"{name}\" is required"))
                .expected("a value")
                .fix(format!("add \"{name}\""))
        }
        Kind::AdditionalProperties { unexpected } => {
            let unknown = |name: &String| {
                let message = format!("\"{name}\" is not known here");
                Fault::at(format!("{at}/{}", pointer_step(name)), "unknown_field", message)
                    .expected("a field that this operation knows")
                    .fix("leave it out, or look for its right name in /api/docs")
            };
            return unexpected.iter().map(unknown).collect();
        }
        Kind::Type { kind } => {
            let expected = type_names(kind);
            Fault::at(at, "wrong_type", format!("{this} has the wrong type"))
                .fix(format!("make {this} {expected}"))
                .expected(expected)
        }
        Kind::MinLength { limit: 1 } => Fault::at(at, "empty", format!("{this} must not be empty"))
            .expected("some text")
            .fix(format!("give {this} some text, or leave it out where it may be")),
        Kind::MinLength { limit } => Fault::at(at, "too_short", format!("{this} is too short"))
            .expected(format!("at least {limit} characters"))
            .fix(format!("make {this} longer")),
        Kind::MaxLength { limit } => Fault::at(at, "too_long", format!("{this} is too long"))
            .expected(format!("at most {limit} characters"))
            .fix(format!("shorten {this}")),
        Kind::MaxItems { limit } => Fault::at(at, "too_many", format!("{this} has too many items"))
            .expected(format!("at most {limit}"))
            .fix("send fewer, or in several requests"),
        Kind::MinItems { limit } => Fault::at(at, "too_few", format!("{this} has too few items"))
            .expected(format!("at least {limit}"))
            .fix(format!("add to {this}")),
        Kind::Minimum { limit } => Fault::at(at, "out_of_range", format!("{this} is too small"))
            .expected(format!("{limit} or more"))
            .fix(format!("make {this} greater")),
        Kind::Maximum { limit } => Fault::at(at, "out_of_range", format!("{this} is too large"))
            .expected(format!("{limit} or less"))
            .fix(format!("make {this} smaller")),
        Kind::Enum { options } => {
            Fault::at(at, "not_allowed", format!("{this} is none of the allowed values"))
                .expected(list(options))
                .fix("give one of the allowed values, written exactly so")
        }
        Kind::Format { format } if format == "email" => no_email(at),
        _ => Fault::at(at, "invalid", format!("{this} is not valid: {message}"))
            .expected("what /api/docs says of it")
            .fix("see what /api/docs says of it"),
    };
    vec![fault]
}

/// The fault of what is no e-mail address.
pub fn no_email(at: String) -> Fault {
    let message = format!("\"{}\" is no e-mail address", at.rsplit('/').next().unwrap_or_default());
    Fault::at(at, "bad_email", message)
        .expected("an e-mail address, such as ada@example.com")
        .fix("look for a missing @, a space or a comma")
}

fn type_names(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(set) => {
            let names: Vec<String> = set.iter().map(|one| one.to_string()).collect();
            names.join(" or ")
        }
    }
}

fn list(options: &Value) -> String {
    let Some(options) = options.as_array() else { return options.to_string() };
    let words: Vec<String> = options
        .iter()
        .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned))
        .collect();
    words.join(", ")
}
