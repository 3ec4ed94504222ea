//! Tracking plans: which events sources may send, what they look like, and what becomes of those
//! that do not.
//!
//! ```text
//! rules, file, revision ──► change ──► problems, or what changes and what breaks ──► new revision
//! source ──► connect ──► routing snapshot ──► ingest
//! ```

mod change;
mod connect;
mod consequences;
mod create;
mod delete;
mod file;
mod get;
mod lint;
mod list;
mod revisions;
mod rules;
mod starters;
#[cfg(test)]
mod tests;
mod update;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

/// Plans of one workspace.
const PLANS_MAX: i64 = 1_000;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, update::update, delete::delete))
        .routes(routes!(rules::list, rules::replace, rules::update, rules::remove))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::get))
        .routes(routes!(revisions::restore))
        .routes(routes!(file::export))
        .routes(routes!(file::import))
        .routes(routes!(starters::list))
        .routes(routes!(starters::get))
        .routes(routes!(connect::list, connect::connect, connect::disconnect))
        .routes(routes!(consequences::consequences))
        .routes(routes!(lint::by_plan))
        .routes(routes!(lint::by_source))
}
