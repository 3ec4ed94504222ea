//! Which messages are in the store already. All it knows stands in the store itself:
//!
//! ```text
//! {prefix}/_headwater/{destination}/unfinished/{last}-{first}-{hash}.json.gz   written first
//! {prefix}/date=…/…                                                            then the files
//! {prefix}/_headwater/{destination}/loads/{last}-{first}-{hash}.json.gz        then it counts
//! {prefix}/_headwater/{destination}/given-up/{last}-{first}-{hash}.json.gz     or never will
//! ```
//!
//! A load counts once its manifest stands in `loads`. After a crash a load whose files are all
//! there is finished. Any other is given up and its files are taken away, so that its messages,
//! which nobody was told are safe, can come again in other batches; a file that the dead process
//! had on its way can arrive after that, so they are taken away once more later. What an error has
//! left unfinished is finished before anything else, with the bytes that were begun with.

use std::collections::{BTreeSet, HashSet};

use destination_kit::{Clock, DeliveryError, Fault, Parcel};
use futures_util::{TryStreamExt as _, future::try_join_all};
use object_store::{Error, ObjectStoreExt as _, PutPayload, path::Path};

use super::{
    load::{Cutter, FileEntry, Load, LoadName, Manifest, is_replayed, mark},
    store::Store,
};

/// Folders of manifests.
const UNFINISHED: &str = "unfinished";
const LOADS: &str = "loads";
const GIVEN_UP: &str = "given-up";
/// Requests at one time.
const REQUESTS_MAX: usize = 8;
/// Longer than any request of a process that died can be on its way.
const STRAGGLERS_MS: i64 = 10 * 60 * 1000;
/// Names of loads that are remembered at least; they are listed again when they are needed.
const LOADS_KEPT: usize = 10_000;

/// The folder of everything that is no data.
pub(super) fn folder(cutter: &Cutter) -> Path {
    cutter.prefix.clone().join("_headwater").join(cutter.owner.as_str())
}

/// Writes loads, each message once.
pub(super) struct Ledger {
    store: Store,
    cutter: Cutter,
    folder: Path,
    clock: Clock,
    recovered: bool,
    /// Loads that were given up, and when we heard of it.
    given_up: Vec<(LoadName, i64)>,
    /// Names of the loads that end at `listed_from` or later.
    loads: BTreeSet<LoadName>,
    listed_from: u64,
    pending: Option<Pending>,
}

/// A load that was begun.
struct Pending {
    load: Load,
    announced: bool,
    /// Files that are written, from the first on.
    written: usize,
}

type Outcome<T> = Result<T, DeliveryError>;

impl Ledger {
    pub(super) fn new(store: Store, cutter: Cutter, clock: Clock) -> Ledger {
        Ledger {
            store,
            folder: folder(&cutter),
            cutter,
            clock,
            recovered: false,
            given_up: Vec::new(),
            loads: BTreeSet::new(),
            listed_from: u64::MAX,
            pending: None,
        }
    }

    /// Sees to it that every message of `parcels` is in the store once. What is replayed, or stands
    /// before `settled`, comes on purpose: it is written again where its file was taken away.
    pub(super) async fn take(&mut self, parcels: Vec<Parcel>, settled: u64) -> Outcome<()> {
        self.recover().await?;
        self.finish().await?;
        self.sweep().await?;
        let fresh = self.without_known(parcels, settled).await?;
        if fresh.is_empty() {
            return Ok(());
        }
        let load = self.cut(fresh).await;
        self.pending = Some(Pending { load, announced: false, written: 0 });
        self.finish().await?;
        if self.loads.len() > LOADS_KEPT && settled > self.listed_from {
            self.loads = self.loads.split_off(&LoadName::ends_at(settled));
            self.listed_from = settled;
        }
        Ok(())
    }

    /// Writes files with `parcels` and remembers nothing, for a test beside the real one.
    pub(super) async fn write_only(&mut self, parcels: Vec<Parcel>) -> Outcome<()> {
        let load = self.cut(parcels).await;
        for (path, bytes) in load.files {
            self.put(&path, bytes.into()).await?;
        }
        Ok(())
    }

    async fn cut(&self, parcels: Vec<Parcel>) -> Load {
        let cutter = self.cutter.clone();
        let cut = tokio::task::spawn_blocking(move || cutter.load(parcels));
        cut.await.expect("cutting a load does not panic")
    }

