//! What of the messages of sources goes to destinations, and the keys under which destinations'
//! values are hashed.

use filters::Salt;
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Fresh, Page, Paged, Sealer, StoreError, conditions::Conditions};

/// Bytes of a key.
const SALT_BYTES: usize = 32;

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationFilter {
    /// `flt_…`
    pub id: String,
    /// The destination that it is of; never changes.
    pub destination_id: String,
    /// The source whose messages it is about; never changes.
    pub source_id: String,
    /// What it is for, for people.
    pub description: Option<String>,
    /// A `filters::Filter`, JSON.
    pub filter: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it was changed last.
    pub updated_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

const COLUMNS: &str = "f.id, f.destination_id, f.source_id, f.description, f.filter, \
    f.created_at_ms, f.updated_at_ms, f.version";

fn read(row: &AnyRow) -> Result<DestinationFilter, StoreError> {
    Ok(DestinationFilter {
        id: row.try_get(0)?,
        destination_id: row.try_get(1)?,
        source_id: row.try_get(2)?,
        description: row.try_get(3)?,
        filter: row.try_get(4)?,
        created_at_ms: row.try_get(5)?,
        updated_at_ms: row.try_get(6)?,
        version: row.try_get(7)?,
    })
}

/// The destination's filter with this id.
pub async fn find(
    db: &mut AnyConnection,
    destination_id: &str,
    id: &str,
) -> Result<Option<DestinationFilter>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destination_filters f WHERE f.destination_id = $1 AND f.id = $2"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(destination_id).bind(id);
    row.fetch_optional(db).await?.as_ref().map(read).transpose()
}

/// The filters of a destination, oldest first: the order in which they are applied.
pub async fn of_destination(
    db: &mut AnyConnection,
    destination_id: &str,
) -> Result<Vec<DestinationFilter>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destination_filters f WHERE f.destination_id = $1 \
         ORDER BY f.created_at_ms, f.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(destination_id);
    rows.fetch_all(db).await?.iter().map(read).collect()
}

/// A page of them, by id, which is the cursor.
pub async fn list(
    db: &mut AnyConnection,
    destination_id: &str,
    page: &Page,
) -> Result<Paged<DestinationFilter>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("f.destination_id", destination_id);
    let all = wanted.clone();
    wanted.after("f.id", page);
    let sql =
        format!("SELECT {COLUMNS} FROM destination_filters f WHERE {} ORDER BY f.id", wanted.sql());
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("destination_filters f", page, rows.len(), db).await?;
    let rows = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |row: &DestinationFilter| row.id.clone()))
}

/// Adds a filter.
pub async fn insert(db: &mut AnyConnection, row: &DestinationFilter) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO destination_filters (id, destination_id, source_id, description, filter, \
         created_at_ms, updated_at_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&row.id)
    .bind(&row.destination_id)
    .bind(&row.source_id)
    .bind(&row.description)
    .bind(&row.filter)
    .bind(row.created_at_ms)
    .bind(row.updated_at_ms)
    .bind(row.version)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes every changeable field, if the row is still at the version before `row.version`.
pub async fn update(db: &mut AnyConnection, row: &DestinationFilter) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE destination_filters SET description = $2, filter = $3, updated_at_ms = $4, \
         version = $5 WHERE id = $1 AND version = $6",
    )
    .bind(&row.id)
    .bind(&row.description)
    .bind(&row.filter)
    .bind(row.updated_at_ms)
    .bind(row.version)
    .bind(row.version - 1)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a filter; `false` when there is none such.
pub async fn delete(
    db: &mut AnyConnection,
    destination_id: &str,
    id: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM destination_filters WHERE destination_id = $1 AND id = $2")
        .bind(destination_id)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What the key of a destination is sealed for.
pub fn salt_owner(destination_id: &str) -> String {
    format!("destination-salt/{destination_id}")
}

/// The key under which the destination's values are hashed; made when there is none yet, and the
/// same ever after.
pub async fn ensure_salt(
    db: &mut AnyConnection,
    sealer: &Sealer,
    fresh: &Fresh,
    destination_id: &str,
) -> Result<(), StoreError> {
    let mut key = [0; SALT_BYTES];
    fresh.fill(&mut key);
    let sealed = sealer.seal(fresh, &salt_owner(destination_id), &key);
    sqlx::query(
        "INSERT INTO destination_salts (destination_id, sealed) VALUES ($1, $2) \
         ON CONFLICT (destination_id) DO NOTHING",
    )
    .bind(destination_id)
    .bind(sealed)
    .execute(db)
    .await?;
    Ok(())
}

/// A key that was sealed for the destination; `None` when it does not open.
pub(crate) fn open_salt(sealer: &Sealer, destination_id: &str, sealed: &str) -> Option<Salt> {
    let key = sealer.open(&salt_owner(destination_id), sealed).ok()?;
    Some(Salt::new(&key))
}
