//! The only seam between the planes: a read-only value, whole, immutable, numbered. The control
//! plane (or a configuration file) makes one after every change; the data plane reads the latest
//! and keeps it when nobody makes new ones.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use serde_json::{Map, Value};
use spec::{DestinationId, SourceId, WriteKey};
use tokio::sync::watch;

/// All the data plane may know of the control plane.
#[derive(Debug, Default)]
pub struct RoutingSnapshot {
    /// Grows with every snapshot.
    pub revision: u64,
    sources: BTreeMap<SourceId, Arc<SourceRoute>>,
    destinations: BTreeMap<DestinationId, Arc<DestinationRoute>>,
    by_write_key: HashMap<WriteKey, Arc<SourceRoute>>,
    by_stream: HashMap<u64, Arc<SourceRoute>>,
}

/// One source as the data plane sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRoute {
    /// The source; `projectId` in delivered messages.
    pub id: SourceId,
    /// Its name in paths and on the command line.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its valid write keys.
    pub write_keys: Vec<WriteKey>,
    /// A disabled source hears 200 and its messages are counted as `source_disabled`.
    pub enabled: bool,
    /// Messages come straight from end users' devices: `context.ip` is filled in from the
    /// connection. Otherwise only for libraries and calls that say so themselves.
    pub client_side: bool,
    /// The destinations that are enabled for it.
    pub destinations: Vec<DestinationId>,
}

/// One destination as the data plane sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DestinationRoute {
    /// The destination.
    pub id: DestinationId,
    /// Its name in paths and on the command line.
    pub slug: String,
    /// Its name in a message's `integrations` object.
    pub name: String,
    /// Slug of its definition: `webhook`, `file` …
    pub kind: String,
    /// A disabled destination is given nothing.
    pub enabled: bool,
    /// As its definition asks for them.
    pub settings: Map<String, Value>,
    /// The sources that feed it.
    pub sources: Vec<SourceId>,
    /// Messages on their way to it at one time.
    pub concurrency: usize,
    /// How long a message that it did not take is tried again; the installation's own time when
    /// it says nothing.
    pub retry_for: Option<Duration>,
}

impl RoutingSnapshot {
    /// Builds a snapshot. A source's `destinations` are filled in here from the enabled
    /// destinations that name it.
    pub fn new(
        revision: u64,
        sources: Vec<SourceRoute>,
        destinations: Vec<DestinationRoute>,
    ) -> RoutingSnapshot {
        let mut snapshot = RoutingSnapshot { revision, ..RoutingSnapshot::default() };
        for destination in destinations {
            snapshot.destinations.insert(destination.id.clone(), Arc::new(destination));
        }
        let mut fed: HashMap<&SourceId, Vec<DestinationId>> = HashMap::new();
        for destination in snapshot.destinations.values().filter(|d| d.enabled) {
            for source in &destination.sources {
                let ids = fed.entry(source).or_default();
                // A source may be named twice.
                if ids.last() != Some(&destination.id) {
                    ids.push(destination.id.clone());
                }
            }
        }
        for mut source in sources {
            source.destinations = fed.remove(&source.id).unwrap_or_default();
            let source = Arc::new(source);
            for key in &source.write_keys {
                snapshot.by_write_key.insert(key.clone(), source.clone());
            }
            snapshot.by_stream.insert(source.id.stream(), source.clone());
            snapshot.sources.insert(source.id.clone(), source);
        }
        snapshot
    }

    /// The source that owns `write_key`.
    pub fn source_of(&self, write_key: &str) -> Option<&Arc<SourceRoute>> {
        self.by_write_key.get(write_key)
    }

    /// The source whose records stand under `stream` in the log.
    pub fn source_of_stream(&self, stream: u64) -> Option<&Arc<SourceRoute>> {
        self.by_stream.get(&stream)
    }

    /// The source with this id.
    pub fn source(&self, id: &SourceId) -> Option<&Arc<SourceRoute>> {
        self.sources.get(id)
    }

    /// The source with this slug or, when none has it, this id.
    pub fn find_source(&self, slug_or_id: &str) -> Option<&Arc<SourceRoute>> {
        self.source_named(slug_or_id).or_else(|| self.source(&SourceId(slug_or_id.into())))
    }

    /// The source with this slug.
    pub fn source_named(&self, slug: &str) -> Option<&Arc<SourceRoute>> {
        self.sources.values().find(|source| source.slug == slug)
    }

    /// The destination with this id.
    pub fn destination(&self, id: &DestinationId) -> Option<&Arc<DestinationRoute>> {
        self.destinations.get(id)
    }

    /// The destination with this slug or, when none has it, this id.
    pub fn find_destination(&self, slug_or_id: &str) -> Option<&Arc<DestinationRoute>> {
        let by_id = || self.destination(&DestinationId(slug_or_id.into()));
        self.destination_named(slug_or_id).or_else(by_id)
    }

    /// The destination with this slug.
    pub fn destination_named(&self, slug: &str) -> Option<&Arc<DestinationRoute>> {
        self.destinations.values().find(|destination| destination.slug == slug)
    }

    /// Every source, by id.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<SourceRoute>> {
        self.sources.values()
    }

    /// Every destination, by id.
    pub fn destinations(&self) -> impl Iterator<Item = &Arc<DestinationRoute>> {
        self.destinations.values()
    }
}

/// The latest snapshot, and a way to hear of newer ones. Cheap to clone and to read.
#[derive(Clone)]
pub struct Routing {
    latest: Arc<ArcSwap<RoutingSnapshot>>,
    revision: watch::Sender<u64>,
}

impl Routing {
    /// Starts with `snapshot`.
    pub fn new(snapshot: RoutingSnapshot) -> Routing {
        let revision = watch::Sender::new(snapshot.revision);
        Routing { latest: Arc::new(ArcSwap::from_pointee(snapshot)), revision }
    }

    /// The latest snapshot, for use at once. Do not hold it across an `await`; see [`Routing::snapshot`].
    pub fn current(&self) -> Guard<Arc<RoutingSnapshot>> {
        self.latest.load()
    }

    /// The latest snapshot, to keep.
    pub fn snapshot(&self) -> Arc<RoutingSnapshot> {
        self.latest.load_full()
    }

    /// Puts `snapshot` in place of the latest one and tells those who wait.
    pub fn replace(&self, snapshot: RoutingSnapshot) {
        let revision = snapshot.revision;
        self.latest.store(Arc::new(snapshot));
        self.revision.send_replace(revision);
    }

    /// Yields after each [`Routing::replace`]; the value is the snapshot's revision.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}

#[cfg(test)]
mod tests;
