//! The second factor: codes of an app (TOTP, RFC 6238), and recovery codes for when it is lost.
//! None is taken twice.

mod code;

use axum::extract::State;
use http::StatusCode;
use mail::Letter;
use serde::{Deserialize, Serialize};
use store::{
    Write,
    accounts::{self, Account},
};
use utoipa::ToSchema;

use crate::{
    accounts::note,
    answer::{self, Data, Done, data, done},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    mailer,
    state::Api,
};

/// What was shown of the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Enough, which is nothing when there is none.
    Good,
    /// Nothing, and something is needed.
    Missing,
    /// A code that is wrong, old, or was taken before.
    Wrong,
}

/// Takes `code`, so that it is worth nothing from then on.
pub async fn show(
    api: &Api,
    write: &mut Write,
    account: &Account,
    code: Option<&str>,
    now_ms: i64,
) -> Result<Shown, ApiError> {
    if account.totp_confirmed_at_ms.is_none() {
        return Ok(Shown::Good);
    }
    let code = code.map(code::bare).unwrap_or_default();
    if code.is_empty() {
        return Ok(Shown::Missing);
    }
    let good = if code::is_recovery(&code) {
        let hash = code::recovery_hash(&code);
        accounts::use_recovery_code(write, &account.id, &hash, now_ms).await?
    } else {
        take(api, write, account, &code, now_ms).await?
    };
    Ok(if good { Shown::Good } else { Shown::Wrong })
}

/// Takes a code of the app; `false` when it is wrong or one like it was taken.
async fn take(
    api: &Api,
    write: &mut Write,
    account: &Account,
    code: &str,
    now_ms: i64,
) -> Result<bool, ApiError> {
    let Some(sealed) = &account.totp_sealed else { return Ok(false) };
    let secret = api.sealer.open(&owner(account), sealed);
    let secret = secret.map_err(|error| ApiError::unavailable(&error))?;
    match code::step(&secret, &account.email, code, now_ms)? {
        Some(step) => Ok(accounts::take_step(write, &account.id, step).await?),
        None => Ok(false),
    }
}

/// What the sealed secret belongs to.
fn owner(account: &Account) -> String {
    format!("totp/{}", account.id)
}

/// 401 of a log-in whose password was right.
pub fn code_needed() -> ApiError {
    ApiError::unauthorized("code_needed", "this account has a second factor")
        .pointer("/code")
        .fix("send the six digits that the app shows, or a recovery code, in \"code\"")
}

/// 401 of a log-in whose password was right.
pub fn wrong_code() -> ApiError {
    ApiError::unauthorized("wrong_code", "the code is wrong, or was used before")
        .pointer("/code")
        .fix("wait for the next code of the app and check the clock of its device")
}

/// 422: a code is needed.
pub fn missing_field() -> ApiError {
    let fault = Fault::at("/code", "code_needed", "this account has a second factor");
    ApiError::invalid_field(
        fault
            .expected("six digits")
            .fix("send the six digits that the app shows, or a recovery code, in \"code\""),
    )
}

/// 422: the code is wrong.
pub fn wrong_field() -> ApiError {
    let fault = Fault::at("/code", "wrong_code", "the code is wrong, or was used before");
    ApiError::invalid_field(
        fault
            .expected("the newest code")
            .fix("wait for the next code of the app and check the clock of its device"),
    )
}

/// Whether a second factor is asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorView {
    /// Whether it is asked for.
    #[schema(example = true)]
    enabled: bool,
    /// Since when.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    enabled_at: Option<String>,
    /// Recovery codes that were not used yet.
    #[schema(example = 10)]
    recovery_codes_left: i64,
}

/// The second factor in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorAnswer {
    /// What there is.
    second_factor: SecondFactorView,
}

/// What an app needs to show codes. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enrolment {
    /// The secret in base32, for typing.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    /// The same as a link, for a QR code.
    #[schema(
        example = "otpauth://totp/Headwater:ada%40example%2Ecom?secret=JBSWY3DPEHPK3PXP&issuer=Headwater"
    )]
    url: String,
}

/// An enrolment in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolmentAnswer {
    /// What the app needs.
    enrolment: Enrolment,
}

/// A code that the app shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppCode {
    /// Six digits.
    #[schema(example = "492039", min_length = 6, max_length = 40)]
    code: String,
}

/// Recovery codes in their envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodesAnswer {
    /// Ten codes, each good for one log-in. Shown this once.
    #[schema(example = json!(["3f8k-9x2m-7qwe-5rtz"]))]
    recovery_codes: Vec<String>,
}

/// Get my second factor
#[utoipa::path(
    get,
    path = "/account/second-factor",
    operation_id = "getSecondFactor",
    tag = "Account",
    responses((status = 200, description = "What there is", body = Data<SecondFactorAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn status(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<SecondFactorAnswer>, ApiError> {
    let account = caller.account()?;
    let mut db = api.db.read().await?;
    let second_factor = SecondFactorView {
        enabled: account.totp_confirmed_at_ms.is_some(),
        enabled_at: account.totp_confirmed_at_ms.map(answer::time),
        recovery_codes_left: accounts::recovery_codes_left(&mut db, &account.id).await?,
    };
    Ok(data(SecondFactorAnswer { second_factor }))
}

/// Start a second factor
///
/// Hand the answer to an app and confirm with a code that it shows; before that nothing changes.
/// Asked again, the secret of before is forgotten.
#[utoipa::path(
    post,
    path = "/account/second-factor",
    operation_id = "enrolSecondFactor",
    tag = "Account",
    responses((status = 201, description = "For the app", body = Data<EnrolmentAnswer>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["already_on"]
        }))
    )
)]
pub async fn enrol(
    State(api): State<Api>,
    caller: Caller,
) -> Result<(StatusCode, Data<EnrolmentAnswer>), ApiError> {
    let mut write = api.db.write().await?;
    let mut account = off(&mut write, &caller).await?;
    let (secret, enrolment) = code::new(&api.fresh, &account.email)?;
    account.totp_sealed = Some(api.sealer.seal(&api.fresh, &owner(&account), &secret));
    account.totp_last_step = 0;
    accounts::update(&mut write, &account).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(EnrolmentAnswer { enrolment })))
}

