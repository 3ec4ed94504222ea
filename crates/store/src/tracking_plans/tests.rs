#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::{
    Revision, Rule, TrackingPlan, add_revision, add_rules, delete, end_rules, find, insert, list,
    revisions, rule_counts, rules, update,
};
use crate::{
    Db, Page, Sealer, StoreError,
    snapshot::{self, Plans},
    source_schemas, sources,
    testing::databases,
};

fn plan(slug: &str) -> TrackingPlan {
    TrackingPlan {
        id: format!("tp_{slug}"),
        workspace_id: "ws_acme".to_owned(),
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        description: String::new(),
        revision: 0,
        version: 1,
        created_at_ms: 1,
        updated_at_ms: 1,
    }
}

fn rule(key: &str, required: &str) -> Rule {
    let properties = json!({ "type": "object", "required": [required] });
    Rule {
        kind: "TRACK".to_owned(),
        key: key.to_owned(),
        version: 1,
        json_schema: json!({ "properties": { "properties": properties } }).to_string(),
        created_at_ms: 1,
        updated_at_ms: 1,
    }
}

async fn keys(db: &Db, revision: i64) -> Vec<String> {
    let mut read = db.read().await.unwrap();
    let rules = rules(&mut read, "tp_shop", revision).await.unwrap();
    rules.into_iter().map(|rule| rule.key).collect()
}

/// A plan in its revision 2, connected to the source `a`.
async fn filled(db: &Db) {
    sources::tests::filled(db).await;
    let mut write = db.write().await.unwrap();
    let mut row = plan("shop");
    insert(&mut write, &row).await.unwrap();
    add_rules(&mut write, &row.id, 1, &[rule("A", "x"), rule("B", "x")]).await.unwrap();
    end_rules(&mut write, &row.id, 2, &[rule("A", "x"), rule("B", "x")]).await.unwrap();
    add_rules(&mut write, &row.id, 2, &[rule("B", "y"), rule("C", "x")]).await.unwrap();
    for revision in [1, 2] {
        let made_by_email = Some("a@example.com".to_owned());
        let made_by = "acc_1".to_owned();
        let row =
            Revision { revision, made_by, made_by_email, changes: 2, breaking: 1, made_at_ms: 5 };
        add_revision(&mut write, "tp_shop", &row).await.unwrap();
    }
    (row.revision, row.version) = (2, 2);
    update(&mut write, &row).await.unwrap();
    let mut schema = source_schemas::get(&mut write, "src_a_acme").await.unwrap();
    assert_eq!((schema.version, schema.plan_id.as_deref()), (0, None));
    schema.plan_id = Some(row.id.clone());
    schema.settings = json!({ "track": { "allowUnplannedEvents": false } }).to_string();
    schema.version = 1;
    source_schemas::put(&mut write, &schema).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn every_revision_of_a_plan_can_be_read_again() {
    for scratch in databases().await {
        filled(&scratch.db).await;
        assert_eq!(keys(&scratch.db, 0).await, [] as [&str; 0]);
        assert_eq!(keys(&scratch.db, 1).await, ["A", "B"]);
        assert_eq!(keys(&scratch.db, 2).await, ["B", "C"]);
        let mut read = scratch.db.read().await.unwrap();
        let newest = revisions(&mut read, "tp_shop", &Page::first(1)).await.unwrap();
        assert_eq!((newest.rows[0].revision, newest.total), (2, 2));
        let next = Page { count: 1, after: newest.next };
        let oldest = revisions(&mut read, "tp_shop", &next).await.unwrap();
        assert_eq!((oldest.rows[0].revision, oldest.next), (1, None));
        let counts = rule_counts(&mut read, &["tp_none", "tp_shop"]).await.unwrap();
        assert_eq!(counts, [0, 2]);
    }
}

#[tokio::test]
async fn a_plan_belongs_to_its_workspace_and_stays_while_it_is_used() {
    for scratch in databases().await {
        filled(&scratch.db).await;
        let mut write = scratch.db.write().await.unwrap();
        assert!(find(&mut write, "ws_other", "tp_shop").await.unwrap().is_none());
        assert!(find(&mut write, "ws_acme", "shop").await.unwrap().is_some());
        insert(&mut write, &plan("mail")).await.unwrap();
        let found = list(&mut write, "ws_acme", Some("SHO"), &Page::first(9)).await.unwrap();
        assert_eq!((found.rows[0].slug.as_str(), found.total), ("shop", 1));
        let all = list(&mut write, "ws_acme", None, &Page::first(1)).await.unwrap();
        assert_eq!((all.next.as_deref(), all.total), (Some("mail"), 2));
        let mut stale = plan("shop");
        stale.version = 2;
        assert!(matches!(update(&mut write, &stale).await, Err(StoreError::Stale)));
        let used = source_schemas::source_counts(&mut write, &["tp_shop", "tp_mail"]).await;
        assert_eq!(used.unwrap(), [1, 0]);
        let all = catalog::access::Scope { everything: true, ..Default::default() };
        let connected =
            source_schemas::sources_of(&mut write, "ws_acme", "tp_shop", &all, &Page::first(9))
                .await;
        assert_eq!(connected.unwrap().rows[0].slug, "a");
        assert!(delete(&mut write, "ws_acme", "tp_mail").await.unwrap());
        let used = delete(&mut write, "ws_acme", "tp_shop").await;
        assert!(matches!(used, Err(StoreError::Referenced)), "{used:?}");
        drop(write);
        let mut write = scratch.db.write().await.unwrap();
        let mut schema = source_schemas::get(&mut write, "src_a_acme").await.unwrap();
        schema.version = 3;
        let stale = source_schemas::put(&mut write, &schema).await;
        assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    }
}

#[tokio::test]
async fn a_snapshot_brings_plans_and_compiles_each_revision_once() {
    for scratch in databases().await {
        filled(&scratch.db).await;
        let sealer = Sealer::new(&[(1, [7; 32])]).unwrap();
        let plans = Plans::default();
        let build = async || {
            let mut read = scratch.db.read().await.unwrap();
            snapshot::build(&mut read, &sealer, &plans, 1).await.unwrap()
        };
        let first = build().await;
        let source = first.source_of("key-a-acme").unwrap();
        let plan = source.schema.plan.clone().unwrap();
        assert!(!plan.settings().track.allow_unplanned_events, "the source's own settings");
        assert!(plan.plans(spec::Kind::Track, Some("C")));
        assert!(!plan.plans(spec::Kind::Track, Some("A")), "the newest revision counts");
        assert!(first.source_of("key-c-acme").unwrap().schema.plan.is_none());
        assert!(build().await.says_the_same_as(&first));

        let mut write = scratch.db.write().await.unwrap();
        let mut row = find(&mut write, "ws_acme", "shop").await.unwrap().unwrap();
        end_rules(&mut write, &row.id, 3, &[rule("C", "x")]).await.unwrap();
        row.revision = 3;
        row.version += 1;
        update(&mut write, &row).await.unwrap();
        write.commit().await.unwrap();
        let next = build().await;
        let plan = next.source_of("key-a-acme").unwrap().schema.plan.clone().unwrap();
        assert!(!plan.plans(spec::Kind::Track, Some("C")));
        assert!(!next.says_the_same_as(&first));
    }
}
