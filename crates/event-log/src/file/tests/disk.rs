//! Disks that are full or fail.

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
    disk.set_room(1 << 20);
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

#[tokio::test]
async fn a_real_small_file_system_fills_up_and_recovers() {
    let dir = tempfile::tempdir().expect("there is room");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
        .arg(dir.path())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a small file system needs the right to mount one");
        return;
    }
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
    drop(log);
    let unmounted = std::process::Command::new("umount").arg(dir.path()).status();
    assert!(unmounted.expect("it was mounted").success());
}
