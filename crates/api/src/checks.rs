//! Whether a source follows the Spec, by what it really sent: the builder's checks, what is frozen
//! of them with a submission, and the signed certificate.

mod beta;
mod certificate;
mod evidence;
mod frozen;
mod gather;
mod now;
mod rules;
mod signing;
#[cfg(test)]
mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

pub use beta::settle;
pub use frozen::freeze;
pub use gather::{Gathered, Wanted, gather, report};

use crate::state::Api;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(now::checks))
        .routes(routes!(now::restart))
        .routes(routes!(evidence::of_submission))
        .routes(routes!(evidence::messages_of_submission))
        .routes(routes!(evidence::of_review))
        .routes(routes!(evidence::messages_of_review))
        .routes(routes!(certificate::of_submission))
        .routes(routes!(certificate::of_review))
        .routes(routes!(certificate::of_entry))
        .routes(routes!(certificate::keys))
        .routes(routes!(beta::beta))
        .routes(routes!(beta::for_operator))
        .routes(routes!(rules::rules))
        .routes(routes!(rules::spec_events))
}
