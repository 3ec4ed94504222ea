//! Against a real server that speaks S3.

use std::time::Duration;

use destination_kit::conformance::{Behaviour, Partner};

use super::*;

/// Deliveries here go to loopback.
fn world() -> World {
    World { allow_private_addresses: true, ..World::default() }
}

fn with(mut settings: Value, key: &str, value: Value) -> Value {
    settings[key] = value;
    settings
}

fn open_s3(settings: Value) -> Arc<dyn Destination> {
    open_with(&ObjectStorageKind, settings, &world())
}

#[tokio::test]
async fn s3_passes_the_suite() {
    let Some(url) = server::given() else { return };
    for (format, _) in Format::WORDS {
        let settings = server::settings(&url, &format!("suite/{format}"));
        let destination = open_s3(with(settings, "format", json!(format)));
        conformance::delivers(destination).await;
    }
}

#[tokio::test]
async fn a_connection_test_says_what_is_wrong() {
    let Some(url) = server::given() else { return };
    let settings = server::settings(&url, "tried");
    let tried = async |settings: Value| {
        let tried = open_s3(settings).test_connection().await.expect("it can be tried");
        tried.unwrap_or_else(|fault| format!("{}: {}", fault.code, fault.excerpt))
    };
    let said = tried(settings.clone()).await;
    assert_eq!(said, "an object was written, read, listed and deleted in bucket \"tests\"");
    let said = tried(with(settings.clone(), "secret_access_key", json!("wrong"))).await;
    let expect =
        "SignatureDoesNotMatch: writing in bucket \"tests\" is not allowed with these keys: ";
    assert!(said.starts_with(expect), "{said}");
    let strict = open_with(&ObjectStorageKind, settings, &World::default());
    let fault = strict.test_connection().await.expect("it can be tried").expect_err("forbidden");
    assert_eq!(fault.code, "PRIVATE_ADDRESS", "{fault:?}");
}

#[tokio::test]
async fn what_cannot_pass_by_itself_waits_for_other_settings() {
    let Some(url) = server::given() else { return };
    let settings = server::settings(&url, "refused");
    for wrong in [
        with(settings.clone(), "secret_access_key", json!("wrong")),
        with(settings.clone(), "access_key_id", json!("nobody")),
    ] {
        let outcome = open_s3(wrong).deliver(&parcels(1)).await;
        assert_eq!(next(&outcome), Next::Pause, "{outcome:?}");
    }
    let strict = open_with(&ObjectStorageKind, settings, &World::default());
    let outcome = strict.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Pause, "{outcome:?}");
}

/// A partner that answers everything alike.
#[tokio::test]
async fn every_fault_of_a_store_has_its_outcome() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let settings = json!({
        "endpoint": partner.url("").trim_end_matches('/'), "bucket": "b", "access_key_id": "a",
        "secret_access_key": "s",
    });
    let again = Next::Again(None);
    let seven = Next::Again(Some(Duration::from_secs(7)));
    for (behaviour, expect, code) in [
        (Behaviour::answer(500), again, "500"),
        (Behaviour::answer(503).with("retry-after", "7"), seven, "503"),
        (Behaviour::answer(429), again, "429"),
        (Behaviour::answer(501), Next::Pause, "501"),
        (Behaviour::answer(400), Next::Pause, "400"),
        (Behaviour::answer(401), Next::Pause, "401"),
        (Behaviour::answer(403), Next::Pause, "403"),
        (Behaviour::answer(301), Next::Pause, "301"),
        (Behaviour::answer(307).with("location", "http://other.example/"), Next::Pause, "307"),
        (Behaviour::answer(200), again, "EPROTO"),
        (Behaviour::Garbage, again, "EPROTO"),
        (Behaviour::Reset, again, "ECONNRESET"),
        (Behaviour::Cut, again, "ECONNRESET"),
    ] {
        partner.behave(behaviour.clone());
        let outcome = open_s3(settings.clone()).deliver(&parcels(1)).await;
        assert_eq!(next(&outcome), expect, "{behaviour:?}: {outcome:?}");
        assert_eq!(fault(&outcome).map(|fault| fault.code.as_str()), Some(code), "{outcome:?}");
    }

    for (provider, code, body) in [
        ("s3", "NoSuchBucket", "<Error><Code>NoSuchBucket</Code><Message>No</Message></Error>"),
        ("azure", "ContainerNotFound", "<Error><Code>ContainerNotFound</Code></Error>"),
        (
            "gcs",
            "404",
            r#"{"error":{"code":404,"message":"The specified bucket does not exist."}}"#,
        ),
    ] {
        let body = body.to_owned();
        partner.behave(Behaviour::Answer { status: 404, headers: Vec::new(), body });
        let key = json!({
            "private_key": "", "private_key_id": "", "client_email": "", "disable_oauth": true
        });
        let settings = json!({
            "provider": provider, "endpoint": partner.url("").trim_end_matches('/'), "bucket": "b",
            "access_key_id": "a", "secret_access_key": "s", "service_account": key.to_string(),
            "account": "a", "account_key": "a2V5",
        });
        let outcome = open_s3(settings).deliver(&parcels(1)).await;
        assert_eq!(next(&outcome), Next::Pause, "{provider}: {outcome:?}");
        let fault = fault(&outcome).expect("it failed");
        assert_eq!(fault.code, code, "{fault:?}");
        assert!(fault.excerpt.contains("found no such bucket"), "{fault:?}");
    }
    partner.stop().await;
    let outcome = open_s3(settings).deliver(&parcels(1)).await;
    assert_eq!(fault(&outcome).map(|fault| fault.code.as_str()), Some("ECONNREFUSED"));
    assert_eq!(next(&outcome), again);
}
