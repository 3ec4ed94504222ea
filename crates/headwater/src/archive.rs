//! The archive: full segments of the log, copied to object storage before retention takes them, and
//! read there by replays once the log no longer holds them.
//!
//! ```text
//! {prefix}/{log}/{base}-{end}-{from ms}-{to ms}.zst     the segment's file as it stands in the log
//! ```
//!
//! Names say all that is to be known of a segment, so there is nothing beside them that could be
//! out of step. The group `archive` holds retention back until a segment is there: an archive that
//! cannot be reached costs room, never messages.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use async_trait::async_trait;
use delivery::Stretch;
use destinations::object_storage::store::Store;
use event_log::{Batch, EventLog, FileLog, PackedSegment, Position};
use futures_util::TryStreamExt;
use object_store::{ObjectStoreExt, PutPayload, path::Path as Key};
use tokio::{sync::Mutex, task::spawn_blocking, time::sleep};

/// What holds retention back.
const GROUP: &str = "archive";
/// How often full segments are looked for.
const EVERY: Duration = Duration::from_secs(15);
/// Between two looks at what is too old.
const CLEAN_EVERY: Duration = Duration::from_secs(6 * 3600);

/// The archive of one log. Cheap to clone.
#[derive(Clone)]
pub struct Archive(Arc<Inner>);

struct Inner {
    store: Store,
    log: FileLog,
    /// Where segments are put to be read.
    folder: PathBuf,
    /// How segments are read.
    options: event_log::Options,
    /// How long segments are kept there.
    keep: Duration,
    /// Tells this log's segments from those of another that has the same store.
    identity: String,
    /// One fetch at a time.
    fetching: Mutex<()>,
}

/// A segment in the archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    base: u64,
    end: u64,
    from_ms: i64,
    to_ms: i64,
}

impl Kept {
    fn of(segment: &PackedSegment) -> Kept {
        let PackedSegment { base, end, from_ms, to_ms, .. } = segment;
        Kept { base: base.0, end: end.0, from_ms: *from_ms, to_ms: *to_ms }
    }

    fn name(&self) -> String {
        let Kept { base, end, from_ms, to_ms } = self;
        format!("{base:020}-{end:020}-{from_ms:014}-{to_ms:014}.zst")
    }

    fn read(name: &str) -> Option<Kept> {
        let mut words = name.strip_suffix(".zst")?.split('-');
        let kept = Kept {
            base: words.next()?.parse().ok()?,
            end: words.next()?.parse().ok()?,
            from_ms: words.next()?.parse().ok()?,
            to_ms: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(kept)
    }
}

impl Archive {
    /// The archive of `log` in `store`; segments are put into `data_dir` to be read.
    pub fn new(
        store: Store,
        log: FileLog,
        data_dir: &Path,
        options: event_log::Options,
        keep: Duration,
    ) -> Archive {
        let identity = format!("{:032x}", log.key_of(0, b"archive"));
        let (folder, fetching) = (data_dir.join("archive"), Mutex::default());
        Archive(Arc::new(Inner { store, log, folder, options, keep, identity, fetching }))
    }

    /// Copies segments as they become full, and removes what is too old, until it is dropped.
    pub async fn run(self) -> Result<()> {
        // what an earlier life was reading
        let _ = std::fs::remove_dir_all(&self.0.folder);
        if self.0.log.committed(GROUP).is_none() {
            self.commit(self.0.log.stats().oldest).await;
        }
        let mut cleaned: Option<tokio::time::Instant> = None;
        loop {
            if let Err(error) = self.copy().await {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "full segments wait to be archived; retention keeps them"
                );
            }
            if cleaned.is_none_or(|at| at.elapsed() >= CLEAN_EVERY) {
                if let Err(error) = self.clean().await {
                    tracing::warn!(
                        error = &*error as &dyn std::error::Error,
                        "what is too old was not removed from the archive"
                    );
                }
                cleaned = Some(tokio::time::Instant::now());
            }
            sleep(EVERY).await;
        }
    }

    /// Copies what is full and not there yet.
    async fn copy(&self) -> Result<()> {
        let inner = &self.0;
        let done = inner.log.committed(GROUP).unwrap_or_default();
        for segment in inner.log.packed().iter().filter(|segment| segment.end > done) {
            let path = segment.path.clone();
            let bytes = spawn_blocking(move || std::fs::read(path)).await?;
            let bytes = bytes.with_context(|| format!("cannot read {}", segment.path.display()))?;
            let (name, size) = (Kept::of(segment).name(), bytes.len());
            let put = inner.store.objects()?.put(&self.key(&name), PutPayload::from(bytes)).await;
            put.with_context(|| format!("cannot write {name} to {}", inner.store.name()))?;
            self.commit(segment.end).await;
            tracing::info!(segment = name, bytes = size, "a full segment was archived");
        }
        Ok(())
    }

