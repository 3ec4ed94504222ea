//! Filters: what of the messages of a source goes to a destination.
//!
//! ```text
//! if, actions ──► filters::Filter ──► row ──► routing snapshot ──► delivery
//!     └──► preview: on a payload, or on the newest messages of the source
//! ```
//!
//! Source: Segment, Public API, "Destination Filters".

mod create;
mod delete;
mod get;
mod list;
mod preview;
#[cfg(test)]
pub(crate) mod tests;
mod update;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, update::update, delete::delete))
        .routes(routes!(preview::of_payload))
        .routes(routes!(preview::of_messages))
}
