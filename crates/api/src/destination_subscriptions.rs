//! Mappings, in the field's API "subscriptions": which action of a destination gets a message, and
//! what of it.
//!
//! ```text
//! trigger, settings ──► filters::Subscription ──► row ──► routing snapshot ──► delivery
//!         └──► preview: on the newest messages of the source
//! ```
//!
//! Source: Segment, Public API, "Destinations", subscriptions.

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
        .routes(routes!(preview::preview))
}
