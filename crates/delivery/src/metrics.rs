//! What is measured of deliveries, one set of handles for each destination.

use metrics::{Counter, Histogram, counter, histogram};
use spec::DestinationId;

/// The handles of one destination.
pub struct Meters {
    delivered: Counter,
    /// Attempts that lead to another one.
    pub retried: Counter,
    /// Messages stopped on purpose.
    pub discarded: Counter,
    /// Messages given up.
    pub exhausted: Counter,
    attempt: Histogram,
    whole: Histogram,
}

impl Meters {
    /// Registers the meters of `destination`.
    pub fn new(destination: &DestinationId) -> Meters {
        let outcomes = |outcome: &'static str| {
            let destination = destination.as_str().to_owned();
            counter!("headwater_delivery_outcomes_total", "destination" => destination, "outcome" => outcome)
        };
        let name = destination.as_str().to_owned();
        Meters {
            delivered: outcomes("delivered"),
            retried: outcomes("retried"),
            discarded: outcomes("discarded"),
            exhausted: outcomes("exhausted"),
            attempt: histogram!("headwater_delivery_attempt_seconds", "destination" => name.clone()),
            whole: histogram!("headwater_delivery_seconds", "destination" => name),
        }
    }

    /// A message was delivered: how long its attempt took, and how long since it was accepted.
    pub fn delivered(&self, attempt_ms: u32, whole_ms: i64) {
        self.delivered.increment(1);
        self.attempt.record(f64::from(attempt_ms) / 1000.0);
        self.whole.record(whole_ms.max(0) as f64 / 1000.0);
    }
}
