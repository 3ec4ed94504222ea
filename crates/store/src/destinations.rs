//! Destinations of workspaces, each fed by one source.

use catalog::access::Scope;
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError, conditions::Conditions};

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
    /// Settings as they may be shown, JSON; secrets as their masks.
    pub settings: String,
    /// The secrets among them, sealed for `destination/<id>`.
    pub secrets_sealed: Option<String>,
    /// Since when it is on.
    pub enabled_at_ms: Option<i64>,
    /// When it was made.
    pub created_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
    /// How fast it is sent messages, and how long it is tried again.
    pub pace: Pace,
}

/// How fast a destination is sent messages, and how long it is tried again; where nothing is said,
/// as the installation has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Attempts that begin in a second at most.
    pub rate_per_second: Option<i64>,
    /// Requests on their way to it at one time.
    pub concurrency: Option<i64>,
    /// How long a message that it did not take is tried again.
    pub retry_for_hours: Option<i64>,
}

/// The columns of a row, in the order that [`destination`] reads them.
pub const COLUMNS: &str = "d.id, d.workspace_id, d.source_id, d.integration_id, d.name, \
    d.settings, d.secrets_sealed, d.enabled_at_ms, d.created_at_ms, d.version, \
    d.rate_per_second, d.concurrency, d.retry_for_hours";

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
        pace: Pace {
            rate_per_second: row.try_get(10)?,
            concurrency: row.try_get(11)?,
            retry_for_hours: row.try_get(12)?,
        },
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

/// Adds a destination. [`StoreError::Taken`] when the source has one of this name.
pub async fn insert(db: &mut AnyConnection, row: &Destination) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO destinations (id, workspace_id, source_id, integration_id, name, settings, \
         secrets_sealed, enabled_at_ms, created_at_ms, version, rate_per_second, concurrency, \
         retry_for_hours) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.source_id)
    .bind(&row.integration_id)
    .bind(&row.name)
    .bind(&row.settings)
    .bind(&row.secrets_sealed)
    .bind(row.enabled_at_ms)
    .bind(row.created_at_ms)
    .bind(row.version)
    .bind(row.pace.rate_per_second)
    .bind(row.pace.concurrency)
    .bind(row.pace.retry_for_hours)
    .execute(db)
    .await?;
    Ok(())
}

/// Which destinations of a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// Those that the caller was given themselves.
    pub visible: &'a Scope,
    /// Those of sources that the caller may see.
    pub sources: &'a Scope,
    /// Of this source.
    pub source_id: Option<&'a str>,
    /// Part of the name, whatever its case.
    pub name: Option<&'a str>,
    /// Whether they are on.
    pub enabled: Option<bool>,
}

/// Destinations of a workspace, by name and id, which are the cursor.
pub async fn list(
    db: &mut AnyConnection,
    workspace_id: &str,
    filter: &Filter<'_>,
    page: &Page,
) -> Result<Paged<Destination>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("d.workspace_id", workspace_id);
    let own = wanted.within(filter.visible, "d.id", "d.source_id");
    let by_source = wanted.within(filter.sources, "d.source_id", "d.source_id");
    wanted.and(&format!("{own} OR {by_source}"));
    if let Some(source_id) = filter.source_id {
        wanted.equal("d.source_id", source_id);
    }
    if let Some(name) = filter.name {
        wanted.contains("d.name", name);
    }
    match filter.enabled {
        Some(true) => wanted.and("d.enabled_at_ms IS NOT NULL"),
        Some(false) => wanted.and("d.enabled_at_ms IS NULL"),
        None => {}
    }
    let all = wanted.clone();
    wanted.after_both("d.name", "d.id", page);
    let sql = format!(
        "SELECT {COLUMNS} FROM destinations d WHERE {} ORDER BY d.name, d.id",
        wanted.sql()
    );
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("destinations d", page, rows.len(), db).await?;
    let rows = rows.iter().map(destination).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |row: &Destination| format!("{}\n{}", row.name, row.id)))
}

/// Every destination of a source, by name.
pub async fn of_source(
    db: &mut AnyConnection,
    workspace_id: &str,
    source_id: &str,
) -> Result<Vec<Destination>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destinations d WHERE d.workspace_id = $1 AND d.source_id = $2 \
         ORDER BY d.name"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace_id).bind(source_id);
    rows.fetch_all(db).await?.iter().map(destination).collect()
}

/// Writes every changeable field, if the row is still at the version before `row.version`.
/// [`StoreError::Taken`] when the source has another one of this name.
pub async fn update(db: &mut AnyConnection, row: &Destination) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE destinations SET name = $3, settings = $4, secrets_sealed = $5, \
         enabled_at_ms = $6, version = $7, rate_per_second = $9, concurrency = $10, \
         retry_for_hours = $11 WHERE id = $1 AND workspace_id = $2 AND version = $8",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.name)
    .bind(&row.settings)
    .bind(&row.secrets_sealed)
    .bind(row.enabled_at_ms)
    .bind(row.version)
    .bind(row.version - 1)
    .bind(row.pace.rate_per_second)
    .bind(row.pace.concurrency)
    .bind(row.pace.retry_for_hours)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a destination; `false` when there is none such.
pub async fn delete(
    db: &mut AnyConnection,
    workspace_id: &str,
    id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM destinations WHERE workspace_id = $1 AND id = $2")
        .bind(workspace_id)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
