//! What the data plane shows of sources and destinations: a request that was let in here is
//! answered by the data plane's own routes.
//!
//! Nothing that belongs to another workspace may come through: a source or destination is named
//! by the id of a row that the caller may see, and where the data plane lists what it knows, its
//! words are replaced.

mod destinations;
mod flow;
pub mod forward;
pub mod health;
pub mod plans;
mod replays;
mod schema;
mod shapes;
mod sources;
mod trial;
mod volume;
mod watch;

#[cfg(test)]
mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sources::messages))
        .routes(routes!(sources::message))
        .routes(routes!(sources::stream))
        .routes(routes!(sources::trace))
        .routes(routes!(sources::accounting))
        .routes(routes!(schema::schema))
        .routes(routes!(schema::export))
        .routes(routes!(plans::violations))
        .routes(routes!(plans::proposal))
        .routes(routes!(plans::quarantine))
        .routes(routes!(plans::release))
        .routes(routes!(volume::volume))
        .routes(routes!(health::health))
        .routes(routes!(destinations::delivery))
        .routes(routes!(flow::destination))
        .routes(routes!(flow::source))
        .routes(routes!(flow::message))
        .routes(routes!(destinations::dead_letters))
        .routes(routes!(destinations::redeliver))
        .routes(routes!(destinations::resume))
        .routes(routes!(replays::create, replays::list))
        .routes(routes!(replays::get))
        .routes(routes!(replays::order))
        .routes(routes!(trial::test))
        .routes(routes!(destinations::syncs))
}
