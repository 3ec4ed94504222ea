#![expect(clippy::unwrap_used, reason = "tests")]

use sqlx::Row;

use crate::{
    StoreError, audit, members,
    page::Page,
    testing::{databases, fresh},
    workspaces::{self, Workspace},
};

fn workspace(id: &str, slug: &str) -> Workspace {
    Workspace {
        id: id.to_owned(),
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        created_by: "acc_1".to_owned(),
        created_at_ms: 1,
        version: 1,
    }
}

#[tokio::test]
async fn a_taken_slug_is_told_from_other_trouble() {
    for scratch in databases().await {
        let mut write = scratch.db.write().await.unwrap();
        workspaces::insert(&mut write, &workspace("ws_1", "acme")).await.unwrap();
        write.commit().await.unwrap();
        let mut write = scratch.db.write().await.unwrap();
        let again = workspaces::insert(&mut write, &workspace("ws_2", "acme")).await;
        assert!(matches!(again, Err(StoreError::Taken)), "{again:?}");
        drop(write);
        let mut write = scratch.db.write().await.unwrap();
        let member = members::insert(&mut write, "ws_1", "acc_none", "[]", 1).await;
        assert!(matches!(member, Err(StoreError::Referenced)), "{member:?}");
    }
}

#[tokio::test]
async fn what_is_not_committed_leaves_nothing() {
    for scratch in databases().await {
        let mut write = scratch.db.write().await.unwrap();
        workspaces::insert(&mut write, &workspace("ws_1", "acme")).await.unwrap();
        drop(write);
        let mut read = scratch.db.read().await.unwrap();
        assert_eq!(workspaces::find(&mut read, "acme").await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_many_writers_none_loses_an_update() {
    for scratch in databases().await {
        let mut write = scratch.db.write().await.unwrap();
        workspaces::insert(&mut write, &workspace("ws_1", "acme")).await.unwrap();
        write.commit().await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let db = scratch.db.clone();
            tasks.spawn(async move {
                let mut write = db.write().await.unwrap();
                let mut row = workspaces::find(&mut write, "ws_1").await.unwrap().unwrap();
                row.version += 1;
                workspaces::update(&mut write, &row).await.unwrap();
                write.commit().await.unwrap();
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let mut read = scratch.db.read().await.unwrap();
        let row = workspaces::find(&mut read, "ws_1").await.unwrap().unwrap();
        assert_eq!(row.version, 201);
        let mut stale = row.clone();
        stale.version = 7;
        let mut write = scratch.db.write().await.unwrap();
        let lost = workspaces::update(&mut write, &stale).await;
        assert!(matches!(lost, Err(StoreError::Stale)), "{lost:?}");
    }
}

#[tokio::test]
async fn an_edited_audit_entry_is_found() {
    for scratch in databases().await {
        let fresh = fresh(1);
        let mut write = scratch.db.write().await.unwrap();
        for n in 0..5 {
            let change = audit::Change {
                scope: "ws_1",
                kind: if n == 3 { "Source Deleted" } else { "Source Created" },
                actor: "acc_1",
                actor_email: Some("a@example.com"),
                resource_type: "SOURCE",
                resource_id: "src_1",
                resource_name: "Website",
                before: None,
                after: Some(format!("{{\"n\":{n}}}")),
            };
            audit::record(&mut write, &fresh, n, change).await.unwrap();
        }
        write.commit().await.unwrap();
        let mut read = scratch.db.read().await.unwrap();
        assert_eq!(audit::verify(&mut read, "ws_1").await.unwrap(), None);

        let filter = audit::Filter { kind: "Source Created".to_owned(), ..Default::default() };
        let first = audit::list(&mut read, "ws_1", &filter, &Page::first(3)).await.unwrap();
        let numbers: Vec<i64> = first.rows.iter().map(|entry| entry.number).collect();
        assert_eq!((numbers, first.total), (vec![5, 3, 2], 4));
        let next = Page { count: 3, after: first.next };
        let last = audit::list(&mut read, "ws_1", &filter, &next).await.unwrap();
        assert_eq!((last.rows.len(), last.next), (1, None));
        let other = audit::list(&mut read, "ws_2", &filter, &Page::first(3)).await.unwrap();
        assert_eq!(other.total, 0);

        let mut write = scratch.db.write().await.unwrap();
        sqlx::query("UPDATE audit SET actor = 'acc_2' WHERE number = 3")
            .execute(&mut *write)
            .await
            .unwrap();
        write.commit().await.unwrap();
        assert_eq!(audit::verify(&mut read, "ws_1").await.unwrap(), Some(3));
    }
}

#[tokio::test]
async fn a_deleted_workspace_takes_its_rows_along() {
    for scratch in databases().await {
        let mut write = scratch.db.write().await.unwrap();
        workspaces::insert(&mut write, &workspace("ws_1", "acme")).await.unwrap();
        workspaces::delete(&mut write, "ws_1").await.unwrap();
        write.commit().await.unwrap();
        let mut read = scratch.db.read().await.unwrap();
        let left = sqlx::query("SELECT COUNT(*) FROM labels").fetch_one(&mut *read).await.unwrap();
        assert_eq!(left.get::<i64, _>(0), 0);
    }
}

#[tokio::test]
async fn the_database_of_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control.db");
    let db = crate::Db::open_file(&path).await.unwrap();
    let mut write = db.write().await.unwrap();
    sqlx::query("INSERT INTO migrations (number, name, hash) VALUES (999, 'later', '')")
        .execute(&mut *write)
        .await
        .unwrap();
    write.commit().await.unwrap();
    db.close().await;
    let opened = crate::Db::open_file(&path).await;
    assert!(matches!(opened.err(), Some(StoreError::Newer(999))));
}
