//! What the screens of the web app ask for, answered by the whole server: volume, schema, a test
//! message, the state of the system.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    thread,
};

use serde_json::{Value, json};

use crate::{
    control::{PASSWORD, workspace},
    process::{Server, WRITE_KEY},
};

/// A receiver on loopback that answers each request with its own authorization. Gives its URL.
fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut length, mut authorization) = (0, String::new());
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                    break;
                }
                let (name, value) = line.split_once(':').unwrap_or(("", ""));
                match name.to_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().unwrap(),
                    "authorization" => value.trim().clone_into(&mut authorization),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let said = format!("heard {authorization}");
            let answer = format!(
                "HTTP/1.1 202 Accepted\r\ncontent-length: {}\r\nset-cookie: id=7\r\nconnection: close\r\n\r\n{said}",
                said.len()
            );
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn the_screens_of_a_workspace_have_their_data() {
    let mut server = Server::start("[delivery]\nallow_private_addresses = true");
    let bearer = workspace(&server.first_operator(), "acme");
    let call = |server: &Server, method: &str, path: &str, body: Value, status: u16| -> Value {
        let answer = server.call(("authorization", &bearer), method, path, body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        serde_json::from_str::<Value>(&answer.body).unwrap()
    };
    let made = call(
        &server,
        "POST",
        "/api/sources",
        json!({ "slug": "shop", "metadataId": "http-api" }),
        201,
    );
    let source = &made["data"]["source"];
    let (id, key) = (source["id"].as_str().unwrap(), source["writeKeys"][0].as_str().unwrap());
    let other = json!({ "slug": "quiet", "metadataId": "http-api" });
    call(&server, "POST", "/api/sources", other, 201);
    let hook = json!({ "sourceId": id, "metadataId": "webhook", "name": "Hook", "enabled": false,
        "settings": { "url": receiver(), "headers": { "Authorization": "Bearer very-secret-word" } } });
    let made = call(&server, "POST", "/api/destinations", hook, 200);
    let hook = made["data"]["destination"]["id"].as_str().unwrap().to_owned();

    let mut number = 0;
    let schema = server.until("a message is kept", |server| {
        number += 1;
        assert_eq!(server.track(key, &format!("message-{number}")), 200);
        let path = format!("/api/sources/{id}/schema?messages=10");
        let found = server.call(("authorization", &bearer), "GET", &path, Value::Null);
        let found: Value = serde_json::from_str(&found.body).ok()?;
        found["data"]["events"].get(0).is_some().then_some(found)
    });
    assert_eq!(schema["data"]["events"][0]["type"], "track", "{schema}");
    assert_eq!(schema["data"]["complete"], true, "{schema}");

    let now = jiff::Timestamp::now();
    let hour_ago = now - jiff::SignedDuration::from_hours(1);
    let path = format!("/api/events/volume?granularity=MINUTE&startTime={hour_ago}&endTime={now}");
    let volume = call(&server, "GET", &format!("{path}&groupBy=source"), Value::Null, 200);
    let rows = volume["data"]["result"].as_array().unwrap();
    let slugs: Vec<&str> = rows.iter().map(|row| row["source"]["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["quiet", "shop"]);
    assert_eq!(rows[0]["total"], 0);
    assert!(rows[1]["total"].as_u64().unwrap() >= 1, "{volume}");
    assert!(rows[1]["series"].as_array().unwrap().len() >= 60, "{volume}");
    let one = call(&server, "GET", &format!("{path}&sourceId=shop"), Value::Null, 200);
    assert_eq!(one["data"]["result"].as_array().unwrap().len(), 1);
    let unknown = call(&server, "GET", &format!("{path}&sourceId=website"), Value::Null, 404);
    assert_eq!(unknown["errors"][0]["code"], "not_found", "the file's is nobody's: {unknown}");

    let test = format!("/api/destinations/{hook}/test");
    let sent = server.until("the data plane knows it", |server| {
        let sent = server.call(("authorization", &bearer), "POST", &test, json!({}));
        (sent.status == 200).then(|| serde_json::from_str::<Value>(&sent.body).unwrap())
    });
    let data = &sent["data"];
    assert_eq!(data["outcome"], "delivered", "{sent}");
    assert_eq!(data["request"]["method"], "POST");
    assert_eq!(data["request"]["headers"]["authorization"], "…");
    let body: Value = serde_json::from_str(data["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["event"], "Test Event");
    assert_eq!(
        json!([data["response"]["status"], data["response"]["body"]]),
        json!([202, "heard …"])
    );
    assert!(!sent.to_string().contains("very-secret-word"), "{sent}");
    let wrong = json!({ "settings": { "url": "http://127.0.0.1:1/nobody" },
        "message": { "type": "identify", "userId": "ada", "traits": { "plan": 7 } } });
    let sent = call(&server, "POST", &test, wrong, 200);
    assert_eq!(sent["data"]["outcome"], "retry", "{sent}");
    assert_eq!(sent["data"]["response"], Value::Null);
    let url = &sent["data"]["request"]["url"];
    assert_eq!(url, "http://127.0.0.1:1/nobody");
    let stored = call(&server, "GET", &format!("/api/destinations/{hook}"), Value::Null, 200);
    assert!(stored.to_string().contains("/hook"), "nothing is saved: {stored}");
    let bad = call(&server, "POST", &test, json!({ "settings": { "method": "GET" } }), 422);
    assert_eq!(bad["errors"][0]["pointer"], "/settings/method", "{bad}");
    let bad = call(&server, "POST", &test, json!({ "message": { "type": "track" } }), 422);
    assert_eq!(bad["errors"][0]["pointer"], "/message/event", "{bad}");
    let audit = call(&server, "GET", "/api/audit-events", Value::Null, 200).to_string();
    assert!(audit.contains("Destination Tested"), "{audit}");
    let books =
        call(&server, "GET", &format!("/api/destinations/{hook}/delivery"), Value::Null, 200);
    assert_eq!(books["data"]["destination"]["routed"], 0, "a test is no delivery: {books}");

    assert_eq!(server.track(WRITE_KEY, "of-the-file"), 200);
    server.until("it is delivered", |server| (!server.archived().is_empty()).then_some(()));
    let operator = server.log_in(PASSWORD);
    let system = operator.call("GET", "/api/operator/system", Value::Null, 200);
    let system = &system["data"]["system"];
    assert_eq!(system["roles"], json!(["ingest", "delivery", "debugger", "control", "web"]));
    assert_eq!(
        json!([system["database"]["engine"], system["mail"]["mode"]]),
        json!(["sqlite", "outbox"])
    );
    assert_eq!(system["books"]["balanced"], true, "{system}");
    let accepted = system["books"]["accepted"].as_u64().unwrap();
    assert!(accepted >= 2, "{system}");
    assert_eq!(system["books"]["received"].as_u64(), Some(accepted), "{system}");
    for at in
        ["/startedAt", "/snapshot/madeAt", "/log/oldestAt", "/log/newestAt", "/throughput/from"]
    {
        let time = system.pointer(at).and_then(Value::as_str).unwrap_or_default();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{at}: {system}");
    }
    assert!(system["disk"]["freeBytes"].as_u64() > Some(0), "{system}");
    assert_eq!(system["deliveries"]["pending"], 0, "{system}");
    assert!(server.stop().success());

    // Without deliveries there are no books to tell.
    server.run_with(&["--only", "control"]);
    let operator = server.log_in(PASSWORD);
    let system = operator.call("GET", "/api/operator/system", Value::Null, 200);
    let system = &system["data"]["system"];
    assert_eq!(json!([system["roles"], system["books"]]), json!([["control"], null]));
}

#[test]
fn a_test_message_goes_nowhere_that_deliveries_may_not_go() {
    let mut server = Server::start("");
    let bearer = workspace(&server.first_operator(), "acme");
    let auth = ("authorization", bearer.as_str());
    let new = json!({ "slug": "shop", "metadataId": "http-api" });
    let made = server.call(auth, "POST", "/api/sources", new);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let hook = json!({ "sourceId": made["data"]["source"]["id"], "metadataId": "webhook",
        "name": "Hook", "settings": { "url": "https://example.com/hook" } });
    let made = server.call(auth, "POST", "/api/destinations", hook);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let test =
        format!("/api/destinations/{}/test", made["data"]["destination"]["id"].as_str().unwrap());
    let inner = json!({ "settings": { "url": receiver() } });
    let sent = server.until("the data plane knows it", |server| {
        let sent = server.call(auth, "POST", &test, inner.clone());
        (sent.status == 200).then(|| serde_json::from_str::<Value>(&sent.body).unwrap())
    });
    assert_eq!(sent["data"]["outcome"], "badSettings", "{sent}");
    assert_eq!(sent["data"]["response"], Value::Null, "{sent}");
    assert!(sent["data"]["detail"].as_str().unwrap().contains("PRIVATE_ADDRESS"), "{sent}");
}
