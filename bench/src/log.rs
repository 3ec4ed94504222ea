//! The log engine alone: what its writer costs per event, and how many bytes it writes.

use std::{fs, path::PathBuf, sync::Arc, time::Instant};

use anyhow::Result;
use event_log::{Batch, EventLog, FileLog, Label, Options, Tag};

use crate::corpus::Corpus;

/// What to append.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// A folder on the disk to use.
    #[arg(long, default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Events in one group.
    #[arg(long, default_value_t = 1000)]
    pub(crate) group: usize,
    /// Groups.
    #[arg(long, default_value_t = 400)]
    pub(crate) groups: usize,
}

/// What it cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cost {
    /// CPU of the log's writer thread, microseconds per event.
    pub(crate) writer_us: f64,
    /// CPU of every thread of the log, its background work included, microseconds per event.
    pub(crate) all_us: f64,
    /// Bytes written to the disk per byte of payload.
    pub(crate) written_per_payload: f64,
    /// Events a second, by the clock.
    pub(crate) per_second: f64,
}

pub(crate) fn run(args: &Args) -> Result<Cost> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let log = Arc::new(FileLog::open(folder.path(), Options::default())?);
    let lane = log.lane();
    let mut corpus = Corpus::new(1, 0, 1);
    let label = |n: u64| Label {
        kind: 1,
        stream: 7,
        time_ms: 1_763_000_000_000 + n as i64 / 100,
        tag: Tag::Key(log.key_of(7, &n.to_le_bytes())),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut cpu = Cpu::default();
    let mut seconds = 0.0;
    let before = log.stats();
    for group in 0..args.groups {
        let mut batch = Batch::with_capacity(1500 * args.group);
        for _ in 0..args.group {
            batch.push_with(|out| label(corpus.event(true, out)));
        }
        // Threads are counted while the group is written, not while it is made.
        let (start, began) = (Cpu::now()?, Instant::now());
        runtime.block_on(lane.append(batch))?;
        if group > 0 {
            cpu.add(&Cpu::now()?, &start);
            seconds += began.elapsed().as_secs_f64();
        }
    }
    let after = log.stats();
    let events = ((args.groups - 1) * args.group) as f64;
    let payload = (after.payload_bytes - before.payload_bytes) as f64;
    Ok(Cost {
        writer_us: cpu.writer as f64 / 1e3 / events,
        all_us: cpu.others as f64 / 1e3 / events,
        written_per_payload: (after.written_bytes - before.written_bytes) as f64 / payload,
        per_second: events / seconds,
    })
}

#[derive(Default)]
struct Cpu {
    writer: u64,
    others: u64,
}

impl Cpu {
    /// CPU time of this process's threads but the calling one, nanoseconds.
    fn now() -> Result<Cpu> {
        let mut cpu = Cpu::default();
        let own = fs::read_link("/proc/thread-self")?;
        for task in fs::read_dir("/proc/self/task")? {
            let task = task?;
            if own.file_name() == Some(task.file_name().as_os_str()) {
                continue;
            }
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let ns = text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            cpu.others += ns;
            if name.trim() == "log-writer" {
                cpu.writer += ns;
            }
        }
        Ok(cpu)
    }

    fn add(&mut self, end: &Cpu, start: &Cpu) {
        self.writer += end.writer.saturating_sub(start.writer);
        self.others += end.others.saturating_sub(start.others);
    }
}
