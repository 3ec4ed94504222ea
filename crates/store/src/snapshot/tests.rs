#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use serde_json::json;
use spec::{DestinationId, SourceId};

use super::{Plans, build, destination_owner};
use crate::{
    Sealer, destinations, integrations, schema_events, sources,
    testing::{databases, fresh},
};

#[tokio::test]
async fn a_snapshot_holds_every_workspace() {
    for scratch in databases().await {
        sources::tests::filled(&scratch.db).await;
        let sealer = Sealer::new(&[(1, [7; 32])]).unwrap();
        let lost = Sealer::new(&[(2, [8; 32])]).unwrap();
        let mut write = scratch.db.write().await.unwrap();
        let hook = integrations::find(&mut write, "webhook").await.unwrap().unwrap();
        for (id, on, by) in
            [("dst_1", true, &sealer), ("dst_2", false, &sealer), ("dst_3", true, &lost)]
        {
            let secrets = br#"{"secret":"whsec_open"}"#;
            let row = destinations::Destination {
                id: id.to_owned(),
                workspace_id: "ws_acme".to_owned(),
                source_id: "src_a_acme".to_owned(),
                integration_id: hook.id.clone(),
                name: format!("Hook {id}"),
                settings: r#"{"url":"https://example.com","secret":"••••••••••open"}"#.to_owned(),
                secrets_sealed: Some(by.seal(&fresh(3), &destination_owner(id), secrets)),
                enabled_at_ms: on.then_some(1),
                created_at_ms: 1,
                version: 1,
                pace: destinations::Pace {
                    rate_per_second: on.then_some(20),
                    concurrency: on.then_some(2),
                    retry_for_hours: on.then_some(48),
                },
            };
            destinations::insert(&mut write, &row).await.unwrap();
        }
        for (name, blocked, off) in [("Ping", true, false), ("Paid", false, true)] {
            let row = schema_events::SchemaEvent {
                source_id: "src_a_acme".to_owned(),
                kind: schema_events::TRACK.to_owned(),
                name: name.to_owned(),
                blocked_at_ms: blocked.then_some(1),
                archived_at_ms: None,
                created_at_ms: 1,
                changed_at_ms: 1,
                changed_by: "acc_1".to_owned(),
                off: if off { vec!["dst_1".to_owned()] } else { vec![] },
            };
            schema_events::put(&mut write, &row).await.unwrap();
            // Once more, which changes nothing.
            schema_events::put(&mut write, &row).await.unwrap();
        }
        let mut hostile = sources::find(&mut write, "ws_other", "c").await.unwrap().unwrap();
        hostile.name =
            "x\u{1f}1\u{1e}src_forged\u{1f}ws_acme\u{1f}i\u{1f}s\u{1f}n\u{1f}".to_owned();
        hostile.version += 1;
        sources::update(&mut write, &hostile).await.unwrap();
        write.commit().await.unwrap();

        let mut read = scratch.db.read().await.unwrap();
        let snapshot = build(&mut read, &sealer, &Plans::default(), 42).await.unwrap();
        assert_eq!(snapshot.revision, 42);
        assert_eq!(snapshot.sources().count(), 6);
        let source = snapshot.source_of("key-a-acme").unwrap();
        assert_eq!(source.id, SourceId("src_a_acme".into()));
        assert_eq!((source.slug.as_str(), source.name.as_str()), ("acme/a", "Source A"));
        assert!(source.enabled && source.client_side, "a website speaks from devices");
        assert_eq!(source.destinations, [DestinationId("dst_1".into())]);
        assert!(!snapshot.source_named("other/b").unwrap().enabled);
        let hostile = snapshot.source_named("other/c").unwrap();
        assert_eq!(hostile.name, "x 1 src_forged ws_acme i s n ", "a name stays a name");

        let hook = snapshot.destination(&DestinationId("dst_1".into())).unwrap();
        assert_eq!((hook.name.as_str(), hook.kind.as_str()), ("Webhook", "webhook"));
        let settings = json!({ "url": "https://example.com", "secret": "whsec_open" });
        assert_eq!(json!(hook.settings), settings, "secrets are opened");
        assert_eq!(hook.sources, [SourceId("src_a_acme".into())]);
        assert_eq!((hook.rate_per_second, hook.concurrency), (Some(20), 2));
        assert_eq!(hook.retry_for, Some(Duration::from_secs(48 * 3600)));
        assert!(source.schema.blocks("Ping") && !source.schema.blocks("Paid"));
        let off: Vec<_> = hook.events_off.iter().collect();
        assert_eq!(off, [(&source.id.stream(), &["Paid".into()].into())]);
        let beside = snapshot.destination(&DestinationId("dst_2".into())).unwrap();
        assert!(beside.events_off.is_empty());
        let pace = (beside.rate_per_second, beside.concurrency, beside.retry_for);
        assert_eq!(pace, (None, super::CONCURRENCY, None));
        assert!(!snapshot.destination(&DestinationId("dst_2".into())).unwrap().enabled);
        let shut = snapshot.destination(&DestinationId("dst_3".into()));
        assert!(shut.is_none(), "what does not open is left out, the rest goes on");
    }
}
