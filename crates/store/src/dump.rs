//! The rows of a database as SQL text: for a fixture of each release, and for tests that put a
//! database back as it was. One text for both engines; for tests and chores only.

use std::fmt::Write as _;

use sqlx::{AnyConnection, Executor, Row, any::AnyRow};

use crate::{Engine, StoreError};

/// Tables and indexes as they are, and every row. Only of SQLite, which remembers their text; what
/// comes out can be run on either engine.
pub async fn whole(db: &mut AnyConnection) -> Result<String, StoreError> {
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";
    let mut text = String::new();
    for row in sqlx::query(sql).fetch_all(&mut *db).await? {
        let _ = writeln!(text, "{};", row.try_get::<String, _>(0)?);
    }
    for table in tables(db, Engine::Sqlite).await? {
        text.push_str(&inserts(db, &table).await?);
    }
    Ok(text)
}

/// A text that makes the rows what they are now, whatever they became.
pub async fn rows(db: &mut AnyConnection, engine: Engine) -> Result<String, StoreError> {
    let tables: Vec<String> =
        tables(db, engine).await?.into_iter().filter(|table| table != "migrations").collect();
    let mut text = String::new();
    for table in tables.iter().rev() {
        let _ = writeln!(text, "DELETE FROM {table};");
    }
    for table in &tables {
        text.push_str(&inserts(db, table).await?);
    }
    Ok(text)
}

/// Runs a text of this module.
pub async fn run(db: &mut AnyConnection, text: &str) -> Result<(), StoreError> {
    db.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))).await?;
    Ok(())
}

/// In the order in which they were made: what is referred to comes first.
async fn tables(db: &mut AnyConnection, engine: Engine) -> Result<Vec<String>, StoreError> {
    let sql = match engine {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             ORDER BY rowid"
        }
        Engine::Postgres => {
            "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' AND \
             relnamespace = 'public'::regnamespace ORDER BY oid"
        }
    };
    let rows = sqlx::query(sql).fetch_all(db).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

async fn inserts(db: &mut AnyConnection, table: &str) -> Result<String, StoreError> {
    let sql = format!("SELECT * FROM {table}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(db).await?;
    let Some(first) = rows.first() else { return Ok(String::new()) };
    let columns: Vec<&str> = first.columns().iter().map(sqlx::Column::name).collect();
    let mut text = format!("INSERT INTO {table} ({}) VALUES", columns.join(", "));
    for (number, row) in rows.iter().enumerate() {
        let values: Vec<String> =
            (0..row.len()).map(|at| literal(row, at)).collect::<Result<_, _>>()?;
        let _ = write!(text, "{}\n({})", if number == 0 { "" } else { "," }, values.join(", "));
    }
    text.push_str(";\n");
    Ok(text)
}

fn literal(row: &AnyRow, at: usize) -> Result<String, StoreError> {
    if let Ok(number) = row.try_get::<Option<i64>, _>(at) {
        return Ok(number.map_or_else(|| "NULL".to_owned(), |number| number.to_string()));
    }
    let text: Option<String> = row.try_get(at)?;
    Ok(text.map_or_else(|| "NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''"))))
}
