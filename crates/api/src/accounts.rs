//! People: signing up, logging in, and what is theirs alone.
//!
//! Whatever an unknown person may ask about an address is answered with the same status, body and
//! work whether or not it has an account; only the mail tells the two apart.

pub(crate) mod cookie;
mod delete;
mod email;
pub(crate) mod link;
mod log_in;
mod me;
mod password;
mod password_reset;
mod proof;
mod second_factor;
mod sessions;
mod sign_up;
mod throttle;
mod tokens;
mod verify;

use serde::Serialize;
use store::{Write, accounts::Account};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    answer,
    caller::Caller,
    change::{self, Change},
    error::ApiError,
    state::Api,
};

pub(crate) use sign_up::check_email;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(verify::verify))
        .routes(routes!(verify::send_again))
        .routes(routes!(sessions::list, log_in::log_in, sessions::revoke_others))
        .routes(routes!(log_in::log_out))
        .routes(routes!(proof::prove))
        .routes(routes!(sessions::revoke))
        .routes(routes!(password_reset::request))
        .routes(routes!(password_reset::redeem))
        .routes(routes!(me::me, me::rename, delete::delete))
        .routes(routes!(password::change))
        .routes(routes!(email::request))
        .routes(routes!(email::confirm))
        .routes(routes!(second_factor::status, second_factor::enrol, second_factor::disable))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::renew_codes))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
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
    #[schema(example = true)]
    pub email_verified: bool,
    /// Whether a second factor is asked for.
    #[schema(example = false)]
    pub second_factor: bool,
    /// Whether they run the platform.
    #[schema(example = false)]
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

/// Notes down a change of an account that is more than a sight shows, such as its password.
pub(crate) async fn note(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    kind: &'static str,
    account: &Account,
) -> Result<(), ApiError> {
    let change = Change::new(kind, "ACCOUNT", &account.id, &account.email);
    change::record(api, write, caller, change::PLATFORM, change).await
}

/// Notes down what an account was and is.
pub(crate) async fn note_change(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    kind: &'static str,
    before: &Account,
    after: &Account,
) -> Result<(), ApiError> {
    let change = Change::new(kind, "ACCOUNT", &after.id, &after.email)
        .before(&AccountView::of(before))
        .after(&AccountView::of(after));
    change::record(api, write, caller, change::PLATFORM, change).await
}

/// `caller` as the person they just showed to be.
fn acting_as(caller: &Caller, account: &Account) -> Caller {
    Caller { account: Some(account.clone()), ..caller.clone() }
}

#[cfg(test)]
mod tests;
