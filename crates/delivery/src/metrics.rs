//! What is measured of deliveries, one set of handles for each destination.

use metrics::{Counter, Histogram, counter, histogram};
use spec::DestinationId;

/// The handles of one destination.
pub struct Meters {
    /// Messages that the destination has.
    pub delivered: Counter,
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

    /// How long an attempt took, whatever came of it.
    pub fn attempted(&self, took_ms: u32) {
        self.attempt.record(f64::from(took_ms) / 1000.0);
    }

    /// How long a delivered message was on its way since it was accepted. Of those of one attempt
    /// that were accepted in the same millisecond, one stands for all.
    pub fn was_on_its_way(&self, whole_ms: i64) {
        self.whole.record(whole_ms.max(0) as f64 / 1000.0);
    }
}
