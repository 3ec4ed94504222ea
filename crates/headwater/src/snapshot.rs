//! From a configuration to the one value that the data plane reads.

use std::collections::HashMap;

use routing::{DestinationRoute, RoutingSnapshot, SourceRoute};
use spec::SourceId;

use crate::config::Config;

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
            retry_for: destination.retry_for,
        })
        .collect();
    RoutingSnapshot::new(revision, sources, destinations)
}
