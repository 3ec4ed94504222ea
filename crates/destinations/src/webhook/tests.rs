use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use destination_kit::{
    Fault,
    conformance::{self, Behaviour, Names, Next, Partner, next, parcels, sent},
};
use standardwebhooks::Webhook as Reference;

use super::*;
use crate::target::FORBIDDEN_NAME_DELAY;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PREVIOUS: &str = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQh";

fn open(settings: Value, world: &World) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
    WebhookKind.open(
        settings.as_object().expect("settings are an object"),
        &conformance::owner(),
        world,
    )
}

fn opened(settings: Value) -> Arc<dyn Destination> {
    let world = World { allow_private_addresses: true, ..World::default() };
    open(settings, &world).unwrap_or_else(|bad| panic!("{bad:?}"))
}

#[test]
fn its_catalog_entry_is_sound() {
    conformance::kind(&WebhookKind);
}

#[tokio::test]
async fn it_delivers_alone_and_in_batches() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    conformance::delivers(opened(json!({ "url": partner.url("/") }))).await;
    conformance::delivers(opened(json!({ "url": partner.url("/"), "batch_size": 100 }))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_survives_every_fault() {
    let timeout_ms = conformance::TIMEOUT.as_millis() as u64;
    conformance::http_faults(&|url, world| {
        let settings = json!({ "url": url, "timeout_ms": timeout_ms });
        open(settings, world).unwrap_or_else(|bad| panic!("{bad:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_single_message_arrives_byte_for_byte() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let webhook = opened(json!({ "url": partner.url("/hook?a=1"), "headers": { "X-Key": "k" } }));
    let message = sent("m-1", r#"{"price": 1.50, "big":12345678901234567890, "u":"\ud800"}"#);
    webhook.deliver(std::slice::from_ref(&message)).await.expect("the partner says 200");
    let [request] = &partner.received()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook?a=1"));
    assert_eq!(request.body, message.message.raw());
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("user-agent"), Some(concat!("Headwater/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(header("x-key"), Some("k"));
    assert_eq!(header("webhook-id"), Some("m-1"));
    assert_eq!(header("webhook-signature"), None);
}

#[tokio::test]
async fn a_batch_is_one_signed_array_with_a_stable_id() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let webhook = opened(json!({
        "url": partner.url("/"), "batch_size": 3, "method": "PUT",
        "secret": SECRET, "previous_secret": PREVIOUS,
    }));
    assert_eq!(webhook.batching().messages_max, 3);
    for batch in [&parcels(3)[..], &parcels(3)[..], &parcels(1)[..]] {
        webhook.deliver(batch).await.expect("the partner says 200");
    }
    let received = partner.received();
    let ids: Vec<_> = received.iter().map(|request| &request.headers["webhook-id"]).collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[2], "m-0");
    for (request, count) in received.iter().zip([3, 3, 1]) {
        assert_eq!(request.method, "PUT");
        let body: Vec<Value> = serde_json::from_slice(&request.body).expect("an array of JSON");
        assert_eq!(body.len(), count);
        for secret in [SECRET, PREVIOUS] {
            let reference = Reference::new(secret).expect("a good secret");
            reference.verify(&request.body, &request.headers).expect("both secrets verify");
        }
    }
}

#[tokio::test]
async fn what_a_mapping_made_is_sent_in_place_of_the_message() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let of = |n: u64, data: Value| {
        let fields = serde_json::Map::from_iter([("data".to_owned(), data)]);
        let mapped = Some(destination_kit::Mapped { action: "send".into(), fields });
        Parcel { mapped, ..conformance::parcel(n, sent(&format!("m-{n}"), "{}").message) }
    };
    let alone = opened(json!({ "url": partner.url("/") }));
    alone.deliver(&[of(1, json!({ "total": 7 }))]).await.expect("the partner says 200");
    let batches = opened(json!({ "url": partner.url("/"), "batch_size": 3 }));
    batches.deliver(&[of(2, json!([1])), of(3, json!("a"))]).await.expect("the partner says 200");
    let bodies: Vec<_> = partner.received().iter().map(|request| request.body.clone()).collect();
    assert_eq!(bodies, [&br#"{"total":7}"#[..], &br#"[[1],"a"]"#[..]]);
    let refused = alone.deliver(&[of(4, Value::Null)]).await.expect_err("there is nothing to send");
    assert!(
        matches!(&refused, DeliveryError::Refused(fault) if fault.code == "FILTERED_AT_MAPPING")
    );
    assert_eq!(partner.received().len(), 2);
}

#[tokio::test]
async fn a_redirect_that_keeps_the_method_is_followed_without_credentials() {
    let target = Partner::start(Behaviour::answer(200)).await;
    let first = Partner::start(Behaviour::answer(307).with("location", &target.url("/new"))).await;
    let webhook = opened(json!({
        "url": first.url("/old"), "secret": SECRET,
        "headers": { "Authorization": "Bearer key", "X-Key": "k" },
    }));
    webhook.deliver(&parcels(1)).await.expect("the second answers 200");
    let (sent, followed) = (&first.received()[0], &target.received()[0]);
    assert_eq!(sent.headers["authorization"], "Bearer key");
    assert_eq!((followed.method.as_str(), followed.path.as_str()), ("POST", "/new"));
    assert_eq!(followed.body, sent.body);
    assert!(!followed.headers.contains_key("authorization"), "credentials stay at home");
    assert!(!followed.headers.contains_key("x-key"), "credentials stay at home");
    let reference = Reference::new(SECRET).expect("a good secret");
    reference.verify(&followed.body, &followed.headers).expect("the signature goes along");

    first.behave(Behaviour::answer(308).with("location", "/loop"));
    let outcome = webhook.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Discard, "{outcome:?}");
    assert_eq!(first.received().len(), 1 + 4, "three redirects are followed");
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    let canary = Partner::start(Behaviour::answer(200)).await;
    let to_canary = Behaviour::answer(307).with("location", &canary.url("/"));
    let outside = Partner::start_on([127, 0, 0, 2], to_canary).await;
    let allowed_networks = vec!["127.0.0.2/32".parse().expect("a network")];
    let strict = World { allowed_networks, ..World::default() };
    let settings = json!({ "url": outside.url("/") });
    let webhook = open(settings.clone(), &strict).expect("the settings are good");
    let outcome = webhook.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Pause, "{outcome:?}");
    assert_eq!(outside.received().len(), 1);
    assert!(canary.received().is_empty(), "the canary heard something");

    opened(settings).deliver(&parcels(1)).await.expect("where an operator allows it");
    assert_eq!(canary.received().len(), 1, "the canary can hear");
}

#[tokio::test]
async fn a_name_that_leads_inside_pauses_only_when_it_keeps_doing_so() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let names = Names::default();
    names.set("rebound.example", &["10.0.0.1"]);
    let now_ms = Arc::new(AtomicI64::new(1_000));
    let clock = Clock::new({
        let now_ms = now_ms.clone();
        move || now_ms.load(Relaxed)
    });
    let world = World { resolver: Arc::new(names.clone()), clock, ..World::default() };
    let url = format!("http://rebound.example:{}/", partner.address().port());
    let webhook = open(json!({ "url": url }), &world).expect("the settings are good");

    for (at_ms, expect) in [
        (1_000, Next::Again(Some(FORBIDDEN_NAME_DELAY))),
        (300_999, Next::Again(Some(FORBIDDEN_NAME_DELAY))),
        (301_000, Next::Pause),
    ] {
        now_ms.store(at_ms, Relaxed);
        let outcome = webhook.deliver(&parcels(1)).await;
        assert_eq!(next(&outcome), expect, "at {at_ms}: {outcome:?}");
        let sentence = conformance::fault(&outcome).map(|fault| fault.excerpt.as_str());
        assert!(sentence.is_some_and(|text| text.contains("delivery.allow_private_addresses")));
    }
    names.set("rebound.example", &[]);
    assert_eq!(next(&webhook.deliver(&parcels(1)).await), Next::Again(None));
    names.set("rebound.example", &["10.0.0.1"]);
    let outcome = webhook.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Again(Some(FORBIDDEN_NAME_DELAY)), "its time begins anew");
}

#[tokio::test]
async fn a_refusal_keeps_the_beginning_of_the_answer() {
    let body = format!("no such list: {}", "\u{fc}".repeat(2000));
    let answer = Behaviour::Answer { status: 422, headers: vec![], body };
    let partner = Partner::start(answer).await;
    let outcome = opened(json!({ "url": partner.url("/") })).deliver(&parcels(1)).await;
    let Err(DeliveryError::Refused(Fault { status, code, excerpt })) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((status, code.as_str()), (Some(422), "422"));
    assert!(excerpt.starts_with("no such list: \u{fc}"));
    assert!(excerpt.len() <= destination_kit::EXCERPT_BYTES_MAX);
}

#[tokio::test]
async fn certificates_are_checked() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a key");
    let key = made.signing_key.serialize_der().try_into().expect("a key in PKCS #8");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            let config = config.with_no_client_auth();
            config.with_single_cert(vec![made.cert.der().clone()], key)
        })
        .expect("the certificate fits its key");
    let partner = Partner::start_tls(Behaviour::answer(200), Arc::new(config)).await;
    let settings = json!({ "url": partner.url("/") });

    let outcome = opened(settings.clone()).deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Again(None), "{outcome:?}");
    assert_eq!(conformance::fault(&outcome).map(|fault| fault.code.as_str()), Some("TLS"));
    assert!(partner.received().is_empty());

    let extra_roots = vec![made.cert.der().clone()];
    let trusting = World { allow_private_addresses: true, extra_roots, ..World::default() };
    let webhook = open(settings, &trusting).expect("the settings are good");
    webhook.deliver(&parcels(1)).await.expect("whom an operator trusts");
    assert_eq!(partner.received().len(), 1);
}

