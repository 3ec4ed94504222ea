use crate::{
    accounts::{AccountAnswer, AccountView},
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
};

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
