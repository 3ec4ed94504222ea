//! A seed decides what partners answer, when the process dies, and what the clock says; time is
//! virtual, and only the log and the snapshot of the books survive a life.
//!
//! Whatever happens: nothing that was accepted is lost, the books balance at every moment, every
//! overview says what a plain recount of the log says, each
//! person's first attempts stay in order, and a message is sent again only when its outcome was
//! not recorded or said so.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use event_log::{MemoryLog, Position};
use routing::{Routing, RoutingSnapshot};
use spec::{Attempts, Delivered, Outcome, record};
use tokio::time::sleep;

use crate::{
    overview::tests::agree,
    tests::{
        source,
        stage::{Scene, accept, balanced, life, partner},
    },
};

/// The routing of every simulation: two sources, four destinations, and one that comes and goes.
fn routes(revision: u64, mood: &str, fickle: bool) -> RoutingSnapshot {
    let mut single = partner("single", &["web"], mood, 1);
    single.concurrency = 1;
    let mut comes_and_goes = partner("fickle", &["web", "app"], mood, 3);
    comes_and_goes.enabled = fickle;
    let destinations = vec![
        partner("steady", &["web", "app"], "", 1),
        partner("wild", &["web"], mood, 1),
        partner("batches", &["web", "app"], mood, 8),
        single,
        comes_and_goes,
    ];
    RoutingSnapshot::new(revision, vec![source("web"), source("app")], destinations)
}

fn simulate(seed: u64) {
    let scene = Scene::new(seed);
    let log = MemoryLog::new();
    let dir = tempfile::tempdir().expect("a folder can be made");
    let books = dir.path().join("books");
    let mut accepted: Vec<(String, String, String)> = Vec::new();
    for life_number in 0..4 {
        let calm = life_number == 3;
        let mood = if calm { "" } else { "wild" };
        let routing = Routing::new(routes(1, mood, calm || scene.roll(2) == 0));
        life(
            &scene,
            &log,
            &books,
            &routing,
            |_| {},
            async |delivery, clock| {
                for _ in 0..scene.roll(120) {
                    let n = accepted.len();
                    let source = if scene.roll(3) == 0 { "app" } else { "web" };
                    let word = match scene.roll(40) {
                        0 => "refused",
                        1 => "poison",
                        _ => "m",
                    };
                    let (id, user) = (format!("{word}-{n}"), format!("user-{}", scene.roll(6)));
                    accept(&log, source, &id, &user, clock()).await;
                    accepted.push((source.to_owned(), id, user));
                    if scene.roll(8) == 0 {
                        let (source, id, user) =
                            accepted[scene.roll(accepted.len() as u64) as usize].clone();
                        accept(&log, &source, &id, &user, clock()).await;
                    }
                    if !calm && scene.roll(20) == 0 {
                        routing.replace(routes(2 + n as u64, mood, scene.roll(2) == 0));
                    }
                    if scene.roll(4) == 0 {
                        sleep(Duration::from_millis(scene.roll(3000))).await;
                    }
                }
                balanced(&delivery).await;
                if seed.is_multiple_of(6) {
                    agree(&delivery, &log, clock()).await;
                }
                if calm {
                    // All there is to do is done within the horizon and a little more.
                    sleep(Duration::from_secs(80 * 3600)).await;
                }
                if calm || scene.roll(3) == 0 {
                    delivery.drain(Duration::from_secs(60)).await;
                }
                if calm {
                    balanced(&delivery).await;
                    if seed.is_multiple_of(6) {
                        agree(&delivery, &log, clock()).await;
                    }
                    let pending = delivery.ledger().with(|books| {
                        books.destinations().iter().map(|book| book.total.pending()).sum::<u64>()
                    });
                    assert_eq!(pending, 0, "seed {seed}: everything has an end");
                }
            },
        );
    }
    judge(seed, &scene, &log, &accepted);
}

/// Looks at what partners saw, and at what the log says, once all lives are over.
fn judge(seed: u64, scene: &Scene, log: &MemoryLog, accepted: &[(String, String, String)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let entries = runtime.block_on(event_log::conformance::read_all(log, Position(0)));
    let mut settled: HashMap<(String, u64), u32> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.label.kind == record::ATTEMPTS) {
        let attempts: Attempts = record::decode(&entry.payload).expect("we wrote it");
        for attempt in attempts.attempts {
            let ends = !matches!(attempt.outcome, Outcome::Retry { .. } | Outcome::Redelivery);
            let key = (attempts.destination.to_string(), attempt.position);
            *settled.entry(key).or_default() += u32::from(ends);
        }
    }
    for (key, ends) in &settled {
        assert_eq!(*ends, 1, "seed {seed}: {key:?} ended {ends} times");
    }
    for entry in entries.iter().filter(|entry| entry.label.kind == record::DELIVERED) {
        let delivered: Delivered = record::decode(&entry.payload).expect("we wrote it");
        for position in delivered.together.iter().flat_map(|together| &together.positions) {
            *settled.entry((delivered.destination.to_string(), *position)).or_default() += 1;
        }
    }
    assert_eq!(scene.overlaps(), [""; 0], "seed {seed}: two at a time for one person");
    for (name, sources) in [
        ("steady", &["web", "app"][..]),
        ("wild", &["web"]),
        ("batches", &["web", "app"]),
        ("single", &["web"]),
    ] {
        let calls = scene.calls(name);
        let taken: HashSet<&str> =
            calls.iter().filter(|(_, taken)| *taken).map(|(id, _)| id.as_str()).collect();
        let own = accepted.iter().filter(|(source, ..)| sources.contains(&source.as_str()));
        let mut last: HashMap<&str, (usize, &str)> = HashMap::new();
        for (_, id, user) in own {
            let first = calls.iter().position(|(called, _)| called == id);
            let first =
                first.unwrap_or_else(|| panic!("seed {seed}: {name} was never offered {id}"));
            let hopeless = id.contains("refused") || id.contains("poison");
            assert_eq!(taken.contains(id.as_str()), !hopeless, "seed {seed}: {name} {id}");
            if let Some((before, earlier)) = last.insert(user, (first, id)) {
                assert!(before < first, "seed {seed}: {name} saw {id} before {earlier}");
            }
        }
    }
}

#[test]
fn nothing_is_lost_and_everything_is_accounted_for() {
    for seed in 1..=60 {
        simulate(seed);
    }
}
