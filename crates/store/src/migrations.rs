//! Forward only: each migration runs once, in order, in one transaction with the note that it ran.

use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Executor, Row};

use crate::{Db, StoreError};

/// Number, name, text. Never edit a released one.
const ALL: &[(i64, &str, &str)] = &[
    (1, "control_plane", include_str!("../migrations/0001_control_plane.sql")),
    (2, "key_use_and_trail", include_str!("../migrations/0002_key_use_and_trail.sql")),
    (3, "evidence", include_str!("../migrations/0003_evidence.sql")),
    (4, "tracking_plans", include_str!("../migrations/0004_tracking_plans.sql")),
    (5, "source_schema", include_str!("../migrations/0005_source_schema.sql")),
    (6, "beta_criteria", include_str!("../migrations/0006_beta_criteria.sql")),
    (7, "destination_filters", include_str!("../migrations/0007_destination_filters.sql")),
    (8, "alerts", include_str!("../migrations/0008_alerts.sql")),
    (9, "source_retention", include_str!("../migrations/0009_source_retention.sql")),
    (10, "destination_pace", include_str!("../migrations/0010_destination_pace.sql")),
    (
        11,
        "destination_subscriptions",
        include_str!("../migrations/0011_destination_subscriptions.sql"),
    ),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    number BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL
)";

/// The number of the last one.
pub fn newest() -> i64 {
    ALL.iter().map(|(number, ..)| *number).max().unwrap_or_default()
}

/// The tables that are there after migration `last`, each after those that it refers to.
pub fn tables(last: i64) -> Vec<String> {
    let texts = ALL.iter().filter(|(number, ..)| *number <= last);
    let statements = texts.flat_map(|(_, _, text)| statements(text));
    let names = statements.filter_map(|statement| {
        let name = statement.strip_prefix("CREATE TABLE ")?.split_whitespace().next()?;
        Some(name.to_owned())
    });
    names.collect()
}

/// Brings the database up to date.
pub async fn run(db: &Db) -> Result<(), StoreError> {
    run_to(db, newest()).await
}

/// Brings the database to where it is after migration `last`, unless it is further.
pub async fn run_to(db: &Db, last: i64) -> Result<(), StoreError> {
    let mut write = db.write().await?;
    write.execute(TABLE).await?;
    let rows = sqlx::query("SELECT number, hash FROM migrations ORDER BY number")
        .fetch_all(&mut *write)
        .await?;
    let mut done = Vec::with_capacity(rows.len());
    for row in rows {
        done.push((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?));
    }
    for (number, hash) in &done {
        match ALL.iter().find(|known| known.0 == *number) {
            None => return Err(StoreError::Newer(*number)),
            Some(known) if hash_of(known.2) != *hash => return Err(StoreError::Edited(*number)),
            Some(_) => {}
        }
    }
    for (number, name, text) in ALL.iter().filter(|(number, ..)| *number <= last) {
        if done.iter().all(|(ran, _)| ran != number) {
            apply(&mut write, *number, name, text).await?;
        }
    }
    write.commit().await
}

async fn apply(
    connection: &mut AnyConnection,
    number: i64,
    name: &str,
    text: &str,
) -> Result<(), StoreError> {
    for statement in statements(text) {
        connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement))).await?;
    }
    sqlx::query("INSERT INTO migrations (number, name, hash) VALUES ($1, $2, $3)")
        .bind(number)
        .bind(name)
        .bind(hash_of(text))
        .execute(connection)
        .await?;
    tracing::info!(number, name, "migrated");
    Ok(())
}

/// The statements of a migration: comments gone, split at semicolons, which its strings must not hold.
fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    code.split(';').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

fn hash_of(text: &str) -> String {
    crate::fresh::hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests;
