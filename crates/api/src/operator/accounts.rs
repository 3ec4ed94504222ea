use axum::extract::{Path, RawQuery, State};
use serde::{Deserialize, Serialize};
use store::accounts::{self, Account};
use utoipa::ToSchema;

use crate::{
    accounts::{AccountAnswer, AccountView, note_change},
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::ApiError,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
    version::{self, IfMatch, IfMatchHeader, Versioned},
};

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountsAnswer {
    /// By address.
    accounts: Vec<AccountView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// What an operator may change of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorChanges {
    /// Whether they run the platform.
    #[schema(example = true)]
    operator: bool,
}

/// List people
#[utoipa::path(
    get,
    path = "/operator/accounts",
    operation_id = "listAccounts",
    tag = "Operator",
    params(
        ("search" = Option<String>, Query, description = "Part of the address or the name", example = "ada"),
        PageParams
    ),
    responses((status = 200, description = "A page of people", body = Data<AccountsAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn list(
    State(api): State<Api>,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<AccountsAnswer>, ApiError> {
    let search = page::value(query.as_deref().unwrap_or_default(), "search").unwrap_or_default();
    let mut db = api.db.read().await?;
    let paged = accounts::list(&mut db, search.trim(), &page).await?;
    let pagination = Pagination::of(&page, &paged);
    Ok(data(AccountsAnswer {
        accounts: paged.rows.iter().map(AccountView::of).collect(),
        pagination,
    }))
}

/// Get a person
///
/// With an `ETag`, for making and unmaking operators.
#[utoipa::path(
    get,
    path = "/operator/accounts/{accountId}",
    operation_id = "getAccountForOperator",
    tag = "Operator",
    params(("accountId" = String, Path, description = "Its id", example = "acc_3yQ8sVbCq5F0w2xJ9kLmNp")),
    responses((status = 200, description = "The person", body = Data<AccountAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn get(
    State(api): State<Api>,
    Path(account_id): Path<String>,
) -> Result<Versioned<Data<AccountAnswer>>, ApiError> {
    let mut db = api.db.read().await?;
    let account = accounts::get(&mut db, &account_id).await?;
    let account = account.ok_or_else(|| ApiError::not_found("account"))?;
    let answer = data(AccountAnswer { account: AccountView::of(&account) });
    Ok(Versioned(version_of(&account), answer))
}

/// Make or unmake an operator
///
/// Only an account with a verified address, and never so that none is left.
#[utoipa::path(
    patch,
    path = "/operator/accounts/{accountId}",
    operation_id = "updateOperator",
    tag = "Operator",
    params(
        ("accountId" = String, Path, description = "Its id", example = "acc_3yQ8sVbCq5F0w2xJ9kLmNp"),
        IfMatchHeader
    ),
    request_body = OperatorChanges,
    responses((status = 200, description = "Changed", body = Data<AccountAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["last_operator", "not_verified"]
        }))
    )
)]
pub async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(account_id): Path<String>,
    seen: IfMatch,
    Body(changes): Body<OperatorChanges>,
) -> Result<Versioned<Data<AccountAnswer>>, ApiError> {
    let mut write = api.db.write().await?;
    let before = accounts::get(&mut write, &account_id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("account"))?;
    seen.check(version_of(&before))?;
    let mut after = before.clone();
    if changes.operator {
        if before.email_verified_at_ms.is_none() {
            return Err(ApiError::conflict("not_verified", "their address is not verified")
                .fix("wait until they followed the link in the mail"));
        }
        after.operator_since_ms.get_or_insert(caller.now_ms);
    } else {
        if before.operator_since_ms.is_some() && accounts::operators(&mut write).await? <= 1 {
            return Err(ApiError::conflict("last_operator", "they are the only operator")
                .fix("make somebody else an operator first"));
        }
        after.operator_since_ms = None;
    }
    if after != before {
        let kind = if changes.operator { "Operator Made" } else { "Operator Unmade" };
        accounts::update(&mut write, &after).await?;
        note_change(&api, &mut write, &caller, kind, &before, &after).await?;
        write.commit().await?;
    }
    Ok(Versioned(version_of(&after), data(AccountAnswer { account: AccountView::of(&after) })))
}

/// The version of what operators see of an account.
fn version_of(account: &Account) -> i64 {
    version::of_text(&serde_json::to_string(&AccountView::of(account)).expect("a view is JSON"))
}
