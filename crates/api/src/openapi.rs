//! The OpenAPI document: made from the handlers, completed here with what is true of every
//! operation, served, and read back as the table of who may call what.

use std::{collections::HashMap, sync::OnceLock};

use axum::{
    Router,
    extract::MatchedPath,
    response::{Html, IntoResponse},
    routing,
};
use bytes::Bytes;
use http::{Method, header};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, ServerBuilder};

pub use closed::closed;

use crate::{
    access::Access,
    body::BODY_MAX,
    error::{ApiError, Errors, Fault},
    mailer,
    state::Api,
};

/// Statuses of a failed request.
const FAILURES: [&str; 12] =
    ["400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"];

/// Which operation: method and path, as in the document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OperationKey {
    method: Method,
    path: String,
}

/// What the gate and the body check know of an operation.
pub struct Operation {
    /// Who may call it.
    pub access: Access,
    /// Its own limit of requests a minute.
    pub per_minute: Option<u32>,
    /// Whether the password must have been shown shortly before.
    pub proof: bool,
    /// As text: parsed it takes ten times the room, and most are never asked for.
    schema: Option<Box<str>>,
    validator: OnceLock<Option<Validator>>,
}

impl OperationKey {
    /// The operation that a request goes to.
    pub fn of(method: &Method, matched: Option<&MatchedPath>) -> OperationKey {
        let path = matched.map(MatchedPath::as_str).unwrap_or_default();
        let path = path.strip_prefix("/api").unwrap_or(path);
        let path = if path.is_empty() { "/" } else { path };
        // What answers GET answers HEAD.
        let method = if method == Method::HEAD { Method::GET } else { method.clone() };
        OperationKey { method, path: path.to_owned() }
    }
}

impl Operation {
    /// Checks a body against the documented schema.
    pub fn body(&self) -> Option<&Validator> {
        let made = self.validator.get_or_init(|| {
            let schema = self.schema.as_ref()?;
            let schema = serde_json::from_str(schema).expect("it was written from JSON");
            // An address is checked with everything else, so that all faults are told at once.
            let made = jsonschema::options()
                .with_format("email", |text| mailer::is_address(text.trim()))
                .should_validate_formats(true)
                .build(&schema);
            Some(made.expect("our own schemas are valid"))
        });
        made.as_ref()
    }
}

/// The document before any operation.
pub fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Headwater")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("openapi/description.md")))
        .build();
    let server = ServerBuilder::new().url("/api").description(Some("This installation")).build();
    OpenApiBuilder::new().info(info).servers(Some([server])).build()
}

/// The document with what is true of every operation: how to log in, and how it may fail.
pub fn finish(document: OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("the document is JSON");
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A workspace's token or a personal one: `hw_…`"
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-headwater",
            "description": "Set by logging in; writes must come from our own pages (`Origin`)"
        }
    });
    let failures = FAILURES.iter().filter_map(|status| {
        let (description, error) = failure(status)?;
        Some((format!("Error{status}"), failed_response(description, &error)))
    });
    document["components"]["responses"] = Value::Object(failures.collect());
    let schemas = document["components"]["schemas"].clone();
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return document };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        for (method, operation) in item {
            if let Some(operation) = operation.as_object_mut() {
                finish_operation(&schemas, method, operation);
            }
        }
    }
    examples::complete(&mut document);
    document
}

fn finish_operation(schemas: &Value, method: &str, operation: &mut Map<String, Value>) {
    // They come in any order; the document has one.
    let mut own: Vec<String> =
        operation.keys().filter(|name| name.starts_with("x-")).cloned().collect();
    own.sort();
    for name in own {
        if let Some(value) = operation.shift_remove(&name) {
            operation.insert(name, value);
        }
    }
    let access = access_of(operation);
    let public = access == Some(Access::Public);
    let security = if public { json!([]) } else { json!([{ "token": [] }, { "session": [] }]) };
    operation.insert("security".to_owned(), security);

    let has_body = operation.contains_key("requestBody");
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(parameters) = parameters.as_array_mut() else { return };
    let has_path = parameters.iter().any(|parameter| parameter["in"] == "path");
    if access.is_some_and(Access::in_workspace) {
        parameters.push(header_parameter(
            "Headwater-Workspace",
            "Slug or id of the workspace. Needed with a session or a personal token; a workspace's own token names it already.",
        ));
    }
    if method == "post" && !public {
        parameters.push(header_parameter(
            "Idempotency-Key",
            "A repeated request with the same key is answered as the first was, for 24 hours, and not done again.",
        ));
    }
    // A token that is not good is refused everywhere, also where none is needed.
    let mut statuses = vec!["429", "503", "400", "401"];
    if has_body {
        statuses.extend(["413", "415", "422"]);
    } else if parameters.iter().any(|parameter| parameter["in"] == "query") {
        statuses.push("422");
    }
    if !public {
        statuses.push("403");
    }
    if has_path || access.is_some_and(|access| access.in_workspace() || access.hides()) {
        statuses.push("404");
    }
    if method != "get" {
        statuses.push("409");
    }
    if parameters.iter().any(|parameter| parameter["name"] == "If-Match") {
        statuses.push("412");
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else { return };
    for status in statuses {
        let shared = json!({ "$ref": format!("#/components/responses/Error{status}") });
        responses.entry(status).or_insert(shared);
    }
    for (status, response) in responses.iter_mut() {
        let own = response.get("description").and_then(Value::as_str).map(str::to_owned);
        if let (Some(own), Some(failed)) = (own, failure(status)) {
            *response = failed_response(&own, &failed.1);
        }
    }
    responses.sort_keys();
    let answered: Vec<String> = responses.keys().cloned().collect();
    let all = codes::all(schemas, operation, &answered);
    operation.insert("x-errors".to_owned(), all);
}

/// A response of a failed request.
fn failed_response(description: &str, error: &ApiError) -> Value {
    json!({
        "description": description,
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Errors" },
            "example": Errors { errors: error.faults().to_vec() },
        } },
    })
}

