//! A stranger's walk by the command line: send, tail, trace, reload, stop.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use e2e::{Server, Settings, Sink, WRITE_KEY, binary, event, eventually};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_is_tailed_traced_and_delivered() {
    let sink = Sink::start().await.unwrap();
    let config = format!("[delivery]\nallow_private_addresses = true\n{}", sink.destination("crm"));
    let mut server = Server::start(Settings { config, ..Settings::default() }).await.unwrap();
    let (url, data_dir) = (server.url(""), server.data_dir().to_str().unwrap().to_owned());

    let mut tail = Command::new(binary())
        .args(["tail", "--source", "website", "--json", "--url", &url, "--data-dir", &data_dir])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let reader = tokio::task::spawn_blocking(move || {
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let line = lines.next().expect("tail goes on").unwrap();
            seen.push(serde_json::from_str::<Value>(&line).unwrap());
        }
        seen
    });
    // The tail is there when the server counts a viewer; until then events would be missed by it.
    let watched = || async {
        let metrics = server.client().send("GET", &server.url("/metrics"), &[], "").await.ok()?;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        text.contains("headwater_debugger_viewers 1").then_some(())
    };
    eventually("the tail is connected", Duration::from_secs(20), watched).await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    let good = [event("walk-1", "u").to_string(), event("walk-2", "u").to_string()];
    fs::write(&file, good.join("\n")).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let sent = {
        let (url, file) = (url.clone(), file.clone());
        tokio::task::spawn_blocking(move || {
            Server::command(&["send", &file, "--url", &url, "--write-key", WRITE_KEY])
        })
        .await
        .unwrap()
    };
    assert!(sent.0, "{}", sent.1);
    let bad = server.url(&format!("/v1/track?writeKey={WRITE_KEY}"));
    server
        .client()
        .send("POST", &bad, &[], r#"{"userId":"u","messageId":"walk-3"}"#)
        .await
        .unwrap();
    let seen = tokio::time::timeout(Duration::from_secs(20), reader).await.unwrap().unwrap();
    tail.kill().unwrap();
    tail.wait().unwrap();
    let verdicts: Vec<&str> = seen.iter().map(|row| row["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["accepted", "accepted", "discarded"]);
    assert_eq!(seen[2]["code"], "event_not_defined");

    server.wait_until_delivered("crm", Duration::from_secs(20)).await;
    let traced = {
        let (url, data_dir) = (url.clone(), data_dir.clone());
        tokio::task::spawn_blocking(move || {
            Server::command(&["trace", "walk-2", "--url", &url, "--data-dir", &data_dir])
        })
        .await
        .unwrap()
    };
    assert!(traced.0 && traced.1.contains("crm") && traced.1.contains("200"), "{}", traced.1);

    // A second destination, by editing the file: no restart, no dropped connection.
    let second = Sink::start().await.unwrap();
    let config = fs::read_to_string(server.config_file()).unwrap();
    fs::write(server.config_file(), config + &second.destination("second")).unwrap();
    let both = || async {
        let list = server.api("/api/destinations").await;
        (list["data"]["destinations"].as_array()?.len() == 2).then_some(())
    };
    eventually("the file is read again", Duration::from_secs(20), both).await;
    let url = server.url(&format!("/v1/track?writeKey={WRITE_KEY}"));
    server.client().send("POST", &url, &[], event("walk-4", "u").to_string()).await.unwrap();
    let arrived = || async { second.times().contains_key("walk-4").then_some(()) };
    eventually("it feeds the new one", Duration::from_secs(20), arrived).await;

    server.stop().await.unwrap();
    server.run().await.unwrap();
    server.client().send("POST", &url, &[], event("walk-1", "u").to_string()).await.unwrap();
    let page = server.api("/api/sources/website/messages?verdict=duplicate").await;
    assert_eq!(page["data"]["messages"][0]["messageId"], "walk-1", "{page:#}");
    assert_eq!(sink.times()["walk-1"], 1, "a duplicate is not delivered");
}
