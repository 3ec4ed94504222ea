use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use mail::Letter;
use serde::Deserialize;
use store::{accounts, links, sessions};
use utoipa::ToSchema;

use crate::{
    accounts::{cookie, note},
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    error::ApiError,
    mailer, passwords,
    state::Api,
};

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// 12 to 256 characters, of any kind, that are hard to guess.
    #[schema(example = "glacier violin thirteen postcard", min_length = 12, max_length = 256)]
    password: String,
}

/// Change my password
///
/// Ends every other session and tells the account's address. This session goes on under a new
/// cookie; personal tokens stay.
#[utoipa::path(
    post,
    path = "/account/password",
    operation_id = "changePassword",
    tag = "Account",
    request_body = NewPassword,
    responses((status = 200, description = "The new password holds", body = Data<Done>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "422": ["weak_password"]
        }))
    )
)]
pub async fn change(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewPassword>,
) -> Result<Response, ApiError> {
    let account = caller.account()?;
    let about = [account.name.as_str(), account.email.as_str()];
    let password_hash = passwords::hash_new(&api, &new.password, &about).await?;
    let now_ms = caller.now_ms;

    let mut write = api.db.write().await?;
    let account = accounts::get(&mut write, &account.id).await?;
    let mut account = account.ok_or_else(|| ApiError::not_found("account"))?;
    account.password_hash = password_hash;
    accounts::update(&mut write, &account).await?;
    let rotated = cookie::rotate(&api, &mut write, &caller, false).await?;
    let (keep, set) = rotated.ok_or_else(|| ApiError::not_found("session"))?;
    sessions::revoke_others(&mut write, &account.id, &keep).await?;
    links::revoke_all(&mut write, &account.id).await?;
    note(&api, &mut write, &caller, "Password Changed", &account).await?;
    let reset_url = api.link("/forgot-password");
    let letter = Letter::PasswordChanged { at_ms: now_ms, reset_url };
    mailer::post(&api, &mut write, now_ms, &account.email, &letter).await?;
    write.commit().await?;
    mailer::sent(&api);
    let mut response = done().into_response();
    response.headers_mut().insert(header::SET_COOKIE, set);
    Ok(response)
}
