//! What a partner builds: create, describe, show, and add to a workspace to try it.

mod assets;
mod create;
mod get;
mod info;
mod install;
mod list;
mod preview;
mod remove;
mod test_account;

use catalog::{Action, Info, State, state::allowed_by};
use serde::Serialize;
use store::integrations::Integration;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{answer, caller::Caller, error::ApiError, lifecycle, state::Api};

pub use preview::{SectionView, sections};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(create::check_slug))
        .routes(routes!(get::get, get::rename, remove::remove))
        .routes(routes!(info::replace))
        .routes(routes!(info::completeness))
        .routes(routes!(info::template))
        .routes(routes!(preview::preview))
        .routes(routes!(assets::upload))
        .routes(routes!(assets::body))
        .routes(routes!(assets::png))
        .routes(routes!(test_account::set, test_account::delete, test_account::about))
        .routes(routes!(test_account::read))
        .routes(routes!(install::install))
}

/// An integration, as its builders see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegrationView {
    /// Its id.
    #[schema(example = "int_5BKZVyYHdt1D7ZrtHyNR7W")]
    pub id: String,
    /// `source` or `destination`.
    #[schema(example = "source")]
    pub kind: String,
    /// Its slug; never changes.
    #[schema(example = "acme-mail")]
    pub slug: String,
    /// Its name.
    #[schema(example = "Acme Mail")]
    pub name: String,
    /// Its state as everybody sees it now.
    pub status: State,
    /// The same in words.
    #[schema(example = "Private building")]
    pub status_label: &'static str,
    /// What the caller may do about its state.
    pub allowed: Vec<Action>,
    /// Catalog info as it is being written.
    pub info: Info,
    /// When its launch was approved; beta counts from here.
    pub approved_at: Option<String>,
    /// When beta ends.
    pub beta_ends_at: Option<String>,
    /// When what customers read was published.
    pub published_at: Option<String>,
    /// Why it was removed.
    pub removed_reason: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// Last change.
    pub updated_at: String,
}

/// An integration in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntegrationAnswer {
    /// The integration.
    pub integration: IntegrationView,
}

impl IntegrationView {
    /// Of `row`, for a caller with a seat.
    pub fn of(api: &Api, caller: &Caller, row: &Integration) -> Result<IntegrationView, ApiError> {
        let status = lifecycle::shown_state(api, row, caller.now_ms)?;
        let party = lifecycle::party_of(caller)?;
        let beta_ms = i64::from(api.options.beta_days) * 86_400_000;
        let beta = row.approved_at_ms.filter(|_| status == State::PublicBeta);
        Ok(IntegrationView {
            id: row.id.clone(),
            kind: row.kind.clone(),
            slug: row.slug.clone(),
            name: row.name.clone(),
            status,
            status_label: status.label(),
            allowed: allowed_by(lifecycle::stored_state(row)?, party, caller.id(), None),
            info: lifecycle::info(&row.draft)?,
            approved_at: row.approved_at_ms.map(answer::time),
            beta_ends_at: beta.map(|approved| answer::time(approved + beta_ms)),
            published_at: row.published_at_ms.map(answer::time),
            removed_reason: row.removed_reason.clone(),
            created_at: answer::time(row.created_at_ms),
            updated_at: answer::time(row.updated_at_ms),
        })
    }
}

#[cfg(test)]
mod tests;
