//! What the disk itself can do: a 4 KB write into a file of real bytes, then `fdatasync`.

use std::{fs::File, io::Write, os::unix::fs::FileExt, path::Path, time::Instant};

use anyhow::Result;

use crate::measure::percentiles;

/// Latency of a write and its sync, microseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sync {
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

/// Times `count` syncs in `folder`.
pub(crate) fn fdatasync(folder: &Path, count: usize) -> Result<Sync> {
    const FILE: u64 = 16 << 20;
    let mut file: File = tempfile::tempfile_in(folder)?;
    file.write_all(&vec![1; FILE as usize])?;
    file.sync_all()?;
    let block = [2u8; 4096];
    let mut took = Vec::with_capacity(count);
    for n in 0..count {
        let began = Instant::now();
        file.write_all_at(&block, (n as u64 * 4096) % FILE)?;
        file.sync_data()?;
        took.push(began.elapsed().as_micros() as u64);
    }
    let (p50_us, p99_us) = percentiles(&mut took);
    Ok(Sync { p50_us, p99_us })
}
