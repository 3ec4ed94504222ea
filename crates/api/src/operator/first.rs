//! How an installation gets its first operator: by a link that only whoever runs the server sees.

use store::{
    Connection, Write,
    accounts::{self, Account},
    audit, fresh,
    links::{self, Link},
    sessions,
};

use crate::{
    accounts::{AccountView, check_email},
    change::PLATFORM,
    error::ApiError,
    passwords,
    state::Api,
};

/// Makes whoever follows it the first operator.
const PURPOSE: &str = "operator";

/// The link holds for a day; the next start of the server prints another one.
const HOLDS_MS: i64 = 24 * 60 * 60 * 1000;

/// A one-time link by which somebody becomes the first operator; `None` when there is one. The
/// link that was made before ends. Print it where only whoever runs the server reads it: its token
/// opens `POST /operator/claim` and, as `operatorToken`, `POST /accounts`.
pub async fn first_operator_link(api: &Api) -> Result<Option<String>, ApiError> {
    let now_ms = api.now_ms();
    let mut write = api.db.write().await?;
    if accounts::operators(&mut write).await? > 0 {
        return Ok(None);
    }
    let secret = api.fresh.token("hwl");
    let link = Link {
        token_hash: fresh::hash(&secret),
        purpose: PURPOSE.to_owned(),
        account_id: None,
        email: String::new(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms + HOLDS_MS,
    };
    links::insert(&mut write, &link).await?;
    write.commit().await?;
    Ok(Some(api.link(&format!("/operator?token={secret}"))))
}

/// Whether the first operator's link with this secret could be used up now.
pub(crate) async fn link_holds(
    db: &mut Connection,
    now_ms: i64,
    secret: &str,
) -> Result<bool, ApiError> {
    if accounts::operators(db).await? > 0 {
        return Ok(false);
    }
    Ok(links::find(db, &fresh::hash(secret.trim()), PURPOSE, now_ms).await?.is_some())
}

/// Uses up the first operator's link. `None` when it is not good, or when there is an operator.
pub(crate) async fn use_link(
    write: &mut Write,
    now_ms: i64,
    secret: &str,
) -> Result<Option<Link>, ApiError> {
    if accounts::operators(write).await? > 0 {
        return Ok(None);
    }
    Ok(links::redeem(write, &fresh::hash(secret.trim()), PURPOSE, now_ms).await?)
}

/// Makes the account of `email` an operator, for whoever has the server's command line. When there
/// is such an account, its password is replaced, its second factor removed and its sessions ended:
/// this is also the way back in for an operator who lost both. `true` when it is new.
///
/// # Errors
/// [`ApiError`] with a fault at `/email` or `/password` when one of them will not do.
pub async fn make_operator(api: &Api, email: &str, password: &str) -> Result<bool, ApiError> {
    let (email, now_ms) = (check_email(email)?, api.now_ms());
    let password_hash = passwords::hash_new(api, password, &[&email]).await?;
    let mut write = api.db.write().await?;
    let known = accounts::by_email(&mut write, &email).await?;
    let before = known.as_ref().map(AccountView::of);
    let mut account = known.unwrap_or_else(|| Account {
        id: api.fresh.id("acc"),
        email,
        name: String::new(),
        password_hash: String::new(),
        email_verified_at_ms: None,
        totp_sealed: None,
        totp_confirmed_at_ms: None,
        totp_last_step: 0,
        operator_since_ms: None,
        created_at_ms: now_ms,
    });
    account.password_hash = password_hash;
    account.email_verified_at_ms.get_or_insert(now_ms);
    account.operator_since_ms.get_or_insert(now_ms);
    account.totp_sealed = None;
    account.totp_confirmed_at_ms = None;
    if before.is_none() {
        accounts::insert(&mut write, &account).await?;
    } else {
        accounts::update(&mut write, &account).await?;
        accounts::set_recovery_codes(&mut write, &account.id, &[]).await?;
        sessions::revoke_others(&mut write, &account.id, "").await?;
        links::revoke_all(&mut write, &account.id).await?;
    }
    links::revoke_purpose(&mut write, PURPOSE).await?;
    let view = |view: &AccountView| serde_json::to_string(view).expect("a view is JSON");
    let change = audit::Change {
        scope: PLATFORM,
        kind: "Operator Made",
        actor: "command-line",
        actor_email: None,
        resource_type: "ACCOUNT",
        resource_id: &account.id,
        resource_name: &account.email,
        before: before.as_ref().map(view),
        after: Some(view(&AccountView::of(&account))),
    };
    audit::record(&mut write, &api.fresh, now_ms, change).await?;
    write.commit().await?;
    Ok(before.is_none())
}
