//! Every path that is not the tracking API: the control plane's API, the data plane's own behind
//! its token, health and metrics, the web app or a front page that says what runs here, and JSON
//! for everything else.
//!
//! Both APIs stand under `/api`. The data plane's token, which only whoever runs the server has,
//! opens the data plane's; everybody else speaks to the control plane.

mod listener;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use futures_util::FutureExt;
use http::{StatusCode, header};
use serde_json::json;
use tower::ServiceExt;

use crate::{
    config::Secret,
    token,
    web::{self, Web},
};

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
    /// The web app, in a process that serves it.
    pub web: Option<Web>,
}

/// Every path that is not the tracking API.
pub fn router(parts: Parts) -> Router {
    let token = Arc::new(parts.token);
    let planes = parts.planes.into_iter().fold(Router::new(), Router::merge);
    let web = parts.web;
    let root = get(root).with_state(web.clone());
    let rest = Router::new().route("/", root).merge(parts.operations);
    let Some(control) = parts.control else {
        let planes = planes.route_layer(from_fn_with_state(token, require_token));
        return finish(rest.merge(planes), web);
    };
    let planes = finish(planes, None);
    let by_token = from_fn_with_state((token, planes), choose_by_token);
    // Chosen before any path is matched: what one router found must not reach the other.
    Router::new().fallback_service(finish(rest.merge(control), web)).layer(by_token)
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
    finish(routes, None)
}

fn finish(router: Router, web: Option<Web>) -> Router {
    let elsewhere = any(elsewhere).with_state(web);
    router
        .fallback_service(elsewhere)
        .method_not_allowed_fallback(async || {
            let message = "this path does not take this method";
            error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        })
        .layer(from_fn(catch_panic))
}

/// The root: the app's page to browsers, else what runs here.
async fn root(State(web): State<Option<Web>>, request: Request) -> Response {
    let Some(web) = web else { return web::front(request.headers(), true) };
    if web::wants_page(request.headers())
        && let Some(page) = web.page("", request.headers()).await
    {
        return page;
    }
    web::front(request.headers(), web.is_there())
}

/// Whatever no route takes: the app's, or nothing.
async fn elsewhere(State(web): State<Option<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let Some(web) = web
        && let Some(answer) = web.answer(&parts).await
    {
        return answer;
    }
    error(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
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

#[cfg(test)]
mod tests;
