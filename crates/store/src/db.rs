//! The database: opening it, reading, and writing one at a time.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::{Arc, Once},
    time::Duration,
};

use sqlx::{
    AnyConnection, AnyPool, Connection, Executor,
    any::{AnyPoolOptions, install_default_drivers},
    pool::PoolConnection,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{StoreError, migrations};

/// The lock that writers on Postgres take, so that they go one at a time as on SQLite.
const WRITER_LOCK: &str = "SELECT pg_advisory_xact_lock(7382160931402)";

/// Connections at one time.
const CONNECTIONS_MAX: u32 = 8;

/// How long a reader waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// A server.
    Postgres,
}

/// The control plane's database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    writer: Arc<Mutex<()>>,
    keeps: bool,
}

/// A connection for reading.
pub type Read = PoolConnection<sqlx::Any>;

/// The one write transaction at this time. Dropped without [`Write::commit`], nothing of it stays.
pub struct Write {
    transaction: sqlx::Transaction<'static, sqlx::Any>,
    keeps: bool,
    _alone: OwnedMutexGuard<()>,
}

impl Db {
    /// Opens the database in the file at `path`, made when missing, and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for the file of a newer Headwater, which stays untouched.
    pub async fn open_file(path: &Path) -> Result<Db, StoreError> {
        Db::open(&url_of(path)).await
    }

    /// Opens the database at `url` (`sqlite:…` or `postgres://…`) and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for the database of a newer Headwater, which stays untouched.
    pub async fn open(url: &str) -> Result<Db, StoreError> {
        let db = Db::connect(url).await?;
        migrations::run(&db).await?;
        Ok(db)
    }

    /// Opens the database at `url` as it is.
    pub(crate) async fn connect(url: &str) -> Result<Db, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(install_default_drivers);
        let engine = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if engine == Engine::Sqlite {
                        // FULL: NORMAL loses the last commits when the power fails.
                        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                            PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; \
                            PRAGMA cache_size = -8000;";
                        connection.execute(sqlx::raw_sql(pragmas)).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        Ok(Db { pool, engine, writer: Arc::default(), keeps: true })
    }

    /// The same database for a rehearsal: what is written is seen by its own transaction, and
    /// [`Write::commit`] refuses to keep it.
    pub fn rehearsal(&self) -> Db {
        Db { keeps: false, ..self.clone() }
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Read, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// Starts the next write transaction; waits until every earlier one has ended.
    pub async fn write(&self) -> Result<Write, StoreError> {
        let alone = self.writer.clone().lock_owned().await;
        let transaction = match self.engine {
            Engine::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => {
                let mut transaction = self.pool.begin().await?;
                transaction.execute(WRITER_LOCK).await?;
                transaction
            }
        };
        Ok(Write { transaction, keeps: self.keeps, _alone: alone })
    }

    /// A transaction that sees everything as it is at one moment, and changes nothing.
    pub(crate) async fn snapshot(
        &self,
    ) -> Result<sqlx::Transaction<'static, sqlx::Any>, StoreError> {
        Ok(self.pool.begin_with(crate::backup::snapshot_begin(self.engine)).await?)
    }

    /// Closes every connection; on SQLite the log is folded into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read().await?.ping().await?)
    }
}

impl Write {
    /// Makes everything done in it durable and visible.
    ///
    /// # Errors
    /// [`StoreError::Rehearsed`] on a database for rehearsals: nothing of it stays.
    pub async fn commit(self) -> Result<(), StoreError> {
        if !self.keeps {
            return Err(StoreError::Rehearsed);
        }
        Ok(self.transaction.commit().await?)
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// The URL of the database in the file at `path`, made when missing.
pub fn url_of(path: &Path) -> String {
    // A path may hold what a URL may not.
    let mut url = String::from("sqlite://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                url.push(char::from(*byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    url
}
