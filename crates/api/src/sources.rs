//! Sources of a workspace: where its messages come from.

mod connected;
pub mod create;
mod delete;
mod get;
mod keys;
mod labels;
mod list;
mod schema_events;
pub mod schema_settings;
mod update;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub use connected::nothing;
pub use view::{SourceView, views};

/// Write keys of one source at most.
pub const WRITE_KEYS_MAX: usize = 20;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, update::update, delete::delete))
        .routes(routes!(labels::add, labels::replace))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::remove))
        .routes(routes!(schema_events::list, schema_events::set))
        .routes(routes!(schema_settings::get, schema_settings::update))
        .routes(routes!(connected::destinations))
        .routes(routes!(connected::warehouses))
}
