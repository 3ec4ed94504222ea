//! The catalog as everybody may read it: what is listed, and never a trace of anything else.

mod card;
mod categories;
mod entries;
mod install;
mod logo;
mod query;
mod warehouses;

#[cfg(test)]
mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub use card::{Card, card};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(entries::list_sources))
        .routes(routes!(entries::get_source))
        .routes(routes!(install::resolve))
        .routes(routes!(entries::list_destinations))
        .routes(routes!(entries::get_destination))
        .routes(routes!(warehouses::list))
        .routes(routes!(warehouses::get))
        .routes(routes!(categories::list))
        .routes(routes!(logo::logo))
}
