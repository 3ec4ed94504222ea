//! What senders wait for, and what of that is the log's.

use crate::{disk, load, measure::median, report::Report};

/// How long senders waited over the rounds, microseconds; beside it what the same load waits for
/// where nothing is synced (connections, cores and the generator itself), and the disk alone.
#[derive(Default)]
pub(crate) struct Waits {
    ours: Vec<f64>,
    bare: Vec<f64>,
    sync: Vec<f64>,
}

impl Waits {
    /// One round.
    pub(crate) fn add(&mut self, bare: &load::Seen, ours: &load::Seen, sync: &disk::Sync) {
        println!(
            "  ack p50 {} p99 {} us; bare p50 {} p99 {} us; fdatasync p50 {} p99 {} us",
            ours.p50_us, ours.p99_us, bare.p50_us, bare.p99_us, sync.p50_us, sync.p99_us
        );
        self.ours.push(ours.p99_us as f64);
        self.bare.push(bare.p99_us as f64);
        self.sync.push(sync.p99_us as f64);
    }

    /// The medians of the rounds, as one figure.
    pub(crate) fn report(self, what: &str, report: &mut Report) {
        let (ours, bare, sync) = (median(self.ours), median(self.bare), median(self.sync));
        let ms = |us: f64| us / 1e3;
        let value = format!(
            "{:.2} ms; the baseline's {:.2} ms; raw fdatasync p99 {:.2} ms",
            ms(ours),
            ms(bare),
            ms(sync)
        );
        report.add(what, value, "≤ 1.5x fdatasync p99", ours <= 1.5 * sync);
    }
}
