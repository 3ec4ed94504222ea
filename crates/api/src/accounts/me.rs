use axum::extract::State;
use serde::Deserialize;
use store::accounts;
use utoipa::ToSchema;

use crate::{
    accounts::{AccountAnswer, AccountView, note_change},
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::ApiError,
    state::Api,
};

/// What may change of an account; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChanges {
    /// Name for people.
    #[schema(example = "Ada Lovelace", max_length = 100)]
    name: Option<String>,
}

/// Who am I
///
/// The account of the session or of the personal token.
#[utoipa::path(
    get,
    path = "/account",
    operation_id = "getAccount",
    tag = "Account",
    responses((status = 200, description = "The account", body = Data<AccountAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn me(caller: Caller) -> Result<Data<AccountAnswer>, ApiError> {
    Ok(data(AccountAnswer { account: AccountView::of(caller.account()?) }))
}

/// Change my name
#[utoipa::path(
    patch,
    path = "/account",
    operation_id = "updateAccount",
    tag = "Account",
    request_body = AccountChanges,
    responses((status = 200, description = "Changed", body = Data<AccountAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn rename(
    State(api): State<Api>,
    caller: Caller,
    Body(changes): Body<AccountChanges>,
) -> Result<Data<AccountAnswer>, ApiError> {
    let mut write = api.db.write().await?;
    let before = accounts::get(&mut write, &caller.account()?.id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("account"))?;
    let mut after = before.clone();
    if let Some(name) = changes.name {
        after.name = name.trim().to_owned();
    }
    if after != before {
        accounts::update(&mut write, &after).await?;
        note_change(&api, &mut write, &caller, "Account Modified", &before, &after).await?;
        write.commit().await?;
    }
    Ok(data(AccountAnswer { account: AccountView::of(&after) }))
}
