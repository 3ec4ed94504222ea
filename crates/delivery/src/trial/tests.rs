use super::*;

fn made(given: Value) -> Result<Message, BadMessage> {
    let Value::Object(given) = given else { panic!("a test gives an object") };
    message(given, 1_763_000_000_000, "test-1")
}

fn json(message: &Message) -> Value {
    serde_json::from_slice(message.raw()).expect("it is JSON")
}

#[test]
fn a_test_message_is_one_like_any_other() {
    let message = made(json!({ "event": "Sent \"now\"", "properties": { "total": 1 } }));
    let message = message.expect("it is one");
    assert_eq!(message.kind(), Kind::Track);
    assert_eq!(message.message_id(), b"test-1");
    assert_eq!(message.name(), Some(&br#"Sent \"now\""#[..]));
    assert_eq!(message.anonymous_id(), Some(&b"test-visitor"[..]));
    assert_eq!((message.user_id(), message.integrations()), (None, None));
    let json = json(&message);
    assert_eq!(json["receivedAt"], "2025-11-13T02:13:20.000Z");
    assert_eq!(json["properties"], json!({ "total": 1 }));

    let own = json!({
        "type": "page", "messageId": "mine", "userId": "ada", "name": "Home",
        "timestamp": "2020-01-01T00:00:00Z", "integrations": { "All": false },
    });
    let message = made(own).expect("it is one");
    assert_eq!(message.message_id(), b"mine");
    assert_eq!(message.user_id(), Some(&b"ada"[..]));
    assert_eq!(message.integrations(), Some(&br#"{"All":false}"#[..]));
    assert_eq!(message.anonymous_id(), None);
    assert_eq!(self::json(&message)["timestamp"], "2020-01-01T00:00:00Z");
    assert!(made(Value::Object(default_message())).is_ok());
}

#[test]
fn what_is_no_message_is_named() {
    let pointer = |given: Value| made(given).expect_err("it is none").pointer;
    assert_eq!(pointer(json!({ "type": "buy" })), "/type");
    assert_eq!(pointer(json!({ "type": 7 })), "/type");
    assert_eq!(pointer(json!({ "type": "track" })), "/event");
    assert_eq!(pointer(json!({ "event": "" })), "/event");
    assert_eq!(pointer(json!({ "event": "x", "userId": 7 })), "/userId");
    assert_eq!(pointer(json!({ "event": "x".repeat(MESSAGE_BYTES_MAX) })), "");
}

#[test]
fn secrets_are_taken_out_wherever_they_stand() {
    let mut sensitive = http::HeaderValue::from_static("Basic YWRhOnNlY3JldA==");
    sensitive.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, sensitive);
    headers.insert("x-other", http::HeaderValue::from_static("has hush-hush in it"));
    headers.append("x-two", http::HeaderValue::from_static("a"));
    headers.append("x-two", http::HeaderValue::from_static("b"));
    let exchange = Exchange {
        method: http::Method::POST,
        uri: "https://a.example/hook?key=hush-hush".parse().expect("a URI"),
        headers: headers.clone(),
        body: Bytes::from_static(b"{}"),
        answer: Some(destination_kit::recorder::Heard {
            status: 200,
            headers: HeaderMap::from_iter([(
                header::SET_COOKIE,
                http::HeaderValue::from_static("id=7"),
            )]),
            body: br#"{"you sent": "YWRhOnNlY3JldA==", "and": "say \"hush\""}"#.to_vec(),
        }),
    };
    let definition = Definition {
        slug: "x".into(),
        name: "X".into(),
        description: String::new(),
        settings: vec![
            destination_kit::Setting::new("headers", "", SettingKind::TextMap, "").secret(),
            destination_kit::Setting::new("url", "", SettingKind::Url, ""),
        ],
        actions: vec![],
    };
    let settings =
        json!({ "url": "https://a.example", "headers": { "k": "hush-hush", "q": "say \"hush\"" } });
    let secrets = Secrets::of(
        Some(&definition),
        settings.as_object().expect("one"),
        std::slice::from_ref(&exchange),
    );
    assert_eq!(
        request_of(&exchange, &secrets),
        json!({
            "method": "POST", "url": "https://a.example/hook?key=…",
            "headers": { "authorization": "…", "x-other": "has … in it", "x-two": "a, b" },
            "body": "{}",
        })
    );
    assert_eq!(
        response(&exchange, &secrets),
        Some(json!({
            "status": 200, "headers": { "set-cookie": "…" },
            "body": r#"{"you sent": "…", "and": "…"}"#,
        }))
    );
}

#[test]
fn what_the_engine_would_do_is_said() {
    let fault = |code: &str| destination_kit::Fault {
        status: None,
        code: code.to_owned(),
        excerpt: "no".to_owned(),
    };
    let said = |error| failed(error);
    assert_eq!(
        said(DeliveryError::Retry(fault("503"), None)),
        (Outcome::Retry, "it would be tried again (503): no".to_owned())
    );
    assert_eq!(said(DeliveryError::Gone(fault("410"))).0, Outcome::Refused);
    assert_eq!(said(DeliveryError::Refused(fault("400"))).0, Outcome::Refused);
    assert_eq!(said(DeliveryError::BadSettings(fault("PRIVATE_ADDRESS"))).0, Outcome::BadSettings);
}
