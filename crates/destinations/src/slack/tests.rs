use destination_kit::conformance::{self, Behaviour, Next, Partner, next, parcels};
use expect_test::{Expect, expect};

use super::*;
use crate::tests::tracked;

fn open(settings: Value, world: &World) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
    let settings = settings.as_object().expect("settings are an object");
    SlackKind.open(settings, &conformance::owner(), world)
}

fn opened(settings: Value) -> Arc<dyn Destination> {
    let world = World { allow_private_addresses: true, ..World::default() };
    open(settings, &world).unwrap_or_else(|bad| panic!("{bad:?}"))
}

fn texts(partner: &Partner) -> Vec<String> {
    let text = |body: &[u8]| -> Value { serde_json::from_slice(body).expect("it is JSON") };
    let received = partner.received();
    let texts = received.iter().map(|request| text(&request.body)["text"].clone());
    texts.map(|text| text.as_str().expect("there is a text").to_owned()).collect()
}

#[test]
fn its_catalog_entry_is_sound() {
    conformance::kind(&SlackKind);
}

#[tokio::test]
async fn it_delivers() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    conformance::delivers(opened(json!({ "url": partner.url("/") }))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_survives_every_fault() {
    let timeout_ms = conformance::TIMEOUT.as_millis() as u64;
    conformance::http_faults(&|url, world| {
        open(json!({ "url": url, "timeout_ms": timeout_ms }), world)
            .unwrap_or_else(|bad| panic!("{bad:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_message_becomes_a_line_of_text() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let slack = opened(json!({
        "url": partner.url("/services/T/B/x"), "text": "{event}: {properties.total} {properties.by}",
        "channel": "#sales", "username": "Headwater", "icon_emoji": ":ocean:",
    }));
    slack
        .deliver(&[tracked(
            1,
            "ada",
            "Tested",
            r#"{"total":12.50,"by":"<!channel> & <http://x|y>"}"#,
        )])
        .await
        .expect("200");
    let [request] = &partner.received()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/services/T/B/x"));
    let expect = expect![[
        r##"{"channel":"#sales","username":"Headwater","icon_emoji":":ocean:","text":"Tested: 12.50 &lt;!channel&gt; &amp; &lt;http://x|y&gt;"}"##
    ]];
    expect.assert_eq(std::str::from_utf8(&request.body).expect("it is text"));
}

#[tokio::test]
async fn what_a_mapping_made_is_text_whoever_wrote_it() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let slack = opened(json!({ "url": partner.url("/"), "channel": "#all", "events": "Other" }));
    let of = |fields: Value| {
        let Value::Object(fields) = fields else { unreachable!("an object") };
        let mapped = Some(Mapped { action: "post".into(), fields });
        Parcel { mapped, ..tracked(1, "ada", "Tested", "{}") }
    };
    let said = "It&#39;s &lt;!channel&gt; <!here> &amp;lt; *bold*";
    let fields = json!({ "text": said, "channel": "#sales", "username": 7 });
    slack.deliver(&[of(fields)]).await.expect("200");
    let [request] = &partner.received()[..] else { panic!("one request") };
    let expect = expect![[
        r##"{"channel":"#sales","text":"It's &lt;!channel&gt; &lt;!here&gt; &amp;lt; *bold*","username":"7"}"##
    ]];
    expect.assert_eq(std::str::from_utf8(&request.body).expect("it is text"));
    let refused = slack.deliver(&[of(json!({ "text": "" }))]).await.expect_err("no text");
    assert!(
        matches!(&refused, DeliveryError::Refused(fault) if fault.code == "FILTERED_AT_MAPPING")
    );
}

#[tokio::test]
async fn a_text_is_cut_between_characters() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let text = "{properties.a}{properties.a}{properties.a}{properties.a}";
    let slack = opened(json!({ "url": partner.url("/"), "text": text }));
    let long = |c: &str| format!(r#"{{"a":"{}"}}"#, c.repeat(1500));
    slack.deliver(&[tracked(1, "ada", "Tested", &long("ü"))]).await.expect("200");
    slack.deliver(&[tracked(2, "ada", "Tested", &long("&"))]).await.expect("200");
    let [umlauts, ampersands] = &texts(&partner)[..] else { panic!("two requests") };
    assert_eq!(umlauts.chars().count(), TEXT_CHARS_MAX + 1);
    assert!(umlauts.starts_with(&format!("{}…ü", "ü".repeat(VALUE_CHARS_MAX))));
    assert!(ampersands.ends_with("&amp;…"), "{}", &ampersands[ampersands.len() - 20..]);
}

#[tokio::test]
async fn only_chosen_events_are_told_of() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let slack = opened(json!({ "url": partner.url("/"), "events": "Paid, Tested" }));
    slack.deliver(&[tracked(1, "ada", "Tested", "{}")]).await.expect("200");
    let slack = opened(json!({ "url": partner.url("/"), "events": "Paid,Refunded" }));
    let outcome = slack.deliver(&[tracked(1, "ada", "Tested", "{}")]).await;
    assert_eq!(next(&outcome), Next::Discard, "{outcome:?}");
    let code = conformance::fault(&outcome).map(|fault| fault.code.as_str());
    assert_eq!(code, Some("UNSUPPORTED_EVENT_TYPE"));
    assert_eq!(partner.received().len(), 1);
}

#[tokio::test]
async fn what_slack_answers_is_understood() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let slack = opened(json!({ "url": partner.url("/") }));
    let check = async |status: u16, body: &str, next_is: Next, expect: Expect| {
        let body = body.to_owned();
        partner.behave(Behaviour::Answer { status, headers: vec![], body });
        let outcome = slack.deliver(&parcels(1)).await;
        assert_eq!(next(&outcome), next_is, "{outcome:?}");
        let fault = conformance::fault(&outcome).expect("it failed");
        assert_eq!(fault.status, Some(status));
        expect.assert_eq(&fault.excerpt);
    };
    let removed = expect!["no_service: the webhook was removed or never existed: make a new one"];
    check(404, "no_service", Next::Pause, removed).await;
    let channel =
        expect!["channel_not_found: there is no such channel, or the webhook may not write to it"];
    check(404, "channel_not_found\n", Next::Pause, channel).await;
    let token = expect!["invalid_token: the URL is not whole or was revoked: copy it anew"];
    check(403, "invalid_token", Next::Pause, token).await;
    check(400, "invalid_payload", Next::Discard, expect!["invalid_payload"]).await;
    check(410, "channel_is_archived", Next::Stop, expect!["channel_is_archived"]).await;
    check(500, "rollup_error", Next::Again(None), expect!["rollup_error"]).await;
    check(429, "rate_limited", Next::Again(None), expect!["rate_limited"]).await;
    partner.behave(Behaviour::answer(429).with("retry-after", "30"));
    let outcome = slack.deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Again(Some(Duration::from_secs(30))), "{outcome:?}");
}

#[test]
fn bad_settings_are_named() {
    let bad = open(json!({ "url": "https://x.example", "text": "{event" }), &World::default());
    let keys: Vec<String> = bad.err().unwrap_or_default().into_iter().map(|b| b.key).collect();
    assert_eq!(keys, ["text"]);
}