    async fn commit(&self, position: Position) {
        let mut batch = Batch::new();
        batch.commit(GROUP, position);
        if let Err(error) = self.0.log.lane().append(batch).await {
            // it is copied again, to the same name
            tracing::debug!(error = &error as &dyn std::error::Error, "the log is not to be told");
        }
    }

    /// Removes segments whose messages are all too old.
    async fn clean(&self) -> Result<()> {
        let inner = &self.0;
        let before_ms = (inner.options.clock)() - inner.keep.as_millis() as i64;
        for kept in self.list().await? {
            if kept.to_ms < before_ms {
                inner.store.objects()?.delete(&self.key(&kept.name())).await?;
                tracing::info!(
                    segment = kept.name(),
                    "an old segment was removed from the archive"
                );
            }
        }
        Ok(())
    }

    /// What there is, oldest first. A segment that was erased in part and copied again, or copied
    /// in two lives, stands there once.
    async fn list(&self) -> object_store::Result<Vec<Kept>> {
        let store = self.0.store.objects()?;
        let folder = self.0.store.prefix().clone().join(self.0.identity.as_str());
        let listed = store.list(Some(&folder));
        let names = listed.map_ok(|object| object.location.filename().and_then(Kept::read));
        let mut kept: Vec<Kept> =
            names.try_collect::<Vec<_>>().await?.into_iter().flatten().collect();
        kept.sort();
        kept.dedup_by_key(|kept| kept.base);
        Ok(kept)
    }

    fn key(&self, name: &str) -> Key {
        self.0.store.prefix().clone().join(self.0.identity.as_str()).join(name)
    }

    /// Puts a segment where it can be read.
    async fn fetch(&self, kept: &Kept) -> Result<Stretch> {
        let inner = &self.0;
        let _one = inner.fetching.lock().await;
        let object = inner.store.objects()?.get(&self.key(&kept.name())).await?;
        let bytes = object.bytes().await?;
        std::fs::create_dir_all(&inner.folder)?;
        let folder = Fetched::new(&inner.folder, kept.base)?;
        let (path, options) = (folder.0.clone(), inner.options.clone());
        let name = format!("{:020}.zst", kept.base);
        let opened = spawn_blocking(move || {
            std::fs::write(path.join(name), bytes)?;
            anyhow::Ok(FileLog::open_read_only(&path, options)?)
        });
        let log: Arc<dyn EventLog> = Arc::new(opened.await??);
        let (from, to) = (Position(kept.base), Position(kept.end));
        Ok(Stretch { log, from, to, held: Box::new(folder) })
    }

    fn words(&self, error: &dyn std::fmt::Display) -> String {
        format!("{}: {error}", self.0.store.name())
    }
}

/// A folder that goes when nobody reads it any more.
struct Fetched(PathBuf);

impl Fetched {
    fn new(folder: &Path, base: u64) -> std::io::Result<Fetched> {
        // the same segment may be read by two replays
        for n in 0_u32.. {
            let path = folder.join(format!("{base:020}.{n}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Fetched(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("numbers do not end")
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[async_trait]
impl delivery::Archive for Archive {
    async fn position_at(&self, time_ms: i64) -> Result<Option<Position>, String> {
        let kept = self.list().await.map_err(|error| self.words(&error))?;
        let found = kept.iter().find(|kept| kept.to_ms >= time_ms);
        Ok(found.map(|kept| Position(kept.base)))
    }

    async fn open(&self, position: Position) -> Result<Option<Stretch>, String> {
        let kept = self.list().await.map_err(|error| self.words(&error))?;
        match kept.iter().find(|kept| kept.end > position.0) {
            Some(kept) => {
                let fetched = self.fetch(kept).await;
                fetched.map(Some).map_err(|error| self.words(&format_args!("{error:#}")))
            }
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_all() {
        let kept = Kept { base: 0, end: 268_435_456, from_ms: 1_795_615_800_123, to_ms: i64::MAX };
        assert_eq!(Kept::read(&kept.name()), Some(kept));
        for other in ["", "x.zst", "1-2-3.zst", "1-2-3-4-5.zst", "1-2-3-4.tmp"] {
            assert_eq!(Kept::read(other), None, "{other}");
        }
    }
}