/// How an operation may fail with this status, and what its caller then hears for example.
fn failure(status: &str) -> Option<(&'static str, ApiError)> {
    let found = match status {
        "400" => (
            "The request cannot be read",
            ApiError::malformed(
                "invalid_json",
                "the body is not valid JSON: expected value at line 1 column 1",
            )
            .fix("look at the line and column named"),
        ),
        "401" => ("Nobody is logged in", ApiError::login_needed()),
        "403" => (
            "Known, but not allowed",
            ApiError::forbidden("role_needed", "your role in this workspace does not allow this")
                .fix("ask an owner of the workspace"),
        ),
        "404" => ("There is no such thing, or not for you", ApiError::not_found("source")),
        "409" => (
            "It contradicts what is there",
            ApiError::conflict("taken", "there is one like this already"),
        ),
        "412" => ("It was changed since you read it", ApiError::stale()),
        "413" => ("The body is too large", ApiError::too_large(BODY_MAX)),
        "415" => ("The body is no JSON", ApiError::not_json()),
        "422" => (
            "Faulty fields, every one of them",
            ApiError::invalid_field(
                Fault::at("/name", "required", "\"name\" is required")
                    .expected("a value")
                    .fix("add \"name\""),
            ),
        ),
        "428" => ("It needs `If-Match`", ApiError::unconditional()),
        "429" => ("Too many requests; `Retry-After` says how long to wait", ApiError::too_many(30)),
        "503" => (
            "Not now; try again after `Retry-After`",
            ApiError::not_ready("unavailable", "the server cannot answer this now")
                .fix("try again shortly"),
        ),
        _ => return None,
    };
    Some(found)
}

fn header_parameter(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "in": "header",
        "required": false,
        "description": description,
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 }
    })
}

fn access_of(operation: &Map<String, Value>) -> Option<Access> {
    operation.get("x-access").and_then(Value::as_str).and_then(|word| word.parse().ok())
}

/// A response of the document, looked up when it stands elsewhere.
pub fn response<'a>(document: &'a Value, response: &'a Value) -> &'a Value {
    let place = response["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(response)
}

/// The table of operations, read from the finished document.
///
/// # Panics
/// When an operation does not say who may call it.
pub fn operations(document: &Value) -> HashMap<OperationKey, Operation> {
    let mut table = HashMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(operation) = operation.as_object() else { continue };
            let access = access_of(operation)
                .unwrap_or_else(|| panic!("{method} {path} does not say x-access"));
            let schema = &operation.get("requestBody").unwrap_or(&Value::Null)["content"]["application/json"]
                ["schema"];
            let schema =
                schema.is_object().then(|| closed(document, schema).to_string().into_boxed_str());
            let per_minute = operation.get("x-requests-per-minute").and_then(Value::as_u64);
            let key = OperationKey {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
            };
            let operation = Operation {
                access,
                per_minute: per_minute.and_then(|limit| u32::try_from(limit).ok()),
                proof: operation.get("x-proof") == Some(&Value::Bool(true)),
                schema,
                validator: OnceLock::new(),
            };
            table.insert(key, operation);
        }
    }
    table
}

/// The document as JSON, and as a page to read.
pub fn routes(document: &Value) -> Router<Api> {
    let json = serde_json::to_vec_pretty(document).expect("the document is JSON");
    let (json, page) = (Bytes::from(json), Bytes::from(reference::page(document)));
    Router::new()
        .route(
            "/openapi.json",
            routing::get(move || async move {
                ([(header::CONTENT_TYPE, "application/json")], json).into_response()
            }),
        )
        .route("/docs", routing::get(move || async move { Html(page) }))
}

mod closed;
mod codes;
mod examples;
mod reference;
#[cfg(test)]
mod tests;