/// Confirm the second factor
///
/// From then on logging in asks for a code. The answer holds ten recovery codes.
#[utoipa::path(
    post,
    path = "/account/second-factor/confirmation",
    operation_id = "confirmSecondFactor",
    tag = "Account",
    request_body = AppCode,
    responses((status = 200, description = "Asked for from now on", body = Data<RecoveryCodesAnswer>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["already_on", "not_started"],
            "422": ["wrong_code"]
        }))
    )
)]
pub async fn confirm(
    State(api): State<Api>,
    caller: Caller,
    Body(shown): Body<AppCode>,
) -> Result<Data<RecoveryCodesAnswer>, ApiError> {
    let now_ms = caller.now_ms;
    let mut write = api.db.write().await?;
    let mut account = off(&mut write, &caller).await?;
    if account.totp_sealed.is_none() {
        return Err(ApiError::conflict("not_started", "no second factor was started")
            .fix("start with POST /account/second-factor"));
    }
    let code = code::bare(&shown.code);
    if !take(&api, &mut write, &account, &code, now_ms).await? {
        return Err(wrong_field());
    }
    // `take` noted the code's time step in the row.
    let row = accounts::get(&mut write, &account.id).await?;
    account = row.ok_or_else(|| ApiError::not_found("account"))?;
    account.totp_confirmed_at_ms = Some(now_ms);
    accounts::update(&mut write, &account).await?;
    let recovery_codes = new_codes(&api, &mut write, &account).await?;
    switched(&api, &mut write, &caller, &account, true).await?;
    write.commit().await?;
    mailer::sent(&api);
    Ok(data(RecoveryCodesAnswer { recovery_codes }))
}

/// Renew my recovery codes
///
/// The codes of before are worth nothing from then on.
#[utoipa::path(
    post,
    path = "/account/second-factor/recovery-codes",
    operation_id = "renewRecoveryCodes",
    tag = "Account",
    responses((status = 201, description = "Ten new ones", body = Data<RecoveryCodesAnswer>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["not_on"]
        }))
    )
)]
pub async fn renew_codes(
    State(api): State<Api>,
    caller: Caller,
) -> Result<(StatusCode, Data<RecoveryCodesAnswer>), ApiError> {
    let mut write = api.db.write().await?;
    let account = on(&mut write, &caller).await?;
    let recovery_codes = new_codes(&api, &mut write, &account).await?;
    note(&api, &mut write, &caller, "Recovery Codes Renewed", &account).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(RecoveryCodesAnswer { recovery_codes })))
}

/// Stop the second factor
///
/// The password alone is enough from then on; recovery codes are worth nothing.
#[utoipa::path(
    delete,
    path = "/account/second-factor",
    operation_id = "disableSecondFactor",
    tag = "Account",
    responses((status = 200, description = "Not asked for any more", body = Data<Done>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["not_on"]
        }))
    )
)]
pub async fn disable(State(api): State<Api>, caller: Caller) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let mut account = on(&mut write, &caller).await?;
    account.totp_sealed = None;
    account.totp_confirmed_at_ms = None;
    accounts::update(&mut write, &account).await?;
    accounts::set_recovery_codes(&mut write, &account.id, &[]).await?;
    switched(&api, &mut write, &caller, &account, false).await?;
    write.commit().await?;
    mailer::sent(&api);
    Ok(done())
}

/// The caller's account, which must have no second factor.
async fn off(write: &mut Write, caller: &Caller) -> Result<Account, ApiError> {
    let account = accounts::get(write, &caller.account()?.id).await?;
    let account = account.ok_or_else(|| ApiError::not_found("account"))?;
    if account.totp_confirmed_at_ms.is_some() {
        return Err(ApiError::conflict("already_on", "a second factor is asked for already")
            .fix("stop it first with DELETE /account/second-factor"));
    }
    Ok(account)
}

/// The caller's account, which must have a second factor.
async fn on(write: &mut Write, caller: &Caller) -> Result<Account, ApiError> {
    let account = accounts::get(write, &caller.account()?.id).await?;
    let account = account.ok_or_else(|| ApiError::not_found("account"))?;
    if account.totp_confirmed_at_ms.is_none() {
        return Err(ApiError::conflict("not_on", "there is no second factor")
            .fix("start with POST /account/second-factor"));
    }
    Ok(account)
}

async fn new_codes(
    api: &Api,
    write: &mut Write,
    account: &Account,
) -> Result<Vec<String>, ApiError> {
    let codes = code::new_recovery(&api.fresh);
    let hashes: Vec<String> =
        codes.iter().map(|code| code::recovery_hash(&code::bare(code))).collect();
    accounts::set_recovery_codes(write, &account.id, &hashes).await?;
    Ok(codes)
}

async fn switched(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    account: &Account,
    on: bool,
) -> Result<(), ApiError> {
    let kind = if on { "Second Factor Enabled" } else { "Second Factor Disabled" };
    note(api, write, caller, kind, account).await?;
    let account_url = api.link("/account");
    let letter = Letter::SecondFactorChanged { on, at_ms: caller.now_ms, account_url };
    mailer::post(api, write, caller.now_ms, &account.email, &letter).await
}

#[cfg(test)]
mod tests;
