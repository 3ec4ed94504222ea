//! One-time links that prove something about one account.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of the secret in the link, hex.
    pub token_hash: String,
    /// What it is good for, and nothing else: `verify`, `reset`, `email`, `operator`.
    pub purpose: String,
    /// Whose, when it is somebody's.
    pub account_id: Option<String>,
    /// The address it was sent to, lower case; empty when it was printed.
    pub email: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// From when on it is worth nothing.
    pub expires_at_ms: i64,
}

/// Adds a link. Earlier unused ones of the same purpose and account end with it.
pub async fn insert(db: &mut AnyConnection, link: &Link) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM links WHERE purpose = $1 AND used_at_ms IS NULL \
         AND (account_id = $2 OR ($3 = '' AND account_id IS NULL))",
    )
    .bind(&link.purpose)
    .bind(link.account_id.as_deref().unwrap_or_default())
    .bind(link.account_id.as_deref().unwrap_or_default())
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO links (token_hash, purpose, account_id, email, created_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&link.token_hash)
    .bind(&link.purpose)
    .bind(&link.account_id)
    .bind(&link.email)
    .bind(link.created_at_ms)
    .bind(link.expires_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Uses up the link with this hash and purpose. `None` when there is none that is unused and
/// has not expired.
pub async fn redeem(
    db: &mut AnyConnection,
    token_hash: &str,
    purpose: &str,
    now_ms: i64,
) -> Result<Option<Link>, StoreError> {
    let row = sqlx::query(
        "UPDATE links SET used_at_ms = $3 WHERE token_hash = $1 AND purpose = $2 \
         AND used_at_ms IS NULL AND expires_at_ms > $3 \
         RETURNING account_id, email, created_at_ms, expires_at_ms",
    )
    .bind(token_hash)
    .bind(purpose)
    .bind(now_ms)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Link {
        token_hash: token_hash.to_owned(),
        purpose: purpose.to_owned(),
        account_id: row.try_get(0)?,
        email: row.try_get(1)?,
        created_at_ms: row.try_get(2)?,
        expires_at_ms: row.try_get(3)?,
    }))
}

/// When the newest link of a purpose was made for an account.
pub async fn last_made(
    db: &mut AnyConnection,
    account_id: &str,
    purpose: &str,
) -> Result<Option<i64>, StoreError> {
    let row =
        sqlx::query("SELECT MAX(created_at_ms) FROM links WHERE account_id = $1 AND purpose = $2")
            .bind(account_id)
            .bind(purpose)
            .fetch_one(db)
            .await?;
    Ok(row.try_get(0)?)
}

/// Ends every unused link of an account.
pub async fn revoke_all(db: &mut AnyConnection, account_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM links WHERE account_id = $1 AND used_at_ms IS NULL")
        .bind(account_id)
        .execute(db)
        .await?;
    Ok(())
}

/// The link that [`redeem`] would use up, which stays as it is.
pub async fn find(
    db: &mut AnyConnection,
    token_hash: &str,
    purpose: &str,
    now_ms: i64,
) -> Result<Option<Link>, StoreError> {
    let row = sqlx::query(
        "SELECT account_id, email, created_at_ms, expires_at_ms FROM links \
         WHERE token_hash = $1 AND purpose = $2 AND used_at_ms IS NULL AND expires_at_ms > $3",
    )
    .bind(token_hash)
    .bind(purpose)
    .bind(now_ms)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Link {
        token_hash: token_hash.to_owned(),
        purpose: purpose.to_owned(),
        account_id: row.try_get(0)?,
        email: row.try_get(1)?,
        created_at_ms: row.try_get(2)?,
        expires_at_ms: row.try_get(3)?,
    }))
}

/// Ends every unused link of a purpose, whoever's.
pub async fn revoke_purpose(db: &mut AnyConnection, purpose: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM links WHERE purpose = $1 AND used_at_ms IS NULL")
        .bind(purpose)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes what expired before `before_ms`.
pub async fn sweep(db: &mut AnyConnection, before_ms: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM links WHERE expires_at_ms < $1").bind(before_ms).execute(db).await?;
    Ok(())
}
