//! Metrics in the Prometheus text format: what the planes count, what the log says about itself,
//! and what the process takes up.

use std::{fs, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{Router, extract::State, routing::get};
use event_log::EventLog;
use metrics::{counter, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::{reload::Loaded, serve::now_ms};

/// Edges of the buckets of durations, seconds: from a fast disk's sync to a delivery's limit.
const SECONDS: [f64; 15] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0,
    30.0,
];
/// Edges of the buckets of sizes, bytes.
const BYTES: [f64; 7] = [256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0];
/// How often samples are folded into their buckets when nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// What `/metrics` is written from. Cheap to clone.
#[derive(Clone)]
pub struct Telemetry {
    prometheus: PrometheusHandle,
    log: Arc<dyn EventLog>,
    config: watch::Receiver<Loaded>,
}

/// Begins to count. Called once, before anything counts.
///
/// Errors: somebody counts already.
pub fn start() -> Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
        .and_then(|b| b.set_buckets_for_metric(Matcher::Suffix("_bytes".into()), &BYTES))
        .context("cannot set up metrics")?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("cannot set up metrics")?;
    gauge!("process_start_time_seconds").set((now_ms() / 1000) as f64);
    Ok(handle)
}

impl Telemetry {
    /// Renders what `prometheus` counts, and gauges of `log` and `config` beside it.
    pub fn new(
        prometheus: PrometheusHandle,
        log: Arc<dyn EventLog>,
        config: watch::Receiver<Loaded>,
    ) -> Telemetry {
        let version = env!("CARGO_PKG_VERSION");
        gauge!("headwater_build_info", "version" => version).set(1.0);
        Telemetry { prometheus, log, config }
    }

    /// `/metrics`.
    pub fn routes(self) -> Router {
        let type_ = [("content-type", "text/plain; version=0.0.4; charset=utf-8")];
        Router::new()
            .route(
                "/metrics",
                get(async move |State(telemetry): State<Telemetry>| (type_, telemetry.render())),
            )
            .with_state(self)
    }

    /// Folds samples for ever, so that they do not pile up when nobody asks for them.
    pub async fn upkeep(self) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            self.prometheus.run_upkeep();
        }
    }

    fn render(&self) -> String {
        self.measure_log();
        self.measure_config();
        measure_process();
        self.prometheus.render()
    }

    fn measure_log(&self) {
        let stats = self.log.stats();
        let seconds = |us: u64| us as f64 / 1e6;
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        gauge!("headwater_log_oldest_position").set(stats.oldest.0 as f64);
        gauge!("headwater_log_end_position").set(stats.end.0 as f64);
        gauge!("headwater_log_segments").set(stats.segments as f64);
        gauge!("headwater_log_disk_bytes").set(stats.disk_bytes as f64);
        gauge!("headwater_log_dedupe_keys").set(stats.keys as f64);
        gauge!("headwater_log_sync_p50_seconds").set(seconds(stats.sync_p50_us));
        gauge!("headwater_log_sync_p99_seconds").set(seconds(stats.sync_p99_us));
        gauge!("headwater_log_full").set(flag(stats.full));
        gauge!("headwater_log_stopped").set(flag(stats.stopped));
        counter!("headwater_log_records_total").absolute(stats.records);
        counter!("headwater_log_duplicates_total").absolute(stats.duplicates);
        counter!("headwater_log_groups_total").absolute(stats.groups);
        counter!("headwater_log_payload_bytes_total").absolute(stats.payload_bytes);
        counter!("headwater_log_written_bytes_total").absolute(stats.written_bytes);
        counter!("headwater_log_damaged_bytes_total").absolute(stats.damaged_bytes);
        for (group, position) in self.log.groups() {
            let behind = stats.end.0.saturating_sub(position.0) as f64;
            gauge!("headwater_log_group_behind_bytes", "group" => group).set(behind);
        }
    }

    fn measure_config(&self) {
        let config = self.config.borrow();
        gauge!("headwater_config_revision").set(config.revision as f64);
        gauge!("headwater_config_stale").set(if config.stale.is_some() { 1.0 } else { 0.0 });
        gauge!("headwater_config_sources").set(config.sources as f64);
        gauge!("headwater_config_destinations").set(config.destinations as f64);
    }
}

/// What the process takes up, under the names that dashboards expect. Linux only; elsewhere the
/// figures are missing rather than wrong.
fn measure_process() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(kilobytes) = status_field(&status, "VmRSS:") {
        gauge!("process_resident_memory_bytes").set(kilobytes * 1024.0);
    }
    if let Some(threads) = status_field(&status, "Threads:") {
        gauge!("process_threads").set(threads);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(open.count() as f64);
    }
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        gauge!("process_max_fds").set(limit as f64);
    }
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    if let Some(seconds) = cpu_seconds(&stat) {
        // Counters here are whole numbers; a gauge under the customary name serves as well.
        gauge!("process_cpu_seconds_total").set(seconds);
    }
}

fn status_field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time of `/proc/self/stat`, whose clock ticks 100 times a second everywhere.
fn cpu_seconds(stat: &str) -> Option<f64> {
    // The second field is the command's name in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_process_are_read() {
        let status = "Name:\tx\nVmRSS:\t   10240 kB\nThreads:\t7\n";
        assert_eq!(status_field(status, "VmRSS:"), Some(10240.0));
        assert_eq!(status_field(status, "Threads:"), Some(7.0));
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 7 0 99 1 2";
        assert_eq!(cpu_seconds(stat), Some(3.0));
    }
}
