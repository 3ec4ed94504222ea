use serde_json::Map;
use spec::{DestinationId, SourceId, WriteKey};

use crate::{DestinationRoute, Routing, RoutingSnapshot, SourceRoute};

fn snapshot(revision: u64, enabled: bool) -> RoutingSnapshot {
    let source = SourceRoute {
        id: SourceId("website".into()),
        slug: "website".into(),
        name: "Website".into(),
        write_keys: vec![WriteKey("key-1".into()), WriteKey("key-2".into())],
        enabled: true,
        client_side: false,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    };
    let destination = DestinationRoute {
        id: DestinationId("crm".into()),
        slug: "crm".into(),
        name: "CRM".into(),
        kind: "webhook".into(),
        enabled,
        settings: Map::new(),
        sources: vec![source.id.clone()],
        concurrency: 4,
        rate_per_second: None,
        retry_for: None,
        events_off: Default::default(),
        filters: Default::default(),
        mappings: Default::default(),
    };
    RoutingSnapshot::new(revision, vec![source], vec![destination])
}

#[test]
fn every_write_key_leads_to_its_source_and_its_enabled_destinations() {
    let on = snapshot(1, true);
    for key in ["key-1", "key-2"] {
        let source = on.source_of(key).expect("the key is the source's");
        assert_eq!(source.destinations, [DestinationId("crm".into())]);
    }
    assert!(on.source_of("key-3").is_none());
    let off = snapshot(2, false);
    assert!(off.source_named("website").expect("it is there").destinations.is_empty());
}

#[test]
fn a_replaced_snapshot_is_seen_by_those_who_wait() {
    let routing = Routing::new(snapshot(1, true));
    let mut changes = routing.changes();
    assert!(!changes.has_changed().expect("the sender lives"));
    routing.replace(snapshot(2, false));
    assert!(changes.has_changed().expect("the sender lives"));
    assert_eq!(*changes.borrow_and_update(), 2);
    assert_eq!(routing.current().revision, 2);
}

#[test]
fn a_source_and_a_destination_are_found_by_slug_and_by_id() {
    let mut source = (**snapshot(1, true).source_named("website").expect("it is there")).clone();
    source.id = SourceId("src_1".into());
    let mut destination =
        (**snapshot(1, true).destination_named("crm").expect("it is there")).clone();
    destination.id = DestinationId("dst_1".into());
    destination.sources = vec![source.id.clone(), source.id.clone()];
    let snapshot = RoutingSnapshot::new(1, vec![source], vec![destination]);
    for name in ["website", "src_1"] {
        let found = snapshot.find_source(name).expect("it is found");
        assert_eq!(found.destinations, [DestinationId("dst_1".into())]);
    }
    for name in ["crm", "dst_1"] {
        assert_eq!(snapshot.find_destination(name).expect("it is found").slug, "crm");
    }
    assert!(snapshot.find_source("crm").is_none() && snapshot.find_destination("src_1").is_none());
}

#[test]
fn of_two_snapshots_one_is_made_and_the_first_one_wins() {
    let first = snapshot(1, true);
    let mut other = (**first.source_named("website").expect("it is there")).clone();
    other.id = SourceId("app".into());
    other.slug = "app".into();
    other.write_keys = vec![WriteKey("key-2".into()), WriteKey("key-3".into())];
    let second = RoutingSnapshot::new(7, vec![other], vec![]);
    let joined = RoutingSnapshot::joined(8, &first, &second);
    assert_eq!(joined.revision, 8);
    let owner = |key| joined.source_of(key).map(|source| source.slug.as_str());
    assert_eq!(
        (owner("key-1"), owner("key-2"), owner("key-3")),
        (Some("website"), Some("website"), Some("app"))
    );
    assert_eq!(joined.sources().count(), 2);
    let stream = SourceId("app".into()).stream();
    assert_eq!(joined.source_of_stream(stream).map(|source| source.slug.as_str()), Some("app"));
    assert!(joined.destination_named("crm").is_some());
}

#[test]
fn the_last_use_of_a_key_outlives_a_snapshot() {
    let routing = Routing::new(snapshot(1, true));
    assert_eq!(routing.current().key_used_ms("key-1"), None);
    assert!(routing.current().source_used_with("key-1", 5000).is_some());
    assert!(routing.current().source_used_with("key-3", 5000).is_none());
    routing.replace(snapshot(2, false));
    assert_eq!(routing.current().key_used_ms("key-1"), Some(5000));
    routing.current().source_used_with("key-1", 5900);
    assert_eq!(routing.current().key_used_ms("key-1"), Some(5000), "to the second");
    routing.current().source_used_with("key-1", 6000);
    assert_eq!(routing.current().key_used_ms("key-1"), Some(6000));
    assert_eq!(routing.current().key_used_ms("key-2"), None);
}
