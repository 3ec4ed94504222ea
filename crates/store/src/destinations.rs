//! Destinations of workspaces, each fed by one source.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::StoreError;

/// One destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// `dst_…`
    pub id: String,
    /// Whose.
    pub workspace_id: String,
    /// The source that feeds it; never changes.
    pub source_id: String,
    /// The catalog entry it was made from; never changes.
    pub integration_id: String,
    /// Its name for people, unique among the source's destinations.
    pub name: String,
    /// Settings that may be shown, JSON.
    pub settings: String,
    /// The others, sealed for `destination/<id>`.
    pub secrets_sealed: Option<String>,
    /// Since when it is on.
    pub enabled_at_ms: Option<i64>,
    /// When it was made.
    pub created_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

/// The columns of a row, in the order that [`destination`] reads them.
pub const COLUMNS: &str = "d.id, d.workspace_id, d.source_id, d.integration_id, d.name, \
    d.settings, d.secrets_sealed, d.enabled_at_ms, d.created_at_ms, d.version";

/// Reads a row of [`COLUMNS`].
pub fn destination(row: &AnyRow) -> Result<Destination, StoreError> {
    Ok(Destination {
        id: row.try_get(0)?,
        workspace_id: row.try_get(1)?,
        source_id: row.try_get(2)?,
        integration_id: row.try_get(3)?,
        name: row.try_get(4)?,
        settings: row.try_get(5)?,
        secrets_sealed: row.try_get(6)?,
        enabled_at_ms: row.try_get(7)?,
        created_at_ms: row.try_get(8)?,
        version: row.try_get(9)?,
    })
}

/// The workspace's destination with this id.
pub async fn find(
    db: &mut AnyConnection,
    workspace_id: &str,
    id: &str,
) -> Result<Option<Destination>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM destinations d WHERE d.workspace_id = $1 AND d.id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).bind(id);
    row.fetch_optional(db).await?.as_ref().map(destination).transpose()
}