    /// Finishes or gives up what a process before this one has left.
    async fn recover(&mut self) -> Outcome<()> {
        if self.recovered {
            return Ok(());
        }
        let mut given_up = self.names(GIVEN_UP, None).await?;
        for name in self.names(UNFINISHED, None).await? {
            let settled = self.counts(&name).await? || given_up.contains(&name);
            if !settled && !self.complete(&name).await? {
                let plan = self.get(&self.path(UNFINISHED, &name)).await?.unwrap_or_default();
                self.put(&self.path(GIVEN_UP, &name), plan.into()).await?;
                given_up.push(name.clone());
            }
            self.delete(&self.path(UNFINISHED, &name)).await?;
        }
        for name in &given_up {
            self.take_away(name).await?;
        }
        let now_ms = self.clock.now_ms();
        self.given_up = given_up.into_iter().map(|name| (name, now_ms)).collect();
        self.recovered = true;
        Ok(())
    }

    /// Takes away what has arrived of loads that were given up. Call it when none is pending,
    /// which may be one of them, begun anew.
    async fn sweep(&mut self) -> Outcome<()> {
        while let Some((name, since_ms)) = self.given_up.last()
            && self.clock.now_ms() - since_ms >= STRAGGLERS_MS
        {
            self.take_away(name).await?;
            self.delete(&self.path(GIVEN_UP, name)).await?;
            self.given_up.pop();
        }
        Ok(())
    }

    /// Makes an unfinished load count when all its files are there. Whether it does.
    async fn complete(&self, name: &LoadName) -> Outcome<bool> {
        let plan = self.path(UNFINISHED, name);
        let Some(bytes) = self.get(&plan).await? else { return Ok(false) };
        let Some(manifest) = self.read(&plan, &bytes) else { return Ok(false) };
        for files in manifest.files.chunks(REQUESTS_MAX) {
            let found = try_join_all(files.iter().map(|file| self.is_there(file))).await?;
            if found.contains(&false) {
                return Ok(false);
            }
        }
        self.put(&self.path(LOADS, name), bytes.into()).await?;
        Ok(true)
    }

    /// Deletes the files of a load that was given up, unless it was begun anew and counts.
    async fn take_away(&self, name: &LoadName) -> Outcome<()> {
        let plan = self.path(GIVEN_UP, name);
        let counts = self.counts(name).await?;
        let Some(bytes) = self.get(&plan).await?.filter(|_| !counts) else { return Ok(()) };
        let Some(manifest) = self.read(&plan, &bytes) else { return Ok(()) };
        for files in manifest.files.chunks(REQUESTS_MAX) {
            let places: Vec<Path> = files.iter().map(FileEntry::place).collect();
            try_join_all(places.iter().map(|place| self.delete(place))).await?;
        }
        Ok(())
    }

    async fn counts(&self, name: &LoadName) -> Outcome<bool> {
        Ok(self.size(&self.path(LOADS, name)).await?.is_some())
    }

    fn read(&self, path: &Path, bytes: &[u8]) -> Option<Manifest> {
        let read = Manifest::read(bytes);
        if let Err(error) = &read {
            tracing::warn!(destination = %self.cutter.owner, %path, error, "a manifest cannot be read; the files of its load stay");
        }
        read.ok()
    }

    /// Brings the load that was begun to its end, where there is one.
    async fn finish(&mut self) -> Outcome<()> {
        let Some(mut pending) = self.pending.take() else { return Ok(()) };
        let outcome = self.write(&mut pending).await;
        if outcome.is_err() {
            self.pending = Some(pending);
            return outcome;
        }
        let name = pending.load.name;
        if let Err(error) = self.delete(&self.path(UNFINISHED, &name)).await {
            tracing::info!(destination = %self.cutter.owner, error = &error as &dyn std::error::Error, "the plan of a finished load stays for now");
        }
        self.loads.insert(name);
        Ok(())
    }

    async fn write(&self, pending: &mut Pending) -> Outcome<()> {
        let Pending { load, announced, written } = pending;
        if !*announced {
            self.put(&self.path(UNFINISHED, &load.name), load.manifest.clone().into()).await?;
            *announced = true;
        }
        while *written < load.files.len() {
            let next = &load.files[*written..load.files.len().min(*written + REQUESTS_MAX)];
            let puts = next.iter().map(|(path, bytes)| self.put(path, bytes.clone().into()));
            try_join_all(puts).await?;
            *written += next.len();
        }
        self.put(&self.path(LOADS, &load.name), load.manifest.clone().into()).await
    }

