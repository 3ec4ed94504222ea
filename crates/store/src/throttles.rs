//! Failed attempts by name (an account, an address), for delays that grow.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// What is known about one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttle {
    /// Failures in a row.
    pub failures: i64,
    /// The last of them.
    pub last_at_ms: i64,
}

/// The state of `name`.
pub async fn get(db: &mut AnyConnection, name: &str) -> Result<Throttle, StoreError> {
    let row = sqlx::query("SELECT failures, last_at_ms FROM throttles WHERE name = $1")
        .bind(name)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(Throttle::default()) };
    Ok(Throttle { failures: row.try_get(0)?, last_at_ms: row.try_get(1)? })
}

/// One more failure of `name`. One older than `forget_before_ms` starts the count anew.
pub async fn fail(
    db: &mut AnyConnection,
    name: &str,
    now_ms: i64,
    forget_before_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO throttles (name, failures, last_at_ms) VALUES ($1, 1, $2) \
         ON CONFLICT (name) DO UPDATE SET last_at_ms = $2, \
         failures = CASE WHEN throttles.last_at_ms < $3 THEN 1 ELSE throttles.failures + 1 END",
    )
    .bind(name)
    .bind(now_ms)
    .bind(forget_before_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the failures of `name`.
pub async fn clear(db: &mut AnyConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM throttles WHERE name = $1").bind(name).execute(db).await?;
    Ok(())
}

/// Removes what is older than `before_ms`.
pub async fn sweep(db: &mut AnyConnection, before_ms: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM throttles WHERE last_at_ms < $1").bind(before_ms).execute(db).await?;
    Ok(())
}

/// Takes one failure of `name` back: it was none after all.
pub async fn forgive(db: &mut AnyConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE throttles SET failures = failures - 1 WHERE name = $1 AND failures > 0")
        .bind(name)
        .execute(db)
        .await?;
    Ok(())
}
