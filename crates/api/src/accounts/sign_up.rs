use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use store::accounts::{self, Account};
use utoipa::ToSchema;

use crate::{
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    error::ApiError,
    passwords,
    state::Api,
};

/// Somebody who signs up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// E-mail address; we send a link to it.
    #[schema(example = "ada@example.com", min_length = 3, max_length = 254)]
    email: String,
    /// 12 to 256 characters, of any kind.
    #[schema(example = "correct horse battery staple", min_length = 12, max_length = 256)]
    password: String,
    /// Name for people.
    #[schema(example = "Ada Lovelace", max_length = 100)]
    #[serde(default)]
    name: String,
}

/// Sign up
///
/// The answer is the same whether or not the address has an account; the mail tells them apart.
#[utoipa::path(
    post,
    path = "/accounts",
    operation_id = "signUp",
    tag = "Account",
    request_body = SignUp,
    responses((status = 202, description = "A mail is on its way", body = Data<Done>)),
    extensions(("x-access" = json!("public")), ("x-requests-per-minute" = json!(20)))
)]
pub async fn sign_up(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<SignUp>,
) -> Result<(StatusCode, Data<Done>), ApiError> {
    let password_hash = passwords::hash(&api, &new.password).await?;
    let account = Account {
        id: api.fresh.id("acc"),
        email: new.email.trim().to_lowercase(),
        name: new.name.trim().to_owned(),
        password_hash,
        email_verified_at_ms: None,
        totp_sealed: None,
        totp_confirmed_at_ms: None,
        totp_last_step: 0,
        operator_since_ms: None,
        created_at_ms: caller.now_ms,
    };
    let mut write = api.db.write().await?;
    if accounts::by_email(&mut write, &account.email).await?.is_none() {
        accounts::insert(&mut write, &account).await?;
        write.commit().await?;
    }
    Ok((StatusCode::ACCEPTED, done()))
}
