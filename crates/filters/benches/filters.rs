//! `cargo bench -p filters`: how many messages a core puts through a destination's filters in a
//! second, beside what parsing the same bytes into a tree costs. The two take turns, so that a
//! busy machine slows both.

use std::{hint::black_box, sync::LazyLock, time::Instant};

use bytes::Bytes;
use filters::{Compiled, Filter, Outcome, Salt};
use serde_json::{Value, json};
use spec::{Head, Kind, Message, Span};

const ROUNDS: usize = 21;
const MESSAGES: usize = 20_000;

fn main() {
    let message = message();
    println!("filters               outcome  bytes  ns/event    events/s  parse ns");
    for (name, filters) in filters() {
        let filters = Compiled::new(&filters, &Salt::new(b"salt")).expect("filters");
        let outcome = match filters.apply(&message) {
            Outcome::Pass => "pass",
            Outcome::Changed(_) => "changed",
            Outcome::Discard(_) => "discard",
        };
        let (mut apply, mut parse) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            apply.push(nanos(|| matches!(filters.apply(black_box(&message)), Outcome::Pass)));
            parse.push(nanos(|| {
                let tree: Value = serde_json::from_slice(black_box(message.raw())).expect("JSON");
                tree.is_object()
            }));
        }
        let (apply, parse) = (median(apply), median(parse));
        let bytes = message.raw().len();
        println!("{name:20} {outcome:8} {bytes:6} {apply:9.0} {:11.0} {parse:9.0}", 1e9 / apply);
    }
}

fn filters() -> Vec<(&'static str, Vec<Filter>)> {
    let filter = |condition: &str, action: Value| {
        let filter = json!({ "title": "F", "if": condition, "actions": [action] });
        serde_json::from_str::<Filter>(&filter.to_string()).expect("a filter")
    };
    let drop = json!({"type": "DROP"});
    let simple = filter("event = 'Order Refunded'", drop.clone());
    let only = "!( type in ['track', 'page'] and match( event, 'Order *' ) )";
    let email = json!({"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}});
    let hash = json!({"type": "HASH_PROPERTIES", "fields": {"properties": ["email"]}});
    vec![
        ("one condition", vec![simple.clone()]),
        ("only some events", vec![filter(only, drop.clone())]),
        ("ten conditions", vec![simple; 10]),
        ("a field less", vec![filter("all", email)]),
        ("a field hashed", vec![filter("all", hash)]),
        ("a drop", vec![filter("properties.total > 1", drop)]),
    ]
}

/// A track call as it stands in the log.
fn message() -> Message {
    let products: Vec<Value> = (0..5)
        .map(|n| json!({"product_id": format!("p-{n}"), "sku": "46493-32", "name": "Uno: House Edition", "price": 19.5, "quantity": 1, "category": "Games"}))
        .collect();
    let json = json!({
        "messageId": "b5a3a9c0-2c1c-4e7f-9d3b-6a3d0f8f2b11", "type": "track", "event": "Order Completed",
        "userId": "user-1042", "anonymousId": "507f191e-810c-4197-9de8-60ea00000000",
        "properties": {"order_id": "50314b8e9bcf000000000000", "total": 27.5, "email": "ada@example.com", "currency": "USD", "products": products},
        "context": {"ip": "203.0.113.5", "library": {"name": "analytics.js", "version": "2.11.1"}, "page": {"path": "/checkout", "url": "https://shop.example.com/checkout"}, "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"},
        "integrations": {}, "timestamp": "2026-11-30T10:00:00.000Z", "receivedAt": "2026-11-30T10:00:00.100Z", "version": 2,
    })
    .to_string();
    let place = |value: &str| {
        let start = json.find(value).expect("it stands there");
        Span { start: start as u32, len: value.len() as u32 }
    };
    let head = Head {
        kind: Kind::Track,
        message_id: place("b5a3a9c0-2c1c-4e7f-9d3b-6a3d0f8f2b11"),
        name: place("Order Completed"),
        user_id: place("user-1042"),
        anonymous_id: place("507f191e-810c-4197-9de8-60ea00000000"),
        integrations: Span::default(),
    };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(json.as_bytes());
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).expect("it was just written")
}

/// Nanoseconds of this thread's processor time for one call.
fn nanos(mut call: impl FnMut() -> bool) -> f64 {
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
