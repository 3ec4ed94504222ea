#![expect(
    clippy::disallowed_methods,
    reason = "tests are told where S3 is, and read what was written"
)]

mod crashes;
mod loads;
mod s3;
mod server;
mod stored;

use std::path::Path as FilePath;

use destination_kit::conformance::{self, Next, fault, next, parcels};
use tempfile::TempDir;

use super::*;

fn open_with(kind: &dyn DestinationKind, settings: Value, world: &World) -> Arc<dyn Destination> {
    let settings = settings.as_object().expect("an object");
    kind.open(settings, &conformance::owner(), world).unwrap_or_else(|bad| panic!("{bad:?}"))
}

/// A destination that writes into `dir`.
fn folder(dir: &FilePath, format: &str) -> Arc<dyn Destination> {
    let world = World { base_dir: dir.to_owned(), ..World::default() };
    let settings = json!({ "path": "lake", "format": format, "messages_max": 200 });
    open_with(&FolderKind, settings, &world)
}

#[test]
fn the_catalog_entries_are_sound() {
    conformance::kind(&ObjectStorageKind);
    conformance::kind(&FolderKind);
}

#[test]
fn settings_that_lead_nowhere_are_told() {
    let problems = |kind: &dyn DestinationKind, settings: Value| {
        let settings = settings.as_object().expect("an object");
        let bad = kind.open(settings, &conformance::owner(), &World::default()).err();
        let bad = bad.unwrap_or_default();
        bad.iter().map(|bad| format!("{}: {}", bad.key, bad.problem)).collect::<Vec<_>>().join("\n")
    };
    let remote = |settings| problems(&ObjectStorageKind, settings);
    expect_test::expect![[r#"
        access_key_id: is required: the id of an access key.
        secret_access_key: is required: the secret of the access key."#]]
    .assert_eq(&remote(json!({ "bucket": "b" })));
    expect_test::expect!["service_account: is required: the JSON key of a service account."]
        .assert_eq(&remote(json!({ "bucket": "b", "provider": "gcs" })));
    expect_test::expect![[r#"
        account: is required: the storage account.
        account_key: is required: a key of the storage account."#]]
    .assert_eq(&remote(json!({ "bucket": "b", "provider": "azure" })));
    for (key, value) in [
        ("bucket", "b/../c"),
        ("bucket", "b?x"),
        ("region", "evil.example/"),
        ("endpoint", "http://s3.example/?x"),
        ("endpoint", "http://user@s3.example/"),
        ("prefix", "a//b"),
        ("prefix", "../b"),
    ] {
        let mut settings = json!({ "bucket": "b", "access_key_id": "a", "secret_access_key": "s" });
        settings[key] = json!(value);
        let said = remote(settings);
        assert!(said.starts_with(&format!("{key}: ")), "{value:?}: {said}");
    }
    expect_test::expect!["service_account: must be the JSON key of a service account"].assert_eq(
        &remote(json!({
            "bucket": "b", "provider": "gcs", "service_account": "[]", "endpoint": "http://a.example"
        })),
    );
    expect_test::expect!["account_key: Generic MicrosoftAzure error: Invalid Access Key: Invalid symbol 63, offset 0."].assert_eq(
        &remote(json!({ "bucket": "b", "provider": "azure", "account": "a", "account_key": "?" })),
    );
    expect_test::expect![
        "partition: holds {user}, and knows date, hour, day, source, source_id, event"
    ]
    .assert_eq(&problems(&FolderKind, json!({ "path": "p", "partition": "{user}" })));
    expect_test::expect!["path: must not be empty"]
        .assert_eq(&problems(&FolderKind, json!({ "path": "" })));
}

#[tokio::test]
async fn a_folder_passes_the_suite() {
    for (format, _) in Format::WORDS {
        let dir = TempDir::new().expect("a temporary folder");
        conformance::delivers(folder(dir.path(), format)).await;
    }
}

#[tokio::test]
async fn a_folder_is_tried_out() {
    let dir = TempDir::new().expect("a temporary folder");
    let tried = folder(dir.path(), "parquet").test_connection().await.expect("it can be tried");
    let said = tried.unwrap_or_else(|fault| panic!("{fault:?}"));
    assert!(
        said.starts_with("an object was written, read, listed and deleted in folder "),
        "{said}"
    );
    assert!(stored::objects(&dir.path().join("lake")).is_empty(), "nothing stays");

    std::fs::write(dir.path().join("file"), "").expect("a file");
    let world = World { base_dir: dir.path().to_owned(), ..World::default() };
    let nowhere = open_with(&FolderKind, json!({ "path": "file/lake" }), &world);
    let fault = nowhere.test_connection().await.expect("it can be tried").expect_err("no folder");
    assert_eq!(fault.code, "ENOTDIR", "{fault:?}");
    assert_eq!(next(&nowhere.deliver(&parcels(1)).await), Next::Again(None));
}
