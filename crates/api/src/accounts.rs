//! People: signing up, logging in, and what is theirs alone.

mod log_in;
mod me;
mod sign_up;

use serde::Serialize;
use store::accounts::Account;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{answer, state::Api};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(log_in::log_in))
        .routes(routes!(log_in::log_out))
        .routes(routes!(me::me))
}

/// A person, as they see themselves.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Its id.
    #[schema(example = "acc_3yQ8sVbCq5F0w2xJ9kLmNp")]
    pub id: String,
    /// E-mail address, lower case.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Name for people.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// Whether the address was shown to be theirs.
    pub email_verified: bool,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// Whether they run the platform.
    pub operator: bool,
    /// When they signed up.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub created_at: String,
}

impl AccountView {
    /// Of `account`.
    pub fn of(account: &Account) -> AccountView {
        AccountView {
            id: account.id.clone(),
            email: account.email.clone(),
            name: account.name.clone(),
            email_verified: account.email_verified_at_ms.is_some(),
            second_factor: account.totp_confirmed_at_ms.is_some(),
            operator: account.operator_since_ms.is_some(),
            created_at: answer::time(account.created_at_ms),
        }
    }
}

/// An account in its envelope.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountAnswer {
    /// The account.
    pub account: AccountView,
}
