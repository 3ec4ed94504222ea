//! SIGKILL at random moments under load: nothing that was answered 200 is lost, nothing is taken
//! twice, and the books balance. A kill cannot see a missing sync: see `power_loss`.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use e2e::{Server, Settings, Sink, send_until};
use serde_json::Value;

/// `HEADWATER_CHAOS_ROUNDS` sets the rounds; `scripts/chaos` asks for many more.
fn rounds() -> u32 {
    std::env::var("HEADWATER_CHAOS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(50)
}

/// A small generator, so that a printed seed repeats the run's delays.
fn next_delay(seed: &mut u64) -> Duration {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    Duration::from_millis(20 + *seed % 280)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_nothing_it_acknowledged() {
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut seed = std::env::var("HEADWATER_CHAOS_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(started.as_nanos() as u64 | 1);
    println!("HEADWATER_CHAOS_SEED={seed} HEADWATER_CHAOS_ROUNDS={}", rounds());
    let sink = Sink::counting().await.unwrap();
    let config = format!("[delivery]\nallow_private_addresses = true\n{}", sink.destination("crm"));
    let mut server = Server::start(Settings { config, ..Settings::default() }).await.unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let (mut acknowledged, mut unanswered) = (HashSet::new(), HashSet::new());
    for _ in 0..rounds() {
        let stop = Arc::new(AtomicBool::new(false));
        let sender = tokio::spawn(send_until(server.url(""), 8, next.clone(), stop.clone()));
        tokio::time::sleep(next_delay(&mut seed)).await;
        server.kill();
        stop.store(true, Ordering::Relaxed);
        let sent = sender.await.unwrap();
        acknowledged.extend(sent.acknowledged);
        unanswered.extend(sent.unanswered);
        server.run().await.unwrap();
    }
    server.wait_until_delivered("crm", Duration::from_secs(120)).await;
    let times = sink.times();
    let lost: Vec<&String> = acknowledged.iter().filter(|id| !times.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} acknowledged messages are lost: {lost:?}", lost.len());
    assert!(acknowledged.len() > rounds() as usize, "the load was real: {}", acknowledged.len());
    let strangers =
        times.keys().filter(|id| !acknowledged.contains(*id) && !unanswered.contains(*id));
    assert_eq!(strangers.count(), 0, "nothing arrives that was not sent");
    let books = server.api("/api/accounting?by=total").await;
    check_books(&books, times.len() as u64);
    let repeated = times.values().filter(|n| **n > 1).count();
    println!(
        "{} acknowledged, {} without an answer, {} delivered, {repeated} delivered more than once",
        acknowledged.len(),
        unanswered.len(),
        times.len()
    );
}

/// The books must balance, and say what the receiver counted by itself.
pub(crate) fn check_books(books: &Value, delivered: u64) {
    let sources = books["data"]["sources"].as_array().expect("books list sources");
    let website = sources.iter().find(|s| s["source"] == "website").expect("website sent");
    assert_eq!(website["accepted"].as_u64(), Some(delivered), "{books:#}");
    let received = ["accepted", "duplicates", "discarded"].map(|k| website[k].as_u64().unwrap());
    assert_eq!(website["received"].as_u64(), Some(received.iter().sum()), "{books:#}");
    let destinations = website["destinations"].as_array().expect("books list destinations");
    for destination in destinations {
        let parts = ["delivered", "pending", "discarded", "exhausted"]
            .map(|k| destination[k].as_u64().unwrap_or_else(|| panic!("{k}: {destination:#}")));
        assert_eq!(destination["routed"].as_u64(), Some(parts.iter().sum()), "{destination:#}");
        assert_eq!(destination["balanced"].as_bool(), Some(true), "{destination:#}");
    }
    let crm = destinations.iter().find(|d| d["destination"] == "crm").expect("crm is fed");
    assert_eq!(crm["delivered"].as_u64(), Some(delivered), "{crm:#}");
}
