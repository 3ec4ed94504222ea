//! Every path that is not the tracking API: the control plane's API, the data plane's own behind
//! its token, health and metrics, a front page that says what runs here, and JSON for everything
//! else.
//!
//! Both APIs stand under `/api`. The data plane's token, which only whoever runs the server has,
//! opens the data plane's; everybody else speaks to the control plane.

mod listener;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use futures_util::FutureExt;
use http::{StatusCode, header};
use serde_json::json;
use tower::ServiceExt;

use crate::{config::Secret, token};

pub use listener::serve;

/// What the router is made of.
pub struct Parts {
    /// What clients of `/api` must show.
    pub token: Secret,
    /// The planes' own routes, all under `/api`.
    pub planes: Vec<Router>,
    /// The control plane's API, where it runs: all of `/api`.
    pub control: Option<Router>,
    /// Health, and metrics unless they have a listener of their own.
    pub operations: Router,
}

/// Every path that is not the tracking API.
pub fn router(parts: Parts) -> Router {
    let token = Arc::new(parts.token);
    let planes = parts.planes.into_iter().fold(Router::new(), Router::merge);
    let rest = Router::new().route("/", get(front)).merge(parts.operations);
    let Some(control) = parts.control else {
        let planes = planes.route_layer(from_fn_with_state(token, require_token));
        return finish(rest.merge(planes));
    };
    let planes = finish(planes);
    let by_token = from_fn_with_state((token, planes), choose_by_token);
    // Chosen before any path is matched: what one router found must not reach the other.
    Router::new().fallback_service(finish(rest.merge(control))).layer(by_token)
}

/// Hands what comes with the data plane's token to the data plane.
async fn choose_by_token(
    State((token, planes)): State<(Arc<Secret>, Router)>,
    request: Request,
    next: Next,
) -> Response {
    let api = request.uri().path().starts_with("/api/");
    if api && bearer(&request).is_some_and(|given| token::matches(&token, given)) {
        return planes.oneshot(request).await.unwrap_or_else(|never| match never {});
    }
    next.run(request).await
}

/// The token that a request shows.
fn bearer(request: &Request) -> Option<&[u8]> {
    let given = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = given.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// Health and metrics alone, for a listener of their own.
pub fn operations(routes: Router) -> Router {
    finish(routes)
}

fn finish(router: Router) -> Router {
    router
        .fallback(async || error(StatusCode::NOT_FOUND, "not_found", "there is nothing here"))
        .method_not_allowed_fallback(async || {
            let message = "this path does not take this method";
            error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        })
        .layer(from_fn(catch_panic))
}

/// `{"errors": [{"code", "message"}]}`.
fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "message": message }] });
    (status, Json(body)).into_response()
}

async fn require_token(
    State(expected): State<Arc<Secret>>,
    request: Request,
    next: Next,
) -> Response {
    let given = bearer(&request);
    if given.is_some_and(|given| token::matches(&expected, given)) {
        return next.run(request).await;
    }
    let (code, message) = match given {
        None => ("unauthenticated", "this path needs a token"),
        Some(_) => ("unauthenticated", "this token is not the right one"),
    };
    let fix = "send Authorization: Bearer <token>; the token stands in <data_dir>/api-token, unless the configuration sets server.api_token";
    let body = json!({ "errors": [{ "code": code, "message": message, "fix": fix }] });
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], Json(body)).into_response()
}

async fn catch_panic(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(path, "request failed: a fault of ours; the lines above say where");
            error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the server failed at this request; its log says why",
            )
        }
    }
}

const FRONT: [(&str, &str); 7] = [
    ("POST /v1/track, /v1/identify, /v1/batch, …", "the tracking API, as Segment's SDKs speak it"),
    ("GET  /analytics.js/v1/<write key>/analytics.min.js", "the browser SDK"),
    ("GET  /api/docs, /api/openapi.json", "the API of accounts, partners, catalog, workspaces"),
    ("GET  /api/sources, /api/stream, /api/trace/<messageId>", "what came in (needs the token)"),
    ("GET  /api/destinations, /api/accounting", "what went out (needs the token)"),
    ("GET  /health/live, /health/ready", "whether it runs, and what a 200 promises"),
    ("GET  /metrics", "figures for Prometheus"),
];

/// Says what runs here, in text or, to browsers, in HTML.
async fn front(request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host
        .filter(|host| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b)));
    let host = host.unwrap_or("localhost:8080");
    let paths: Vec<String> =
        FRONT.iter().map(|(path, what)| format!("  {path:<56} {what}")).collect();
    let text = format!(
        "Headwater {} runs here. It collects events, keeps them, and brings them to destinations.\n\n\
         Send one (with a write key of your configuration):\n\n  \
         curl -u '<write key>:' -H 'content-type: application/json' \\\n    \
         -d '{{\"userId\": \"ada\", \"event\": \"Order Completed\"}}' http://{host}/v1/track\n\n\
         Watch it come:\n\n  headwater tail\n\n\
         What is served here:\n\n{}\n\n\
         Documentation: docs/ in the source tree, and headwater --help.\n",
        env!("CARGO_PKG_VERSION"),
        paths.join("\n"),
    );
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accepts.is_some_and(|accept| accept.contains("text/html")) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Headwater</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><pre>{text}</pre></html>"
        );
        let policy = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'")];
        return (policy, Html(page)).into_response();
    }
    text.into_response()
}

#[cfg(test)]
mod tests;
