//! A tracking plan of a workspace, from the API to the log and back.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    control::workspace,
    process::{Server, run},
};

/// Asks until there is an answer.
fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(began.elapsed().as_secs() < 30, "waited for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A rule for an order whose total has this type.
fn order(total: &str) -> Value {
    let total = json!({ "total": { "type": total } });
    let properties = json!({ "type": "object", "properties": total });
    let schema = json!({ "type": "object", "properties": { "properties": properties } });
    json!({ "rules": [{ "type": "TRACK", "key": "Order", "version": 1, "jsonSchema": schema }] })
}

#[test]
fn a_plan_keeps_back_what_breaks_it_and_lets_it_go_once_it_is_mended() {
    let mut server = Server::start("");
    let operator = server.first_operator();
    let bearer = workspace(&operator, "acme");
    let call = |method: &str, path: &str, body: Value| -> Value {
        let answer = server.call(("authorization", &bearer), method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        serde_json::from_str::<Value>(&answer.body).unwrap()["data"].clone()
    };
    let new = json!({ "slug": "shop", "metadataId": "http-api", "enabled": true });
    let made = call("POST", "/api/sources", new);
    let key = made["source"]["writeKeys"][0].as_str().unwrap();
    let send = |id: &str, event: &str, total: Value| {
        let message = json!({
            "type": "track", "event": event, "userId": "u-1", "messageId": id,
            "properties": { "total": total, "temporary": true }, "writeKey": key,
        });
        let json = [("content-type", "application/json")];
        let answer = server.request("POST", "/v1/track", &json, &message.to_string());
        assert_eq!(answer.expect("it answers").0, 200);
    };
    let verdict = |id: &str| -> String {
        until("the message is kept", || {
            let path = format!("/api/sources/shop/messages?message_id={id}");
            let answer = server.call(("authorization", &bearer), "GET", &path, Value::Null);
            let found: Value = serde_json::from_str(&answer.body).unwrap();
            let row = found["data"]["messages"].get(0)?;
            let code = row["code"].as_str().unwrap_or_default();
            Some(format!("{} {code}", row["verdict"].as_str().unwrap()).trim_end().to_owned())
        })
    };
    until("the source is routed", || {
        send("m-0", "Order", json!(1));
        let path = "/api/sources/shop/messages";
        let answer = server.call(("authorization", &bearer), "GET", path, Value::Null);
        (answer.status == 200 && answer.body.contains("m-0")).then_some(())
    });

    // A plan made of what the source sent, with what it would do to it.
    let proposed = call("GET", "/api/sources/shop/plan-proposal?period=24h", Value::Null);
    assert_eq!(proposed["rules"][0]["key"], "Order", "{proposed}");
    let made = call("POST", "/api/tracking-plans", json!({ "name": "Shop", "type": "LIVE" }));
    let plan = format!("/api/tracking-plans/{}", made["trackingPlan"]["slug"].as_str().unwrap());
    call("PUT", &format!("{plan}/rules"), order("string"));
    let asked = format!("{plan}/consequences?sourceId=shop");
    let trial = call("GET", &asked, Value::Null)["trial"].clone();
    assert_eq!((&trial["violating"], &trial["blocked"]), (&json!(1), &json!(0)), "{trial}");

    let strict = json!({ "track": {
        "allowUnplannedEvents": false, "allowEventOnViolations": false,
        "allowUnplannedEventProperties": false, "onBlock": "QUARANTINE",
    } });
    call("PATCH", "/api/sources/shop/settings", strict);
    call("POST", &format!("{plan}/sources"), json!({ "sourceId": "shop" }));
    let began = Instant::now();
    let mut number = 0;
    until("the plan holds", || {
        number += 1;
        let id = format!("try-{number}");
        send(&id, "Order", json!(1));
        verdict(&id).contains("quarantined").then_some(())
    });
    assert!(began.elapsed().as_millis() < 1000, "it took {:?}", began.elapsed());

    for (id, event, total) in
        [("m-1", "Order", json!(7)), ("m-2", "Order", json!("7")), ("m-3", "Refund", json!("7"))]
    {
        send(id, event, total);
    }
    assert_eq!(verdict("m-1"), "discarded quarantined_schema_violation");
    assert_eq!(verdict("m-2"), "accepted");
    assert_eq!(verdict("m-3"), "discarded quarantined_unplanned");
    let found = call("GET", "/api/sources/shop/violations?period=1h", Value::Null);
    assert_eq!((&found["quarantined"], &found["complete"]), (&json!(3), &json!(true)), "{found}");
    assert_eq!(found["omitted"], 1, "the temporary property was taken out: {found}");
    let waits = call("GET", "/api/sources/shop/quarantine", Value::Null);
    assert_eq!((&waits["messages"], &waits["causes"][0]["messages"]), (&json!(3), &json!(2)));

    // The plan is mended, and what it kept back goes, once.
    let changed = call("PATCH", &format!("{plan}/rules"), order("number"));
    assert_eq!(changed["breaking"], 1, "{changed}");
    let mut late = 0;
    until("the mended plan holds", || {
        let id = format!("mended-{late}");
        send(&id, "Order", json!(1));
        let accepted = verdict(&id) == "accepted";
        late += u64::from(!accepted);
        accepted.then_some(())
    });
    let folder = server.folder.path().to_owned();
    let token = bearer.trim_start_matches("Bearer ");
    let command =
        |line: &[&str]| run(&folder, &[&["tracking-plan"], line, &["--token", token]].concat());
    let (code, waits, errors) = command(&["quarantine", "shop"]);
    assert!(code == 0 && waits.contains("quarantined_unplanned"), "{waits}{errors}");
    let release = "/api/sources/shop/quarantine/release";
    let released = call("POST", release, Value::Null);
    assert_eq!(released["accepted"].as_u64(), Some(2 + late), "{released}");
    assert_eq!((&released["kept"], &released["discarded"]), (&json!(1), &json!(0)));
    let (code, again, errors) = command(&["quarantine", "shop", "--release"]);
    let nothing = "0 accepted, 0 duplicates, 1 kept back, 0 discarded\n";
    assert_eq!((code, again.as_str()), (0, nothing), "{errors}");
    assert_eq!(verdict("m-1"), "accepted");
    assert!(server.stop().success());
}
