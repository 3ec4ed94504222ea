//! The disk fills up while a receiver is away: 503 with `Retry-After`, nothing acknowledged is
//! harmed, and once the receiver is back everything that waits is delivered, although each outcome
//! must be written down: that is what the reserve is for. Messages are taken again by themselves
//! when there is room.

use std::{fs, time::Duration};

use e2e::{Behaviour, Server, Settings, Sink, WRITE_KEY, event, eventually};
use serde_json::json;

use crate::power_loss::LoopDisk;

/// Deliveries that wait when the disk is full; `HEADWATER_BACKLOG` sets another number.
fn backlog() -> usize {
    std::env::var("HEADWATER_BACKLOG").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_harms_nothing_and_lets_a_backlog_drain() {
    // About 1 KB a message before it is compressed.
    let Some(disk) = LoopDisk::new(96 + (backlog() / 900) as u64) else { return };
    let sink = Sink::counting().await.unwrap();
    sink.behave(Behaviour::Hang);
    let config = format!(
        "[log]\nsegment_bytes = \"4 MB\"\nreserve_bytes = \"8 MB\"\n\
         [delivery]\nallow_private_addresses = true\n{}",
        sink.destination("crm")
    );
    let data_dir = disk.mount_point().join("data");
    let mut server = Server::start(Settings { config, data_dir: Some(data_dir) }).await.unwrap();
    let url = server.url(&format!("/v1/batch?writeKey={WRITE_KEY}"));
    let mut acknowledged = 0;
    let send = async |first: usize| {
        let items: Vec<_> = (first..first + 100)
            .map(|n| event(&format!("m-{n}"), &format!("u-{}", n % 512)))
            .collect();
        let body = json!({"batch": items}).to_string();
        server.client().send("POST", &url, &[], body).await.unwrap()
    };
    // What room is left goes to a stranger, as it does in life; the log fills the rest.
    let ballast = disk.mount_point().join("ballast");
    for round in 0.. {
        if acknowledged == backlog() / 100 * 100 {
            let left = free_bytes(&disk.mount_point());
            fs::write(&ballast, vec![7; (left.saturating_sub(4 << 20)) as usize]).unwrap();
        }
        let answer = send(acknowledged).await;
        if answer.status != 200 {
            assert_eq!(answer.status, 503, "{answer:?}");
            assert_eq!(answer.json()["success"], json!(false));
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
            break;
        }
        acknowledged += 100;
        assert!(round < 20_000, "the disk must fill up");
    }
    assert!(acknowledged >= backlog() / 100 * 100, "it took messages before: {acknowledged}");
    let ready = server.client().send("GET", &server.url("/health/ready"), &[], "").await.unwrap();
    assert_eq!(ready.status, 503, "{}", String::from_utf8_lossy(&ready.body));
    let began = std::time::Instant::now();
    sink.behave(Behaviour::Accept);
    let all_there = || async { (sink.distinct() == acknowledged).then_some(()) };
    eventually("deliveries go on", Duration::from_secs(300), all_there).await;
    server.wait_until_delivered("crm", Duration::from_secs(60)).await;
    println!("{acknowledged} delivered on a full disk in {:?}", began.elapsed());

    fs::remove_file(&ballast).unwrap();
    let probe = || async { (send(acknowledged).await.status == 200).then_some(()) };
    eventually("it takes messages again", Duration::from_secs(30), probe).await;
    acknowledged += 100;
    server.stop().await.unwrap();
    server.run().await.unwrap();
    server.wait_until_delivered("crm", Duration::from_secs(60)).await;
    assert_eq!(sink.distinct(), acknowledged);
}

fn free_bytes(path: &std::path::Path) -> u64 {
    let output = std::process::Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().nth(1).unwrap().trim().parse().unwrap()
}
