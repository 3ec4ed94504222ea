//! File: messages as lines of JSON in a folder.
//!
//! ```text
//! current.ndjson                       grows; every line whole and synced once it is acknowledged
//! 20261125T141000.123Z-0000.ndjson     finished, named by when it was begun, in order
//! 20261125T141000.123Z-0000.ndjson.gz  the same, where the settings ask for gzip
//! .lock                                one writer per folder
//! ```
//!
//! After a crash the next delivery mends what is torn; what was acknowledged is never touched.

mod folder;
pub(crate) mod lines;
mod rotated;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use destination_kit::{
    Answer, BadSetting, Batching, Clock, Definition, DeliveryError, Destination, DestinationKind,
    Fault, Parcel, Setting, SettingKind, Settings, World, http::excerpt, io_code,
};
use serde_json::{Value, json};
use spec::DestinationId;
use tokio::{sync::Mutex, task::AbortHandle};

use folder::{Folder, Options};

/// Between two looks at the age of a file.
const WATCH_PAUSE_MIN: Duration = Duration::from_millis(10);

/// The catalog's file.
pub struct FileKind;

impl DestinationKind for FileKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "file".to_owned(),
            name: "File".to_owned(),
            description: "Appends each message as one line of JSON to files in a folder on the \
                          server, rotated by size and age."
                .to_owned(),
            settings: settings(),
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let settings = self.definition().check(settings)?;
        let path = settings.get("path").and_then(Value::as_str).unwrap_or_default();
        if path.is_empty() {
            let problem = "must not be empty".to_owned();
            return Err(vec![BadSetting { key: "path".to_owned(), problem }]);
        }
        let number = |key| settings.get(key).and_then(Value::as_u64).unwrap_or_default();
        let options = Options {
            path: world.base_dir.join(path),
            rotate_bytes: number("rotate_bytes"),
            rotate_after: Duration::from_secs(number("rotate_seconds")),
            gzip: settings.get("gzip").and_then(Value::as_bool).unwrap_or_default(),
        };
        Ok(Arc::new(FileDestination {
            path: options.path.clone(),
            writer: Arc::new(Mutex::new(Writer { options, folder: None, closed: false })),
            clock: world.clock.clone(),
            watch: StdMutex::default(),
        }))
    }
}

struct FileDestination {
    path: PathBuf,
    /// Owned guards of it travel to threads that may block.
    writer: Arc<Mutex<Writer>>,
    clock: Clock,
    /// Finishes the growing file when it is old.
    watch: StdMutex<Option<AbortHandle>>,
}

struct Writer {
    options: Options,
    /// Opened by the first delivery, and again by the first one after an error.
    folder: Option<Folder>,
    closed: bool,
}

#[async_trait]
impl Destination for FileDestination {
    fn batching(&self) -> Batching {
        // Appends wait for each other and for the disk: better few and large.
        Batching {
            messages_max: 4000,
            bytes_max: 4 * 1024 * 1024,
            calls_max: 1,
            linger: Duration::ZERO,
        }
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let lines: Vec<Bytes> = parcels.iter().map(|parcel| parcel.message.raw().clone()).collect();
        let clock = self.clock.clone();
        let appended = self.blocking(move |writer| writer.append(&lines, clock.now_ms())).await;
        match appended {
            Ok(None) => Ok(Answer::default()),
            Ok(Some(wait)) => {
                self.watch(wait);
                Ok(Answer::default())
            }
            Err(error) => Err(self.not_ready(&error)),
        }
    }

    async fn close(&self) {
        let closed = self.blocking(|writer| {
            writer.closed = true;
            writer.folder.take().map_or(Ok(()), Folder::close)
        });
        if let Err(error) = closed.await {
            tracing::warn!(path = %self.path.display(), %error, "files of a destination were not all compressed");
        }
    }
}

impl FileDestination {
    /// Runs `work` alone, on a thread that may block, to its end even when nobody waits any more.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut writer = self.writer.clone().lock_owned().await;
        let done = tokio::task::spawn_blocking(move || work(&mut writer)).await;
        done.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
    }

    /// Finishes the growing file after `wait` even when nothing more is delivered.
    fn watch(&self, mut wait: Duration) {
        let (weak, clock) = (Arc::downgrade(&self.writer), self.clock.clone());
        let watch = tokio::spawn(async move {
            loop {
                tokio::time::sleep(wait.max(WATCH_PAUSE_MIN)).await;
                let Some(writer) = weak.upgrade() else { return };
                let (mut writer, now_ms) = (writer.lock_owned().await, clock.now_ms());
                let rotate = move || writer.rotate_if_old(now_ms);
                match tokio::task::spawn_blocking(rotate).await {
                    Ok(Some(left)) => wait = left,
                    _ => return,
                }
            }
        });
        let mut slot = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = slot.replace(watch.abort_handle()) {
            earlier.abort();
        }
    }

    fn not_ready(&self, error: &io::Error) -> DeliveryError {
        let code =
            if error.kind() == io::ErrorKind::WouldBlock { "LOCKED" } else { io_code(error) };
        let excerpt = excerpt(format!("{}: {error}", self.path.display()).as_bytes());
        DeliveryError::Retry(Fault { status: None, code: code.to_owned(), excerpt }, None)
    }
}

impl Drop for FileDestination {
    fn drop(&mut self) {
        let slot = self.watch.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = slot.take() {
            watch.abort();
        }
    }
}

impl Writer {
    /// Appends and syncs. Tells how long the growing file may still grow when that is news.
    fn append(&mut self, lines: &[Bytes], now_ms: i64) -> io::Result<Option<Duration>> {
        if self.closed {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "the destination is closed"));
        }
        let kept = self.folder.take().filter(Folder::is_in_place);
        let known = kept.as_ref().and_then(Folder::begun_ms);
        let mut folder = match kept {
            Some(folder) => folder,
            None => Folder::open(self.options.clone(), now_ms)?,
        };
        // after an error the folder is dropped here, and mended when it is opened again
        folder.append(lines, now_ms)?;
        let news = folder.begun_ms() != known;
        let left = folder.rotates_in(now_ms).filter(|_| news);
        self.folder = Some(folder);
        Ok(left)
    }

    /// Tells how long the growing file may still grow, where there is one.
    fn rotate_if_old(&mut self, now_ms: i64) -> Option<Duration> {
        let mut folder = self.folder.take()?;
        if let Err(error) = folder.rotate_if_old(now_ms) {
            tracing::warn!(%error, "a file was not finished in time; the next delivery mends it");
            return None;
        }
        let left = folder.rotates_in(now_ms);
        self.folder = Some(folder);
        left
    }
}

fn settings() -> Vec<Setting> {
    vec![
        Setting::new(
            "path",
            "Folder",
            SettingKind::Path,
            "The folder that takes the files, made when it is not there. A relative one begins in the \
             folder of the configuration.",
        )
        .required(),
        Setting::new(
            "rotate_bytes",
            "Rotate at size",
            SettingKind::Number { min: 1, max: 1 << 40 },
            "A file is finished before it grows beyond this, in bytes.",
        )
        .or(json!(64 * 1024 * 1024)),
        Setting::new(
            "rotate_seconds",
            "Rotate at age",
            SettingKind::Number { min: 1, max: 31 * 24 * 3600 },
            "A file is finished when it is this old, in seconds.",
        )
        .or(json!(3600)),
        Setting::new(
            "gzip",
            "Compress",
            SettingKind::Switch,
            "Finished files are compressed with gzip.",
        )
        .or(json!(false)),
    ]
}

#[cfg(test)]
mod tests;
