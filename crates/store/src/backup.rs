//! A copy of the whole database as lines of JSON, the same for both engines: taken from one moment
//! while everything goes on, read back into an empty database of either engine.
//!
//! ```text
//! {"backup":"headwater","schema":1,"takenAt":…}     first line
//! {"table":"accounts","columns":["id", …]}          then, table by table,
//! ["acc_…", …]                                      its rows
//! {"rows":1234}                                     last line: it is whole
//! ```

use std::{
    fmt::Write as _,
    io::{self, BufRead, Write},
};

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{
    AnyConnection, Column, Executor, Row, ValueRef,
    any::{AnyRow, AnyTypeInfoKind},
};

use crate::{Db, Engine, StoreError, migrations};

/// What the first line says it is.
const NAME: &str = "headwater";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// When it was taken, Unix milliseconds.
    pub at_ms: i64,
    /// Rows of each table, in the order in which they stand.
    pub tables: Vec<(String, u64)>,
}

/// Why a backup could not be made or read back. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("the backup cannot be written or read")]
    Io(#[from] io::Error),
    /// It is none, or it was damaged.
    #[error("line {line} is not what a backup holds: {what}")]
    Damaged {
        /// From 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The end is missing.
    #[error("the backup ends early, after {rows} rows: it was cut off")]
    CutOff {
        /// Rows that are there.
        rows: u64,
    },
    /// There is something in the database already.
    #[error("the database is not empty: table {table} has rows")]
    NotEmpty {
        /// Which table.
        table: String,
    },
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> BackupError {
        BackupError::Store(error.into())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct First {
    backup: String,
    schema: i64,
    taken_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Table {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Last {
    rows: u64,
}

impl Taken {
    /// Rows in all.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Writes everything that `db` holds at one moment.
///
/// # Errors
/// [`BackupError`]; what was written by then is no backup.
pub async fn write(db: &Db, now_ms: i64, out: &mut impl Write) -> Result<Taken, BackupError> {
    let mut snapshot = db.snapshot().await?;
    let (backup, schema) = (NAME.to_owned(), migrations::newest());
    line(out, &First { backup, schema, taken_at: now_ms })?;
    let mut taken = Taken { at_ms: now_ms, tables: Vec::new() };
    for table in migrations::tables(schema) {
        let sql = format!("SELECT * FROM {table}");
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(&mut *snapshot);
        let mut number = 0;
        while let Some(row) = rows.try_next().await? {
            if number == 0 {
                let columns = row.columns().iter().map(|c| c.name().to_owned()).collect();
                line(out, &Table { table: table.clone(), columns })?;
            }
            line(out, &values(&row)?)?;
            number += 1;
        }
        drop(rows);
        taken.tables.push((table, number));
    }
    line(out, &Last { rows: taken.rows() })?;
    out.flush()?;
    Ok(taken)
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Texts, whole numbers and nothing: our tables hold nothing else.
fn values(row: &AnyRow) -> Result<Vec<Value>, BackupError> {
    let value = |at: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        match raw.type_info().kind() {
            AnyTypeInfoKind::SmallInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::BigInt => {
                Ok(row.try_get::<i64, _>(at)?.into())
            }
            _ => Ok(row.try_get::<String, _>(at)?.into()),
        }
    };
    Ok((0..row.len()).map(value).collect::<Result<_, _>>()?)
}

/// Reads a backup back into the empty database at `url`, and brings it up to date.
///
/// # Errors
/// [`BackupError`]; the database is as it was then.
pub async fn restore(url: &str, backup: &mut impl BufRead) -> Result<(Db, Taken), BackupError> {
    let mut lines = Lines { backup, number: 0 };
    let first: First = lines.next()?.ok_or(BackupError::CutOff { rows: 0 })?;
    if first.backup != NAME {
        return Err(lines.damaged("it is not Headwater's"));
    }
    if first.schema > migrations::newest() {
        return Err(StoreError::Newer(first.schema).into());
    }
    let db = Db::connect(url).await?;
    migrations::run_to(&db, first.schema).await?;
    let mut write = db.write().await?;
    let tables = migrations::tables(first.schema);
    for table in &tables {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *write).await?;
        if found.try_get::<i64, _>(0)? > 0 {
            return Err(BackupError::NotEmpty { table: table.clone() });
        }
    }
    let taken = read(&mut write, &mut lines, &tables, first.taken_at).await?;
    write.commit().await?;
    migrations::run(&db).await?;
    Ok((db, taken))
}

/// Inserts every row.
async fn read(
    db: &mut AnyConnection,
    lines: &mut Lines<'_, impl BufRead>,
    known: &[String],
    at_ms: i64,
) -> Result<Taken, BackupError> {
    let mut taken = Taken { at_ms, tables: Vec::new() };
    let mut into = String::new();
    loop {
        let Some(line) = lines.next::<Value>()? else {
            return Err(BackupError::CutOff { rows: taken.rows() });
        };
        if let Value::Array(row) = line {
            let Some((_, number)) = taken.tables.last_mut() else {
                return Err(lines.damaged("a row before its table"));
            };
            let sql = format!("{into} VALUES ({})", places(&row));
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for value in row {
                query = match value {
                    Value::Null => query,
                    Value::String(text) => query.bind(text),
                    Value::Number(whole) if whole.is_i64() => query.bind(whole.as_i64()),
                    other => return Err(lines.damaged(&format!("{other} is no value"))),
                };
            }
            db.execute(query).await.map_err(|error| lines.damaged(&error.to_string()))?;
            *number += 1;
        } else if let Ok(Table { table, columns }) = serde_json::from_value(line.clone()) {
            let plain = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if !known.contains(&table) || !columns.iter().all(plain) {
                return Err(lines.damaged(&format!("there is no table {table}")));
            }
            into = format!("INSERT INTO {table} ({})", columns.join(", "));
            taken.tables.push((table, 0));
        } else if let Ok(Last { rows }) = serde_json::from_value(line) {
            if rows != taken.rows() || lines.next::<Value>()?.is_some() {
                return Err(lines.damaged(&format!("{rows} rows should be here")));
            }
            return Ok(taken);
        } else {
            return Err(lines.damaged("neither a table nor a row nor the end"));
        }
    }
}

/// Where the values of a row go. Nothing has no type by which Postgres could take it as a value.
fn places(row: &[Value]) -> String {
    let (mut sql, mut number) = (String::new(), 0);
    for (at, value) in row.iter().enumerate() {
        if at > 0 {
            sql.push_str(", ");
        }
        if value.is_null() {
            sql.push_str("NULL");
        } else {
            number += 1;
            let _ = write!(sql, "${number}");
        }
    }
    sql
}

/// Lines of JSON, numbered.
struct Lines<'a, R> {
    backup: &'a mut R,
    number: u64,
}

impl<R: BufRead> Lines<'_, R> {
    fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<T>, BackupError> {
        let mut line = String::new();
        self.number += 1;
        if self.backup.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let read = serde_json::from_str(&line);
        read.map(Some).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, what: &str) -> BackupError {
        BackupError::Damaged { line: self.number, what: what.to_owned() }
    }
}

/// Where a backup begins, on each engine.
pub(crate) fn snapshot_begin(engine: Engine) -> &'static str {
    match engine {
        // The first read fixes the moment.
        Engine::Sqlite => "BEGIN DEFERRED",
        Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    }
}

#[cfg(test)]
mod tests;
