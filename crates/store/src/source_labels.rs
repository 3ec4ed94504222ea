//! Which labels of their workspace sources carry: one value for each key.

use sqlx::{AnyConnection, Row};

use crate::{StoreError, conditions::Conditions, sources::Source};

/// One label on one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLabel {
    /// The source.
    pub source_id: String,
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// For people; may be empty.
    pub description: String,
}

/// The labels of these sources, by key.
pub async fn of_sources(
    db: &mut AnyConnection,
    source_ids: &[&str],
) -> Result<Vec<SourceLabel>, StoreError> {
    let mut wanted = Conditions::new();
    let ids = wanted.list(source_ids);
    let sql = format!(
        "SELECT s.source_id, s.label_key, s.label_value, l.description FROM source_labels s \
         JOIN labels l ON l.workspace_id = s.workspace_id AND l.label_key = s.label_key \
         AND l.label_value = s.label_value WHERE s.source_id IN ({ids}) ORDER BY s.label_key"
    );
    let rows = wanted.query(&sql).fetch_all(db).await?;
    let label = |row: &sqlx::any::AnyRow| {
        Ok(SourceLabel {
            source_id: row.try_get(0)?,
            key: row.try_get(1)?,
            value: row.try_get(2)?,
            description: row.try_get(3)?,
        })
    };
    rows.iter().map(label).collect()
}

/// Whether a workspace has this label, so that its sources may carry it.
pub async fn known(
    db: &mut AnyConnection,
    workspace_id: &str,
    key: &str,
    value: &str,
) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM labels WHERE workspace_id = $1 AND label_key = $2 AND label_value = $3";
    let row = sqlx::query(sql).bind(workspace_id).bind(key).bind(value);
    Ok(row.fetch_optional(db).await?.is_some())
}

/// Puts `labels` (key and value, each key once) in place of all that a source carries.
/// [`StoreError::Referenced`] when its workspace has no such label.
pub async fn replace(
    db: &mut AnyConnection,
    source: &Source,
    labels: &[(String, String)],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM source_labels WHERE source_id = $1")
        .bind(&source.id)
        .execute(&mut *db)
        .await?;
    for (key, value) in labels {
        sqlx::query(
            "INSERT INTO source_labels (source_id, workspace_id, label_key, label_value) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(&source.id)
        .bind(&source.workspace_id)
        .bind(key)
        .bind(value)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
