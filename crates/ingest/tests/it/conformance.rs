//! Every case of `fixtures/conformance-cases.json`, against a real server on a socket. What the
//! case says must come out is read back from the log.

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Request},
    generate::{self, filled, gzip},
    harness::{Harness, KEY, Left, UNKNOWN_KEY, options},
    matching::{differences, instant_ms},
};

const CASES: &str = include_str!("../../../../fixtures/conformance-cases.json");

#[tokio::test]
async fn every_case_of_the_protocol() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    // Each refused request is looked for, however many come in one second.
    let harness = Harness::with(ingest::Options { refused_per_second: 10_000, ..options() });
    let mut wrong = Vec::new();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        if id == "web-008" && !ingest::cdn::is_embedded() {
            eprintln!("{id} passed over: built without the browser SDK");
            continue;
        }
        let problems = run(&harness, case).await;
        if !problems.is_empty() {
            let title = case["title"].as_str().unwrap();
            wrong.push(format!("{id} {title}\n    {}", problems.join("\n    ")));
        }
    }
    let total = cases.len();
    assert!(wrong.is_empty(), "{} of {total} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(total, 282);
}

async fn run(harness: &Harness, case: &Value) -> Vec<String> {
    let from = harness.end();
    let one = [case.clone()];
    let steps = case["steps"].as_array().map_or(&one[..], Vec::as_slice);
    let mut problems = Vec::new();
    for step in steps {
        let answer = harness.send(&request(&step["request"])).await;
        problems.extend(answer_problems(&step["response"], &answer));
    }
    let left = harness.left(from).await;
    problems.extend(event_problems(case, &left));
    problems.extend(discard_problems(case, &left));
    problems
}

fn fill(text: &str) -> String {
    let encode = |text: &str| BASE64_STANDARD.encode(text);
    text.replace("{{WRITE_KEY}}", KEY)
        .replace("{{BASIC}}", &encode(&format!("{KEY}:")))
        .replace("{{BASIC_NOCOLON}}", &encode(KEY))
        .replace("{{BASIC_PW}}", &encode(&format!("{KEY}:secret")))
        .replace("{{UNKNOWN_KEY}}", UNKNOWN_KEY)
        .replace("{{UNKNOWN_BASIC}}", &encode(&format!("{UNKNOWN_KEY}:")))
        .replace("{{RUN}}", "r1")
}

fn request(case: &Value) -> Request {
    let text = |key: &str| case[key].as_str();
    let mut target = fill(text("path").unwrap());
    if let Some(data) = case.get("query_data") {
        let json = filled(data.clone(), &fill).to_string();
        let encoded = match text("query_encoding").unwrap() {
            "base64url-nopad" => BASE64_URL_SAFE_NO_PAD.encode(json),
            "base64url" => BASE64_URL_SAFE.encode(json),
            "base64" => {
                utf8_percent_encode(&BASE64_STANDARD.encode(json), NON_ALPHANUMERIC).to_string()
            }
            other => panic!("there is no encoding {other}"),
        };
        target = format!("{target}?data={encoded}");
    }
    let mut request = Request::new(text("method").unwrap(), &target);
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        request = request.header(name, &fill(value.as_str().unwrap()));
    }
    let mut body = if let Some(value) = case.get("body") {
        fill(&value.to_string()).into_bytes()
    } else if let Some(plain) = text("body_text") {
        fill(plain).into_bytes()
    } else if let Some(encoded) = text("body_base64") {
        BASE64_STANDARD.decode(encoded).unwrap()
    } else if let Some(how) = case.get("body_gen") {
        generate::body(how, &fill)
    } else {
        Vec::new()
    };
    if case["gzip"] == true {
        body = gzip(&body);
    }
    request.body = body;
    request.chunked = case["chunked"] == true;
    request
}

