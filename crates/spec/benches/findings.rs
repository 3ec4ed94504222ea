//! `cargo bench -p spec`: how many messages a core judges in a second, with every rule of the
//! Spec and of the partner programme, beside what parsing the same bytes into a tree costs. The
//! two take turns, so that a busy machine slows both.

use std::{hint::black_box, sync::LazyLock, time::Instant};

use serde_json::{Value, json};
use spec::rules::{Partner, Sets, events, findings};

const ROUNDS: usize = 21;
const MESSAGES: usize = 20_000;

fn main() {
    let sets = Sets { partner: Some(Partner { slug: "mailroom" }) };
    println!(
        "message                 bytes  findings/event  ns/event    events/s  parse ns  parse/rules"
    );
    for (name, message) in messages() {
        let bytes = message.to_string().into_bytes();
        let found = findings(&bytes, &sets).len();
        let (mut rules, mut parse) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            rules.push(nanos(|| findings(black_box(&bytes), &sets).len()));
            parse.push(nanos(|| {
                let tree: Value = serde_json::from_slice(black_box(&bytes)).expect("it is JSON");
                usize::from(tree.is_object())
            }));
        }
        let (rules, parse) = (median(rules), median(parse));
        println!(
            "{name:22} {:6} {found:15} {rules:9.0} {:11.0} {parse:9.0} {:12.1}",
            bytes.len(),
            1e9 / rules,
            parse / rules,
        );
    }
}

/// Nanoseconds of this thread's processor time for one call.
fn nanos(mut call: impl FnMut() -> usize) -> f64 {
    let start = on_cpu();
    for _ in 0..MESSAGES {
        black_box(call());
    }
    (on_cpu() - start) as f64 / MESSAGES as f64
}

/// Nanoseconds this thread has run, where the system tells; elsewhere those that have passed.
fn on_cpu() -> u128 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|told| told.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| START.elapsed().as_nanos())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn messages() -> Vec<(&'static str, Value)> {
    let mut order = stored("track", json!({"event": "Order Completed"}));
    let example = events::named("Order Completed").expect("it is an event").example();
    order["properties"] = example["properties"].clone();
    let product = order["properties"]["products"][0].clone();
    order["properties"]["products"] = json!([product, product, product]);
    let mut opened = stored("track", json!({"event": "Email Opened"}));
    opened["properties"] =
        events::named("Email Opened").expect("it is an event").example()["properties"].clone();
    let own = stored(
        "track",
        json!({"event": "Report Exported", "properties": {
            "report_id": "rep_8", "format": "csv", "rows": 1204, "columns": ["day", "visitors", "orders"],
            "filters": {"country": "PT", "device": "mobile"}, "took_ms": 812, "scheduled": false,
            "requested_by": "019mr8mf4r", "file_bytes": 88_120, "comment": "Weekly numbers for the board",
        }}),
    );
    let identify = stored(
        "identify",
        json!({"traits": {
            "firstName": "Jane", "lastName": "Reyes", "email": "jane@example.com", "age": 31,
            "createdAt": "2026-01-31T09:30:00.000Z", "plan": "pro", "logins": 12,
            "address": {"city": "Lisbon", "country": "Portugal", "postalCode": "1100-148"},
            "company": {"name": "Tidewater Ltd", "id": "c-17", "employee_count": 420},
        }}),
    );
    let mut faulty = order.clone();
    faulty["event"] = "Purchase".into();
    faulty["properties"]["revenue"] = "25.00".into();
    vec![
        ("track, own event", own),
        ("track, Order Completed", order),
        ("track, Email Opened", opened),
        ("identify", identify),
        ("track, two faults", faulty),
    ]
}

/// A message as it is stored, with a context as libraries make it.
fn stored(kind: &str, own: Value) -> Value {
    let mut message = json!({
        "type": kind,
        "messageId": "0b6a4c1e-6f0e-4a57-9d7b-2f3a1c5e8d90",
        "anonymousId": "8c8f1b5e-52a1-4d4b-a9a5-7a1f0d1c2b3a",
        "userId": "019mr8mf4r",
        "timestamp": "2026-11-02T12:20:45.012Z",
        "context": {
            "integration": {"name": "mailroom", "version": "1.0.0"},
            "library": {"name": "analytics.js", "version": "2.11.1"},
            "ip": "203.0.113.7",
            "locale": "en-US",
            "timezone": "Europe/Lisbon",
            "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "page": {"path": "/reports/", "referrer": "https://search.example/", "search": "", "title": "Reports", "url": "https://shop.example/reports/"},
            "traits": {"email": "jane@example.com"},
        },
        "integrations": {"All": true},
        "sentAt": "2026-11-02T12:20:45.500Z",
        "originalTimestamp": "2026-11-02T12:20:45.000Z",
        "receivedAt": "2026-11-02T12:20:45.512Z",
        "projectId": "website",
        "channel": "browser",
        "version": 2,
    });
    for (key, value) in own.as_object().expect("it is an object") {
        message[key] = value.clone();
    }
    message
}
