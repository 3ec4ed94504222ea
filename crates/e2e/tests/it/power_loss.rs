//! The power fails: a file system on a loop device is shut down without flushing its journal, so
//! that only what was synced is left. A SIGKILL test cannot see a missing sync, since the kernel
//! keeps the pages. Needs root and loop devices; without them it says so and does nothing.

use std::{
    collections::HashSet,
    fs,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use e2e::{Server, Settings, Sink, send_until};
use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN`, `XFS_IOC_GOINGDOWN`: `_IOR('X', 125, __u32)`.
const SHUTDOWN: libc::c_ulong = 0x8004_587d;
/// Do not flush the journal first.
const NO_LOG_FLUSH: u32 = 2;

fn rounds() -> u32 {
    std::env::var("HEADWATER_POWER_LOSS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8)
}

/// A file system in a file.
pub(crate) struct LoopDisk {
    folder: TempDir,
}

impl LoopDisk {
    /// Makes and mounts one of `megabytes`; `None` where root or loop devices are missing.
    pub(crate) fn new(megabytes: u64) -> Option<LoopDisk> {
        let folder = tempfile::tempdir().unwrap();
        let disk = LoopDisk { folder };
        fs::create_dir(disk.mount_point()).unwrap();
        fs::File::create(disk.image()).unwrap().set_len(megabytes << 20).unwrap();
        let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(disk.image()).status();
        let ready = made.is_ok_and(|status| status.success()) && disk.mount();
        if !ready {
            assert!(
                std::env::var_os("CI").is_none() || !is_root(),
                "CI runs as root and must have loop devices and mkfs.ext4"
            );
            println!("SKIPPED: needs root, loop devices and mkfs.ext4");
        }
        ready.then_some(disk)
    }

    pub(crate) fn mount_point(&self) -> PathBuf {
        self.folder.path().join("mount")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mount(&self) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-o", "loop"]).arg(self.image()).arg(self.mount_point());
        mount.status().is_ok_and(|status| status.success())
    }

    fn unmount(&self) {
        // A killed process may hold the mount for a moment longer.
        for _ in 0..100 {
            let mut unmount = Command::new("umount");
            let output = unmount.arg(self.mount_point()).output().unwrap();
            if output.status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the file system stays busy");
    }

    /// Stops the file system at once; what was not synced is gone.
    #[expect(unsafe_code, reason = "no safe wrapper for this ioctl exists")]
    fn cut_power(&self) {
        let mount_point = fs::File::open(self.mount_point()).unwrap();
        // SAFETY: the descriptor is open and the kernel reads one u32 from the pointer.
        let result = unsafe { libc::ioctl(mount_point.as_raw_fd(), SHUTDOWN, &NO_LOG_FLUSH) };
        assert_eq!(result, 0, "the file system can be shut down");
    }

    fn restore_power(&self) {
        self.unmount();
        assert!(self.mount(), "the file system mounts again");
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.mount_point()).output());
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}

/// Ids of every message in the log of a stopped server.
fn exported_ids(data_dir: &Path) -> HashSet<String> {
    let data_dir = data_dir.to_str().unwrap();
    let (ok, text) = Server::command(&["log", "export", "--data-dir", data_dir]);
    assert!(ok, "{text}");
    let id = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        message["messageId"].as_str().unwrap().to_owned()
    };
    text.lines().filter(|line| line.starts_with('{')).map(id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_power_fails_it_loses_nothing_it_acknowledged() {
    let Some(disk) = LoopDisk::new(1024) else { return };
    let sink = Sink::counting().await.unwrap();
    // Segments are small, so that they are sealed, compressed and recycled between cuts.
    let config = format!(
        "[log]\nsegment_bytes = \"4 MB\"\n[delivery]\nallow_private_addresses = true\n{}",
        sink.destination("crm")
    );
    let data_dir = disk.mount_point().join("data");
    let settings = Settings { config, data_dir: Some(data_dir.clone()) };
    let mut server = Server::start(settings).await.unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let mut acknowledged = HashSet::new();
    for round in 0..rounds() {
        let stop = Arc::new(AtomicBool::new(false));
        let sender = tokio::spawn(send_until(server.url(""), 8, next.clone(), stop.clone()));
        tokio::time::sleep(Duration::from_millis(150 + u64::from(round) * 97 % 700)).await;
        disk.cut_power();
        server.kill();
        stop.store(true, Ordering::Relaxed);
        acknowledged.extend(sender.await.unwrap().acknowledged);
        disk.restore_power();
        let kept = exported_ids(&data_dir);
        let lost: Vec<&String> = acknowledged.difference(&kept).collect();
        assert!(
            lost.is_empty(),
            "round {round}: {} of {} are lost: {lost:?}",
            lost.len(),
            kept.len()
        );
        server.run().await.unwrap();
    }
    server.wait_until_delivered("crm", Duration::from_secs(120)).await;
    let times = sink.times();
    let undelivered = acknowledged.iter().filter(|id| !times.contains_key(*id)).count();
    assert_eq!(undelivered, 0, "what was acknowledged is delivered after all");
    assert!(acknowledged.len() > 100, "the load was real: {}", acknowledged.len());
    println!("{} rounds, {} acknowledged, none lost", rounds(), acknowledged.len());
    server.kill();
}
