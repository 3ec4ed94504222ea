//! A database after every earlier migration is opened and read by this release. Releases leave
//! them in `fixtures/`; CONTRIBUTING says by which command.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path};

use catalog::access::Scope;
use sqlx::{AnyConnection, Connection as _, Row, any::install_default_drivers};

use crate::{
    Db, Page, Sealer, accounts, applications, audit, destinations, dump, integrations, listings,
    mails, members, snapshot, sources, submissions,
    testing::{fresh_postgres, server},
    tokens, workspaces,
};

/// Last migration and text.
fn fixtures() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let version = path.file_stem().unwrap().to_string_lossy().into_owned();
        (version, fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

/// Makes the database at `url` what it was.
async fn restore(url: &str, text: &str) {
    install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    dump::run(&mut connection, text).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_every_release_is_opened_and_read() {
    let fixtures = fixtures();
    assert!(!fixtures.is_empty(), "no release has left its database");
    for (version, text) in fixtures {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("control.db");
        let mut urls = vec![format!("sqlite://{}?mode=rwc", file.display())];
        if let Some(server) = server() {
            urls.push(fresh_postgres(&server).await);
        }
        for url in urls {
            restore(&url, &text).await;
            let db = Db::open(&url).await.unwrap();
            Box::pin(read_all(&db, &version)).await;
            db.close().await;
            // What was brought up to date once is opened again as it is.
            Db::open(&url).await.unwrap().close().await;
        }
    }
}

/// Everything in it is there, and means what it meant.
async fn read_all(db: &Db, version: &str) {
    let mut db = db.read().await.unwrap();
    let done: Vec<i64> = sqlx::query("SELECT number FROM migrations ORDER BY number")
        .fetch_all(&mut *db)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let all: Vec<i64> = super::ALL.iter().map(|known| known.0).collect();
    assert_eq!(done, all, "{version}");

    let owner = accounts::by_email(&mut db, "owner@cast.example").await.unwrap().unwrap();
    let operator = accounts::by_email(&mut db, "operator@cast.example").await.unwrap().unwrap();
    assert!(operator.operator_since_ms.is_some() && owner.operator_since_ms.is_none(), "{version}");
    let acme = workspaces::find(&mut db, "acme").await.unwrap().unwrap();
    let member = members::get(&mut db, &acme.id, &owner.id).await.unwrap().unwrap();
    let permissions: Vec<catalog::Permission> = serde_json::from_str(&member.permissions).unwrap();
    assert!(catalog::access::owner(&permissions), "{version}");
    let whole = Scope { everything: true, ..Scope::default() };
    let filter = sources::Filter::all(&whole);
    let found = sources::list(&mut db, &acme.id, &filter, &Page::first(100)).await.unwrap();
    let slugs: Vec<&str> = found.rows.iter().map(|source| source.slug.as_str()).collect();
    assert_eq!(slugs, ["shop", "website"], "{version}");
    let filter = destinations::Filter {
        visible: &whole,
        sources: &whole,
        source_id: None,
        name: None,
        enabled: None,
    };
    let found = destinations::list(&mut db, &acme.id, &filter, &Page::first(100)).await.unwrap();
    assert_eq!(found.total, 2, "{version}");
    assert_eq!(tokens::of_workspace(&mut db, &acme.id).await.unwrap().len(), 2, "{version}");
    let filter = listings::Filter { kind: "source", ..listings::Filter::default() };
    let listed = listings::list(&mut db, &filter, &Page::first(100)).await.unwrap();
    assert!(listed.rows.iter().any(|entry| entry.slug == "http-api"), "{version}");

    let sent = integrations::find(&mut db, "acme-sent").await.unwrap().unwrap();
    let info: catalog::Info = serde_json::from_str(&sent.draft).unwrap();
    assert_eq!(info.primary_category.as_deref(), Some("Email Marketing"), "{version}");
    let rounds = submissions::of_integration(&mut db, &sent.id).await.unwrap();
    assert_eq!(rounds[0].status, "open", "{version}");
    assert_eq!(submissions::history(&mut db, &sent.id).await.unwrap().len(), 1, "{version}");
    assert!(submissions::has_test_account(&mut db, &sent.id).await.unwrap(), "{version}");
    let applied = applications::list(&mut db, "submitted", &Page::first(9)).await.unwrap();
    assert_eq!(applied.total, 1, "{version}");
    assert!(mails::list(&mut db, None, &Page::first(9)).await.unwrap().total > 0, "{version}");

    // Nothing in the trail was touched, and what is sealed still opens.
    assert_eq!(audit::verify(&mut db, &acme.id).await.unwrap(), None, "{version}");
    let sealer = Sealer::new(&[(1, [7; 32])]).unwrap();
    let routes = snapshot::build(&mut db, &sealer, &snapshot::Plans::default(), 1).await.unwrap();
    // Two of each of two customers, and where three integrations are tried.
    assert_eq!(routes.sources().count(), 7, "{version}");
}
