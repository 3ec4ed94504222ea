//! A workspace's labels.

use sqlx::{AnyConnection, Row};

use crate::StoreError;

/// One label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// For people; may be empty.
    pub description: String,
}

/// Every label of a workspace, by key and value.
pub async fn list(db: &mut AnyConnection, workspace_id: &str) -> Result<Vec<Label>, StoreError> {
    let rows = sqlx::query(
        "SELECT label_key, label_value, description FROM labels WHERE workspace_id = $1 \
         ORDER BY label_key, label_value",
    )
    .bind(workspace_id)
    .fetch_all(db)
    .await?;
    let label = |row: &sqlx::any::AnyRow| {
        Ok(Label { key: row.try_get(0)?, value: row.try_get(1)?, description: row.try_get(2)? })
    };
    rows.iter().map(label).collect()
}

/// Adds a label; `false` when it is there already.
pub async fn insert(
    db: &mut AnyConnection,
    workspace_id: &str,
    label: &Label,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO labels (workspace_id, label_key, label_value, description, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(workspace_id)
    .bind(&label.key)
    .bind(&label.value)
    .bind(&label.description)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many sources carry a label.
pub async fn uses(
    db: &mut AnyConnection,
    workspace_id: &str,
    key: &str,
    value: &str,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM source_labels \
         WHERE workspace_id = $1 AND label_key = $2 AND label_value = $3",
    )
    .bind(workspace_id)
    .bind(key)
    .bind(value)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// Removes a label that nothing carries; `false` when there is none such.
pub async fn delete(
    db: &mut AnyConnection,
    workspace_id: &str,
    key: &str,
    value: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "DELETE FROM labels WHERE workspace_id = $1 AND label_key = $2 AND label_value = $3",
    )
    .bind(workspace_id)
    .bind(key)
    .bind(value)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
