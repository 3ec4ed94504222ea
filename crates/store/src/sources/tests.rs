#![expect(clippy::unwrap_used, reason = "tests")]

use catalog::{Label, access::Scope};

use super::{Filter, Source, delete, find, insert, list, update};
use crate::{
    Db, Page, StoreError, builtin, destinations, integrations, labels, source_labels,
    testing::{databases, fresh},
    workspaces::{self, Workspace},
    write_keys,
};

/// Two workspaces with sources `a`, `b` (off) and `c`, each with a key `key-<slug>-<workspace>`.
pub async fn filled(db: &Db) {
    let mut write = db.write().await.unwrap();
    let all = [
        builtin::Builtin {
            kind: "source",
            slug: "javascript".into(),
            name: "Website".into(),
            info: r#"{"primaryCategory":"Website"}"#.into(),
        },
        builtin::Builtin {
            kind: "destination",
            slug: "webhook".into(),
            name: "Webhook".into(),
            info: "{}".into(),
        },
    ];
    builtin::seed(&mut write, &fresh(1), 1, &all).await.unwrap();
    let entry = integrations::find(&mut write, "javascript").await.unwrap().unwrap();
    for workspace in ["acme", "other"] {
        let row = Workspace {
            id: format!("ws_{workspace}"),
            slug: workspace.to_owned(),
            name: workspace.to_owned(),
            created_by: "acc_1".to_owned(),
            created_at_ms: 1,
            version: 1,
        };
        workspaces::insert(&mut write, &row).await.unwrap();
        for (key, value) in [("env", "dev"), ("env", "prod"), ("team", "x")] {
            let (key, value) = (key.to_owned(), value.to_owned());
            let label = labels::Label { key, value, description: "why".to_owned() };
            labels::insert(&mut write, &row.id, &label, 1).await.unwrap();
        }
        for slug in ["a", "b", "c"] {
            let source = Source {
                id: format!("src_{slug}_{workspace}"),
                workspace_id: row.id.clone(),
                integration_id: entry.id.clone(),
                slug: slug.to_owned(),
                name: format!("Source {}", slug.to_uppercase()),
                settings: "{}".to_owned(),
                secrets_sealed: None,
                disabled_at_ms: (slug == "b").then_some(7),
                retention_days: None,
                created_at_ms: 1,
                version: 1,
            };
            insert(&mut write, &source).await.unwrap();
            let key = format!("key-{slug}-{workspace}");
            write_keys::insert(&mut write, &source.id, &key, 1).await.unwrap();
        }
    }
    write.commit().await.unwrap();
}

fn everything() -> Scope {
    Scope { everything: true, ..Scope::default() }
}

async fn slugs(db: &Db, filter: &Filter<'_>) -> String {
    let mut read = db.read().await.unwrap();
    let found = list(&mut read, "ws_acme", filter, &Page::first(100)).await.unwrap();
    assert_eq!(found.total, i64::try_from(found.rows.len()).unwrap());
    let slugs: Vec<String> = found.rows.into_iter().map(|row| row.slug).collect();
    slugs.join(" ")
}

