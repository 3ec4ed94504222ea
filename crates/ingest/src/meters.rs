//! What the tracking API counts of itself. Handles are made once per thread.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::{accept::Verdicts, reject::Reject};

/// One thread's handles.
pub struct Meters {
    requests: Counter,
    bytes: Counter,
    accepted: Counter,
    discarded: Counter,
    unknown_source: Counter,
    sdk_metrics: Counter,
    kept: Counter,
    not_kept: Counter,
    rejects: Vec<(Reject, Counter)>,
    latency: Histogram,
    /// Open connections.
    pub connections: Gauge,
}

impl Meters {
    /// Handles of whichever recorder is installed now.
    pub fn new() -> Meters {
        let message = |verdict: &'static str| counter!("headwater_ingest_messages_total", "verdict" => verdict);
        let refused =
            |kept: &'static str| counter!("headwater_ingest_refused_records_total", "kept" => kept);
        let reject = |reject: Reject| {
            (reject, counter!("headwater_ingest_refused_total", "reason" => reject.reason()))
        };
        Meters {
            requests: counter!("headwater_ingest_requests_total"),
            bytes: counter!("headwater_ingest_body_bytes_total"),
            accepted: message("accepted"),
            discarded: message("discarded"),
            unknown_source: counter!("headwater_ingest_unknown_source_total"),
            sdk_metrics: counter!("headwater_ingest_sdk_metrics_total"),
            kept: refused("yes"),
            not_kept: refused("no"),
            rejects: Reject::ALL.map(reject).into(),
            latency: histogram!("headwater_ingest_accept_seconds"),
            connections: gauge!("headwater_ingest_connections"),
        }
    }

    /// A request was answered 200 and its messages are in the log.
    pub fn accepted(&self, body_bytes: usize, verdicts: &Verdicts) {
        self.requests.increment(1);
        self.bytes.increment(body_bytes as u64);
        self.accepted.increment(u64::from(verdicts.accepted));
        if verdicts.discarded > 0 {
            self.discarded.increment(u64::from(verdicts.discarded));
        }
    }

    /// How long a request took from its head to its answer.
    pub fn took(&self, time: Duration) {
        self.latency.record(time);
    }

    /// A request named a write key that no source has.
    pub fn unknown_source(&self) {
        self.unknown_source.increment(1);
    }

    /// An SDK sent what it measures of itself.
    pub fn sdk_metrics(&self) {
        self.sdk_metrics.increment(1);
    }

    /// A request was refused.
    pub fn rejected(&self, reject: Reject) {
        if let Some((_, counter)) = self.rejects.iter().find(|(other, _)| *other == reject) {
            counter.increment(1);
        }
    }

    /// A refused request was kept for the debugger, or was one too many in its second.
    pub fn kept(&self, kept: bool) {
        if kept { &self.kept } else { &self.not_kept }.increment(1);
    }
}

impl Default for Meters {
    fn default() -> Self {
        Meters::new()
    }
}
