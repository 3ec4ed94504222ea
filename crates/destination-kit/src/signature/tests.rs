use http::HeaderMap;
use standardwebhooks::Webhook;

use super::*;
use crate::{Clock, conformance::sent};

const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD: &str = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQh";
const BODY: &[u8] = "{\"event\":\"Gr\u{fc}n\"}".as_bytes();

fn signed(secrets: &[&str], body: &[u8]) -> HeaderMap {
    let timestamp = (Clock::default().now_ms() / 1000).to_string();
    let signer = Signer::new(secrets).expect("the secrets are good");
    let signature = signer.sign("m-1", &timestamp, body);
    HeaderMap::from_iter([
        (ID_HEADER, HeaderValue::from_static("m-1")),
        (TIMESTAMP_HEADER, HeaderValue::from_str(&timestamp).expect("digits")),
        (SIGNATURE_HEADER, signature),
    ])
}

fn verifies(secret: &str, body: &[u8], headers: &HeaderMap) -> bool {
    Webhook::new(secret).expect("the secret is good").verify(body, headers).is_ok()
}

#[test]
fn the_reference_library_accepts_our_signature_and_only_for_these_bytes() {
    let headers = signed(&[NEW], BODY);
    assert!(verifies(NEW, BODY, &headers));
    assert!(!verifies(NEW, b"{\"event\":\"Blau\"}", &headers));
    assert!(!verifies(OLD, BODY, &headers));
}

#[test]
fn while_a_secret_is_replaced_both_verify() {
    let headers = signed(&[NEW, OLD], BODY);
    assert!(verifies(NEW, BODY, &headers));
    assert!(verifies(OLD, BODY, &headers));
}

#[test]
fn the_example_of_the_specification() {
    let signer = Signer::new(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).expect("a good secret");
    let signature =
        signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn bad_secrets_are_named_by_position() {
    let bad = |secrets: &[&str]| Signer::new(secrets).err();
    assert_eq!(bad(&["secret"]), Some((0, BadSecret::Form)));
    assert_eq!(bad(&[NEW, "whsec_?"]), Some((1, BadSecret::Form)));
    assert_eq!(bad(&["whsec_c2hvcnQ="]), Some((0, BadSecret::Length(5))));
}

#[test]
fn the_id_is_the_message_id_or_a_stable_hash() {
    let id = |ids: &[&str]| {
        let messages: Vec<Parcel> = ids.iter().map(|id| sent(id, "{}")).collect();
        request_id(&messages)
    };
    assert_eq!(id(&["ajs-next-1700000000-a_b"]), "ajs-next-1700000000-a_b");
    assert_eq!(id(&["a", "b"]), id(&["a", "b"]));
    assert_ne!(id(&["a", "b"]), id(&["b", "a"]));
    assert_ne!(id(&["ab", "c"]), id(&["a", "bc"]));
    for odd in ["a.b", "gr\u{fc}n", "a b", "a\\nb", &"x".repeat(129)] {
        let id = id(&[odd]);
        assert_eq!((id.len(), id.starts_with("msg_")), (36, true), "{odd}: {id}");
    }
}
