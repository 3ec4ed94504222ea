use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::fixture::{World, snapshot, text};
use crate::{
    Options,
    live::{FRAME_EVERY, FRAME_ROWS_MAX, KEEP_ALIVE},
};

#[tokio::test(start_paused = true)]
async fn a_viewer_begins_at_the_end_and_hears_at_once() {
    let world = World::new();
    world.track("website", "old", "E").await;
    let mut viewer = world.view("/api/sources/website/stream", None).await;
    assert_eq!(viewer.next().await.expect("it goes on").event, "", "first comes its place");
    assert!(viewer.last_id.is_some());
    world.track("app", "not mine", "E").await;
    world.track("website", "new", "Order \\u00e9").await;
    let began = Instant::now();
    let seen = viewer.next().await.expect("it goes on");
    assert_eq!(seen.event, "messages");
    let rows = seen.data["messages"].as_array().expect("a list");
    assert_eq!(rows.len(), 1);
    assert_eq!(text(&rows[0]["messageId"]), "new");
    assert_eq!(text(&rows[0]["name"]), "Order é");
    assert_eq!(text(&rows[0]["source"]), "website");
    assert_eq!(began.elapsed(), Duration::ZERO, "nothing waits after a pause");
}

#[tokio::test(start_paused = true)]
async fn frames_are_100_ms_apart() {
    let world = World::new();
    let mut viewer = world.view("/api/stream", None).await;
    world.track("website", "m-1", "E").await;
    assert_eq!(viewer.ids().await, ["m-1"]);
    let first = Instant::now();
    world.track("website", "m-2", "E").await;
    world.track("app", "m-3", "E").await;
    assert_eq!(viewer.ids().await, ["m-2", "m-3"]);
    assert!(first.elapsed() >= FRAME_EVERY);
    assert!(first.elapsed() < FRAME_EVERY * 2);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_comes_back_misses_nothing() {
    for by_header in [true, false] {
        let world = World::new();
        let come_back = async |id: &str| match by_header {
            true => world.view("/api/stream", Some(id)).await,
            false => world.view(&format!("/api/stream?after={id}"), None).await,
        };
        let mut viewer = world.view("/api/stream", None).await;
        viewer.next().await.expect("its place comes first");
        let at_start = viewer.last_id.clone().expect("a place has an id");
        world.track("website", "m-1", "E").await;
        assert_eq!(viewer.ids().await, ["m-1"]);
        let id = viewer.last_id.clone().expect("frames have ids");
        drop(viewer);
        world.track("website", "m-2", "E").await;
        world.track("website", "m-3", "E").await;
        assert_eq!(come_back(&id).await.ids().await, ["m-2", "m-3"]);
        assert_eq!(come_back(&at_start).await.ids().await, ["m-1", "m-2", "m-3"]);
        let (rows, _) = world.page("/api/sources/website/messages?message_id=m-2").await;
        assert_eq!(come_back(&rows[0]).await.ids().await, ["m-3"], "after a row's position");
    }
}

#[tokio::test(start_paused = true)]
async fn a_viewer_may_begin_with_the_newest() {
    let world = World::new();
    for n in 1..=5 {
        world.track("website", &format!("m-{n}"), if n % 2 == 0 { "Even" } else { "Odd" }).await;
    }
    let mut viewer = world.view("/api/sources/website/stream?recent=2&event=Odd", None).await;
    assert_eq!(viewer.ids().await, ["m-3", "m-5"]);
    world.track("website", "m-7", "Odd").await;
    assert_eq!(viewer.ids().await, ["m-7"]);
    let mut viewer = world.view("/api/stream?since=1h", None).await;
    assert_eq!(viewer.ids().await.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn none_is_missing_while_others_append() {
    const WRITERS: usize = 4;
    const EACH: usize = 500;
    let world = std::sync::Arc::new(World::new());
    let mut viewer = world.view("/api/sources/website/stream", None).await;
    for writer in 0..WRITERS {
        let world = world.clone();
        tokio::spawn(async move {
            for n in 0..EACH {
                world.track("website", &format!("{writer}-{n}"), "E").await;
                world.track("app", &format!("{writer}-{n}"), "E").await;
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        });
    }
    let mut seen = Vec::new();
    while seen.len() < WRITERS * EACH {
        seen.extend(viewer.ids().await);
        if seen.len() % 5 == 0 {
            let id = viewer.last_id.clone().expect("frames have ids");
            viewer = world.view("/api/sources/website/stream", Some(&id)).await;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), WRITERS * EACH, "each came, and came once");
}

#[tokio::test(start_paused = true)]
async fn a_slow_viewer_is_told_how_far_behind_it_is_and_loses_nothing() {
    let world = World::new();
    let mut viewer = world.view("/api/sources/website/stream", None).await;
    let sent = FRAME_ROWS_MAX * 2 + 500;
    for n in 0..sent {
        world.track("website", &format!("m-{n}"), "E").await;
    }
    let mut ids = Vec::new();
    let mut behind = Vec::new();
    while ids.len() < sent || behind.last() != Some(&0) {
        let seen = viewer.next().await.expect("it goes on");
        match seen.event.as_str() {
            "messages" => {
                let rows = seen.data["messages"].as_array().expect("a list");
                assert!(rows.len() <= FRAME_ROWS_MAX);
                ids.extend(rows.iter().map(|row| text(&row["messageId"])));
            }
            "behind" => {
                let records = seen.data["behind"].as_i64().expect("a number");
                assert!(records == 0 || seen.data["ms"] == json!(60_000), "{seen:?}");
                behind.push(records);
            }
            _ => {}
        }
    }
    let expected: Vec<String> = (0..sent).map(|n| format!("m-{n}")).collect();
    assert_eq!(ids, expected);
    let told = behind[0] as f64;
    let true_value = (sent - FRAME_ROWS_MAX) as f64;
    assert!((told / true_value - 1.0).abs() < 0.05, "about {true_value}: {behind:?}");
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_retention_overtakes_is_told() {
    let world = World::new();
    let mut viewer = world.view("/api/stream", None).await;
    viewer.next().await.expect("its place comes first");
    world.track("website", "m-1", "E").await;
    let kept = world.track("website", "m-2", "E").await;
    world.memory.forget_before(kept);
    let seen = viewer.next().await.expect("it goes on");
    assert_eq!(seen.event, "gap");
    assert_eq!(seen.data, json!({"from": "0", "to": kept.to_string()}));
    assert_eq!(viewer.ids().await, ["m-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_kept_alive_and_moves_its_id() {
    let world = World::new();
    let mut viewer = world.view("/api/stream?type=alias", None).await;
    viewer.next().await.expect("its place comes first");
    let began = Instant::now();
    assert!(viewer.next().await.expect("it goes on").comment);
    assert_eq!(began.elapsed(), KEEP_ALIVE);
    let before = viewer.last_id.clone();
    world.track("website", "m-1", "not wanted").await;
    let seen = viewer.next().await.expect("it goes on");
    assert_eq!((seen.event.as_str(), seen.comment), ("", false));
    assert_ne!(viewer.last_id, before, "a filter that finds nothing still moves on");
}

#[tokio::test(start_paused = true)]
async fn streams_are_counted_and_end_when_they_should() {
    let world = World::with(Options { viewers_max: 2 });
    let mut one = world.view("/api/sources/website/stream", None).await;
    let mut two = world.view("/api/sources/app/stream", None).await;
    let (status, answer) = world.get("/api/stream").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer["errors"][0]["code"], "too_many_viewers");
    one.next().await.expect("its place comes first");
    world.routing.replace(snapshot(2, &["app"]));
    assert_eq!(one.next().await.expect("it says why").event, "closed");
    assert_eq!(one.next().await, None);
    two.next().await.expect("its place comes first");
    world.debugger.close();
    assert_eq!(two.next().await, None);
    drop((one, two));
    world.view("/api/stream", None).await;
}
