//! Turns, evenly apart to some 50 microseconds. The runtime's own timers round up to a millisecond:
//! all that is due within one would be sent at once, and half of it would measure the wait for the
//! other half.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

/// A thread that tells connections when it is their turn; it ends when they have.
pub(crate) fn start(rate: f64, connections: usize) -> Vec<Arc<Semaphore>> {
    let turns: Vec<_> = (0..connections).map(|_| Arc::new(Semaphore::new(0))).collect();
    let theirs = turns.clone();
    thread::spawn(move || {
        let began = Instant::now();
        for n in 0u64.. {
            let due = began + Duration::from_secs_f64(n as f64 / rate);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // One that has ended leaves the others waiting for theirs.
            if theirs.iter().all(|turn| Arc::strong_count(turn) == 1) {
                break;
            }
            theirs[n as usize % connections].add_permits(1);
        }
    });
    turns
}

/// Waits for the turn of the connection that has these.
pub(crate) async fn turn(turns: &Semaphore) {
    turns.acquire().await.expect("nobody closes it").forget();
}
