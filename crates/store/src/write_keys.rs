//! Write keys: a source's public names on the wire.

use sqlx::{AnyConnection, Row};

use crate::{StoreError, conditions::Conditions};

/// One write key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteKeyRow {
    /// The key itself.
    pub write_key: String,
    /// Whose.
    pub source_id: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// When a message last came with it, as far as the data plane has said.
    pub used_at_ms: Option<i64>,
}

/// The keys of these sources, the oldest first.
pub async fn of_sources(
    db: &mut AnyConnection,
    source_ids: &[&str],
) -> Result<Vec<WriteKeyRow>, StoreError> {
    let mut wanted = Conditions::new();
    let ids = wanted.list(source_ids);
    let sql = format!(
        "SELECT write_key, source_id, created_at_ms, used_at_ms FROM write_keys \
         WHERE source_id IN ({ids}) ORDER BY created_at_ms, write_key"
    );
    let rows = wanted.query(&sql).fetch_all(db).await?;
    let key = |row: &sqlx::any::AnyRow| {
        Ok(WriteKeyRow {
            write_key: row.try_get(0)?,
            source_id: row.try_get(1)?,
            created_at_ms: row.try_get(2)?,
            used_at_ms: row.try_get(3)?,
        })
    };
    rows.iter().map(key).collect()
}

/// Adds a key to a source.
pub async fn insert(
    db: &mut AnyConnection,
    source_id: &str,
    write_key: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO write_keys (write_key, source_id, created_at_ms) VALUES ($1, $2, $3)";
    sqlx::query(sql).bind(write_key).bind(source_id).bind(now_ms).execute(db).await?;
    Ok(())
}

/// Notes when keys were last used. A later time that is there already stays.
pub async fn note_uses(db: &mut AnyConnection, uses: &[(String, i64)]) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE write_keys SET used_at_ms = $2 \
        WHERE write_key = $1 AND (used_at_ms IS NULL OR used_at_ms < $2)";
    for (write_key, used_ms) in uses {
        sqlx::query(SQL).bind(write_key).bind(*used_ms).execute(&mut *db).await?;
    }
    Ok(())
}

/// Revokes a key of a source; `false` when it has none such.
pub async fn delete(
    db: &mut AnyConnection,
    source_id: &str,
    write_key: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM write_keys WHERE source_id = $1 AND write_key = $2")
        .bind(source_id)
        .bind(write_key)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
