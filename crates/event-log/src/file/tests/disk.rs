//! Disks that are full or fail.

use std::os::unix::fs::FileExt;

use super::*;

fn keyed(log: &FileLog, n: u64) -> Batch {
    let mut batch = Batch::new();
    batch.want_places();
    let key = log.key_of(0, &n.to_le_bytes());
    batch.push(Label { tag: Tag::Key(key), ..message(n) }, &payload(n));
    batch
}

#[tokio::test]
async fn a_full_disk_refuses_keeps_everything_and_accepts_again_by_itself() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(3));
    let options = Options { segment_bytes: 256 << 10, reserve_bytes: 1 << 20, ..small() };
    let log = open_faulty(&disk, dir.path(), options);
    let lane = log.lane();
    lane.append(keyed(&log, 0)).await.expect("there is room");
    until(&log, |_| log.0.shared.space.held() == 512 << 10).await;
    disk.set_room(512 << 10);
    let mut accepted = 1;
    let refused = loop {
        match lane.append(keyed(&log, accepted)).await {
            Ok(appended) => assert_eq!(appended.places[0].duplicate_of, None),
            Err(error) => break error,
        }
        accepted += 1;
        assert!(accepted < 5000, "the disk is full");
    };
    assert!(matches!(refused, LogError::Full), "{refused}");
    assert!(log.stats().full);
    let mut cursor = Batch::new();
    cursor.commit("reader", Position(8));
    lane.append(cursor).await.expect("cursors have the last room");
    assert_eq!(read(&log).await, payloads(0, accepted));
    disk.set_room(u64::MAX);
    until(&log, |stats| !stats.full).await;
    let appended = lane.append(keyed(&log, accepted)).await.expect("there is room again");
    assert_eq!(appended.places[0].duplicate_of, None, "the refused key was not kept");
    assert_eq!(read(&log).await, payloads(0, accepted + 1));
    drop(log);
    let log = open_faulty(&disk, dir.path(), small());
    assert_eq!(read(&log).await, payloads(0, accepted + 1));
}

#[tokio::test]
async fn of_many_senders_each_hears_of_its_own_batch_when_the_disk_fills() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(7));
    let options = Options { segment_bytes: 256 << 10, reserve_bytes: 1 << 20, ..small() };
    let log = open_faulty(&disk, dir.path(), options);
    let lane = log.lane();
    lane.append(keyed(&log, 0)).await.expect("there is room");
    until(&log, |_| log.0.shared.space.held() == 512 << 10).await;
    disk.set_room(512 << 10);
    let mut senders = Vec::new();
    for n in 1..9000 {
        let (lane, batch) = (lane.clone(), keyed(&log, n));
        senders.push(tokio::spawn(async move { lane.append(batch).await }));
    }
    let (mut accepted, mut refused) = (payloads(0, 1), 0);
    for (n, sender) in (1..).zip(senders) {
        match sender.await.expect("it ends") {
            Ok(_) => accepted.push(Bytes::from(payload(n))),
            Err(LogError::Full) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0 && accepted.len() > 1, "the disk filled on the way");
    assert_eq!(read(&log).await, accepted, "what was accepted is there, and nothing else");
}

#[tokio::test]
async fn a_failed_sync_stops_the_log_and_confirms_nothing() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(4));
    let options = Options { segment_bytes: 4 << 20, ..small() };
    let log = open_faulty(&disk, dir.path(), options.clone());
    append(&log, 0, 10).await;
    until(&log, |_| log.background_bytes() >= (4 << 20) - 8192).await;
    disk.fail_sync_after(1);
    let lane = log.lane();
    for n in 10..13 {
        let refused = lane.append(keyed(&log, n)).await;
        assert!(matches!(refused, Err(LogError::Stopped(_))), "{refused:?}");
    }
    assert!(log.stats().stopped);
    assert_eq!(read(&log).await, payloads(0, 10), "readers go on");
    drop(log);
    disk.power_back();
    let log = open_faulty(&disk, dir.path(), options);
    let found = read(&log).await;
    assert!(found == payloads(0, 10) || found == payloads(0, 11), "{}", found.len());
}

fn outcome(n: u64) -> Batch {
    let mut batch = Batch::new();
    batch.push(message(n), &payload(n));
    batch.commit("reader", Position(8 * n));
    batch
}

