//! Many at once.

use super::*;

#[test]
fn of_64_senders_with_one_key_one_is_accepted() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    let key = log.key_of(7, b"m-1");
    let firsts: Vec<(Position, bool)> = std::thread::scope(|scope| {
        let sender = |_| {
            let log = log.clone();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let runtime = runtime.expect("it starts");
                runtime.block_on(async {
                    let mut batch = Batch::new();
                    batch.want_places();
                    batch.push(Label { tag: Tag::Key(key), ..message(0) }, b"one of many");
                    let appended = log.lane().append(batch).await.expect("there is room");
                    let place = appended.places[0];
                    (place.duplicate_of.unwrap_or(place.position), place.duplicate_of.is_none())
                })
            })
        };
        let senders: Vec<_> = (0..64).map(sender).collect();
        senders.into_iter().map(|sender| sender.join().expect("it ends")).collect()
    });
    assert_eq!(firsts.iter().filter(|(_, accepted)| *accepted).count(), 1);
    assert!(firsts.iter().all(|(first, _)| *first == firsts[0].0));
    assert_eq!(log.stats().duplicates, 63);
}

#[test]
fn lanes_shared_between_threads_lose_no_wake_up() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(1));
    let log = open_faulty(&disk, dir.path(), Options { segment_bytes: 4 << 20, ..small() });
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(4).enable_time().build().expect("it starts");
    let appended = runtime.block_on(async {
        let lanes = [log.lane(), log.lane()];
        let mut tasks = Vec::new();
        for n in 0..32u64 {
            let lane = lanes[n as usize % 2].clone();
            tasks.push(tokio::spawn(async move {
                for round in 0..200 {
                    let mut batch = Batch::new();
                    batch.push(message(n * 1000 + round), b"x");
                    if round % 7 == 0 {
                        // Given up at once: it must not take the others' wake-up with it.
                        let lane = lane.clone();
                        let given_up = tokio::spawn(async move { lane.append(batch).await });
                        tokio::task::yield_now().await;
                        given_up.abort();
                    } else {
                        lane.append(batch).await.expect("there is room");
                    }
                }
            }));
        }
        let all = async {
            for task in tasks {
                task.await.expect("it ends");
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await
    });
    appended.expect("everybody was woken");
    let records = log.stats().records;
    assert!((32 * 171..=32 * 200).contains(&records), "{records}");
}

#[tokio::test]
async fn a_waiter_that_is_never_asked_again_does_not_hold_the_others() {
    let dir = tempfile::tempdir().expect("there is room");
    let log = open(dir.path(), small());
    let lane = log.lane();
    let batch = |n| {
        let mut batch = Batch::new();
        batch.push(message(n), &payload(n));
        batch
    };
    let mut idle = Box::pin(lane.append(batch(0)));
    assert!(futures_poll(&mut idle).await.is_none());
    let other = lane.append(batch(1));
    let other = tokio::time::timeout(Duration::from_secs(10), other).await;
    other.expect("it was woken").expect("there is room");
    drop(idle);
    assert_eq!(read(&log).await, payloads(0, 2));
}

/// Asks a future once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut *future).poll(context);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn more_than_the_queue_holds_is_refused_as_busy() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(2));
    let options = Options { queue_bytes_max: 10_000, ..small() };
    let log = open_faulty(&disk, dir.path(), options);
    let lane = log.lane();
    let mut waiting = Vec::new();
    for n in 0..200 {
        let mut batch = Batch::new();
        batch.push(message(n), &[0; 4000]);
        let mut append = Box::pin(lane.append(batch));
        waiting.push((futures_poll(&mut append).await, append));
    }
    let (mut accepted, mut busy) = (0, 0);
    for (polled, append) in waiting {
        let outcome = match polled {
            Some(outcome) => outcome,
            None => append.await,
        };
        match outcome {
            Ok(_) => accepted += 1,
            Err(LogError::Busy) => busy += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(accepted >= 2 && busy > 0, "{accepted} accepted, {busy} busy");
    assert_eq!(log.stats().records, accepted);
    append(&log, 0, 1).await;
}

#[tokio::test]
async fn nobody_waits_for_a_writer_that_has_ended() {
    let gate = crate::file::lanes::Gate::new(1 << 20);
    let lane = crate::Lane(gate.lane());
    let batch = || {
        let mut batch = Batch::new();
        batch.push(message(0), b"never written");
        batch
    };
    let mut waiting = Box::pin(lane.append(batch()));
    assert!(futures_poll(&mut waiting).await.is_none());
    gate.abandon();
    assert!(matches!(waiting.await, Err(LogError::Stopped(_))));
    assert!(matches!(lane.append(batch()).await, Err(LogError::Stopped(_))));
}
