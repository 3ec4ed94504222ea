//! Bearer tokens: of a workspace, or of a person.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::StoreError;

/// One token; the secret itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// `tok_…`
    pub id: String,
    /// SHA-256 of the secret, hex.
    pub token_hash: String,
    /// The workspace it belongs to; without one it acts as its account.
    pub workspace_id: Option<String>,
    /// Who made it; `None` when they are gone.
    pub account_id: Option<String>,
    /// What it is for.
    pub description: String,
    /// Prefix and last four characters.
    pub hint: String,
    /// JSON: `[{roleId, resources}]`; of a workspace's token.
    pub permissions: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it ends.
    pub expires_at_ms: Option<i64>,
    /// Last use, to the minute.
    pub used_at_ms: Option<i64>,
    /// Since when it is worth nothing.
    pub revoked_at_ms: Option<i64>,
}

const COLUMNS: &str = "id, token_hash, workspace_id, account_id, description, hint, permissions, \
    created_at_ms, expires_at_ms, used_at_ms, revoked_at_ms";

fn token(row: &AnyRow) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.try_get(0)?,
        token_hash: row.try_get(1)?,
        workspace_id: row.try_get(2)?,
        account_id: row.try_get(3)?,
        description: row.try_get(4)?,
        hint: row.try_get(5)?,
        permissions: row.try_get(6)?,
        created_at_ms: row.try_get(7)?,
        expires_at_ms: row.try_get(8)?,
        used_at_ms: row.try_get(9)?,
        revoked_at_ms: row.try_get(10)?,
    })
}

/// Adds a token.
pub async fn insert(db: &mut AnyConnection, token: &Token) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tokens (id, token_hash, workspace_id, account_id, description, hint, \
         permissions, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&token.id)
    .bind(&token.token_hash)
    .bind(&token.workspace_id)
    .bind(&token.account_id)
    .bind(&token.description)
    .bind(&token.hint)
    .bind(&token.permissions)
    .bind(token.created_at_ms)
    .bind(token.expires_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// The token of this hash, valid or not.
pub async fn by_hash(db: &mut AnyConnection, hash: &str) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tokens WHERE token_hash = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(hash).fetch_optional(db).await?;
    row.as_ref().map(token).transpose()
}

/// The tokens of a workspace that were not revoked, newest first.
pub async fn of_workspace(
    db: &mut AnyConnection,
    workspace_id: &str,
) -> Result<Vec<Token>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tokens WHERE workspace_id = $1 AND revoked_at_ms IS NULL \
         ORDER BY created_at_ms DESC, id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).fetch_all(db).await?;
    rows.iter().map(token).collect()
}

/// The personal tokens of an account that were not revoked, newest first.
pub async fn of_account(
    db: &mut AnyConnection,
    account_id: &str,
) -> Result<Vec<Token>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tokens WHERE account_id = $1 AND workspace_id IS NULL \
         AND revoked_at_ms IS NULL ORDER BY created_at_ms DESC, id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account_id).fetch_all(db).await?;
    rows.iter().map(token).collect()
}

/// Notes a use.
pub async fn touch(db: &mut AnyConnection, id: &str, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE tokens SET used_at_ms = $2 WHERE id = $1")
        .bind(id)
        .bind(now_ms)
        .execute(db)
        .await?;
    Ok(())
}

/// Revokes a token of a workspace; `false` when it has none such.
pub async fn revoke_of_workspace(
    db: &mut AnyConnection,
    workspace_id: &str,
    id: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE tokens SET revoked_at_ms = $3 \
         WHERE id = $1 AND workspace_id = $2 AND revoked_at_ms IS NULL",
    )
    .bind(id)
    .bind(workspace_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes a personal token; `false` when the account has no such token.
pub async fn revoke_of_account(
    db: &mut AnyConnection,
    account_id: &str,
    id: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE tokens SET revoked_at_ms = $3 WHERE id = $1 AND account_id = $2 \
         AND workspace_id IS NULL AND revoked_at_ms IS NULL",
    )
    .bind(id)
    .bind(account_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes every personal token of an account.
pub async fn revoke_all_of_account(
    db: &mut AnyConnection,
    account_id: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE tokens SET revoked_at_ms = $2 \
         WHERE account_id = $1 AND workspace_id IS NULL AND revoked_at_ms IS NULL",
    )
    .bind(account_id)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes every personal token of an account.
pub async fn delete_all_of_account(
    db: &mut AnyConnection,
    account_id: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM tokens WHERE account_id = $1 AND workspace_id IS NULL")
        .bind(account_id)
        .execute(db)
        .await?;
    Ok(())
}
