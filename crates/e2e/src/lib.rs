//! The harness of the whole-product tests in `tests/it/`: the real binary in a folder of its own,
//! a receiver that remembers everything, a sender that remembers what was answered 200.

mod http;
mod sender;
mod server;
mod sink;

pub use http::{Answer, Client};
pub use sender::{Sent, event, send_until};
pub use server::{Server, Settings, WRITE_KEY, binary, free_port};
pub use sink::{Behaviour, Sink};

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Asks `probe` again and again until it gives a value, and panics with `what` after `limit`.
pub async fn eventually<T, F>(what: &str, limit: Duration, mut probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let began = Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
