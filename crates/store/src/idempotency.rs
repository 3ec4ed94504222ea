//! Answers to requests that carried an idempotency key, so that a repeated request is answered
//! and not done again.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// How long an answer is kept.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// One remembered answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of method, path and body of the request.
    pub request_hash: String,
    /// HTTP status.
    pub status: i64,
    /// The body, JSON.
    pub body: String,
}

/// The answer that `actor` got under `key`.
pub async fn get(
    db: &mut AnyConnection,
    actor: &str,
    key: &str,
) -> Result<Option<Answer>, StoreError> {
    let row = sqlx::query(
        "SELECT request_hash, status, body FROM idempotency \
         WHERE actor = $1 AND idempotency_key = $2",
    )
    .bind(actor)
    .bind(key)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Answer {
        request_hash: row.try_get(0)?,
        status: row.try_get(1)?,
        body: row.try_get(2)?,
    }))
}

/// Claims `key` before the work is done: status 0 says that it is under way.
/// [`StoreError::Taken`] when it is claimed already.
pub async fn claim(
    db: &mut AnyConnection,
    actor: &str,
    key: &str,
    request_hash: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM idempotency WHERE created_at_ms < $1")
        .bind(now_ms - KEPT_MS)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO idempotency (actor, idempotency_key, request_hash, status, body, \
         created_at_ms) VALUES ($1, $2, $3, 0, '', $4)",
    )
    .bind(actor)
    .bind(key)
    .bind(request_hash)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Remembers the answer under a claimed key.
pub async fn answer(
    db: &mut AnyConnection,
    actor: &str,
    key: &str,
    status: u16,
    body: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE idempotency SET status = $3, body = $4 \
         WHERE actor = $1 AND idempotency_key = $2",
    )
    .bind(actor)
    .bind(key)
    .bind(i64::from(status))
    .bind(body)
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a claimed key back, since the work was not done.
pub async fn release(db: &mut AnyConnection, actor: &str, key: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM idempotency WHERE actor = $1 AND idempotency_key = $2")
        .bind(actor)
        .bind(key)
        .execute(db)
        .await?;
    Ok(())
}
