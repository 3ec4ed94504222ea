//! What browsers load before they send, and what images and scripts send.

use crate::{
    client::Request,
    harness::{Harness, KEY, options, stream},
};

#[tokio::test]
async fn settings_lead_back_to_the_host_that_was_asked() {
    let path = format!("/v1/projects/{KEY}/settings");
    let forwarded = Request::get(&path)
        .header("x-forwarded-host", "cdn.example")
        .header("x-forwarded-proto", "https");
    let segment =
        |answer: &crate::client::Answer| answer.json()["integrations"]["Segment.io"].clone();

    let harness = Harness::start();
    let answer = harness.send(&forwarded).await;
    assert_eq!(segment(&answer)["apiHost"], "track.example/v1", "nobody is trusted by default");
    assert_eq!(segment(&answer)["protocol"], "http");
    assert_eq!(segment(&answer)["apiKey"], KEY);
    assert!(answer.header("cache-control").unwrap().contains("max-age"));
    assert_eq!(harness.send(&Request::new("HEAD", &path)).await.status, 200);

    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let harness = Harness::with(ingest::Options { trusted_proxies, ..options() });
    let answer = harness.send(&forwarded).await;
    assert_eq!(segment(&answer)["apiHost"], "cdn.example/v1");
    assert_eq!(segment(&answer)["protocol"], "https");
}

#[tokio::test]
async fn the_address_of_a_visitor_comes_through_trusted_proxies_only() {
    let body =
        format!(r#"{{"writeKey":"{KEY}","userId":"u","event":"E","context":{{"direct":true}}}}"#);
    let request = Request::post("/v1/t", body).header("x-forwarded-for", "1.1.1.1, 203.0.113.7");
    let (_, left) = Harness::start().sent(&request).await;
    assert_eq!(left.messages[0]["context"]["ip"], "127.0.0.1");
    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let harness = Harness::with(ingest::Options { trusted_proxies, ..options() });
    let (_, left) = harness.sent(&request).await;
    assert_eq!(left.messages[0]["context"]["ip"], "203.0.113.7");
}

#[tokio::test]
async fn the_sdk_is_served_with_key_and_address_or_says_how_to_get_it() {
    let harness = Harness::start();
    let path = format!("/analytics.js/v1/{KEY}/analytics.min.js");
    let answer = harness.send(&Request::get(&path)).await;
    if !ingest::cdn::is_embedded() {
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (404, &"browser_sdk_not_embedded".into())
        );
        return;
    }
    let text = answer.text();
    assert!(text.starts_with("!function()") && text.len() > 50_000);
    assert!(text.contains(&format!(r#"window.analyticsWriteKey="{KEY}""#)));
    assert!(text.contains(r#""http://track.example""#));
    assert!(!text.contains("__WRITE_KEY__\""));
    assert!(answer.header("content-type").unwrap().contains("javascript"));
    let etag = answer.header("etag").unwrap();
    let again = harness.send(&Request::get(&path).header("if-none-match", etag)).await;
    assert_eq!((again.status, again.body.len()), (304, 0));

    let packed = harness.send(&Request::get(&path).header("accept-encoding", "br, gzip")).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut inflated = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&packed.body[..]);
    std::io::Read::read_to_string(&mut decoder, &mut inflated).unwrap();
    assert_eq!(inflated, text);
    assert!(packed.body.len() * 3 < text.len());

    let unknown = "/analytics.js/v1/unknown-key/analytics.js";
    assert_eq!(harness.send(&Request::get(unknown)).await.status, 404);
    assert_eq!(harness.send(&Request::get("/analytics-next/bundles/x.js")).await.status, 404);
}

#[tokio::test]
async fn a_pixel_is_a_pixel_whatever_happens() {
    let harness = Harness::start();
    for (query, expect) in [
        (format!("?writeKey={KEY}&userId=u&event=E"), [1, 0, 0, 0]),
        (format!("?writeKey={KEY}&event=E"), [0, 1, 0, 0]),
        ("?userId=u&event=E".into(), [0, 0, 1, 0]),
        ("?data=%%%".into(), [0, 0, 1, 0]),
        (String::new(), [0, 0, 1, 0]),
    ] {
        let (answer, left) = harness.sent(&Request::get(&format!("/v1/pixel/track{query}"))).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/gif")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.body.starts_with(b"GIF89a"));
        assert_eq!(left.counts(), expect, "{query}");
    }
    let head = format!("/v1/pixel/track?writeKey={KEY}&userId=u&event=E");
    let (answer, left) = harness.sent(&Request::new("HEAD", &head)).await;
    assert_eq!((answer.status, left.counts()), (200, [0, 0, 0, 0]));
    let (_, left) = harness.sent(&Request::get(&format!("/v1/pixel/t?writeKey={KEY}"))).await;
    assert_eq!(left.counts(), [0, 0, 0, 0], "pixels have long paths only");
    let broken = format!("/v1/pixel/track?writeKey={KEY}&data=%%%");
    let (_, left) = harness.sent(&Request::get(&broken)).await;
    assert_eq!(left.refused[0].0, stream(), "the query says whose it is");
    harness.log.close().await;
    assert_eq!(harness.send(&Request::get("/v1/pixel/page")).await.status, 200);
}

#[tokio::test]
async fn a_pixel_tells_the_user_agent_and_address() {
    let harness = Harness::start();
    let request = Request::get(&format!("/v1/pixel/page?writeKey={KEY}&userId=u&name=N"))
        .header("user-agent", "Mail/1.0");
    let (_, left) = harness.sent(&request).await;
    assert_eq!(left.messages[0]["context"]["userAgent"], "Mail/1.0");
    assert_eq!(left.messages[0]["context"]["ip"], "127.0.0.1");
}

#[tokio::test]
async fn very_old_sdks_send_scripts() {
    let harness = Harness::start();
    let json = format!(r#"{{"writeKey":"{KEY}","userId":"u","event":"E"}}"#);
    let data = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE, json);
    let get = |rest: &str| Request::get(&format!("/v1/t?data={data}{rest}"));
    let (answer, left) = harness.sent(&get("&callback=cb.x")).await;
    assert_eq!(answer.line(), r#"200 cb.x({"success":true})"#);
    assert_eq!(left.counts(), [1, 0, 0, 0]);
    assert_eq!(harness.send(&get("")).await.line(), r#"200 {"success":true}"#);
    let (answer, left) = harness.sent(&get("&callback=alert(1)//")).await;
    assert_eq!((answer.status, left.counts()), (400, [0, 0, 0, 0]));
    let wrong = harness.send(&Request::get("/v1/t?data=e30&callback=cb")).await;
    assert!(wrong.text().starts_with(r#"cb({"success":false"#), "{}", wrong.text());
}

#[tokio::test]
async fn sdk_metrics_are_taken_and_forgotten() {
    let harness = Harness::start();
    let (answer, left) = harness.sent(&Request::post("/v1/m", r#"{"series":[]}"#)).await;
    assert_eq!(answer.line(), r#"200 {"success":true}"#);
    assert_eq!(left.counts(), [0, 0, 0, 0]);
}