    /// Those of `parcels` that no load holds.
    async fn without_known(&mut self, parcels: Vec<Parcel>, settled: u64) -> Outcome<Vec<Parcel>> {
        let positions = || parcels.iter().map(|parcel| parcel.position);
        let (Some(first), Some(last)) = (positions().min(), positions().max()) else {
            return Ok(parcels);
        };
        self.list_from(first).await?;
        let near = self.loads.range(LoadName::ends_at(first)..).filter(|load| load.first <= last);
        let near: Vec<LoadName> = near.cloned().collect();
        let mut fresh = parcels;
        for name in near {
            let path = self.path(LOADS, &name);
            let Some(bytes) = self.get(&path).await? else {
                self.loads.remove(&name);
                continue;
            };
            let manifest = Manifest::read(&bytes).map_err(|error| {
                let excerpt = format!("{path} in {} cannot be read: {error}", self.store.name());
                let code = "EPROTO".to_owned();
                DeliveryError::Retry(Fault { status: None, code, excerpt }, None)
            })?;
            for file in &manifest.files {
                let known = file.marks();
                let holds = |parcel: &Parcel| known.contains(&mark(parcel));
                let on_purpose = |one: &Parcel| one.position < settled || is_replayed(one);
                let asked_for = fresh.iter().any(|one| holds(one) && on_purpose(one));
                let gone = asked_for && !self.is_there(file).await?;
                fresh.retain(|one| !holds(one) || (gone && on_purpose(one)));
            }
        }
        let mut seen = HashSet::new();
        fresh.retain(|parcel| seen.insert(mark(parcel)));
        Ok(fresh)
    }

    /// Sees to it that all loads that end at `first` or later are known.
    async fn list_from(&mut self, first: u64) -> Outcome<()> {
        if first >= self.listed_from {
            return Ok(());
        }
        self.loads.extend(self.names(LOADS, Some(first)).await?);
        self.listed_from = first;
        Ok(())
    }

    async fn is_there(&self, file: &FileEntry) -> Outcome<bool> {
        let size = self.size(&file.place()).await?;
        Ok(size == Some(file.bytes))
    }

    fn path(&self, folder: &str, name: &LoadName) -> Path {
        self.folder.clone().join(folder).join(name.file_name())
    }

    async fn put(&self, path: &Path, payload: PutPayload) -> Outcome<()> {
        let put = async { self.store.objects()?.put(path, payload).await };
        put.await.map(drop).map_err(|error| self.store.delivery_error("writing", &error))
    }

    async fn get(&self, path: &Path) -> Outcome<Option<bytes::Bytes>> {
        let get = async { self.store.objects()?.get(path).await?.bytes().await };
        self.or_nothing("reading", get.await)
    }

    async fn size(&self, path: &Path) -> Outcome<Option<u64>> {
        let head = async { self.store.objects()?.head(path).await };
        Ok(self.or_nothing("reading", head.await)?.map(|meta| meta.size))
    }

    async fn delete(&self, path: &Path) -> Outcome<()> {
        let delete = async { self.store.objects()?.delete(path).await };
        self.or_nothing("deleting", delete.await).map(drop)
    }

    /// The loads in one of our folders, of which `from` on where it is given.
    async fn names(&self, folder: &str, from: Option<u64>) -> Outcome<Vec<LoadName>> {
        let folder = self.folder.clone().join(folder);
        let list = async {
            let objects = self.store.objects()?;
            let found = match from {
                Some(from) => {
                    let offset = folder.clone().join(format!("{from:020}"));
                    objects.list_with_offset(Some(&folder), &offset)
                }
                None => objects.list(Some(&folder)),
            };
            found.map_ok(|meta| meta.location).try_collect::<Vec<Path>>().await
        };
        let found = self.or_nothing("listing", list.await)?.unwrap_or_default();
        Ok(found.iter().filter_map(|path| LoadName::read(path.filename()?)).collect())
    }

    fn or_nothing<T>(&self, doing: &str, outcome: object_store::Result<T>) -> Outcome<Option<T>> {
        match outcome {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.store.delivery_error(doing, &error)),
        }
    }
}
