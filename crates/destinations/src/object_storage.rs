//! Object storage: messages as files of lines or as Parquet, filed by time, source and event, in
//! S3 and what is compatible with it, Google Cloud Storage, Azure, or a folder on the server.
//!
//! Each message is there exactly once, whatever dies in the middle: see `ledger.rs`.

mod columns;
mod fault;
mod layout;
mod ledger;
mod load;
mod parquet;
pub mod store;
mod transport;

use std::{
    sync::{
        Arc, Mutex as StdMutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use destination_kit::{
    Answer, BadSetting, Batching, Definition, DeliveryError, Destination, DestinationKind, Fault,
    Parcel, Setting, SettingKind, Settings, World,
};
use serde_json::{Value, json};
use spec::DestinationId;
use tokio::{sync::Mutex, task::AbortHandle, time::timeout};

use layout::Layout;
use ledger::Ledger;
use load::{Cutter, Format};
use store::Store;

/// A load under way gets so long to end when the destination closes; what it has left then is
/// recovered when it opens again.
const CLOSE_PATIENCE: Duration = Duration::from_secs(10);

/// The catalog's object storage.
pub struct ObjectStorageKind;

/// The same files in a folder on the server, for whoever runs it.
pub struct FolderKind;

impl DestinationKind for ObjectStorageKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "object-storage".to_owned(),
            name: "Object storage".to_owned(),
            description: "Loads messages exactly once into Amazon S3 and what is compatible with \
                          it, Google Cloud Storage or Azure Blob Storage, as compressed lines of \
                          JSON or as Parquet, filed by time, source and event."
                .to_owned(),
            settings: store::remote_settings().into_iter().chain(settings()).collect(),
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        open(&self.definition(), settings, owner, world)
    }
}

impl DestinationKind for FolderKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "folder".to_owned(),
            name: "Folder".to_owned(),
            description: "Loads messages exactly once into a folder on the server, as compressed \
                          lines of JSON or as Parquet, filed by time, source and event."
                .to_owned(),
            settings: store::folder_settings().into_iter().chain(settings()).collect(),
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        open(&self.definition(), settings, owner, world)
    }
}

fn open(
    definition: &Definition,
    settings: &Settings,
    owner: &DestinationId,
    world: &World,
) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
    let settings = definition.check(settings)?;
    let text = |key| settings.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key| settings.get(key).and_then(Value::as_u64).unwrap_or_default();
    if settings.contains_key("path") && text("path").is_empty() {
        let problem = "must not be empty".to_owned();
        return Err(vec![BadSetting { key: "path".to_owned(), problem }]);
    }
    let layout = Layout::read(text("partition"))
        .map_err(|problem| vec![BadSetting { key: "partition".to_owned(), problem }])?;
    let format = Format::WORDS.iter().find(|(word, _)| *word == text("format"));
    let store = Store::open(&settings, world)?;
    let cutter = Cutter {
        owner: owner.clone(),
        prefix: store.prefix().clone(),
        layout,
        format: format.expect("settings are checked").1,
    };
    let batching = Batching {
        messages_max: number("messages_max") as usize,
        bytes_max: number("bytes_max") as usize,
        calls_max: 1,
        linger: Duration::from_secs(number("linger_seconds")),
    };
    Ok(Arc::new(ObjectStorage {
        batching,
        folder: ledger::folder(&cutter),
        store: store.clone(),
        ledger: Arc::new(Mutex::new(Ledger::new(store, cutter, world.clock.clone()))),
        settled: Arc::default(),
        watched: world.recorder.is_some(),
        running: StdMutex::default(),
    }))
}

struct ObjectStorage {
    batching: Batching,
    store: Store,
    folder: object_store::path::Path,
    /// Owned guards of it travel to the task that loads.
    ledger: Arc<Mutex<Ledger>>,
    /// What stands before it has its outcome.
    settled: Arc<AtomicU64>,
    /// Somebody looks on at a test, and the real one may be loading meanwhile.
    watched: bool,
    /// The load under way.
    running: StdMutex<Option<AbortHandle>>,
}

#[async_trait]
impl Destination for ObjectStorage {
    fn batching(&self) -> Batching {
        self.batching
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let parcels = parcels.to_vec();
        let (watched, settled) = (self.watched, self.settled.clone());
        let mut ledger = self.ledger.clone().lock_owned().await;
        // A large load over a slow line takes longer than an attempt may: it goes on, and the next
        // call waits for it.
        let load = tokio::spawn(async move {
            if watched {
                return ledger.write_only(parcels).await;
            }
            ledger.take(parcels, settled.load(Relaxed)).await
        });
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(load.abort_handle());
        match load.await {
            Ok(outcome) => outcome.map(|()| Answer::default()),
            Err(ended) => {
                let (code, excerpt) = ("INTERNAL".to_owned(), format!("the load ended: {ended}"));
                Err(DeliveryError::Retry(Fault { status: None, code, excerpt }, None))
            }
        }
    }

    fn settled(&self, before: u64) {
        self.settled.fetch_max(before, Relaxed);
    }

    async fn test_connection(&self) -> Option<Result<String, Fault>> {
        Some(self.store.try_out(&self.folder).await)
    }

    async fn close(&self) {
        if timeout(CLOSE_PATIENCE, self.ledger.lock()).await.is_err() {
            self.abort();
        }
    }
}

impl ObjectStorage {
    fn abort(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(load) = running.take() {
            load.abort();
        }
    }
}

impl Drop for ObjectStorage {
    fn drop(&mut self) {
        self.abort();
    }
}

fn settings() -> Vec<Setting> {
    let formats = Format::WORDS.iter().map(|(word, _)| (*word).to_owned()).collect();
    vec![
        Setting::new(
            "format",
            "Format",
            SettingKind::Choice { of: formats },
            "Lines of JSON, compressed with gzip or zstd, or Parquet.",
        )
        .or(json!("ndjson.gz")),
        Setting::new(
            "partition",
            "Folders",
            SettingKind::Text,
            "hive, segment, or a template such as date={date}/hour={hour}/source={source}/event={event}.",
        )
        .or(json!("hive")),
        Setting::new(
            "linger_seconds",
            "Wait for more",
            SettingKind::Number { min: 1, max: 3600 },
            "Messages are loaded once the oldest has waited so long, in seconds, or when a load is \
             full.",
        )
        .or(json!(300)),
        Setting::new(
            "messages_max",
            "Load size",
            SettingKind::Number { min: 1, max: 50_000 },
            "The most messages in one load.",
        )
        .or(json!(50_000)),
        Setting::new(
            "bytes_max",
            "Load bytes",
            SettingKind::Number { min: 64 * 1024, max: 64 * 1024 * 1024 },
            "The most bytes of JSON in one load, before they are compressed.",
        )
        .or(json!(64 * 1024 * 1024)),
    ]
}

#[cfg(test)]
mod tests;
