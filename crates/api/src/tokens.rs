//! A workspace's tokens: shown once, kept as hashes.

use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    fresh,
    tokens::{self, Token},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    answer::{self, Data, Done, data, done},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    gate,
    state::Api,
    team::{self, NewPermission, PermissionView},
};

/// What a workspace's tokens begin with, so that secret scanners find them.
const PREFIX: &str = "hw";

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[schema(example = "Terraform", min_length = 1, max_length = 200)]
    description: String,
    /// What it may do; left out, everything that an owner may.
    #[serde(default)]
    #[schema(max_items = 200)]
    permissions: Option<Vec<NewPermission>>,
    /// Days until it ends; never when left out.
    #[schema(example = 90, minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
}

/// A token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Its id.
    #[schema(example = "tok_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// What it is for.
    #[schema(example = "Terraform")]
    description: String,
    /// How it begins and ends.
    #[schema(example = "hw_…dada")]
    hint: String,
    /// What it may do.
    permissions: Vec<PermissionView>,
    /// When it was made.
    created_at: String,
    /// When it ends.
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    last_used_at: Option<String>,
    /// Whether its maker's account is gone.
    orphaned: bool,
}

/// A new token in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewTokenAnswer {
    /// The token.
    token: TokenView,
    /// The secret itself: shown this once.
    #[schema(example = "hw_…")]
    secret: String,
}

/// Tokens in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensAnswer {
    /// Newest first.
    tokens: Vec<TokenView>,
}

impl TokenView {
    fn of(token: &Token) -> Result<TokenView, ApiError> {
        Ok(TokenView {
            id: token.id.clone(),
            description: token.description.clone(),
            hint: token.hint.clone(),
            permissions: team::views(&gate::read_permissions(&token.permissions)?),
            created_at: answer::time(token.created_at_ms),
            expires_at: token.expires_at_ms.map(answer::time),
            last_used_at: token.used_at_ms.map(answer::time),
            orphaned: token.account_id.is_none(),
        })
    }
}

/// How a secret begins and ends, for people to tell tokens apart.
pub fn hint(prefix: &str, secret: &str) -> String {
    let tail = secret.len().saturating_sub(4);
    format!("{prefix}_…{}", secret.get(tail..).unwrap_or_default())
}

/// List tokens
#[utoipa::path(
    get,
    path = "/tokens",
    operation_id = "listTokens",
    tag = "Tokens",
    responses((status = 200, description = "The tokens", body = Data<TokensAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
async fn list(State(api): State<Api>, caller: Caller) -> Result<Data<TokensAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = tokens::of_workspace(&mut db, &caller.workspace()?.id).await?;
    let tokens = rows.iter().map(TokenView::of).collect::<Result<_, _>>()?;
    Ok(data(TokensAnswer { tokens }))
}

/// Create a token
///
/// Only a person who owns the workspace makes tokens; a token makes none. The secret is in this
/// answer and nowhere else.
#[utoipa::path(
    post,
    path = "/tokens",
    operation_id = "createToken",
    tag = "Tokens",
    request_body = NewToken,
    responses((status = 201, description = "Created", body = Data<NewTokenAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "403": ["person_needed"],
            "422": [
                "empty", "labels_without_meaning", "no_permissions", "no_resources", "unknown",
                "unknown_resource", "unknown_role", "wrong_resource_type"
            ]
        }))
    )
)]
async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Data<NewTokenAnswer>), ApiError> {
    let workspace = caller.workspace()?;
    // Not a personal one either: what a thief made with it would outlive it.
    if caller.token.is_some() {
        let refused = ApiError::forbidden("person_needed", "a token cannot make tokens");
        return Err(refused.fix("log in as an owner"));
    }
    let account = caller.account()?;
    let description = new.description.trim().to_owned();
    let mut faults = Vec::new();
    if description.is_empty() {
        let fault = Fault::at("/description", "empty", "\"description\" must not be empty");
        faults.push(fault.expected("some words").fix("say what the token is for"));
    }
    let permissions = match new.permissions {
        Some(given) => team::checked(given, &workspace.id, "/permissions"),
        None => {
            let all = catalog::Permission::everywhere(catalog::Role::WorkspaceOwner, &workspace.id);
            Ok(vec![all])
        }
    };
    let mut permissions = ApiError::gather(permissions, &mut faults)?;
    let mut write = api.db.write().await?;
    if let Some(some) = &permissions {
        let known = team::exist(&mut write, some, &workspace.id, "/permissions").await;
        ApiError::gather(known, &mut faults)?;
    }
    let Some(permissions) = permissions.take_if(|_| faults.is_empty()) else {
        return Err(ApiError::invalid(faults));
    };
    let secret = api.fresh.token(PREFIX);
    let token = Token {
        id: api.fresh.id("tok"),
        token_hash: fresh::hash(&secret),
        workspace_id: Some(workspace.id.clone()),
        account_id: Some(account.id.clone()),
        description,
        hint: hint(PREFIX, &secret),
        permissions: team::stored(&permissions),
        created_at_ms: caller.now_ms,
        expires_at_ms: new.expires_in_days.map(|days| caller.now_ms + days * 86_400_000),
        used_at_ms: None,
        revoked_at_ms: None,
    };
    let view = TokenView::of(&token)?;
    tokens::insert(&mut write, &token).await?;
    let change = Change::new("Token Created", "TOKEN", &token.id, &token.description).after(&view);
    record(&api, &mut write, &caller, &workspace.id, change).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(NewTokenAnswer { token: view, secret })))
}

/// Revoke a token
///
/// It is worth nothing from the next request on.
#[utoipa::path(
    delete,
    path = "/tokens/{tokenId}",
    operation_id = "revokeToken",
    tag = "Tokens",
    params(("tokenId" = String, Path, description = "Its id")),
    responses((status = 200, description = "Revoked", body = Data<Done>)),
    extensions(("x-access" = json!("owner")))
)]
async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(token_id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let workspace = &caller.workspace()?.id;
    let mut write = api.db.write().await?;
    if !tokens::revoke_of_workspace(&mut write, workspace, &token_id, caller.now_ms).await? {
        return Err(ApiError::not_found("token"));
    }
    let change = Change::new("Token Revoked", "TOKEN", &token_id, &token_id);
    record(&api, &mut write, &caller, workspace, change).await?;
    write.commit().await?;
    Ok(done())
}

#[cfg(test)]
mod tests;