#[tokio::test]
async fn a_connection_is_used_again_and_a_closed_one_replaced() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let webhook = opened(json!({ "url": partner.url("/") }));
    for _ in 0..50 {
        webhook.deliver(&parcels(1)).await.expect("the partner says 200");
    }
    assert_eq!(partner.connections(), 1);
    partner.behave(Behaviour::Cut);
    assert_eq!(next(&webhook.deliver(&parcels(1)).await), Next::Again(None));
    partner.behave(Behaviour::answer(200));
    webhook.deliver(&parcels(1)).await.expect("on a new connection");
    assert_eq!(partner.connections(), 2);
}

#[test]
fn the_user_in_a_url_becomes_basic_authorization() {
    let target = Target::parse("https://us%3Aer:p%40ss@example.com/a#b").expect("a good URL");
    assert_eq!(target.uri, "https://example.com/a");
    let value = target.credentials.expect("there is a user");
    assert_eq!(value, format!("Basic {}", STANDARD.encode("us:er:p@ss")));
    assert!(target.host_is_name);
    for literal in ["http://[::1]/", "http://127.1/", "http://localhost:80/", "http://a.localhost."]
    {
        assert!(!Target::parse(literal).expect("a good URL").host_is_name, "{literal}");
    }
}

#[test]
fn bad_settings_are_named() {
    let bad = |settings: Value| -> BTreeMap<String, String> {
        let bad = open(settings, &World::default()).err().unwrap_or_default();
        bad.into_iter().map(|bad| (bad.key, bad.problem)).collect()
    };
    let url = "https://example.com/";
    let found = bad(json!({
        "url": "ftp://example.com", "batch_size": 0, "timeout_ms": 5, "method": "GET", "x": 1,
    }));
    let keys: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(keys, ["batch_size", "method", "timeout_ms", "url", "x"], "{found:?}");
    let found = bad(json!({ "url": url, "secret": "hunter2", "headers": { "Host": "x" } }));
    assert_eq!(found["secret"], "must be whsec_ followed by base64");
    assert_eq!(found["headers"], r#""Host" is set by Headwater and cannot be given"#);
    let found = bad(json!({ "url": url, "headers": { "a b": "x" } }));
    assert_eq!(found["headers"], r#""a b" cannot be the name of a header"#);
    let found = bad(json!({ "url": url, "previous_secret": SECRET }));
    assert_eq!(found["previous_secret"], "is given without secret, which it once was");
}
