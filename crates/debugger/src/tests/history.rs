use http::StatusCode;
use serde_json::json;

use super::fixture::{World, text};

#[tokio::test]
async fn rows_say_what_became_of_each_message() {
    let world = World::new();
    let first = world.track("website", "m-1", "Order Completed").await;
    let again = world.track("website", "m-1", "Order Completed").await;
    let bad = world.discard("website", "event_not_defined", r#"{"type":"track","userId":7}"#).await;
    let refused = world.refuse("website", "{\"type\":").await;
    let (status, answer) = world.get("/api/sources/website/messages").await;
    assert_eq!(status, StatusCode::OK);
    let at = "2025-11-13T02:13:20.000Z";
    let expected = json!([
        {"position": refused.to_string(), "source": "website", "receivedAt": at,
         "verdict": "refused", "code": "invalid_request", "detail": "malformed JSON",
         "bytes": 9000},
        {"position": bad.to_string(), "source": "website", "receivedAt": at,
         "verdict": "discarded", "type": "track", "userId": "7", "code": "event_not_defined",
         "detail": "event is missing", "bytes": 27},
        {"position": again.to_string(), "source": "website", "receivedAt": at,
         "verdict": "duplicate", "type": "track", "name": "Order Completed", "userId": "u-1",
         "messageId": "m-1", "code": "duplicate",
         "detail": "a message with this messageId was accepted before",
         "duplicateOf": first.to_string(), "bytes": 103},
        {"position": first.to_string(), "source": "website", "receivedAt": at,
         "verdict": "accepted", "type": "track", "name": "Order Completed", "userId": "u-1",
         "messageId": "m-1", "bytes": 103},
    ]);
    assert_eq!(answer["data"]["messages"], expected);
    assert_eq!(answer["pagination"], json!({}));
}

#[tokio::test]
async fn escapes_are_read_and_long_values_are_cut() {
    let world = World::new();
    let long = "x".repeat(300);
    let json = format!(
        r#"{{"type":"page","name":"Caf\u00e9 \"Zur Post\"","userId":"{long}","anonymousId":"\\\ud800\u0041\ud83c\udf89","messageId":"a\/b"}}"#
    );
    world.accept("app", &json).await;
    let (_, answer) = world.get("/api/sources/app/messages").await;
    let row = &answer["data"]["messages"][0];
    assert_eq!(row["name"], "Café \"Zur Post\"");
    assert_eq!(row["userId"], format!("{}…", &long[..256]));
    assert_eq!(row["anonymousId"], "\\\u{fffd}A🎉", "half a pair makes no text");
    assert_eq!(row["messageId"], "a/b");
}

#[tokio::test]
async fn pages_lead_back_to_the_first_message() {
    let world = World::new();
    let mut sent = Vec::new();
    for n in 0..500 {
        let at = world.track("website", &format!("w-{n}"), "Seen").await;
        world.track("app", &format!("a-{n}"), "Other").await;
        sent.push(at.to_string());
    }
    sent.reverse();
    let mut found = Vec::new();
    let mut uri = "/api/sources/website/messages?limit=70".to_owned();
    loop {
        let (positions, before) = world.page(&uri).await;
        found.extend(positions);
        let Some(before) = before else { break };
        uri = format!("/api/sources/website/messages?limit=70&before={before}");
    }
    assert_eq!(found, sent);
}

#[tokio::test]
async fn a_filter_that_finds_little_says_where_to_go_on() {
    let world = World::new();
    let wanted = world.track("website", "needle", "Rare").await;
    let big = "x".repeat(30_000);
    for n in 0..2500 {
        let json = format!(r#"{{"type":"track","event":"{big}","messageId":"m-{n}"}}"#);
        world.accept("website", &json).await;
    }
    let (positions, before) = world.page("/api/sources/website/messages?event=Rare").await;
    assert!(positions.is_empty(), "75 MB are more than one request looks through");
    let mut next = before;
    let mut found = Vec::new();
    while let Some(before) = next {
        let uri = format!("/api/sources/website/messages?event=Rare&before={before}");
        let (positions, before) = world.page(&uri).await;
        found.extend(positions);
        next = before;
    }
    assert_eq!(found, [wanted.to_string()]);
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let world = World::new();
    let order = world.track("website", "m-1", "Order Completed").await;
    let json = r#"{"type":"identify","userId":"u-2","anonymousId":"anon","messageId":"m-2","traits":{"city":"M\u00fcnchen","note":"a \"quoted\" word"}}"#;
    let identify = world.accept("website", json).await;
    let again = world.track("website", "m-1", "Order Completed").await;
    let discard = world
        .discard("website", "event_not_defined", r#"{"type":"track","messageId":"m-3"}"#)
        .await;
    let refused = world.refuse("website", "not json, but Findable").await;
    let all = [refused, discard, again, identify, order];
    for (query, expected) in [
        ("", &all[..]),
        ("type=&text=&verdict=", &all[..]),
        ("type=identify", &[identify]),
        ("type=track", &[discard, again, order]),
        ("type=track,identify", &[discard, again, identify, order]),
        ("verdict=accepted", &[identify, order]),
        ("verdict=refused,%20duplicate", &[refused, again]),
        ("event=Order%20Completed", &[again, order]),
        ("event=order%20completed", &[]),
        ("user_id=u-2", &[identify]),
        ("anonymous_id=anon", &[identify]),
        ("message_id=m-1&verdict=accepted", &[order]),
        ("message_id=m-3", &[discard]),
        ("code=event_not_defined", &[discard]),
        ("text=ORDER%20comp", &[again, order]),
        ("text=m%C3%BCnchen", &[identify]),
        ("text=%22quoted%22", &[identify]),
        ("text=findable", &[refused]),
        ("text=1.50", &[again, order]),
    ] {
        let (found, _) = world.page(&format!("/api/sources/website/messages?{query}")).await;
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn a_message_is_given_as_it_is_stored() {
    let world = World::new();
    let json = r#"{ "type":"track",  "event":"E","messageId":"m-1" ,"n":1.0e400,"big":12345678901234567890.10,"s":"\ud800","a":1,"a":2 }"#;
    let at = world.accept("website", json).await;
    let again = world.accept("website", json).await;
    let (status, text) = world.get_text(&format!("/api/sources/website/messages/{at}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains(&format!(r#""message":{json}"#)), "{text}");
    let (_, text) = world.get_text(&format!("/api/sources/website/messages/{again}")).await;
    assert!(text.contains(&format!(r#""message":{json}"#)), "a duplicate shows its original");
    assert!(text.contains(&format!(r#""duplicateOf":"{at}""#)));
}

#[tokio::test]
async fn the_details_of_what_was_not_accepted() {
    let world = World::new();
    let discard = world.discard("website", "event_not_defined", r#"{"type":"track"}"#).await;
    let refused = world.refuse("website", "{\"type\": \u{1}").await;
    let (_, answer) = world.get(&format!("/api/sources/website/messages/{discard}")).await;
    let data = &answer["data"];
    assert_eq!(data["step"], "failed_on_ingest");
    assert_eq!(data["pointer"], "/event");
    assert_eq!(data["index"], 2);
    assert_eq!(data["message"], json!({"type": "track"}));
    let (_, answer) = world.get(&format!("/api/sources/website/messages/{refused}")).await;
    let data = &answer["data"];
    assert_eq!(data["status"], 400);
    assert_eq!(data["path"], "/v1/track");
    assert_eq!(data["body"], "{\"type\": \u{1}");
    assert_eq!(data["message"], json!(null));
}

#[tokio::test]
async fn what_cannot_be_answered_says_how_to_ask() {
    let world = World::new();
    let at = world.track("app", "m-1", "E").await;
    let filters = "type, event, user_id, anonymous_id, message_id, code, text, verdict";
    let messages = |query: &str| format!("/api/sources/website/messages?{query}");
    for (uri, status, code, says) in [
        (messages("typ=track"), 400, "invalid_parameter", format!("before, limit, {filters}")),
        (messages("limit=0"), 400, "invalid_parameter", "1 to 500".to_owned()),
        (messages("limit=501"), 400, "invalid_parameter", "1 to 500".to_owned()),
        (messages("before=x"), 400, "invalid_parameter", "before \\\"x\\\"".to_owned()),
        (
            messages("type=tack"),
            400,
            "invalid_parameter",
            "type \\\"tack\\\" is none of identify, track, page, screen, group, alias".to_owned(),
        ),
        (
            messages("verdict=ok"),
            400,
            "invalid_parameter",
            "none of accepted, discarded, duplicate, refused".to_owned(),
        ),
        ("/api/sources?x=1".to_owned(), 400, "invalid_parameter", "no query parameters".to_owned()),
        ("/api/stream?before=1".to_owned(), 400, "invalid_parameter", "recent, since".to_owned()),
        ("/api/stream?since=1w".to_owned(), 400, "invalid_parameter", "such as 10m".to_owned()),
        ("/api/sources/web/messages".to_owned(), 404, "source_not_found", "website".to_owned()),
        ("/api/sources/web/stream".to_owned(), 404, "source_not_found", "website".to_owned()),
        (format!("/api/sources/website/messages/{at}"), 404, "message_not_found", String::new()),
        ("/api/sources/app/messages/999999".to_owned(), 404, "message_not_found", String::new()),
        ("/api/sources/app/messages/first".to_owned(), 404, "message_not_found", String::new()),
    ] {
        let (got, answer) = world.get(&uri).await;
        assert_eq!(got.as_u16(), status, "{uri}");
        let error = &answer["errors"][0];
        assert_eq!(text(&error["code"]), code, "{uri}");
        assert!(error.to_string().contains(&says), "{uri}: {error}");
    }
}

#[tokio::test]
async fn retention_ends_history_quietly() {
    let world = World::new();
    let gone = world.track("website", "m-1", "E").await;
    let kept = world.track("website", "m-2", "E").await;
    let again = world.track("website", "m-1", "E").await;
    world.memory.forget_before(kept);
    let (found, before) = world.page("/api/sources/website/messages").await;
    assert_eq!(found, [again.to_string(), kept.to_string()]);
    assert_eq!(before, None);
    let (_, answer) = world.get("/api/sources/website/messages?limit=1").await;
    let row = &answer["data"]["messages"][0];
    assert!(text(&row["detail"]).ends_with("no longer kept"), "{row}");
    let (status, answer) = world.get(&format!("/api/sources/website/messages/{gone}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text(&answer["errors"][0]["fix"]).contains(&kept.to_string()));
}

#[tokio::test]
async fn sources_are_listed() {
    let world = World::new();
    let (_, answer) = world.get("/api/sources").await;
    let website = &answer["data"]["sources"][1];
    let expected = json!({"id": "website", "slug": "website", "name": "WEBSITE", "enabled": true,
        "writeKeys": ["key-of-website"], "destinations": ["crm"]});
    assert_eq!(*website, expected);
}

#[tokio::test]
async fn an_identify_row_shows_the_address_of_whom_it_is_about() {
    let world = World::new();
    let identify = |id: &str, traits: &str| {
        format!(r#"{{"type":"identify","userId":"u-1","messageId":"{id}","traits":{traits}}}"#)
    };
    world.accept("website", &identify("m-1", r#"{"email":"ada@example.com"}"#)).await;
    world.accept("website", &identify("m-2", r#"{"email":"gr\u00e4ce@example.com"}"#)).await;
    world.accept("website", &identify("m-3", r#"{"email":7}"#)).await;
    world.accept("website", &identify("m-4", "{}")).await;
    let track =
        r#"{"type":"track","event":"E","userId":"u","messageId":"m-5","traits":{"email":"x"}}"#;
    world.accept("website", track).await;
    let (_, answer) = world.get("/api/sources/website/messages").await;
    let rows = answer["data"]["messages"].as_array().expect("rows");
    let emails: Vec<Option<&str>> = rows.iter().map(|row| row["email"].as_str()).collect();
    let expected = [None, None, None, Some("gr\u{e4}ce@example.com"), Some("ada@example.com")];
    assert_eq!(emails, expected);
}
