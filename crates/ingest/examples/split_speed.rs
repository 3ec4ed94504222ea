//! How long it takes to split and to normalise a message, single and in batches of 50.
//!
//! `cargo run -p ingest --profile fast --example split_speed`

use std::{hint::black_box, time::Instant};

use event_log::{Batch, EventLog, MemoryLog};
use ingest::accept::{Call, Scratch, World, fill, split};
use routing::SourceRoute;
use spec::{Kind, SourceId};
use uuid::Uuid;

const ROUNDS: usize = 7;
const MESSAGES: usize = 100_000;

fn main() {
    let messages: Vec<String> = (0..50).map(message).collect();
    let bytes = messages.iter().map(String::len).sum::<usize>() / messages.len();
    let batch = format!(
        r#"{{"batch":[{}],"sentAt":"2026-03-02T09:00:00.250Z","writeKey":"k"}}"#,
        messages.join(",")
    );
    let go = batch.replacen('{', r#"{"context":{"library":{"name":"own-go","version":"3"}},"#, 1);
    println!("messages of {bytes} bytes; nanoseconds per message, best of {ROUNDS} rounds");
    let singles: Vec<&[u8]> = messages.iter().map(String::as_bytes).collect();
    for (name, kind, bodies, each) in [
        ("single", Some(Kind::Track), singles, 1),
        ("batch of 50", None, vec![batch.as_bytes()], 50),
        ("batch of 50 with a context", None, vec![go.as_bytes()], 50),
    ] {
        let check = measure(&bodies, each, |body| {
            black_box(serde_json::from_slice::<serde::de::IgnoredAny>(body).expect("JSON"));
        });
        let mut scratch = Scratch::default();
        let splitting = measure(&bodies, each, |body| {
            black_box(split(body, kind, &mut scratch).expect("JSON").messages());
        });
        let filling = measure_filling(&bodies, each, kind);
        println!(
            "{name:28} serde_json validates {check:5.0}  split {splitting:5.0}  split and fill {filling:5.0}"
        );
    }
}

fn measure_filling(bodies: &[&[u8]], each: usize, kind: Option<Kind>) -> f64 {
    let log = MemoryLog::new();
    let key_of = |stream, id: &[u8]| log.key_of(stream, id);
    let source = SourceRoute {
        id: SourceId("src_0123456789abcdefghijkl".into()),
        slug: "website".into(),
        name: "Website".into(),
        write_keys: Vec::new(),
        enabled: true,
        client_side: false,
        destinations: Vec::new(),
        schema: Default::default(),
        keep_for: None,
    };
    let call = Call {
        received_at_ms: 1_772_445_600_000,
        peer_ip: Some([203, 0, 113, 7].into()),
        user_agent: None,
        pixel: false,
        receipt: false,
    };
    let mut scratch = Scratch::default();
    let mut room = 0;
    measure(bodies, each, |body| {
        let mut parsed = split(body, kind, &mut scratch).expect("JSON");
        let mut batch = Batch::with_capacity(room);
        let mut fresh_id = Uuid::now_v7;
        let world = World { key_of: &key_of, fresh_id: &mut fresh_id };
        let verdicts = fill(&mut parsed, &source, &call, world, &mut batch);
        assert_eq!(verdicts.accepted as usize, each);
        room = room.max(batch.bytes());
        black_box(&batch);
    })
}

/// The best of the rounds, per message: others share the machine.
fn measure(bodies: &[&[u8]], each: usize, mut once: impl FnMut(&[u8])) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            for turn in 0..MESSAGES / each {
                once(black_box(bodies[turn % bodies.len()]));
            }
            begin.elapsed().as_nanos() as f64 / (MESSAGES / each * each) as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[0]
}

/// What the browser SDK sends for a track call.
fn message(n: usize) -> String {
    let (id, hour, price) = (n * 7919 + 104_729, n % 24, n * 37 % 200);
    format!(
        r#"{{"timestamp":"2026-03-02T{hour:02}:00:00.123Z","integrations":{{}},"type":"track","event":"Product Added","properties":{{"cart_id":"skdjsidjsdkdj29j{n}","product_id":"{id:024x}","sku":"G-{n}","category":"Games","name":"Monopoly: {n}rd Edition","brand":"Hasbro","variant":"200 pieces","price":{price}.99,"quantity":{n},"coupon":"MAYDEALS","position":3,"url":"https://www.example.com/product/path/{n}","image_url":"https://www.example.com/product/path.jpg"}},"context":{{"page":{{"path":"/academy/","referrer":"https://www.google.com/search?q=monopoly","search":"?utm_source=newsletter&utm_campaign=spring","title":"Analytics Academy \u2013 \"Games\"","url":"https://example.com/academy/"}},"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36","locale":"en-GB","library":{{"name":"analytics.js","version":"npm:next-1.84.1"}},"timezone":"Europe/Paris","campaign":{{"source":"newsletter","name":"spring"}}}},"messageId":"ajs-next-1772442000{n:03}-3a12eab0-1d2c-4f6e-9b7a-{id:012x}","anonymousId":"3a12eab0-1d2c-4f6e-9b7a-{id:012x}","writeKey":"0123456789abcdef0123456789abcdef","userId":null,"sentAt":"2026-03-02T{hour:02}:00:00.250Z","_metadata":{{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}}}"#
    )
}
