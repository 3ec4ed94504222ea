//! Destinations of a workspace: where messages of a source go.

mod create;
mod delete;
mod get;
mod list;
mod pace;
mod update;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub use list::DestinationsAnswer;
pub use view::{DestinationNote, views};

/// Destinations of one kind that one source feeds, at most.
pub const OF_A_KIND_MAX: usize = 25;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        get::get,
        update::update,
        delete::delete
    ))
}
