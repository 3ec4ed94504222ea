use std::sync::Arc;

use event_log::{FileLog, Options};
use serde_json::json;
use spec::Outcome;

use super::fixture::World;

/// Messages of the tests: several segments, and far more than the ring holds.
const MESSAGES: usize = 6000;

/// A world over a log on disk, most of which must be read from there.
fn world(folder: &tempfile::TempDir) -> World {
    let options = Options {
        segment_bytes: 256 << 10,
        ring_bytes: 32 << 10,
        reserve_bytes: 0,
        clock: || super::fixture::RECEIVED_AT_MS,
        ..Options::default()
    };
    let log = FileLog::open(folder.path(), options).expect("there is room");
    World::over(Arc::new(log), crate::Options::default())
}

#[tokio::test]
async fn history_live_streams_and_traces_are_the_same_on_disk() {
    let folder = tempfile::tempdir().expect("there is room");
    let world = Arc::new(world(&folder));
    let mut viewer = world.view("/api/sources/website/stream", None).await;
    let first = world.track("website", "first", "E").await;
    world.attempt(first, 1, Outcome::Delivered { status: Some(200) }).await;
    let writing = world.clone();
    let sent = tokio::spawn(async move {
        let mut sent = vec![first.to_string()];
        let lanes = 50;
        for n in 0..MESSAGES / lanes {
            let tracks = (0..lanes).map(|lane| {
                let world = writing.clone();
                tokio::spawn(async move {
                    world.track("website", &format!("{lane}-{n}"), "Order").await
                })
            });
            for track in tracks.collect::<Vec<_>>() {
                sent.push(track.await.expect("it does not panic").to_string());
            }
        }
        sent.sort_by_key(|position| position.parse::<u64>().expect("a number"));
        sent
    });
    let mut seen = 0;
    while seen < MESSAGES + 1 {
        seen += viewer.ids().await.len();
        let id = viewer.last_id.clone().expect("frames have ids");
        viewer = world.view("/api/sources/website/stream", Some(&id)).await;
    }
    assert_eq!(seen, MESSAGES + 1);
    let mut sent = sent.await.expect("it does not panic");
    sent.reverse();
    let mut found = Vec::new();
    let mut uri = "/api/sources/website/messages?limit=500".to_owned();
    loop {
        let (positions, before) = world.page(&uri).await;
        found.extend(positions);
        let Some(before) = before else { break };
        uri = format!("/api/sources/website/messages?limit=500&before={before}");
    }
    assert!(found == sent, "{} of {} are found", found.len(), sent.len());
    let (_, answer) = world.get("/api/trace/first").await;
    let message = &answer["data"]["messages"][0];
    assert_eq!(message["position"], json!(first.to_string()));
    assert_eq!(message["destinations"][0]["state"], "delivered");
    let mut viewer = world.view("/api/stream?after=start", None).await;
    assert_eq!(viewer.ids().await[0], "first");
    world.log.close().await;
}
