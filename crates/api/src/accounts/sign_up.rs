use axum::extract::State;
use http::StatusCode;
use mail::Letter;
use serde::Deserialize;
use store::accounts::{self, Account};
use utoipa::ToSchema;

use crate::{
    accounts::{acting_as, link, note, throttle},
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    mailer, operator, passwords,
    state::Api,
};

/// Somebody who signs up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignUp {
    /// E-mail address; we send a link to it.
    #[schema(example = "ada@example.com", format = "email", min_length = 3, max_length = 254)]
    email: String,
    /// 12 to 256 characters, of any kind, that are hard to guess.
    #[schema(example = "glacier violin thirteen postcard", min_length = 12, max_length = 256)]
    password: String,
    /// Name for people.
    #[schema(example = "Ada Lovelace", max_length = 100)]
    #[serde(default)]
    name: String,
    /// The token of the link that a server without an operator prints when it starts. With it the
    /// account is verified and runs the platform from the start, for whoever reads the server's
    /// output may do anything with it anyway.
    #[schema(example = "hwl_…", max_length = 200)]
    operator_token: Option<String>,
}

/// Sign up
///
/// The answer is the same whether or not the address has an account; the mail tells them apart.
/// To verify the address, log in and send the token of the mail's link to `POST
/// /account/verification`.
#[utoipa::path(
    post,
    path = "/accounts",
    operation_id = "signUp",
    tag = "Account",
    request_body = SignUp,
    responses((status = 202, description = "A mail is on its way", body = Data<Done>)),
    extensions(
        ("x-access" = json!("public")),
        ("x-requests-per-minute" = json!(20)),
        ("x-errors" = json!({
            "422": ["bad_email", "invalid_link", "taken", "weak_password"]
        }))
    )
)]
pub async fn sign_up(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<SignUp>,
) -> Result<(StatusCode, Data<Done>), ApiError> {
    let mut faults = Vec::new();
    let email = ApiError::gather(check_email(&new.email), &mut faults)?.unwrap_or_default();
    let name = new.name.trim().to_owned();
    let hash = passwords::hash_new(&api, &new.password, &[&name, &email]).await;
    let hash = ApiError::gather(hash, &mut faults)?;
    if let Some(token) = &new.operator_token {
        let mut db = api.db.read().await?;
        if !operator::link_holds(&mut db, caller.now_ms, token).await? {
            faults.extend(link::bad("/operatorToken").faults().iter().cloned());
        }
    }
    let Some(password_hash) = hash.filter(|_| faults.is_empty()) else {
        return Err(ApiError::invalid(faults));
    };
    let mut account = Account {
        id: api.fresh.id("acc"),
        email,
        name,
        password_hash,
        email_verified_at_ms: None,
        totp_sealed: None,
        totp_confirmed_at_ms: None,
        totp_last_step: 0,
        operator_since_ms: None,
        created_at_ms: caller.now_ms,
    };
    let mut write = api.db.write().await?;
    let known = accounts::by_email(&mut write, &account.email).await?.is_some();
    if let Some(token) = &new.operator_token {
        if operator::use_link(&mut write, caller.now_ms, token).await?.is_none() {
            return Err(link::bad("/operatorToken"));
        }
        if known {
            // Nothing is given away: whoever has this token may know it.
            let fault = Fault::at("/email", "taken", "this address has an account");
            let fix = "log in to it and send the token to POST /operator/claim";
            return Err(ApiError::invalid_field(fault.expected("a new address").fix(fix)));
        }
        account.email_verified_at_ms = Some(caller.now_ms);
        account.operator_since_ms = Some(caller.now_ms);
    }
    let (to, now_ms) = (&account.email, caller.now_ms);
    let may_mail = throttle::may_mail(&mut write, now_ms, to).await?;
    if known {
        let letter = Letter::AccountExists { sign_in_url: api.link("/login") };
        if may_mail {
            mailer::post(&api, &mut write, now_ms, to, &letter).await?;
        }
    } else {
        accounts::insert(&mut write, &account).await?;
        note(&api, &mut write, &acting_as(&caller, &account), "Account Created", &account).await?;
        if account.email_verified_at_ms.is_none() {
            let what = (link::VERIFY, "/verify-email", link::ADDRESS_MS);
            let made = link::make(&api, &mut write, now_ms, what, Some(&account.id), to).await?;
            let letter = Letter::VerifyEmail { url: made.url, expires_at_ms: made.expires_at_ms };
            mailer::post(&api, &mut write, now_ms, to, &letter).await?;
        }
    }
    write.commit().await?;
    mailer::sent(&api);
    Ok((StatusCode::ACCEPTED, done()))
}

/// `email` as it is stored, when it is an address.
pub(crate) fn check_email(email: &str) -> Result<String, ApiError> {
    let email = email.trim().to_lowercase();
    match catalog::check_email(&email, "/email") {
        Some(problem) => Err(problem.into()),
        None => Ok(email),
    }
}
