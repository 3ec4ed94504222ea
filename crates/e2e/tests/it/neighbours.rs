//! One destination hangs, refuses or is overrun: its neighbour must not notice, and nothing is lost.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use e2e::{Behaviour, Server, Settings, Sink, WRITE_KEY, event, eventually};

async fn server_with(sinks: &[(&str, &Sink)]) -> Server {
    let mut config = "[delivery]\nallow_private_addresses = true\n".to_owned();
    for (slug, sink) in sinks {
        config += &sink.destination(slug);
    }
    Server::start(Settings { config, ..Settings::default() }).await.unwrap()
}

/// Sends `count` messages at a steady pace and gives the median and the 95th percentile of the
/// time from the 200 to the arrival at `sink`.
async fn latency(server: &Server, sink: &Sink, prefix: &str, count: usize) -> (Duration, Duration) {
    let mut accepted = HashMap::new();
    for n in 0..count {
        let id = format!("{prefix}-{n}");
        let url = server.url(&format!("/v1/track?writeKey={WRITE_KEY}"));
        let body = event(&id, &format!("user-{n}")).to_string();
        let answer = server.client().send("POST", &url, &[], body).await.unwrap();
        assert_eq!(answer.status, 200);
        accepted.insert(id, Instant::now());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let all = || async {
        let times = sink.times();
        accepted.keys().all(|id| times.contains_key(id)).then_some(())
    };
    eventually("the neighbour gets everything", Duration::from_secs(60), all).await;
    let mut took: Vec<Duration> = sink
        .arrivals()
        .iter()
        .filter_map(|(at, message)| {
            let sent = accepted.get(message["messageId"].as_str()?)?;
            Some(at.saturating_duration_since(*sent))
        })
        .collect();
    took.sort();
    (took[took.len() / 2], took[took.len() * 95 / 100])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_destination_does_not_slow_its_neighbour() {
    let (good, bad) = (Sink::start().await.unwrap(), Sink::start().await.unwrap());
    let server = server_with(&[("good", &good), ("bad", &bad)]).await;
    let (calm_p50, calm_p95) = latency(&server, &good, "calm", 200).await;
    let behaviours = [Behaviour::Hang, Behaviour::Status(500), Behaviour::TooMany(1)];
    for (round, behaviour) in behaviours.into_iter().enumerate() {
        bad.behave(behaviour.clone());
        let (p50, p95) = latency(&server, &good, &format!("storm-{round}"), 200).await;
        println!(
            "neighbour of {behaviour:?}: p50 {p50:?} p95 {p95:?}; calm {calm_p50:?} {calm_p95:?}"
        );
        // Not a benchmark: a neighbour that waits for the other's time-out of 5 s fails this.
        assert!(p95 < calm_p95 + Duration::from_secs(2), "p95 {p95:?} beside {behaviour:?}");
    }
    bad.behave(Behaviour::Accept);
    // 200 calm and 600 stormy messages reach the bad one too, once it is well again.
    let all = || async { (bad.distinct() == 800).then_some(()) };
    eventually("nothing is lost at the bad one", Duration::from_secs(180), all).await;
    server.wait_until_delivered("bad", Duration::from_secs(60)).await;
    let books = server.api("/api/accounting?by=total").await;
    for destination in books["data"]["sources"][0]["destinations"].as_array().unwrap() {
        assert_eq!(destination["delivered"].as_u64(), Some(800), "{books:#}");
        assert_eq!(destination["balanced"].as_bool(), Some(true), "{books:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_message_is_discarded_with_the_answer_kept() {
    let sink = Sink::start().await.unwrap();
    let server = server_with(&[("crm", &sink)]).await;
    sink.behave(Behaviour::Status(400));
    let url = server.url(&format!("/v1/track?writeKey={WRITE_KEY}"));
    let body = event("poison-1", "u").to_string();
    server.client().send("POST", &url, &[], body).await.unwrap();
    let trace = || async {
        let trace = server.api("/api/trace/poison-1").await;
        let text = trace.to_string();
        text.contains("discarded").then_some(trace)
    };
    let trace = eventually("the trace says discarded", Duration::from_secs(30), trace).await;
    let text = trace.to_string();
    assert!(text.contains("400") && text.contains("the sink says no"), "{trace:#}");
    sink.behave(Behaviour::Accept);
    let body = event("fine-2", "u").to_string();
    server.client().send("POST", &url, &[], body).await.unwrap();
    let arrived = || async { sink.times().contains_key("fine-2").then_some(()) };
    eventually("the next one arrives", Duration::from_secs(30), arrived).await;
    assert!(!sink.times().contains_key("poison-1"));
}