async fn fill(log: &FileLog) -> u64 {
    let lane = log.lane();
    for n in 0..50_000 {
        match lane.append(keyed(log, n)).await {
            Ok(_) => {}
            Err(LogError::Full) => return n,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the disk is full");
}

#[tokio::test]
async fn outcomes_have_the_whole_reserve_of_a_full_disk() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(5));
    disk.set_room(8 << 20);
    let options =
        Options { segment_bytes: 256 << 10, reserve_bytes: 2 << 20, compress: false, ..small() };
    let log = open_faulty(&disk, dir.path(), options);
    let accepted = fill(&log).await;
    let lane = log.lane();
    let before = log.stats().end.0;
    let mut outcomes = accepted;
    let refused = loop {
        match lane.append(outcome(outcomes)).await {
            Ok(_) => outcomes += 1,
            Err(error) => break error,
        }
        let refused = lane.append(keyed(&log, 100_000 + outcomes)).await;
        assert!(matches!(refused, Err(LogError::Full)), "the reserve is not for keyed records");
    };
    assert!(matches!(refused, LogError::Full), "{refused}");
    let used = log.stats().end.0 - before;
    assert!(used > 5 * (2 << 20) / 8, "{used} bytes of a reserve of 2 MB");
    assert!(log.stats().segments > 2 + (8 << 20) / (256 << 10) - 8, "{:?}", log.stats());
    let committed = Some(Position(8 * (outcomes - 1)));
    assert_eq!(log.committed("reader"), committed);
    assert_eq!(read(&log).await, payloads(0, outcomes));
    drop(log);
    let log = open_faulty(&disk, dir.path(), small());
    assert_eq!(log.committed("reader"), committed);
    assert_eq!(read(&log).await, payloads(0, outcomes));
    disk.set_room(u64::MAX);
    until(&log, |stats| !stats.full).await;
    log.lane().append(keyed(&log, outcomes)).await.expect("there is room again");
}

/// A file system of its own in memory.
pub(super) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` without the right to mount one.
    pub(super) fn mount(megabytes: u64) -> Option<SmallDisk> {
        let dir = tempfile::tempdir().expect("there is room");
        let mut mount = std::process::Command::new("mount");
        let size = format!("size={megabytes}m");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path());
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("SKIPPED: a small file system needs the right to mount one");
        }
        mounted.then_some(SmallDisk(dir))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_stranger_who_fills_the_disk_cannot_take_what_outcomes_need() {
    let Some(dir) = SmallDisk::mount(48) else { return };
    let options =
        Options { segment_bytes: 2 << 20, reserve_bytes: 8 << 20, compress: false, ..small() };
    let log = open(&dir.path().join("log"), options.clone());
    append(&log, 0, 1).await;
    until(&log, |_| log.0.shared.space.held() > 1 << 20).await;
    // The stranger leaves nothing at all.
    let ballast = std::fs::File::create(dir.path().join("ballast")).expect("there is room");
    let mut at = 0;
    while ballast.write_at(&[7; 4096], at).is_ok_and(|written| written == 4096) {
        at += 4096;
    }
    let lane = log.lane();
    let (mut outcomes, mut bytes) = (1, 0);
    while bytes < 2 << 20 {
        let batch = outcome(outcomes);
        bytes += batch.bytes();
        lane.append(batch).await.expect("the reserve is theirs");
        outcomes += 1;
    }
    let refused = fill(&log).await;
    assert!(refused * 1000 < 4 << 20, "{refused} keyed records had only what was ready before");
    drop(ballast);
    std::fs::remove_file(dir.path().join("ballast")).expect("it is there");
    until(&log, |stats| !stats.full).await;
    lane.append(keyed(&log, 99_999)).await.expect("there is room again");
    until(&log, |_| log.0.shared.space.held() > 1 << 20).await;
    drop(log);
    let log = open(&dir.path().join("log"), options);
    assert!(read(&log).await.starts_with(&payloads(0, outcomes)));
}

#[tokio::test]
async fn a_real_small_file_system_fills_up_and_recovers() {
    let Some(dir) = SmallDisk::mount(8) else { return };
    let log = open(
        &dir.path().join("log"),
        Options { segment_bytes: 2 << 20, compress: false, ..small() },
    );
    let (mut accepted, mut written) = (0, 0);
    let lane = log.lane();
    let refused = loop {
        let mut batch = Batch::new();
        let tag = Tag::Key(log.key_of(1, &u64::to_le_bytes(accepted)));
        batch.push(Label { tag, ..message(accepted) }, &[7; 30_000]);
        match lane.append(batch).await {
            Ok(_) => (accepted, written) = (accepted + 1, written + 30_000),
            Err(error) => break error,
        }
        assert!(written < 9 << 20, "there is no more room than that");
    };
    assert!(matches!(refused, LogError::Full), "{refused}");
    assert_eq!(read(&log).await.len() as u64, accepted);
    drop(log);
    let log = open(&dir.path().join("log"), Options { max_bytes: Some(3 << 20), ..small() });
    until(&log, |stats| stats.oldest > Position(0) && !stats.full).await;
    append(&log, accepted, accepted + 1).await;
}

#[tokio::test]
async fn a_reserve_that_was_written_full_is_compressed_and_there_again() {
    let dir = tempfile::tempdir().expect("there is room");
    let disk = Arc::new(FaultyDisk::new(6));
    disk.set_room(8 << 20);
    let options = Options { segment_bytes: 256 << 10, reserve_bytes: 1 << 20, ..small() };
    let log = open_faulty(&disk, dir.path(), options);
    append(&log, 0, 1).await;
    until(&log, |_| log.0.shared.space.held() == 512 << 10).await;
    disk.set_room(256 << 10);
    let accepted = fill(&log).await;
    let lane = log.lane();
    let before = log.stats().end.0;
    let (mut outcomes, began) = (accepted + 1, std::time::Instant::now());
    while log.stats().end.0 - before < 4 << 20 {
        match lane.append(outcome(outcomes)).await {
            Ok(_) => outcomes += 1,
            Err(LogError::Full) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it comes back");
    }
    assert_eq!(read(&log).await.len() as u64, outcomes);
}
