//! The only seam between the planes: a read-only value, whole, immutable, numbered. The control
//! plane (or a configuration file) makes one after every change; the data plane reads the latest
//! and keeps it when nobody makes new ones.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use serde_json::{Map, Value};
use spec::{DestinationId, SourceId, WriteKey};
use tokio::sync::watch;
use tracking_plan::Compiled;

/// All the data plane may know of the control plane.
#[derive(Debug, Default)]
pub struct RoutingSnapshot {
    /// Grows with every snapshot.
    pub revision: u64,
    sources: BTreeMap<SourceId, Arc<SourceRoute>>,
    destinations: BTreeMap<DestinationId, Arc<DestinationRoute>>,
    by_write_key: HashMap<WriteKey, Key>,
    by_stream: HashMap<u64, Arc<SourceRoute>>,
}

/// A write key, and the one fact about it that flows back.
#[derive(Debug, Clone)]
struct Key {
    source: Arc<SourceRoute>,
    /// When it was last used, Unix milliseconds to the second; 0 for not yet. The same in every
    /// snapshot that has the key.
    used_ms: Arc<AtomicI64>,
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
    /// What it may send; anything unless somebody says otherwise.
    pub schema: SourceSchema,
    /// How long its messages are kept; as long as all others when it says nothing.
    pub keep_for: Option<Duration>,
}

/// What a source may send.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceSchema {
    /// Its tracking plan.
    pub plan: Option<Arc<Compiled>>,
    /// Events that are blocked, by their exact names; every page call is a `Page Viewed` here and
    /// every screen call a `Screen Viewed`. Source: Segment, "Source schema", blocking events.
    pub blocked_events: BTreeSet<Arc<str>>,
}

impl SourceSchema {
    /// Whether the event of this name is blocked. What a tracking plan has to say in it is said
    /// here and nowhere else.
    pub fn blocks(&self, event: &str) -> bool {
        self.blocked_events.contains(event)
    }

    /// Whether there is anything that a message could break.
    pub fn asks_anything(&self) -> bool {
        self.plan.is_some() || !self.blocked_events.is_empty()
    }
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
    /// Attempts that begin in a second at most, whatever waits; as many as it takes when it says
    /// nothing.
    pub rate_per_second: Option<u32>,
    /// How long a message that it did not take is tried again; the installation's own time when
    /// it says nothing.
    pub retry_for: Option<Duration>,
    /// Events that do not go to it unless a message's `integrations` names it: by the stream of
    /// their source, and by name as in [`SourceSchema::blocked_events`]. Source: Segment, "Source
    /// schema", integration filters.
    pub events_off: BTreeMap<u64, BTreeSet<Arc<str>>>,
    /// What of a source's messages it gets, by the stream of the source; all of it where nothing
    /// is said.
    pub filters: BTreeMap<u64, filters::Compiled>,
    /// What of that it is handed; as its settings say where there are none.
    pub mappings: filters::Mappings,
}

impl DestinationRoute {
    /// What of the messages of the source with this stream it gets, where anything is said.
    pub fn filters_of(&self, stream: u64) -> Option<&filters::Compiled> {
        self.filters.get(&stream).filter(|filters| !filters.is_empty())
    }
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
                let entry = Key { source: source.clone(), used_ms: Arc::default() };
                snapshot.by_write_key.insert(key.clone(), entry);
            }
            snapshot.by_stream.insert(source.id.stream(), source.clone());
            snapshot.sources.insert(source.id.clone(), source);
        }
        snapshot
    }

    /// Everything of `first` and of `second`. What both have, by id or write key, is as `first`
    /// has it.
    pub fn joined(revision: u64, first: &Self, second: &Self) -> RoutingSnapshot {
        fn join<K: Clone, V: Clone, M>(first: &M, second: &M) -> M
        where
            for<'a> &'a M: IntoIterator<Item = (&'a K, &'a V)>,
            M: FromIterator<(K, V)>,
        {
            let both = second.into_iter().chain(first);
            both.map(|(key, value)| (key.clone(), value.clone())).collect()
        }
        RoutingSnapshot {
            revision,
            sources: join(&first.sources, &second.sources),
            destinations: join(&first.destinations, &second.destinations),
            by_write_key: join(&first.by_write_key, &second.by_write_key),
            by_stream: join(&first.by_stream, &second.by_stream),
        }
    }

    /// Whether both mean the same to the data plane.
    pub fn says_the_same_as(&self, other: &RoutingSnapshot) -> bool {
        self.sources == other.sources && self.destinations == other.destinations
    }

    /// The source that owns `write_key`.
    pub fn source_of(&self, write_key: &str) -> Option<&Arc<SourceRoute>> {
        self.by_write_key.get(write_key).map(|key| &key.source)
    }

    /// The same, for somebody who sends with it at `now_ms`.
    pub fn source_used_with(&self, write_key: &str, now_ms: i64) -> Option<&Arc<SourceRoute>> {
        let key = self.by_write_key.get(write_key)?;
        // Written once a second at most, so that threads do not fight for the line.
        if now_ms - key.used_ms.load(Relaxed) >= 1000 {
            key.used_ms.store(now_ms, Relaxed);
        }
        Some(&key.source)
    }

    /// When `write_key` was last used since the start of the process, Unix milliseconds to the
    /// second.
    pub fn key_used_ms(&self, write_key: &str) -> Option<i64> {
        let used_ms = self.by_write_key.get(write_key)?.used_ms.load(Relaxed);
        (used_ms > 0).then_some(used_ms)
    }

    /// Every write key that was used since the start of the process, and when last.
    pub fn keys_used_ms(&self) -> impl Iterator<Item = (&WriteKey, i64)> {
        let used = self.by_write_key.iter().map(|(name, key)| (name, key.used_ms.load(Relaxed)));
        used.filter(|(_, used_ms)| *used_ms > 0)
    }

    /// Goes on with what `before` knows of keys that both have.
    fn go_on_from(&mut self, before: &RoutingSnapshot) {
        for (name, key) in &mut self.by_write_key {
            if let Some(known) = before.by_write_key.get(name) {
                key.used_ms = known.used_ms.clone();
            }
        }
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
    pub fn replace(&self, mut snapshot: RoutingSnapshot) {
        snapshot.go_on_from(&self.current());
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
