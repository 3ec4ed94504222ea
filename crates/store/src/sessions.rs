//! Who is logged in, and where.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::StoreError;

/// One logged-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of what the cookie holds, hex.
    pub id: String,
    /// `ses_…`, by which it is listed and revoked.
    pub public_id: String,
    /// Whose.
    pub account_id: String,
    /// Log-in.
    pub created_at_ms: i64,
    /// Last request, to the minute.
    pub seen_at_ms: i64,
    /// End, whatever happens.
    pub expires_at_ms: i64,
    /// When the password was last shown to be known.
    pub proved_at_ms: i64,
    /// Cut to a sane length.
    pub user_agent: String,
    /// Of the log-in.
    pub address: String,
}

const COLUMNS: &str = "id, public_id, account_id, created_at_ms, seen_at_ms, expires_at_ms, \
    proved_at_ms, user_agent, address";

fn session(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.try_get(0)?,
        public_id: row.try_get(1)?,
        account_id: row.try_get(2)?,
        created_at_ms: row.try_get(3)?,
        seen_at_ms: row.try_get(4)?,
        expires_at_ms: row.try_get(5)?,
        proved_at_ms: row.try_get(6)?,
        user_agent: row.try_get(7)?,
        address: row.try_get(8)?,
    })
}

/// Adds a session.
pub async fn insert(db: &mut AnyConnection, session: &Session) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, public_id, account_id, created_at_ms, seen_at_ms, \
         expires_at_ms, proved_at_ms, user_agent, address) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&session.id)
    .bind(&session.public_id)
    .bind(&session.account_id)
    .bind(session.created_at_ms)
    .bind(session.seen_at_ms)
    .bind(session.expires_at_ms)
    .bind(session.proved_at_ms)
    .bind(&session.user_agent)
    .bind(&session.address)
    .execute(db)
    .await?;
    Ok(())
}

/// The session of this cookie hash, expired or not.
pub async fn get(db: &mut AnyConnection, id: &str) -> Result<Option<Session>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?;
    row.as_ref().map(session).transpose()
}

/// A person's sessions that have not expired, the latest used first.
pub async fn of_account(
    db: &mut AnyConnection,
    account_id: &str,
    now_ms: i64,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions WHERE account_id = $1 AND expires_at_ms > $2 \
         ORDER BY seen_at_ms DESC, public_id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account_id).bind(now_ms);
    rows.fetch_all(db).await?.iter().map(session).collect()
}

/// Notes that the session was used, and, with `proved`, that the password was shown.
pub async fn touch(
    db: &mut AnyConnection,
    id: &str,
    now_ms: i64,
    proved: bool,
) -> Result<(), StoreError> {
    let sql = if proved {
        "UPDATE sessions SET seen_at_ms = $2, proved_at_ms = $2 WHERE id = $1"
    } else {
        "UPDATE sessions SET seen_at_ms = $2 WHERE id = $1"
    };
    sqlx::query(sql).bind(id).bind(now_ms).execute(db).await?;
    Ok(())
}

/// Ends one session of a person; `false` when they have no such session.
pub async fn revoke(
    db: &mut AnyConnection,
    account_id: &str,
    public_id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND public_id = $2")
        .bind(account_id)
        .bind(public_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session of a person but `except` (a cookie hash, or empty).
pub async fn revoke_others(
    db: &mut AnyConnection,
    account_id: &str,
    except: &str,
) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2")
        .bind(account_id)
        .bind(except)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// Removes what has expired.
pub async fn sweep(db: &mut AnyConnection, now_ms: i64) -> Result<u64, StoreError> {
    let done =
        sqlx::query("DELETE FROM sessions WHERE expires_at_ms <= $1").bind(now_ms).execute(db);
    Ok(done.await?.rows_affected())
}

/// Gives a session a new secret, by the hashes of the old and the new one, and notes that the
/// password was shown when `proved_at_ms` says so.
pub async fn rotate(
    db: &mut AnyConnection,
    id: &str,
    new_id: &str,
    proved_at_ms: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE sessions SET id = $2, proved_at_ms = COALESCE($3, proved_at_ms) WHERE id = $1",
    )
    .bind(id)
    .bind(new_id)
    .bind(proved_at_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a person's sessions but the `keep` that were used last.
pub async fn revoke_oldest(
    db: &mut AnyConnection,
    account_id: &str,
    keep: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM sessions WHERE account_id = $1 AND id NOT IN (SELECT id FROM sessions \
         WHERE account_id = $1 ORDER BY seen_at_ms DESC, public_id LIMIT $2)",
    )
    .bind(account_id)
    .bind(keep)
    .execute(db)
    .await?;
    Ok(())
}
