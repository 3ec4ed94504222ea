//! Mappings: which action of a destination gets a message, and what of it.

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError, conditions::Conditions};

/// One mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationSubscription {
    /// `sub_…`
    pub id: String,
    /// The destination that it is of; never changes.
    pub destination_id: String,
    /// A `filters::Subscription`, JSON.
    pub subscription: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it was changed last.
    pub updated_at_ms: i64,
    /// Grows with every change.
    pub version: i64,
}

const COLUMNS: &str =
    "s.id, s.destination_id, s.subscription, s.created_at_ms, s.updated_at_ms, s.version";

fn read(row: &AnyRow) -> Result<DestinationSubscription, StoreError> {
    Ok(DestinationSubscription {
        id: row.try_get(0)?,
        destination_id: row.try_get(1)?,
        subscription: row.try_get(2)?,
        created_at_ms: row.try_get(3)?,
        updated_at_ms: row.try_get(4)?,
        version: row.try_get(5)?,
    })
}

/// The destination's mapping with this id.
pub async fn find(
    db: &mut AnyConnection,
    destination_id: &str,
    id: &str,
) -> Result<Option<DestinationSubscription>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destination_subscriptions s \
         WHERE s.destination_id = $1 AND s.id = $2"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(destination_id).bind(id);
    row.fetch_optional(db).await?.as_ref().map(read).transpose()
}

/// The mappings of a destination, oldest first: the order in which they are asked.
pub async fn of_destination(
    db: &mut AnyConnection,
    destination_id: &str,
) -> Result<Vec<DestinationSubscription>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destination_subscriptions s WHERE s.destination_id = $1 \
         ORDER BY s.created_at_ms, s.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(destination_id);
    rows.fetch_all(db).await?.iter().map(read).collect()
}

/// A page of them, by id, which is the cursor.
pub async fn list(
    db: &mut AnyConnection,
    destination_id: &str,
    page: &Page,
) -> Result<Paged<DestinationSubscription>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("s.destination_id", destination_id);
    let all = wanted.clone();
    wanted.after("s.id", page);
    let sql = format!(
        "SELECT {COLUMNS} FROM destination_subscriptions s WHERE {} ORDER BY s.id",
        wanted.sql()
    );
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("destination_subscriptions s", page, rows.len(), db).await?;
    let rows = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(rows, total, |row: &DestinationSubscription| row.id.clone()))
}

/// Adds a mapping.
pub async fn insert(
    db: &mut AnyConnection,
    row: &DestinationSubscription,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO destination_subscriptions (id, destination_id, subscription, created_at_ms, \
         updated_at_ms, version) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.id)
    .bind(&row.destination_id)
    .bind(&row.subscription)
    .bind(row.created_at_ms)
    .bind(row.updated_at_ms)
    .bind(row.version)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes every changeable field, if the row is still at the version before `row.version`.
pub async fn update(
    db: &mut AnyConnection,
    row: &DestinationSubscription,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE destination_subscriptions SET subscription = $2, updated_at_ms = $3, version = $4 \
         WHERE id = $1 AND version = $5",
    )
    .bind(&row.id)
    .bind(&row.subscription)
    .bind(row.updated_at_ms)
    .bind(row.version)
    .bind(row.version - 1)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a mapping; `false` when there is none such.
pub async fn delete(
    db: &mut AnyConnection,
    destination_id: &str,
    id: &str,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM destination_subscriptions WHERE destination_id = $1 AND id = $2";
    let done = sqlx::query(sql).bind(destination_id).bind(id).execute(db).await?;
    Ok(done.rows_affected() == 1)
}