#[tokio::test]
async fn a_list_is_what_the_filter_says() {
    for scratch in databases().await {
        let db = &scratch.db;
        filled(db).await;
        let mut write = db.write().await.unwrap();
        for (slug, label) in [("a", ("env", "dev")), ("c", ("env", "prod"))] {
            let source = find(&mut write, "ws_acme", slug).await.unwrap().unwrap();
            let labels =
                [(label.0.to_owned(), label.1.to_owned()), ("team".to_owned(), "x".to_owned())];
            source_labels::replace(&mut write, &source, &labels).await.unwrap();
        }
        write.commit().await.unwrap();

        let whole = everything();
        let all = Filter::all(&whole);
        assert_eq!(slugs(db, &all).await, "a b c");
        assert_eq!(slugs(db, &Filter { enabled: Some(false), ..all }).await, "b");
        assert_eq!(slugs(db, &Filter { name: Some("source C"), ..all }).await, "c");
        assert_eq!(slugs(db, &Filter { name: Some("_"), ..all }).await, "", "no wildcard");
        assert_eq!(slugs(db, &Filter { integration: Some("javascript"), ..all }).await, "a b c");
        assert_eq!(slugs(db, &Filter { integration: Some("webhook"), ..all }).await, "");
        let prod = [("env".to_owned(), "prod".to_owned()), ("team".to_owned(), "x".to_owned())];
        assert_eq!(slugs(db, &Filter { labels: &prod, ..all }).await, "c");
        for (key, found) in [("key-a-", "a"), ("key-a-acme", "a"), ("key-", "a b c"), ("KEY-", "")]
        {
            let filter = Filter { write_key: Some((key, &whole)), ..all };
            assert_eq!(slugs(db, &filter).await, found, "{key}");
        }

        let none = Scope::default();
        assert_eq!(slugs(db, &Filter::all(&none)).await, "");
        let filter = Filter { write_key: Some(("key-a-", &none)), ..all };
        assert_eq!(slugs(db, &filter).await, "");
        let some = Scope {
            everything: false,
            ids: vec!["src_b_acme".to_owned(), "src_a_other".to_owned()],
            labelled: vec![
                (None, vec![Label::new("env", "prod"), Label::new("team", "x")]),
                (Some("src_a_acme".to_owned()), vec![Label::new("env", "prod")]),
            ],
        };
        assert_eq!(slugs(db, &Filter::all(&some)).await, "b c");
        let filter = Filter { enabled: Some(true), ..Filter::all(&some) };
        assert_eq!(slugs(db, &filter).await, "c", "every condition holds");
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat() {
    for scratch in databases().await {
        filled(&scratch.db).await;
        let mut read = scratch.db.read().await.unwrap();
        let whole = everything();
        let mut page = Page::first(2);
        let first = list(&mut read, "ws_acme", &Filter::all(&whole), &page).await.unwrap();
        assert_eq!((first.rows.len(), first.total), (2, 3));
        page.after = first.next;
        let second = list(&mut read, "ws_acme", &Filter::all(&whole), &page).await.unwrap();
        assert_eq!((second.rows[0].slug.as_str(), second.total, second.next), ("c", 3, None));
    }
}

#[tokio::test]
async fn a_source_is_of_one_workspace_and_takes_what_hangs_on_it_along() {
    for scratch in databases().await {
        filled(&scratch.db).await;
        let mut write = scratch.db.write().await.unwrap();
        let source = find(&mut write, "ws_acme", "a").await.unwrap().unwrap();
        let hook = integrations::find(&mut write, "webhook").await.unwrap().unwrap();
        let destination = destinations::Destination {
            id: "dst_1".to_owned(),
            workspace_id: "ws_acme".to_owned(),
            source_id: source.id.clone(),
            integration_id: hook.id,
            name: "Hook".to_owned(),
            settings: "{}".to_owned(),
            secrets_sealed: None,
            enabled_at_ms: None,
            created_at_ms: 1,
            version: 1,
            pace: destinations::Pace::default(),
        };
        destinations::insert(&mut write, &destination).await.unwrap();
        write.commit().await.unwrap();

        let mut write = scratch.db.write().await.unwrap();
        let twin = destinations::Destination { id: "dst_2".to_owned(), ..destination.clone() };
        let twin = destinations::insert(&mut write, &twin).await;
        assert!(matches!(twin, Err(StoreError::Taken)), "{twin:?}");
        drop(write);

        let mut write = scratch.db.write().await.unwrap();
        let foreign = Source { workspace_id: "ws_other".to_owned(), version: 2, ..source.clone() };
        assert!(matches!(update(&mut write, &foreign).await, Err(StoreError::Stale)));
        assert!(!delete(&mut write, "ws_other", &source.id).await.unwrap());
        assert!(!write_keys::delete(&mut write, "src_b_acme", "key-a-acme").await.unwrap());
        assert!(delete(&mut write, "ws_acme", &source.id).await.unwrap());
        assert_eq!(write_keys::of_sources(&mut write, &[&source.id]).await.unwrap(), []);
        assert_eq!(destinations::find(&mut write, "ws_acme", "dst_1").await.unwrap(), None);
    }
}
