//! One attempt through a destination, with a hard end.

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use destination_kit::{Answer, DeliveryError, Destination, Fault, Parcel};
use tokio::time::{Instant, timeout};

/// What messages heard, and how long that took.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The partner's answer.
    pub answer: Result<Answer, DeliveryError>,
    /// From the beginning of the attempt that decided it, milliseconds.
    pub took_ms: u32,
}

/// Sends `parcels` in one attempt that ends after `limit` at the latest, and says what they
/// heard, in their order: so many of them this, so many that.
///
/// A batch that is refused may be so for one message's sake: it is halved and sent again, in
/// order, until those who are to blame stand alone.
pub async fn send(
    destination: &Arc<dyn Destination>,
    parcels: &[Parcel],
    limit: Duration,
) -> Vec<(usize, Heard)> {
    let mut heard = Vec::new();
    let mut parts = VecDeque::from([parcels]);
    while let Some(part) = parts.pop_front() {
        let began = Instant::now();
        let answer = attempt(destination, part, limit).await;
        if matches!(answer, Err(DeliveryError::Refused(_))) && part.len() > 1 {
            let (head, tail) = part.split_at(part.len() / 2);
            parts.push_front(tail);
            parts.push_front(head);
            continue;
        }
        let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        heard.push((part.len(), Heard { answer, took_ms }));
    }
    heard
}

async fn attempt(
    destination: &Arc<dyn Destination>,
    parcels: &[Parcel],
    limit: Duration,
) -> Result<Answer, DeliveryError> {
    let delivery = catch(destination.deliver(parcels));
    match timeout(limit, delivery).await {
        Ok(Some(answer)) => answer,
        Ok(None) => Err(fault("INTERNAL", "the destination failed in an unforeseen way".into())),
        Err(_) => Err(fault("ETIMEDOUT", format!("no answer within {limit:?}"))),
    }
}

fn fault(code: &str, excerpt: String) -> DeliveryError {
    DeliveryError::Retry(Fault { status: None, code: code.to_owned(), excerpt }, None)
}

/// Drives `future`; `None` when it panics. One destination's bug stays its own.
async fn catch<T>(future: impl Future<Output = T> + Send) -> Option<T> {
    let mut future = Box::pin(future);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(poll) => poll.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests;
