//! The disk fills up: 503 with `Retry-After`, readers go on, nothing acknowledged is harmed, and
//! it takes messages again by itself when there is room.

use std::{fs, time::Duration};

use e2e::{Server, Settings, Sink, WRITE_KEY, event, eventually};
use serde_json::json;

use crate::power_loss::LoopDisk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_harms_nothing() {
    let Some(disk) = LoopDisk::new(96) else { return };
    let sink = Sink::start().await.unwrap();
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
        let items: Vec<_> = (first..first + 100).map(|n| event(&format!("m-{n}"), "u")).collect();
        let body = json!({"batch": items}).to_string();
        server.client().send("POST", &url, &[], body).await.unwrap()
    };
    // Some room goes to a stranger, as it does in life; the log fills the rest.
    let ballast = disk.mount_point().join("ballast");
    for round in 0.. {
        if round == 20 {
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
        // The receiver keeps up, as it does in life: outcomes need only the last of the room.
        let kept_up = || async { (sink.distinct() + 500 >= acknowledged).then_some(()) };
        eventually("the receiver keeps up", Duration::from_secs(60), kept_up).await;
        assert!(round < 4000, "a disk of 96 MB must fill up");
    }
    assert!(acknowledged >= 2000, "it took messages before: {acknowledged}");
    let ready = server.client().send("GET", &server.url("/health/ready"), &[], "").await.unwrap();
    assert_eq!(ready.status, 503, "{}", String::from_utf8_lossy(&ready.body));
    let all_there = || async { (sink.distinct() == acknowledged).then_some(()) };
    eventually("deliveries go on", Duration::from_secs(60), all_there).await;

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
