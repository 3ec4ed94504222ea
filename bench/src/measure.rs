//! What the kernel says about a process.

use std::fs;

use anyhow::{Context, Result};

/// CPU time that all threads of a process have used, nanoseconds. Threads that ended are missed;
/// servers here keep theirs.
pub(crate) fn cpu_ns(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("the process is gone")? {
        let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        sum += text.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

/// Resident memory of a process, megabytes.
pub(crate) fn rss_mb(pid: u32) -> Result<f64> {
    status_mb(pid, "VmRSS:")
}

/// What of it is the process's own, and what is mapped from files, its binary included.
pub(crate) fn rss_parts_mb(pid: u32) -> Result<(f64, f64)> {
    Ok((status_mb(pid, "RssAnon:")?, status_mb(pid, "RssFile:")?))
}

fn status_mb(pid: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
    let kb: f64 = line.split_whitespace().next().context("no figure")?.parse()?;
    Ok(kb / 1024.0)
}

/// Median and 99th percentile; 0 for none.
pub(crate) fn percentiles(values: &mut [u64]) -> (u64, u64) {
    (percentile(values, 50), percentile(values, 99))
}

/// One percentile; sorts.
pub(crate) fn percentile(values: &mut [u64], percent: usize) -> u64 {
    values.sort_unstable();
    let at = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or(0)
}

/// The median of some figures.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
