use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use store::accounts;
use utoipa::ToSchema;

use crate::{
    accounts::{AccountAnswer, AccountView, cookie, link, note_change},
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::ApiError,
    operator::use_link,
    state::Api,
};

/// What the server printed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorToken {
    /// The token of the link.
    #[schema(example = "hwl_…", min_length = 1, max_length = 200)]
    token: String,
}

/// Become the first operator
///
/// With the token of the link that a server without an operator prints when it starts. Whoever reads
/// what the server prints may do anything with it anyway, so the address counts as verified too:
/// the first operator needs no mail. Who has no account yet signs up with `operatorToken` instead.
#[utoipa::path(
    post,
    path = "/operator/claim",
    operation_id = "claimOperator",
    tag = "Operator",
    request_body = OperatorToken,
    responses((status = 200, description = "You run the platform", body = Data<AccountAnswer>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-requests-per-minute" = json!(20)),
        ("x-errors" = json!({
            "422": ["invalid_link"]
        }))
    )
)]
pub async fn claim(
    State(api): State<Api>,
    caller: Caller,
    Body(shown): Body<OperatorToken>,
) -> Result<Response, ApiError> {
    let mut write = api.db.write().await?;
    let used = use_link(&mut write, caller.now_ms, &shown.token).await?;
    used.ok_or_else(|| link::bad("/token"))?;
    let before = accounts::get(&mut write, &caller.account()?.id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("account"))?;
    let mut after = before.clone();
    after.email_verified_at_ms.get_or_insert(caller.now_ms);
    after.operator_since_ms = Some(caller.now_ms);
    accounts::update(&mut write, &after).await?;
    note_change(&api, &mut write, &caller, "Operator Made", &before, &after).await?;
    let rotated = cookie::rotate(&api, &mut write, &caller, false).await?;
    write.commit().await?;
    let mut response = data(AccountAnswer { account: AccountView::of(&after) }).into_response();
    if let Some((_, set)) = rotated {
        response.headers_mut().insert(header::SET_COOKIE, set);
    }
    Ok(response)
}
