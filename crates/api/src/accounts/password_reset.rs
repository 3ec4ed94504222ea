use axum::extract::State;
use http::StatusCode;
use mail::Letter;
use serde::Deserialize;
use store::{accounts, fresh, links, sessions, tokens};
use utoipa::ToSchema;

use crate::{
    accounts::{acting_as, link, note, throttle},
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    error::ApiError,
    mailer, passwords,
    state::Api,
};

/// Whose password was forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// Their address.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
}

/// A new password, with the right to choose it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordByLink {
    /// The token of the link.
    #[schema(example = "hwl_…", min_length = 1, max_length = 200)]
    token: String,
    /// 12 to 256 characters, of any kind, that are hard to guess.
    #[schema(example = "glacier violin thirteen postcard", min_length = 12, max_length = 256)]
    password: String,
}

/// Ask for a password reset
///
/// When the address has an account, a link is mailed to it that holds for 15 minutes and works
/// once. The answer is the same when it has none, or when too many were asked for.
#[utoipa::path(
    post,
    path = "/password-resets",
    operation_id = "requestPasswordReset",
    tag = "Account",
    request_body = PasswordReset,
    responses((status = 202, description = "If there is an account, a mail is on its way", body = Data<Done>)),
    extensions(("x-access" = json!("public")), ("x-requests-per-minute" = json!(20)))
)]
pub async fn request(
    State(api): State<Api>,
    caller: Caller,
    Body(who): Body<PasswordReset>,
) -> Result<(StatusCode, Data<Done>), ApiError> {
    let email = who.email.trim().to_lowercase();
    let mut write = api.db.write().await?;
    // Counted for unknown addresses too: both kinds write, and so take as long.
    let may_mail = throttle::may_mail(&mut write, caller.now_ms, &email).await?;
    let account = accounts::by_email(&mut write, &email).await?;
    if let Some(account) = account.filter(|_| may_mail) {
        let what = (link::RESET, "/reset-password", link::RESET_MS);
        let (id, now_ms) = (Some(account.id.as_str()), caller.now_ms);
        let made = link::make(&api, &mut write, now_ms, what, id, &account.email).await?;
        let letter = Letter::ResetPassword { url: made.url, expires_at_ms: made.expires_at_ms };
        mailer::post(&api, &mut write, now_ms, &account.email, &letter).await?;
    }
    write.commit().await?;
    mailer::sent(&api);
    Ok((StatusCode::ACCEPTED, done()))
}

/// Reset my password
///
/// Ends every session, every link and every personal token of the account, and tells its address.
/// A second factor stays. An address that was not verified is now: the link reached it; what whoever
/// signed up with it may have set up is undone.
#[utoipa::path(
    post,
    path = "/password-resets/redeem",
    operation_id = "resetPassword",
    tag = "Account",
    request_body = NewPasswordByLink,
    responses((status = 200, description = "The new password holds; log in with it", body = Data<Done>)),
    extensions(
        ("x-access" = json!("public")),
        ("x-requests-per-minute" = json!(20)),
        ("x-errors" = json!({
            "422": ["invalid_link", "weak_password"]
        }))
    )
)]
pub async fn redeem(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewPasswordByLink>,
) -> Result<Data<Done>, ApiError> {
    let bad = || link::bad("/token");
    let now_ms = caller.now_ms;
    // Looked at first: a password that is refused must not cost the link.
    let found = {
        let mut db = api.db.read().await?;
        let hash = fresh::hash(new.token.trim());
        let link = links::find(&mut db, &hash, link::RESET, now_ms).await?;
        match link.and_then(|link| link.account_id) {
            Some(id) => accounts::get(&mut db, &id).await?,
            None => None,
        }
    };
    let mut faults = Vec::new();
    if found.is_none() {
        faults.extend(bad().faults().iter().cloned());
    }
    let about = found.as_ref().map(|account| [account.name.as_str(), account.email.as_str()]);
    let hash = passwords::hash_new(&api, &new.password, &about.unwrap_or_default()).await;
    let hash = ApiError::gather(hash, &mut faults)?;
    let Some(password_hash) = hash.filter(|_| faults.is_empty()) else {
        return Err(ApiError::invalid(faults));
    };

    let mut write = api.db.write().await?;
    let used = link::redeem(&mut write, now_ms, link::RESET, &new.token).await?;
    let id = used.account_id.ok_or_else(bad)?;
    let mut account = accounts::get(&mut write, &id).await?.ok_or_else(bad)?;
    if used.email != account.email {
        return Err(bad());
    }
    account.password_hash = password_hash;
    if account.email_verified_at_ms.is_none() {
        account.email_verified_at_ms = Some(now_ms);
        account.totp_sealed = None;
        account.totp_confirmed_at_ms = None;
    }
    accounts::update(&mut write, &account).await?;
    sessions::revoke_others(&mut write, &id, "").await?;
    tokens::revoke_all_of_account(&mut write, &id, now_ms).await?;
    links::revoke_all(&mut write, &id).await?;
    throttle::clear(&mut write, &account.email).await?;
    note(&api, &mut write, &acting_as(&caller, &account), "Password Reset", &account).await?;
    let reset_url = api.link("/forgot-password");
    let letter = Letter::PasswordChanged { at_ms: now_ms, reset_url };
    mailer::post(&api, &mut write, now_ms, &account.email, &letter).await?;
    write.commit().await?;
    mailer::sent(&api);
    Ok(done())
}
