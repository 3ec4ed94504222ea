//! Sources of workspaces, and their write keys.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::StoreError;

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `src_…`; `projectId` in delivered messages.
    pub id: String,
    /// Whose.
    pub workspace_id: String,
    /// The catalog entry it was made from; never changes.
    pub integration_id: String,
    /// Its name in paths, unique in the workspace.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What the catalog entry asks a customer for, JSON.
    pub settings: String,
    /// Since when it takes no data.
    pub disabled_at_ms: Option<i64>,
    /// When it was made.
    pub created_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

/// The columns of a row, in the order that [`source`] reads them.
pub const COLUMNS: &str = "s.id, s.workspace_id, s.integration_id, s.slug, s.name, s.settings, \
    s.disabled_at_ms, s.created_at_ms, s.version";

/// Reads a row of [`COLUMNS`].
pub fn source(row: &AnyRow) -> Result<Source, StoreError> {
    Ok(Source {
        id: row.try_get(0)?,
        workspace_id: row.try_get(1)?,
        integration_id: row.try_get(2)?,
        slug: row.try_get(3)?,
        name: row.try_get(4)?,
        settings: row.try_get(5)?,
        disabled_at_ms: row.try_get(6)?,
        created_at_ms: row.try_get(7)?,
        version: row.try_get(8)?,
    })
}

/// Adds a source. [`StoreError::Taken`] when the slug is.
pub async fn insert(db: &mut AnyConnection, row: &Source) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sources (id, workspace_id, integration_id, slug, name, settings, \
         disabled_at_ms, created_at_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.integration_id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.settings)
    .bind(row.disabled_at_ms)
    .bind(row.created_at_ms)
    .bind(row.version)
    .execute(db)
    .await?;
    Ok(())
}

/// The workspace's source with this id or slug.
pub async fn find(
    db: &mut AnyConnection,
    workspace_id: &str,
    id_or_slug: &str,
) -> Result<Option<Source>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sources s WHERE s.workspace_id = $1 AND (s.id = $2 OR s.slug = $2)"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).bind(id_or_slug);
    row.fetch_optional(db).await?.as_ref().map(source).transpose()
}

/// The labels of a source: key and value, by key.
pub async fn labels(
    db: &mut AnyConnection,
    source_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT label_key, label_value FROM source_labels WHERE source_id = $1 ORDER BY label_key",
    )
    .bind(source_id)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
