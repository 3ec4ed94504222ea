//! Who runs the platform: the first operator, the others, people, and the outbox.

mod accounts;
mod claim;
mod first;
mod mails;
mod system;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

pub use first::{first_operator_link, make_operator};

pub(crate) use first::{link_holds, use_link};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(claim::claim))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::get, accounts::change))
        .routes(routes!(mails::list))
        .routes(routes!(mails::get))
        .routes(routes!(mails::eml))
        .routes(routes!(system::get))
}

#[cfg(test)]
mod tests;
