//! Sources of workspaces, and their write keys.

use catalog::access::Scope;
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError, conditions::Conditions};

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
    /// What the catalog entry asks a customer for, JSON; secrets as their masks.
    pub settings: String,
    /// The secrets among them, sealed for `source/<id>`.
    pub secrets_sealed: Option<String>,
    /// Since when it takes no data.
    pub disabled_at_ms: Option<i64>,
    /// How many days its messages are kept; as long as the installation says when it is empty.
    pub retention_days: Option<i64>,
    /// When it was made.
    pub created_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

/// The columns of a row, in the order that [`source`] reads them.
pub const COLUMNS: &str = "s.id, s.workspace_id, s.integration_id, s.slug, s.name, s.settings, \
    s.secrets_sealed, s.disabled_at_ms, s.created_at_ms, s.version, s.retention_days";

/// Reads a row of [`COLUMNS`].
pub fn source(row: &AnyRow) -> Result<Source, StoreError> {
    Ok(Source {
        id: row.try_get(0)?,
        workspace_id: row.try_get(1)?,
        integration_id: row.try_get(2)?,
        slug: row.try_get(3)?,
        name: row.try_get(4)?,
        settings: row.try_get(5)?,
        secrets_sealed: row.try_get(6)?,
        disabled_at_ms: row.try_get(7)?,
        created_at_ms: row.try_get(8)?,
        version: row.try_get(9)?,
        retention_days: row.try_get(10)?,
    })
}

/// Adds a source. [`StoreError::Taken`] when the slug is.
pub async fn insert(db: &mut AnyConnection, row: &Source) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sources (id, workspace_id, integration_id, slug, name, settings, \
         secrets_sealed, disabled_at_ms, created_at_ms, version, retention_days) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.integration_id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.settings)
    .bind(&row.secrets_sealed)
    .bind(row.disabled_at_ms)
    .bind(row.created_at_ms)
    .bind(row.version)
    .bind(row.retention_days)
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

/// Which sources of a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// Those that the caller may see.
    pub visible: &'a Scope,
    /// Part of the name or the slug, whatever its case.
    pub name: Option<&'a str>,
    /// Key and value; all of them.
    pub labels: &'a [(String, String)],
    /// Whether they take data.
    pub enabled: Option<bool>,
    /// Made from this catalog entry, by id or slug.
    pub integration: Option<&'a str>,
    /// With a write key that starts so, among the sources that the caller may change.
    pub write_key: Option<(&'a str, &'a Scope)>,
}

impl<'a> Filter<'a> {
    /// Everything that the caller may see.
    pub fn all(visible: &'a Scope) -> Filter<'a> {
        Filter {
            visible,
            name: None,
            labels: &[],
            enabled: None,
            integration: None,
            write_key: None,
        }
    }
}

/// Sources of a workspace, by slug, which is the cursor.
pub async fn list(
    db: &mut AnyConnection,
    workspace_id: &str,
    filter: &Filter<'_>,
    page: &Page,
) -> Result<Paged<Source>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("s.workspace_id", workspace_id);
    wanted.scope(filter.visible, "s.id", "s.id");
    if let Some(name) = filter.name {
        let found = wanted.either("s.name", "s.slug", name);
        wanted.and(&found);
    }
    for (key, value) in filter.labels {
        wanted.label("s.id", key, value);
    }
    match filter.enabled {
        Some(true) => wanted.and("s.disabled_at_ms IS NULL"),
        Some(false) => wanted.and("s.disabled_at_ms IS NOT NULL"),
        None => {}
    }
    if let Some(entry) = filter.integration {
        let entry = wanted.bind(entry);
        wanted.and(&format!(
            "s.integration_id IN (SELECT i.id FROM integrations i \
             WHERE i.id = {entry} OR i.slug = {entry})"
        ));
    }
    if let Some((start, changeable)) = filter.write_key {
        wanted.scope(changeable, "s.id", "s.id");
        let (len, start) = (start.chars().count(), wanted.bind(start));
        // A whole key is found by the index.
        let found = match len {
            crate::fresh::WRITE_KEY_LEN => format!("k.write_key = {start}"),
            len => format!("substr(k.write_key, 1, {len}) = {start}"),
        };
        wanted.and(&format!("s.id IN (SELECT k.source_id FROM write_keys k WHERE {found})"));
    }
    let all = wanted.clone();
    wanted.after("s.slug", page);
    let sql = format!("SELECT {COLUMNS} FROM sources s WHERE {} ORDER BY s.slug", wanted.sql());
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("sources s", page, rows.len(), db).await?;
    let rows = rows.iter().map(source).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |source: &Source| source.slug.clone()))
}

/// Writes every changeable field, if the row is still at the version before `row.version`.
/// [`StoreError::Taken`] when the slug is.
pub async fn update(db: &mut AnyConnection, row: &Source) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE sources SET slug = $3, name = $4, settings = $5, secrets_sealed = $6, \
         disabled_at_ms = $7, version = $8, retention_days = $10 \
         WHERE id = $1 AND workspace_id = $2 AND version = $9",
    )
    .bind(&row.id)
    .bind(&row.workspace_id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.settings)
    .bind(&row.secrets_sealed)
    .bind(row.disabled_at_ms)
    .bind(row.version)
    .bind(row.version - 1)
    .bind(row.retention_days)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a source with its write keys, labels and destinations; `false` when there is none.
pub async fn delete(
    db: &mut AnyConnection,
    workspace_id: &str,
    id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM sources WHERE workspace_id = $1 AND id = $2")
        .bind(workspace_id)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many sources a workspace has of one integration.
pub async fn count_of(
    db: &mut AnyConnection,
    workspace_id: &str,
    integration_id: &str,
) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM sources WHERE workspace_id = $1 AND integration_id = $2";
    let row = sqlx::query(sql).bind(workspace_id).bind(integration_id).fetch_one(db).await?;
    Ok(row.try_get(0)?)
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

#[cfg(test)]
pub(crate) mod tests;
