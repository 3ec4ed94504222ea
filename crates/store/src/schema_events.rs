//! What somebody set of the events of a source: blocked, archived, switched off for destinations.
//! The events that a source sends are found in the log; only what was set stands here.

use std::collections::HashMap;

use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{Page, Paged, StoreError, conditions::Conditions};

/// The kind of events: track calls by their names, and all page and all screen calls as one each.
pub const TRACK: &str = "TRACK";

/// An event of a source, as somebody set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaEvent {
    /// Of which source.
    pub source_id: String,
    /// [`TRACK`].
    pub kind: String,
    /// Its exact name.
    pub name: String,
    /// Since when it is blocked.
    pub blocked_at_ms: Option<i64>,
    /// Since when it is archived.
    pub archived_at_ms: Option<i64>,
    /// When it was set first.
    pub created_at_ms: i64,
    /// When it was set last.
    pub changed_at_ms: i64,
    /// Who set it last: an account or a token.
    pub changed_by: String,
    /// Ids of the destinations that it does not go to, in their order.
    pub off: Vec<String>,
}

const COLUMNS: &str = "e.source_id, e.kind, e.name, e.blocked_at_ms, e.archived_at_ms, \
    e.created_at_ms, e.changed_at_ms, e.changed_by";

fn event(row: &AnyRow) -> Result<SchemaEvent, StoreError> {
    Ok(SchemaEvent {
        source_id: row.try_get(0)?,
        kind: row.try_get(1)?,
        name: row.try_get(2)?,
        blocked_at_ms: row.try_get(3)?,
        archived_at_ms: row.try_get(4)?,
        created_at_ms: row.try_get(5)?,
        changed_at_ms: row.try_get(6)?,
        changed_by: row.try_get(7)?,
        off: Vec::new(),
    })
}

/// The events of a source that somebody set, by name, which is the cursor.
pub async fn list(
    db: &mut AnyConnection,
    source_id: &str,
    kind: &str,
    page: &Page,
) -> Result<Paged<SchemaEvent>, StoreError> {
    let mut wanted = Conditions::new();
    wanted.equal("e.source_id", source_id);
    wanted.equal("e.kind", kind);
    let all = wanted.clone();
    wanted.after("e.name", page);
    let sql =
        format!("SELECT {COLUMNS} FROM schema_events e WHERE {} ORDER BY e.name", wanted.sql());
    let rows = wanted.limited(&sql, page).fetch_all(&mut *db).await?;
    let total = all.total("schema_events e", page, rows.len(), db).await?;
    let mut rows = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    fill_in(db, source_id, &mut rows).await?;
    Ok(page.cut(rows, total, |event: &SchemaEvent| event.name.clone()))
}

/// All of them.
pub async fn of_source(
    db: &mut AnyConnection,
    source_id: &str,
) -> Result<Vec<SchemaEvent>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM schema_events e WHERE e.source_id = $1 ORDER BY e.name");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(source_id).fetch_all(&mut *db).await?;
    let mut rows = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    fill_in(db, source_id, &mut rows).await?;
    Ok(rows)
}

/// One of them.
pub async fn find(
    db: &mut AnyConnection,
    source_id: &str,
    kind: &str,
    name: &str,
) -> Result<Option<SchemaEvent>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM schema_events e \
         WHERE e.source_id = $1 AND e.kind = $2 AND e.name = $3"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(source_id).bind(kind).bind(name);
    let Some(row) = row.fetch_optional(&mut *db).await? else { return Ok(None) };
    let mut found = event(&row)?;
    let off = sqlx::query(
        "SELECT destination_id FROM schema_events_off \
         WHERE source_id = $1 AND kind = $2 AND name = $3 ORDER BY destination_id",
    );
    for row in off.bind(source_id).bind(kind).bind(name).fetch_all(db).await? {
        found.off.push(row.try_get(0)?);
    }
    Ok(Some(found))
}

async fn fill_in(
    db: &mut AnyConnection,
    source_id: &str,
    events: &mut [SchemaEvent],
) -> Result<(), StoreError> {
    let places: HashMap<(String, String), usize> = events
        .iter()
        .enumerate()
        .map(|(place, event)| ((event.kind.clone(), event.name.clone()), place))
        .collect();
    let off = sqlx::query(
        "SELECT kind, name, destination_id FROM schema_events_off WHERE source_id = $1 \
         ORDER BY destination_id",
    );
    for row in off.bind(source_id).fetch_all(db).await? {
        if let Some(place) = places.get(&(row.try_get(0)?, row.try_get(1)?)) {
            events[*place].off.push(row.try_get(2)?);
        }
    }
    Ok(())
}

/// How many events of a source somebody set.
pub async fn count(db: &mut AnyConnection, source_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM schema_events WHERE source_id = $1";
    Ok(sqlx::query(sql).bind(source_id).fetch_one(db).await?.try_get(0)?)
}

/// Writes an event as it is set, whether it was there or not.
pub async fn put(db: &mut AnyConnection, row: &SchemaEvent) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO schema_events (source_id, kind, name, blocked_at_ms, archived_at_ms, \
         created_at_ms, changed_at_ms, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (source_id, kind, name) DO UPDATE SET \
         blocked_at_ms = excluded.blocked_at_ms, archived_at_ms = excluded.archived_at_ms, \
         changed_at_ms = excluded.changed_at_ms, changed_by = excluded.changed_by",
    )
    .bind(&row.source_id)
    .bind(&row.kind)
    .bind(&row.name)
    .bind(row.blocked_at_ms)
    .bind(row.archived_at_ms)
    .bind(row.created_at_ms)
    .bind(row.changed_at_ms)
    .bind(&row.changed_by)
    .execute(&mut *db)
    .await?;
    sqlx::query("DELETE FROM schema_events_off WHERE source_id = $1 AND kind = $2 AND name = $3")
        .bind(&row.source_id)
        .bind(&row.kind)
        .bind(&row.name)
        .execute(&mut *db)
        .await?;
    for destination in &row.off {
        sqlx::query(
            "INSERT INTO schema_events_off (source_id, kind, name, destination_id) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(&row.source_id)
        .bind(&row.kind)
        .bind(&row.name)
        .bind(destination)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
