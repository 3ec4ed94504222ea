use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use store::{accounts, fresh, sessions};
use utoipa::ToSchema;

use crate::{
    accounts::{AccountAnswer, AccountView},
    answer::{Data, Done, data, done},
    body::Body,
    caller::Caller,
    error::ApiError,
    passwords,
    state::Api,
};

/// A session ends after seven days, whatever happens.
const SESSION_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Somebody who logs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// E-mail address.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// Password.
    #[schema(example = "correct horse battery staple", max_length = 256)]
    password: String,
}

/// Log in
///
/// Sets the session cookie. A wrong password and an unknown address sound the same and take as long.
#[utoipa::path(
    post,
    path = "/sessions",
    operation_id = "logIn",
    tag = "Account",
    request_body = LogIn,
    responses(
        (status = 201, description = "Logged in; the cookie is set", body = Data<AccountAnswer>),
        (status = 401, description = "Wrong address or password", body = crate::error::Errors)
    ),
    extensions(("x-access" = json!("public")), ("x-requests-per-minute" = json!(30)))
)]
pub async fn log_in(
    State(api): State<Api>,
    caller: Caller,
    Body(who): Body<LogIn>,
) -> Result<Response, ApiError> {
    let email = who.email.trim().to_lowercase();
    let account = {
        let mut db = api.db.read().await?;
        accounts::by_email(&mut db, &email).await?
    };
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let fits = passwords::verify(&api, &who.password, hash).await?;
    let Some(account) = account.filter(|_| fits) else {
        return Err(ApiError::unauthorized("wrong_credentials", "address or password is wrong")
            .fix("check both, or reset your password"));
    };
    let secret = api.fresh.token("hws");
    let session = sessions::Session {
        id: fresh::hash(&secret),
        public_id: api.fresh.id("ses"),
        account_id: account.id.clone(),
        created_at_ms: caller.now_ms,
        seen_at_ms: caller.now_ms,
        expires_at_ms: caller.now_ms + SESSION_MS,
        proved_at_ms: caller.now_ms,
        user_agent: String::new(),
        address: caller.address.to_string(),
    };
    let mut write = api.db.write().await?;
    sessions::insert(&mut write, &session).await?;
    write.commit().await?;
    let answer = data(AccountAnswer { account: AccountView::of(&account) });
    let mut response = (StatusCode::CREATED, answer).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie(&api, &secret, SESSION_MS / 1000));
    Ok(response)
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
    response.headers_mut().insert(header::SET_COOKIE, cookie(&api, "", 0));
    Ok(response)
}

/// The session cookie. `__Host-` ties it to this host and to TLS; browsers count loopback as safe.
fn cookie(api: &Api, value: &str, seconds: i64) -> HeaderValue {
    let url = &api.options.public_url;
    let safe = url.starts_with("https://")
        || ["http://127.", "http://localhost", "http://[::1]"]
            .iter()
            .any(|own| url.starts_with(own));
    let (name, secure) = if safe { ("__Host-headwater", "; Secure") } else { ("headwater", "") };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("a cookie of ours is ASCII")
}
