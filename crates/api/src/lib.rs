//! The control plane's HTTP API: accounts, partner programme, catalog, workspaces, review.
//!
//! Two surfaces, one code: what Segment's Public API has keeps its paths and shapes, so that its
//! published SDKs work; everything else is written in the same style. The OpenAPI document is
//! made from the handlers, and what it says is what is enforced: who may call ([`access`]), and
//! what a request may hold ([`body`]).
//!
//! A request passes, in this order, [`gate`] (who is it, may they, how often), idempotency, the
//! handler. A handler reads or makes one change in one transaction, with its audit entry.

pub mod access;
pub mod activity;
pub mod body;
pub mod caller;
pub mod error;
pub mod mailer;
pub mod page;
pub mod version;

mod accounts;
mod alerts;
mod answer;
mod applications;
mod audit_events;
mod browse;
mod builtin;
mod change;
mod checks;
mod destination_filters;
mod destination_subscriptions;
mod destinations;
mod gate;
mod idempotency;
mod integrations;
mod labels;
mod lifecycle;
mod limits;
mod metadata;
mod openapi;
mod operator;
mod origin;
mod partner;
mod passwords;
mod planes;
mod rehearsal;
mod reviews;
mod settings;
mod sources;
mod state;
mod submissions;
mod sweep;
mod team;
mod tokens;
mod tracking_plans;
mod workspaces;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware,
};
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

pub use activity::Activity;
pub use alerts::watch;
pub use answer::Data;
pub use browse::{Card, card};
pub use builtin::seed;
pub use error::ApiError;
pub use operator::{first_operator_link, make_operator};
pub use state::{Api, Options};
pub use sweep::sweep;

/// Everything under `/api`, and the document that describes it.
pub fn router(api: Api) -> Router {
    let (routes, document) = operations();
    let document = openapi::finish(document);
    let api = api.with_operations(openapi::operations(&document)).with_rehearsal(routes.clone());
    let gated = routes
        .layer(middleware::from_fn_with_state(api.clone(), idempotency::answer_once))
        .route_layer(middleware::from_fn_with_state(api.clone(), gate::admit));
    let all: Router = gated
        .merge(openapi::routes(&document))
        .fallback(gate::unknown_path)
        .method_not_allowed_fallback(gate::unknown_method)
        .with_state(api);
    // SDKs write the first path as `/api/`, which nesting does not know.
    let root = all.clone().map_request(to_root);
    Router::new().nest("/api", all).route_service("/api/", root)
}

fn to_root(mut request: Request) -> Request {
    let query = request.uri().query().map(|query| format!("/?{query}"));
    let uri = query.as_deref().unwrap_or("/").parse();
    *request.uri_mut() = uri.expect("a query that was parsed parses again");
    request.extensions_mut().remove::<MatchedPath>();
    request
}

/// The OpenAPI document, as it is served.
pub fn document() -> serde_json::Value {
    openapi::finish(operations().1)
}

/// Every operation: its routes and its description.
fn operations() -> (Router<Api>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(accounts::routes())
        .merge(operator::routes())
        .merge(workspaces::routes())
        .merge(team::routes())
        .merge(labels::routes())
        .merge(tokens::routes())
        .merge(audit_events::routes())
        .merge(applications::routes())
        .merge(partner::routes())
        .merge(integrations::routes())
        .merge(submissions::routes())
        .merge(checks::routes())
        .merge(reviews::routes())
        .merge(sources::routes())
        .merge(destinations::routes())
        .merge(destination_filters::routes())
        .merge(destination_subscriptions::routes())
        .merge(tracking_plans::routes())
        .merge(browse::routes())
        .merge(planes::routes())
        .merge(alerts::routes())
        .split_for_parts()
}

#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod expiry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;