fn answer_problems(expect: &Value, answer: &Answer) -> Vec<String> {
    let mut problems = Vec::new();
    let one = vec![expect["status"].clone()];
    let statuses = expect["status_any_of"].as_array().unwrap_or(&one);
    if !statuses.iter().any(|status| *status == answer.status) {
        problems.push(format!("status {} with {}", answer.status, answer.text()));
    }
    if answer.header("access-control-allow-origin").is_none() {
        problems.push("the answer has no Access-Control-Allow-Origin".to_owned());
    }
    for (name, rule) in expect["headers"].as_object().into_iter().flatten() {
        let got = answer.header(name).map(Value::from);
        problems.extend(differences(&filled(rule.clone(), &fill), got.as_ref(), None));
    }
    if let Some(body) = expect.get("body") {
        let got = serde_json::from_slice(&answer.body).ok();
        problems.extend(differences(&filled(body.clone(), &fill), got.as_ref(), None));
    }
    for (key, rule) in expect["body_if_present"].as_object().into_iter().flatten() {
        if let Some(got) = answer.json().get(key) {
            problems.extend(differences(rule, Some(got), None));
        }
    }
    // Case texts are what the real service says; ours say the same.
    for (key, value) in expect["observed"].as_object().into_iter().flatten() {
        problems.extend(differences(value, answer.json().get(key), None));
    }
    if expect["body_kind"] == "gif 1x1" {
        let pixel = answer.body.starts_with(b"GIF8") && answer.body[6..10] == [1, 0, 1, 0];
        if !pixel {
            problems.push("the body is no pixel".to_owned());
        }
    }
    problems
}

fn event_problems(case: &Value, left: &Left) -> Vec<String> {
    let mut problems = Vec::new();
    for (n, event) in left.messages.iter().enumerate() {
        problems.extend(every_event_problems(event).into_iter().map(|p| format!("event {n}: {p}")));
    }
    if let Some(count) = case["events_count"].as_u64() {
        if left.messages.len() as u64 != count {
            problems.push(format!("expected {count} events, got {}", left.messages.len()));
        }
        return problems;
    }
    let expected = case["events"].as_array().unwrap();
    if expected.len() != left.messages.len() {
        let (want, got) = (expected.len(), &left.messages);
        problems.push(format!("expected {want} events, got {got:?}"));
    }
    for (n, (expect, event)) in expected.iter().zip(&left.messages).enumerate() {
        let received_at = event["receivedAt"].as_str().and_then(instant_ms);
        let found = differences(&filled(expect.clone(), &fill), Some(event), received_at);
        problems.extend(found.into_iter().map(|p| format!("event {n}: {p}")));
    }
    for path in case["number_text"].as_array().into_iter().flatten() {
        let pointer = format!("/{}", path.as_str().unwrap().replace('.', "/"));
        let sent: Value = serde_json::from_slice(&request(&case["request"]).body).unwrap();
        let number = |event: &Value| event.pointer(&pointer).map(Value::to_string);
        if number(&sent) != left.messages.first().and_then(number) {
            problems.push(format!("{pointer}: the digits of {:?} are not kept", number(&sent)));
        }
    }
    if case["check"] == "equal_receivedAt" {
        let times: Vec<_> = left.messages.iter().map(|event| &event["receivedAt"]).collect();
        if times.windows(2).any(|pair| pair[0] != pair[1]) {
            problems.push(format!("receivedAt differs: {times:?}"));
        }
    }
    problems
}

fn every_event_problems(event: &Value) -> Vec<String> {
    let expect = json!({
        "messageId": "$string", "type": "$string", "receivedAt": "$iso", "timestamp": "$iso",
        "originalTimestamp": "$any", "context": "$object", "integrations": "$object",
        "writeKey": "$absent",
    });
    let mut problems = differences(&expect, Some(event), None);
    problems.extend(differences(&json!({"receivedAt": "$now"}), Some(event), None));
    if event.get("originalTimestamp").is_none() {
        problems.push("originalTimestamp is missing".to_owned());
    }
    if event.to_string().contains(KEY) {
        problems.push("the write key leaks".to_owned());
    }
    problems
}

fn discard_problems(case: &Value, left: &Left) -> Vec<String> {
    let mut problems = Vec::new();
    for expect in case["discards"].as_array().into_iter().flatten() {
        let index = expect["index"].as_u64().unwrap() as u32;
        let code = expect["code"].as_str();
        let fits = |got: &str| code.is_none_or(|code| code == got);
        let discarded = left.discards.iter().any(|(_, d)| d.index == index && fits(&d.code));
        let refused = left.refused.iter().any(|(_, r)| r.status == 200 && fits(&r.code));
        if !discarded && !refused {
            problems.push(format!("expected discard {expect}, got {:?}", left.discards));
        }
    }
    problems
}
