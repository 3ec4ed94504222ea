use axum::extract::State;
use http::StatusCode;
use mail::Letter;
use serde::Deserialize;
use store::{accounts, links};
use utoipa::ToSchema;

use crate::{
    accounts::{AccountAnswer, AccountView, link, note_change},
    answer::{Data, Done, data, done},
    body::Body,
    caller::Caller,
    error::ApiError,
    mailer,
    state::Api,
};

/// Between two mails with a link to verify an address.
const AGAIN_AFTER_MS: i64 = 60_000;

/// What a link holds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    /// The token of the link.
    #[schema(example = "hwl_…", min_length = 1, max_length = 200)]
    pub token: String,
}

/// Verify my address
///
/// With the token of the link that was mailed. Needs a login, so that nobody gets a verified
/// address by signing up with that of somebody else who then follows the link.
#[utoipa::path(
    post,
    path = "/account/verification",
    operation_id = "verifyEmail",
    tag = "Account",
    request_body = LinkToken,
    responses((status = 200, description = "Verified", body = Data<AccountAnswer>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-errors" = json!({
            "422": ["invalid_link"]
        }))
    )
)]
pub async fn verify(
    State(api): State<Api>,
    caller: Caller,
    Body(sent): Body<LinkToken>,
) -> Result<Data<AccountAnswer>, ApiError> {
    let id = &caller.account()?.id;
    let mut write = api.db.write().await?;
    let used = link::redeem(&mut write, caller.now_ms, link::VERIFY, &sent.token).await?;
    let before = accounts::get(&mut write, id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("account"))?;
    if used.account_id.as_ref() != Some(id) || used.email != before.email {
        return Err(link::bad("/token"));
    }
    let mut after = before.clone();
    after.email_verified_at_ms.get_or_insert(caller.now_ms);
    accounts::update(&mut write, &after).await?;
    note_change(&api, &mut write, &caller, "Account Verified", &before, &after).await?;
    write.commit().await?;
    Ok(data(AccountAnswer { account: AccountView::of(&after) }))
}

/// Send the verification mail again
///
/// Once a minute at most. The links of earlier mails end.
#[utoipa::path(
    post,
    path = "/account/verification-mail",
    operation_id = "resendVerificationMail",
    tag = "Account",
    responses((status = 202, description = "A mail is on its way", body = Data<Done>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-errors" = json!({
            "409": ["already_verified"]
        }))
    )
)]
pub async fn send_again(
    State(api): State<Api>,
    caller: Caller,
) -> Result<(StatusCode, Data<Done>), ApiError> {
    let account = caller.account()?;
    if account.email_verified_at_ms.is_some() {
        return Err(ApiError::conflict("already_verified", "the address is verified already"));
    }
    let mut write = api.db.write().await?;
    let last = links::last_made(&mut write, &account.id, link::VERIFY).await?;
    let wait_ms = last.map_or(0, |last| last + AGAIN_AFTER_MS - caller.now_ms);
    if wait_ms > 0 {
        return Err(ApiError::too_many((wait_ms + 999) / 1000));
    }
    let what = (link::VERIFY, "/verify-email", link::ADDRESS_MS);
    let (id, to) = (Some(account.id.as_str()), &account.email);
    let made = link::make(&api, &mut write, caller.now_ms, what, id, to).await?;
    let letter = Letter::VerifyEmail { url: made.url, expires_at_ms: made.expires_at_ms };
    mailer::post(&api, &mut write, caller.now_ms, to, &letter).await?;
    write.commit().await?;
    mailer::sent(&api);
    Ok((StatusCode::ACCEPTED, done()))
}
