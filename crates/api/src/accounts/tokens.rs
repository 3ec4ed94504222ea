use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    fresh,
    tokens::{self, Token},
};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, Done, data, done},
    body::Body,
    caller::Caller,
    change::{self, Change},
    error::{ApiError, Fault},
    state::Api,
};

/// What personal tokens begin with, so that secret scanners find them.
const PREFIX: &str = "hwp";

/// Personal tokens of one account at most.
const TOKENS_MAX: usize = 50;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A personal token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPersonalToken {
    /// What it is for.
    #[schema(example = "My laptop", min_length = 1, max_length = 200)]
    description: String,
    /// Days until it ends; never when left out.
    #[schema(example = 90, minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
}

/// A personal token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonalTokenView {
    /// Its id.
    #[schema(example = "tok_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// What it is for.
    #[schema(example = "My laptop")]
    description: String,
    /// How it begins and ends.
    #[schema(example = "hwp_…dada")]
    hint: String,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    created_at: String,
    /// When it ends.
    #[schema(example = "2027-02-23T12:00:00.000Z")]
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    #[schema(example = "2026-11-25T12:34:00.000Z")]
    last_used_at: Option<String>,
}

/// A new personal token in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewPersonalTokenAnswer {
    /// The token.
    token: PersonalTokenView,
    /// The secret itself: shown this once.
    #[schema(example = "hwp_…")]
    secret: String,
}

/// Personal tokens in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalTokensAnswer {
    /// Newest first.
    tokens: Vec<PersonalTokenView>,
}

impl PersonalTokenView {
    fn of(token: &Token) -> PersonalTokenView {
        PersonalTokenView {
            id: token.id.clone(),
            description: token.description.clone(),
            hint: token.hint.clone(),
            created_at: answer::time(token.created_at_ms),
            expires_at: token.expires_at_ms.map(answer::time),
            last_used_at: token.used_at_ms.map(answer::time),
        }
    }
}

/// List my tokens
#[utoipa::path(
    get,
    path = "/account/tokens",
    operation_id = "listPersonalTokens",
    tag = "Account",
    responses((status = 200, description = "The tokens", body = Data<PersonalTokensAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<PersonalTokensAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = tokens::of_account(&mut db, &caller.account()?.id).await?;
    let tokens = rows.iter().map(PersonalTokenView::of).collect();
    Ok(data(PersonalTokensAnswer { tokens }))
}

/// Create a personal token
///
/// It acts as the account, but for what asks for the password (`x-proof`). The secret is in this
/// answer and nowhere else.
#[utoipa::path(
    post,
    path = "/account/tokens",
    operation_id = "createPersonalToken",
    tag = "Account",
    request_body = NewPersonalToken,
    responses((status = 201, description = "Created", body = Data<NewPersonalTokenAnswer>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["too_many_tokens"],
            "422": ["empty"]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewPersonalToken>,
) -> Result<(StatusCode, Data<NewPersonalTokenAnswer>), ApiError> {
    let (account, now_ms) = (caller.account()?, caller.now_ms);
    let description = new.description.trim().to_owned();
    if description.is_empty() {
        let fault = Fault::at("/description", "empty", "\"description\" must not be empty");
        return Err(ApiError::invalid_field(
            fault.expected("some words").fix("say what the token is for"),
        ));
    }
    let secret = api.fresh.token(PREFIX);
    let token = Token {
        id: api.fresh.id("tok"),
        token_hash: fresh::hash(&secret),
        workspace_id: None,
        account_id: Some(account.id.clone()),
        description,
        hint: format!("{PREFIX}_…{}", &secret[secret.len() - 4..]),
        permissions: "[]".to_owned(),
        created_at_ms: now_ms,
        expires_at_ms: new.expires_in_days.map(|days| now_ms + days * DAY_MS),
        used_at_ms: None,
        revoked_at_ms: None,
    };
    let mut write = api.db.write().await?;
    if tokens::of_account(&mut write, &account.id).await?.len() >= TOKENS_MAX {
        let message = format!("an account has at most {TOKENS_MAX} tokens");
        return Err(
            ApiError::conflict("too_many_tokens", message).fix("revoke those that you do not need")
        );
    }
    tokens::insert(&mut write, &token).await?;
    let view = PersonalTokenView::of(&token);
    let change = Change::new("Personal Token Created", "TOKEN", &token.id, &token.description);
    change::record(&api, &mut write, &caller, change::PLATFORM, change.after(&view)).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(NewPersonalTokenAnswer { token: view, secret })))
}

/// Revoke a personal token
///
/// It is worth nothing from the next request on.
#[utoipa::path(
    delete,
    path = "/account/tokens/{tokenId}",
    operation_id = "revokePersonalToken",
    tag = "Account",
    params(("tokenId" = String, Path, description = "Its id", example = "tok_5BKZVyYHdt1D7ZrtHyNR7W")),
    responses((status = 200, description = "Revoked", body = Data<Done>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(token_id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let account = &caller.account()?.id;
    let mut write = api.db.write().await?;
    if !tokens::revoke_of_account(&mut write, account, &token_id, caller.now_ms).await? {
        return Err(ApiError::not_found("token"));
    }
    let change = Change::new("Personal Token Revoked", "TOKEN", &token_id, &token_id);
    change::record(&api, &mut write, &caller, change::PLATFORM, change).await?;
    write.commit().await?;
    Ok(done())
}

#[cfg(test)]
mod tests;
