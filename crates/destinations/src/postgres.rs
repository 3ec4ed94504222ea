//! PostgreSQL: a warehouse in the layout of Segment's, kept up to date.
//!
//! ```text
//! one schema for each source
//!   tracks, one table for each event, identifies, users, groups, accounts, pages, screens, aliases
//!   violations                   one row for each way in which a message broke its plan
//!   _headwater_loads             which messages stand there, written with their rows
//!   _headwater_receipts          how far that is complete
//!   _headwater_syncs             what each minute brought, for 30 days
//! ```
//!
//! Each message stands there exactly once, however often it is sent: docs/decisions/0016.

mod books;
mod catalogue;
mod connect;
mod fault;
mod history;
mod latest;
mod layout;
mod loader;
mod loads;
pub(crate) mod name;
mod rows;
mod scan;
mod selection;
mod settings;
mod table;
mod value;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use destination_kit::{
    Answer, BadSetting, Batching, Definition, DeliveryError, Destination, DestinationKind, Fault,
    History, Parcel, Settings, World,
};
use spec::DestinationId;
use tokio::{sync::Mutex, time::timeout};

use connect::{Server, connect};
use fault::Trouble;
use loader::Loader;
use name::quoted;

/// So long receipts wait for a load that takes them along.
const SETTLE_AFTER: Duration = Duration::from_secs(1);

/// So long a stop waits for a load to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The catalog's PostgreSQL.
pub struct PostgresKind;

impl DestinationKind for PostgresKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "postgres".to_owned(),
            name: "PostgreSQL".to_owned(),
            description: "Loads messages into tables of a PostgreSQL server, in the layout of \
                          Segment's warehouses, each message exactly once."
                .to_owned(),
            settings: settings::asked(),
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let settings = self.definition().check(settings)?;
        let (options, batching) = settings::read(&settings)?;
        Ok(Arc::new(Postgres {
            owner: owner.as_str().to_owned(),
            server: options.server.clone(),
            world: world.clone(),
            batching,
            loader: Arc::new(Mutex::new(Loader::new(options, owner.as_str(), world))),
            settled: Arc::new(AtomicU64::new(0)),
            settling: Arc::new(AtomicBool::new(false)),
        }))
    }
}

struct Postgres {
    owner: String,
    server: Server,
    world: World,
    batching: Batching,
    loader: Arc<Mutex<Loader>>,
    /// What stands before this position in the log does not come again.
    settled: Arc<AtomicU64>,
    /// Somebody will tell the server.
    settling: Arc<AtomicBool>,
}

#[async_trait]
impl Destination for Postgres {
    fn batching(&self) -> Batching {
        self.batching
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let mut loader = self.loader.clone().lock_owned().await;
        let (parcels, settled) = (parcels.to_vec(), self.settled.load(Relaxed));
        // A load goes on when nobody waits for it any more: what takes longer than an attempt may
        // is there at the next one.
        let load = tokio::spawn(async move { loader.load(&parcels, settled).await });
        match load.await {
            Ok(outcome) => outcome.map(|()| Answer::default()),
            Err(panicked) => Err(Trouble::Lost(panicked.to_string()).verdict()),
        }
    }

    fn settled(&self, before: u64) {
        self.settled.fetch_max(before, Relaxed);
        if self.settling.swap(true, Relaxed) {
            return;
        }
        let (settled, settling) = (self.settled.clone(), self.settling.clone());
        let loader = self.loader.clone();
        tokio::spawn(async move {
            tokio::time::sleep(SETTLE_AFTER).await;
            settling.store(false, Relaxed);
            let mut loader = loader.lock().await;
            let before = settled.load(Relaxed);
            if loader.has_settled(before)
                && let Err(fault) = loader.settle(before).await
            {
                tracing::debug!(error = fault.excerpt, "receipts will be complete later");
            }
        });
    }

    async fn test_connection(&self) -> Option<Result<String, Fault>> {
        Some(self.look().await.map_err(|trouble| trouble.fault()).and_then(|found| found))
    }

    async fn history(&self, limit: usize) -> Option<Result<History, Fault>> {
        let read = async {
            let connected = connect(&self.server, &self.world).await?;
            history::read(&connected.client, &self.owner, limit).await
        };
        Some(read.await.map_err(|trouble: Trouble| trouble.fault()))
    }

    async fn close(&self) {
        // a load that takes longer is given up with the process, and undone by the server
        if let Ok(mut loader) = timeout(CLOSE_TIMEOUT, self.loader.lock()).await {
            loader.close();
        }
    }
}

impl Postgres {
    /// Says what answers, and whether we may load there.
    async fn look(&self) -> Result<Result<String, Fault>, Trouble> {
        let connected = connect(&self.server, &self.world).await?;
        let found = connected
            .client
            .query_one(
                "SELECT current_setting('server_version'), current_setting('server_encoding'), \
                 pg_is_in_recovery(), current_user::text, \
                 has_database_privilege(current_database(), 'CREATE')",
                &[],
            )
            .await?;
        let (version, encoding): (String, String) = (found.get(0), found.get(1));
        let (standby, user, may_create): (bool, String, bool) =
            (found.get(2), found.get(3), found.get(4));
        let database = &self.server.database;
        let fault =
            |code: &str, excerpt: String| Fault { status: None, code: code.to_owned(), excerpt };
        if standby {
            let sentence = format!("{database:?} is on a standby, which takes no writes");
            return Ok(Err(fault("25006", sentence)));
        }
        if encoding != "UTF8" {
            let sentence = format!("{database:?} is encoded in {encoding}; it must be UTF8");
            return Ok(Err(fault("22P05", sentence)));
        }
        if !may_create {
            let (database, role) = (quoted(database), quoted(&user));
            let sentence = format!(
                "permission denied: {user} may not make schemas; GRANT CREATE ON DATABASE \
                 {database} TO {role} lets it"
            );
            return Ok(Err(fault("42501", sentence)));
        }
        Ok(Ok(format!("PostgreSQL {version} answers, and {user} may make schemas in {database:?}")))
    }
}

#[cfg(test)]
mod tests;
