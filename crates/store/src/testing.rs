//! The databases that every test here runs on.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::{Db, Fresh};

/// A database of one test, gone with it.
pub struct Scratch {
    pub db: Db,
    _dir: Option<TempDir>,
}

/// One fresh database for each engine there is: SQLite always, Postgres when
/// `HEADWATER_TEST_POSTGRES` names a server (`scripts/test` starts one).
#[expect(clippy::disallowed_methods, reason = "scripts/test says where Postgres is")]
pub async fn databases() -> Vec<Scratch> {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_file(&dir.path().join("control.db")).await.unwrap();
    let mut all = vec![Scratch { db, _dir: Some(dir) }];
    if let Ok(server) = std::env::var("HEADWATER_TEST_POSTGRES") {
        all.push(Scratch { db: postgres(&server).await, _dir: None });
    }
    all
}

async fn postgres(server: &str) -> Db {
    Db::open(&fresh_postgres(server).await).await.unwrap()
}

/// The URL of a database on Postgres that holds nothing, not even tables.
#[expect(clippy::disallowed_methods, reason = "scripts/test says where Postgres is")]
pub async fn empty_postgres() -> String {
    fresh_postgres(&std::env::var("HEADWATER_TEST_POSTGRES").unwrap()).await
}

async fn fresh_postgres(server: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("store_{}_{number}", std::process::id());
    let admin = sqlx::postgres::PgPool::connect(&format!("{server}/postgres")).await.unwrap();
    let sql = format!("CREATE DATABASE {name}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&admin).await.unwrap();
    format!("{server}/{name}")
}

/// Randomness that is the same in every run.
pub fn fresh(seed: u64) -> Fresh {
    let state = std::sync::Mutex::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    Fresh::new(move |bytes| {
        let mut state = state.lock().unwrap();
        for byte in bytes {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            *byte = (*state >> 32) as u8;
        }
    })
}
