//! Customers' spaces.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::StoreError;

/// One workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// `ws_…`
    pub id: String,
    /// Its name in paths, unique in the installation.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The account that made it.
    pub created_by: String,
    /// When.
    pub created_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

const COLUMNS: &str = "w.id, w.slug, w.name, w.created_by, w.created_at_ms, w.version";

fn workspace(row: &AnyRow) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: row.try_get(0)?,
        slug: row.try_get(1)?,
        name: row.try_get(2)?,
        created_by: row.try_get(3)?,
        created_at_ms: row.try_get(4)?,
        version: row.try_get(5)?,
    })
}

/// Adds a workspace, with the labels every workspace starts with. [`StoreError::Taken`] when the
/// slug is.
pub async fn insert(db: &mut AnyConnection, workspace: &Workspace) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO workspaces (id, slug, name, created_by, created_at_ms, version) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&workspace.id)
    .bind(&workspace.slug)
    .bind(&workspace.name)
    .bind(&workspace.created_by)
    .bind(workspace.created_at_ms)
    .bind(workspace.version)
    .execute(&mut *db)
    .await?;
    for (value, description) in [("dev", "Development"), ("prod", "Production")] {
        sqlx::query(
            "INSERT INTO labels (workspace_id, label_key, label_value, description, \
             created_at_ms) VALUES ($1, 'environment', $2, $3, $4)",
        )
        .bind(&workspace.id)
        .bind(value)
        .bind(description)
        .bind(workspace.created_at_ms)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The workspace with this id or slug.
pub async fn find(
    db: &mut AnyConnection,
    id_or_slug: &str,
) -> Result<Option<Workspace>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM workspaces w WHERE w.id = $1 OR w.slug = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id_or_slug).fetch_optional(db).await?;
    row.as_ref().map(workspace).transpose()
}

/// The workspaces of a person, by name.
pub async fn of_account(
    db: &mut AnyConnection,
    account_id: &str,
) -> Result<Vec<Workspace>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM workspaces w JOIN members m ON m.workspace_id = w.id \
         WHERE m.account_id = $1 ORDER BY w.name, w.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account_id).fetch_all(db).await?;
    rows.iter().map(workspace).collect()
}

/// Writes name and slug, if the row is still at the version before `workspace.version`.
pub async fn update(db: &mut AnyConnection, workspace: &Workspace) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE workspaces SET slug = $2, name = $3, version = $4 WHERE id = $1 AND version = $5",
    )
    .bind(&workspace.id)
    .bind(&workspace.slug)
    .bind(&workspace.name)
    .bind(workspace.version)
    .bind(workspace.version - 1)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Removes a workspace with everything in it.
pub async fn delete(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM workspaces WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}
