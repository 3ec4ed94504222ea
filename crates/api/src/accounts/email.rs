use axum::extract::State;
use http::StatusCode;
use mail::Letter;
use serde::Deserialize;
use store::{StoreError, accounts, links};
use utoipa::ToSchema;

use crate::{
    accounts::{AccountAnswer, AccountView, check_email, link, note_change, throttle, verify},
    answer::{Data, Done, data, done},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    mailer,
    state::Api,
};

/// A new address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmail {
    /// The new address; we send a link to it.
    #[schema(example = "ada@example.org", format = "email", min_length = 3, max_length = 254)]
    email: String,
}

/// Change my address
///
/// A link is mailed to the new address; nothing changes before it is followed. The answer is the
/// same when that address has an account already: then the mail says so.
#[utoipa::path(
    post,
    path = "/account/email",
    operation_id = "changeEmail",
    tag = "Account",
    request_body = NewEmail,
    responses((status = 202, description = "A mail is on its way to the new address", body = Data<Done>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "422": ["unchanged"]
        }))
    )
)]
pub async fn request(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewEmail>,
) -> Result<(StatusCode, Data<Done>), ApiError> {
    let (account, now_ms) = (caller.account()?, caller.now_ms);
    let email = check_email(&new.email)?;
    if email == account.email {
        let fault = Fault::at("/email", "unchanged", "this is the address that you have");
        return Err(ApiError::invalid_field(
            fault.expected("another address").fix("give another one"),
        ));
    }
    let mut write = api.db.write().await?;
    if throttle::may_mail(&mut write, now_ms, &email).await? {
        let letter = if accounts::by_email(&mut write, &email).await?.is_some() {
            Letter::AccountExists { sign_in_url: api.link("/login") }
        } else {
            let what = (link::EMAIL, "/change-email", link::ADDRESS_MS);
            let id = Some(account.id.as_str());
            let made = link::make(&api, &mut write, now_ms, what, id, &email).await?;
            Letter::ChangeEmail { url: made.url, expires_at_ms: made.expires_at_ms }
        };
        mailer::post(&api, &mut write, now_ms, &email, &letter).await?;
    }
    write.commit().await?;
    mailer::sent(&api);
    Ok((StatusCode::ACCEPTED, done()))
}

/// Confirm my new address
///
/// With the token of the link that was mailed to it. The old address is told, and links that were
/// sent there end.
#[utoipa::path(
    post,
    path = "/account/email/confirmation",
    operation_id = "confirmEmail",
    tag = "Account",
    request_body = verify::LinkToken,
    responses((status = 200, description = "Changed", body = Data<AccountAnswer>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-errors" = json!({
            "409": ["taken"],
            "422": ["invalid_link"]
        }))
    )
)]
pub async fn confirm(
    State(api): State<Api>,
    caller: Caller,
    Body(sent): Body<verify::LinkToken>,
) -> Result<Data<AccountAnswer>, ApiError> {
    let (id, now_ms) = (&caller.account()?.id, caller.now_ms);
    let mut write = api.db.write().await?;
    let used = link::redeem(&mut write, now_ms, link::EMAIL, &sent.token).await?;
    if used.account_id.as_ref() != Some(id) {
        return Err(link::bad("/token"));
    }
    let before = accounts::get(&mut write, id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("account"))?;
    let mut after = before.clone();
    after.email = used.email;
    after.email_verified_at_ms = Some(now_ms);
    match accounts::update(&mut write, &after).await {
        Err(StoreError::Taken) => {
            return Err(ApiError::conflict("taken", "this address has an account meanwhile")
                .fix("log in to that account, or choose another address"));
        }
        updated => updated?,
    }
    links::revoke_all(&mut write, id).await?;
    note_change(&api, &mut write, &caller, "Email Changed", &before, &after).await?;
    // Nobody showed that an unverified address has to do with them.
    if before.email_verified_at_ms.is_some() {
        let letter = Letter::EmailChanged { new_email: after.email.clone(), at_ms: now_ms };
        mailer::post(&api, &mut write, now_ms, &before.email, &letter).await?;
    }
    write.commit().await?;
    mailer::sent(&api);
    Ok(data(AccountAnswer { account: AccountView::of(&after) }))
}
