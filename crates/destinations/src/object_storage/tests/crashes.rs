//! The store is killed and started again in the middle of loading, and so is the process that
//! loads: in the end each message is there once, event by event.

use std::collections::VecDeque;

use destination_kit::Clock;

use super::*;

/// How many messages are loaded.
const MESSAGES: usize = 4000;
/// At most so many in one batch.
const BATCH_MAX: usize = 300;

/// A sequence that a seed decides.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// What the engine would hold: first attempts in order, and retries behind them, cut anew.
struct Queue {
    first: VecDeque<Parcel>,
    again: VecDeque<Parcel>,
}

impl Queue {
    fn take(&mut self, random: &mut Random) -> Vec<Parcel> {
        let retry = self.first.is_empty() || (!self.again.is_empty() && random.below(3) == 0);
        let from = if retry { &mut self.again } else { &mut self.first };
        let many = (1 + random.below(BATCH_MAX)).min(from.len());
        from.drain(..many).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_is_there_once_whatever_dies() {
    if server::given().is_none() {
        return;
    }
    for (seed, format) in [(7, "ndjson.gz"), (99, "ndjson.zst"), (4711, "parquet")] {
        let all = loads::mixed(MESSAGES);
        let server = load_through_crashes(&all, seed, format).await;
        let bucket = server.bucket();
        if format == "parquet" {
            let mut found = stored::rows(&bucket);
            found.sort_unstable();
            let id = |one: &Parcel| String::from_utf8_lossy(one.message.message_id()).into_owned();
            let expect = all.iter().map(|one| (one.position as i64, id(one)));
            assert_eq!(found, expect.collect::<Vec<_>>(), "seed {seed}");
        } else {
            assert_eq!(stored::lines(&bucket), stored::expected(&all), "seed {seed}");
        }
    }
}

/// Delivers `all` as the engine does, to a server and from a process that die.
async fn load_through_crashes(all: &[Parcel], seed: u64, format: &str) -> server::Server {
    let mut random = Random(seed);
    let mut server = server::Server::start();
    let mut settings = server::settings(&server.url(), "lake");
    settings["format"] = json!(format);
    let later = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let open = || {
        let (later, system) = (later.clone(), Clock::default());
        let clock = Clock::new(move || system.now_ms() + later.load(Relaxed));
        let world = World { allow_private_addresses: true, clock, ..World::default() };
        open_with(&ObjectStorageKind, settings.clone(), &world)
    };
    let mut destination = open();
    let mut queue = Queue { first: all.iter().cloned().collect(), again: VecDeque::new() };
    let (mut killed, mut died) = (0, 0);
    while !queue.first.is_empty() || !queue.again.is_empty() {
        let batch = queue.take(&mut random);
        let delivery = tokio::spawn({
            let (destination, batch) = (destination.clone(), batch.clone());
            async move { destination.deliver(&batch).await }
        });
        let fate = random.below(5);
        if fate < 2 {
            // between nothing written and all of it
            let written = stored::objects(&server.bucket()).len() + random.below(6);
            while !delivery.is_finished() && stored::objects(&server.bucket()).len() < written {
                tokio::task::yield_now().await;
            }
        }
        if fate == 0 {
            server.kill();
            killed += 1;
        }
        if fate == 1 {
            delivery.abort();
            died += 1;
        }
        let outcome = match delivery.await {
            Ok(outcome) => Some(outcome),
            Err(aborted) if aborted.is_cancelled() => None,
            Err(panicked) => panic!("{panicked}"),
        };
        match outcome {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                assert!(matches!(error, DeliveryError::Retry(..)), "{error:?}");
                queue.again.extend(batch);
            }
            None => queue.again.extend(batch),
        }
        if fate == 0 {
            server.start_again();
        }
        if fate == 1 {
            // nothing of it is left but what stands in the store
            destination = open();
        }
    }
    assert!(killed > 2 && died > 2, "seed {seed} tries nothing: {killed} and {died}");
    // what was on its way when a process died has arrived by now, and is looked for once more
    later.fetch_add(3_600_000, Relaxed);
    let outcome = destination.deliver(&all[..1]).await;
    assert_eq!(next(&outcome), Next::Done, "{outcome:?}");
    destination.close().await;
    server
}
