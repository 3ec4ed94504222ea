#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Filter, Noteworthy, Standing, categories, find, list, standing};
use crate::{
    Page, builtin, integrations, sources,
    testing::{databases, fresh},
};

#[tokio::test]
async fn only_what_is_listed_is_found() {
    for scratch in databases().await {
        sources::tests::filled(&scratch.db).await;
        let mut write = scratch.db.write().await.unwrap();
        let mut row = integrations::find(&mut write, "javascript").await.unwrap().unwrap();
        let states = ["PRIVATE_BUILDING", "PUBLIC_BETA", "UNAVAILABLE", "PUBLIC"];
        for (number, state) in states.iter().enumerate() {
            row.id = format!("int_{number}");
            row.slug = format!("entry-{number}");
            row.state = (*state).to_owned();
            row.published_name = Some(format!("Élan {number}"));
            row.published =
                Some(r#"{"description":"Ünique","primaryCategory":"SMS & Push"}"#.into());
            (row.listed_at_ms, row.approved_at_ms) = (Some(100), Some(100));
            integrations::insert(&mut write, &row).await.unwrap();
        }
        write.commit().await.unwrap();

        let mut read = scratch.db.read().await.unwrap();
        let mut slugs = async |filter: Filter<'_>| {
            let found = list(&mut read, &filter, &Page::first(10)).await.unwrap();
            assert_eq!(found.total, i64::try_from(found.rows.len()).unwrap());
            found.rows.into_iter().map(|row| row.slug).collect::<Vec<_>>().join(" ")
        };
        let all = Filter { kind: "source", ..Filter::default() };
        assert_eq!(slugs(all).await.split(' ').count(), 3);
        let search = |words| Filter { search: Some(words), ..all };
        assert_eq!(slugs(search("élan ÜNIQUE")).await, "entry-1 entry-3");
        assert_eq!(slugs(search("entry-0")).await, "");
        let category = |name| Filter { category: Some(name), ..all };
        assert_eq!(slugs(category("SMS & Push")).await, "entry-1 entry-3");
        assert_eq!(slugs(category("Push")).await, "", "a category whole, or not at all");
        let lately = |listed_after_ms, beta_after_ms| Filter {
            noteworthy: Some(Noteworthy { listed_after_ms, beta_after_ms, beta_asks_more: false }),
            ..all
        };
        assert_eq!(slugs(lately(99, 100)).await, "entry-1 entry-3");
        assert_eq!(slugs(lately(100, 99)).await, "entry-1");
        assert_eq!(slugs(lately(100, 100)).await, "");

        assert!(find(&mut read, "source", "entry-0").await.unwrap().is_none());
        assert!(find(&mut read, "source", "int_1").await.unwrap().is_some());
        assert!(find(&mut read, "destination", "int_1").await.unwrap().is_none());
        let counts = categories(&mut read, "source").await.unwrap();
        assert_eq!(counts, [("SMS & Push".to_owned(), 2), ("Website".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn the_standing_of_team_reviewer_and_workspace() {
    for scratch in databases().await {
        sources::tests::filled(&scratch.db).await;
        let mut write = scratch.db.write().await.unwrap();
        let mut row = integrations::find(&mut write, "javascript").await.unwrap().unwrap();
        let installed = row.id.clone();
        for sql in [
            "INSERT INTO accounts (id, email, name, password_hash, created_at_ms) \
             VALUES ('acc_1', 'a@example.com', 'A', 'x', 1)",
            "INSERT INTO partners (id, name, website, created_at_ms) VALUES ('ptn_1', 'P', '', 1)",
            "INSERT INTO partner_members (partner_id, account_id, role, created_at_ms) \
             VALUES ('ptn_1', 'acc_1', 'builder', 1)",
        ] {
            sqlx::query(sql).execute(&mut *write).await.unwrap();
        }
        (row.id, row.slug) = ("int_2".to_owned(), "theirs".to_owned());
        row.partner_id = Some("ptn_1".to_owned());
        integrations::insert(&mut write, &row).await.unwrap();
        for sql in [
            "INSERT INTO submissions (id, integration_id, number, kind, status, frozen, \
             content_hash, checklist, submitted_by, submitted_at_ms) \
             VALUES ('sub_1', 'int_2', 1, 'launch', 'open', '', '', '', 'acc_9', 1)",
            "INSERT INTO reviewers (submission_id, account_id, assigned_at_ms) \
             VALUES ('sub_1', 'acc_1', 1)",
        ] {
            sqlx::query(sql).execute(&mut *write).await.unwrap();
        }
        let theirs = standing(&mut write, "int_2", Some("acc_1"), Some("ws_acme")).await.unwrap();
        assert_eq!(theirs, Standing { in_team: true, reviews: true, installed: false });
        let other = standing(&mut write, "int_2", Some("acc_2"), None).await.unwrap();
        assert_eq!(other, Standing::default());
        let here = standing(&mut write, &installed, None, Some("ws_acme")).await.unwrap();
        assert_eq!(here, Standing { installed: true, ..Standing::default() });
    }
}

#[tokio::test]
async fn our_own_are_corrected_and_nobody_elses() {
    for scratch in databases().await {
        sources::tests::filled(&scratch.db).await;
        let mut write = scratch.db.write().await.unwrap();
        let before = integrations::find(&mut write, "javascript").await.unwrap().unwrap();
        let mut hidden = before.clone();
        (hidden.state, hidden.version) = ("UNAVAILABLE".to_owned(), 2);
        integrations::update(&mut write, &hidden).await.unwrap();
        let wanted = builtin::Builtin {
            kind: "source",
            slug: "javascript".to_owned(),
            name: "Site".to_owned(),
            info: before.draft.clone(),
        };
        for _ in 0..2 {
            builtin::seed(&mut write, &fresh(5), 9, std::slice::from_ref(&wanted)).await.unwrap();
        }
        let after = integrations::find(&mut write, "javascript").await.unwrap().unwrap();
        assert_eq!((after.id, after.name.as_str(), after.version), (before.id, "Site", 3));
        assert_eq!(after.state, "UNAVAILABLE", "what an operator did stays");
    }
}
