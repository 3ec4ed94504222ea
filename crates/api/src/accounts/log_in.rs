use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use store::{
    Write,
    accounts::{self, Account},
    sessions::{self, Session},
};
use utoipa::ToSchema;

use crate::{
    accounts::{
        AccountAnswer, AccountView, cookie,
        second_factor::{self, Shown},
        throttle,
    },
    answer::{Data, Done, data, done},
    body::Body,
    caller::Caller,
    error::ApiError,
    mailer, passwords,
    state::Api,
};

/// A first log-in so soon after signing up is expected.
const FIRST_LOG_IN_MS: i64 = 24 * 60 * 60 * 1000;

/// Somebody who logs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// E-mail address.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// Password.
    #[schema(example = "glacier violin thirteen postcard", max_length = 256)]
    password: String,
    /// With a second factor: the six digits that the app shows, or a recovery code.
    #[schema(example = "492039", max_length = 40)]
    code: Option<String>,
}

/// Log in
///
/// Sets the session cookie, for seven days, or twelve hours without a request. A wrong password and
/// an unknown address sound the same and take as long. After some failures each next attempt has to
/// wait longer, which 429 and `Retry-After` tell. With a second factor, the right password without
/// `code` is answered with 401 and `code_needed`.
#[utoipa::path(
    post,
    path = "/sessions",
    operation_id = "logIn",
    tag = "Account",
    request_body = LogIn,
    responses(
        (status = 201, description = "Logged in; the cookie is set", body = Data<AccountAnswer>),
        (status = 401, description = "Wrong address, password or code", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("public")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "401": ["code_needed", "wrong_code", "wrong_credentials"]
        }))
    )
)]
pub async fn log_in(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Body(who): Body<LogIn>,
) -> Result<Response, ApiError> {
    let email = who.email.trim().to_lowercase();
    let attempt = throttle::attempt(&api.db, caller.now_ms, &email, caller.address).await?;
    let found = {
        let mut db = api.db.read().await?;
        accounts::by_email(&mut db, &email).await?
    };
    let hash = found.as_ref().map(|account| account.password_hash.as_str());
    let fits = passwords::verify(&api, &who.password, hash).await?;
    let found = found.filter(|_| fits).ok_or_else(wrong)?;

    let mut write = api.db.write().await?;
    // While the password was looked at, it may have been changed.
    let account = accounts::get(&mut write, &found.id).await?;
    let account = account.filter(|now| now.password_hash == found.password_hash);
    let account = account.ok_or_else(wrong)?;
    let code = who.code.as_deref();
    match second_factor::show(&api, &mut write, &account, code, caller.now_ms).await? {
        Shown::Good => attempt.succeeded(&mut write).await?,
        Shown::Wrong => return Err(second_factor::wrong_code()),
        Shown::Missing => {
            attempt.undone(&mut write).await?;
            write.commit().await?;
            return Err(second_factor::code_needed());
        }
    }
    let known = sessions::of_account(&mut write, &account.id, 0).await?;
    let set = cookie::start(&api, &mut write, &caller, &account.id, &headers).await?;
    if is_news(&account, &known, &cookie::browser(&headers), &caller) {
        tell(&api, &mut write, &account, &headers, &caller).await?;
    }
    write.commit().await?;
    api.mail.notify_one();
    let answer = data(AccountAnswer { account: AccountView::of(&account) });
    let mut response = (StatusCode::CREATED, answer).into_response();
    response.headers_mut().insert(header::SET_COOKIE, set);
    Ok(response)
}

/// Whether this log-in is one that its owner may not know of: none of the sessions that are kept
/// came with the same browser from the same address. The first one after signing up is no news.
fn is_news(account: &Account, known: &[Session], browser: &str, caller: &Caller) -> bool {
    let address = caller.address.to_string();
    if known.is_empty() {
        return caller.now_ms - account.created_at_ms > FIRST_LOG_IN_MS;
    }
    known.iter().all(|session| session.user_agent != browser || session.address != address)
}

async fn tell(
    api: &Api,
    write: &mut Write,
    account: &Account,
    headers: &HeaderMap,
    caller: &Caller,
) -> Result<(), ApiError> {
    let browser = Some(cookie::browser(headers)).filter(|name| !name.is_empty());
    let letter = mail::Letter::NewSignIn {
        at_ms: caller.now_ms,
        browser: browser.unwrap_or_else(|| "an unknown browser".to_owned()),
        address: caller.address.to_string(),
        sessions_url: api.link("/account/sessions"),
    };
    mailer::post(api, write, caller.now_ms, &account.email, &letter).await
}

fn wrong() -> ApiError {
    ApiError::unauthorized("wrong_credentials", "address or password is wrong")
        .fix("check both, or reset your password")
}

/// Log out
///
/// Ends the session that the cookie names.
#[utoipa::path(
    delete,
    path = "/sessions/current",
    operation_id = "logOut",
    tag = "Account",
    responses((status = 200, description = "Logged out", body = Data<Done>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn log_out(State(api): State<Api>, caller: Caller) -> Result<Response, ApiError> {
    if let (Some(account), Some(session)) = (&caller.account, &caller.session) {
        let mut write = api.db.write().await?;
        sessions::revoke(&mut write, &account.id, &session.public_id).await?;
        write.commit().await?;
    }
    let mut response = done().into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie::ended(&api));
    Ok(response)
}

#[cfg(test)]
mod tests;
