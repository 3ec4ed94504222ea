//! One-time links: made for one account, one address and one purpose.

use store::{
    Write, fresh,
    links::{self, Link},
};

use crate::{
    error::{ApiError, Fault},
    state::Api,
};

/// Shows that an address is the account's.
pub const VERIFY: &str = "verify";
/// Chooses a new password.
pub const RESET: &str = "reset";
/// Shows that a new address is the account's.
pub const EMAIL: &str = "email";

/// Links that show an address to be somebody's hold for a day.
pub const ADDRESS_MS: i64 = 24 * 60 * 60 * 1000;
/// Links that open an account hold for a quarter of an hour.
pub const RESET_MS: i64 = 15 * 60 * 1000;

/// A link that was made, as it goes out.
pub struct Made {
    /// The page with the secret.
    pub url: String,
    /// From when on it is worth nothing.
    pub expires_at_ms: i64,
}

/// Makes a link to the page at `path`. Earlier ones of its kind end.
pub async fn make(
    api: &Api,
    write: &mut Write,
    now_ms: i64,
    (purpose, path, holds_ms): (&str, &str, i64),
    account_id: Option<&str>,
    email: &str,
) -> Result<Made, ApiError> {
    let secret = api.fresh.token("hwl");
    let link = Link {
        token_hash: fresh::hash(&secret),
        purpose: purpose.to_owned(),
        account_id: account_id.map(str::to_owned),
        email: email.to_owned(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms + holds_ms,
    };
    links::insert(write, &link).await?;
    let url = api.link(&format!("{path}?token={secret}"));
    Ok(Made { url, expires_at_ms: link.expires_at_ms })
}

/// Uses up the link with this secret.
pub async fn redeem(
    write: &mut Write,
    now_ms: i64,
    purpose: &str,
    secret: &str,
) -> Result<Link, ApiError> {
    let link = links::redeem(write, &fresh::hash(secret.trim()), purpose, now_ms).await?;
    link.ok_or_else(|| bad("/token"))
}

/// Whatever is wrong with a link sounds the same.
pub fn bad(pointer: &str) -> ApiError {
    let message =
        "the link is not valid: it was used, it expired, or it was made for something else";
    ApiError::invalid_field(
        Fault::at(pointer, "invalid_link", message)
            .expected("the whole token of the newest link")
            .fix("ask for a new link"),
    )
}
