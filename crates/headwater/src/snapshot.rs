//! From the configuration file and the control plane to the one value that the data plane reads.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use routing::{DestinationRoute, Routing, RoutingSnapshot, SourceRoute};
use spec::SourceId;

use crate::{
    config::{Config, Destination},
    serve::now_ms,
};

/// Keeps the routing made of its two parts. Cheap to clone.
#[derive(Clone)]
pub struct Composer {
    parts: Arc<Mutex<Parts>>,
    routing: Routing,
}

/// What a snapshot is made of.
struct Parts {
    /// What the configuration file says.
    file: RoutingSnapshot,
    /// What the control plane says; empty in a process without it.
    control: RoutingSnapshot,
    /// When they were joined last, Unix milliseconds.
    joined_ms: i64,
}

impl Composer {
    /// Begins with what the configuration file says.
    pub fn new(file: RoutingSnapshot) -> Composer {
        let first = RoutingSnapshot::joined(1, &file, &RoutingSnapshot::default());
        let parts = Parts { file, control: RoutingSnapshot::default(), joined_ms: now_ms() };
        Composer { parts: Arc::new(Mutex::new(parts)), routing: Routing::new(first) }
    }

    /// What the data plane reads.
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// When what the data plane reads was made, Unix milliseconds.
    pub fn made_ms(&self) -> i64 {
        self.parts().joined_ms
    }

    /// Puts another configuration into effect; the new revision.
    pub fn set_file(&self, file: RoutingSnapshot) -> u64 {
        self.replace(|parts| parts.file = file)
    }

    /// Puts what the control plane says now into effect; the new revision, or `None` when it says
    /// nothing new.
    pub fn set_control(&self, control: RoutingSnapshot) -> Option<u64> {
        let news = !self.parts().control.says_the_same_as(&control);
        news.then(|| self.replace(|parts| parts.control = control))
    }

    fn replace(&self, change: impl FnOnce(&mut Parts)) -> u64 {
        let mut parts = self.parts();
        change(&mut parts);
        let revision = self.routing.current().revision + 1;
        let joined = RoutingSnapshot::joined(revision, &parts.file, &parts.control);
        self.routing.replace(joined);
        parts.joined_ms = now_ms();
        revision
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, Parts> {
        self.parts.lock().expect("no holder of this lock panics")
    }
}

/// The events that do not go to `destination`, whichever of its sources they come from.
fn events_off(
    destination: &Destination,
    ids: &HashMap<&str, &SourceId>,
) -> BTreeMap<u64, BTreeSet<Arc<str>>> {
    if destination.events_off.is_empty() {
        return BTreeMap::new();
    }
    let names: BTreeSet<Arc<str>> =
        destination.events_off.iter().map(|n| n.as_str().into()).collect();
    let fed = destination.sources.iter().filter_map(|source| ids.get(source.value.as_str()));
    fed.map(|id| (id.stream(), names.clone())).collect()
}

/// What of the messages of each of its sources goes to `destination`.
fn filters(
    destination: &Destination,
    ids: &HashMap<&str, &SourceId>,
) -> BTreeMap<u64, filters::Compiled> {
    if destination.filters.is_empty() {
        return BTreeMap::new();
    }
    let fed = destination.sources.iter().filter_map(|source| ids.get(source.value.as_str()));
    fed.map(|id| (id.stream(), destination.filters.clone())).collect()
}

/// The routing snapshot of a checked configuration.
pub fn snapshot(config: &Config, revision: u64) -> RoutingSnapshot {
    let ids: HashMap<&str, &SourceId> = config
        .sources
        .iter()
        .map(|source| (source.slug.value.as_str(), &source.id.value))
        .collect();
    let sources = config
        .sources
        .iter()
        .map(|source| SourceRoute {
            id: source.id.value.clone(),
            slug: source.slug.value.clone(),
            name: source.name.clone(),
            write_keys: source.write_keys.iter().map(|key| key.value.clone()).collect(),
            enabled: source.enabled,
            client_side: source.client_side,
            destinations: vec![],
            schema: source.schema.clone(),
            keep_for: source.keep_for,
        })
        .collect();
    let destinations = config
        .destinations
        .iter()
        .map(|destination| DestinationRoute {
            id: destination.id.value.clone(),
            slug: destination.slug.value.clone(),
            name: destination.name.clone(),
            kind: destination.kind.clone(),
            enabled: destination.enabled,
            settings: destination.settings.clone(),
            sources: destination
                .sources
                .iter()
                .filter_map(|source| ids.get(source.value.as_str()))
                .map(|id| (*id).clone())
                .collect(),
            concurrency: destination.concurrency,
            rate_per_second: destination.rate_per_second,
            retry_for: destination.retry_for,
            events_off: events_off(destination, &ids),
            filters: filters(destination, &ids),
            mappings: destination.mappings.clone(),
        })
        .collect();
    RoutingSnapshot::new(revision, sources, destinations)
}
