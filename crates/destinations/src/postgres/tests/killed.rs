//! The server is killed in the middle of loading, again and again; then everything is there once.

use std::{collections::BTreeMap, time::Duration};

use super::{latest::Random, server::OwnServer, *};

const MESSAGES: u64 = 6000;
const KILLS: usize = 6;

fn sent(n: u64) -> Value {
    match n % 10 {
        0 | 1 => {
            json!({ "type": "page", "messageId": format!("m-{n}"), "anonymousId": format!("a-{}", n % 50),
            "name": format!("Page {}", n % 7), "properties": { "path": format!("/{n}"), "n": n } })
        }
        2 => {
            json!({ "type": "identify", "messageId": format!("m-{n}"), "userId": format!("u-{}", n % 40),
            "traits": { "n": n, "plan": format!("plan-{}", n % 3) } })
        }
        _ => {
            json!({ "type": "track", "messageId": format!("m-{n}"), "userId": format!("u-{}", n % 40),
            "event": format!("Event {}", n % 5), "properties": { "n": n, "text": "x".repeat((n % 400) as usize),
            "price": (n as f64) / 4.0, "nested": { "even": n.is_multiple_of(2) }, format!("p{}", n / 500): n } })
        }
    }
}

/// One line for each row that `sent` should have made.
fn expected() -> BTreeMap<&'static str, Vec<String>> {
    let mut rows: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut users = BTreeMap::new();
    for n in 0..MESSAGES {
        let at = BEGAN_MS + i64::try_from(n).unwrap() * 1000;
        match n % 10 {
            0 | 1 => rows
                .entry("pages")
                .or_default()
                .push(format!("m-{n} | {at} | Page {} | /{n} | {n}", n % 7)),
            2 => {
                rows.entry("identifies")
                    .or_default()
                    .push(format!("m-{n} | {at} | u-{} | {n}", n % 40));
                users.insert(format!("u-{}", n % 40), format!("{at} | {n} | plan-{}", n % 3));
            }
            _ => {
                let event = format!("event_{}", n % 5);
                rows.entry("tracks")
                    .or_default()
                    .push(format!("m-{n} | {at} | u-{} | {event}", n % 40));
                rows.entry("events").or_default().push(format!(
                    "m-{n} | {at} | {event} | {n} | {} | {} | {}",
                    n % 400,
                    (n as f64) / 4.0,
                    if n.is_multiple_of(2) { 't' } else { 'f' }
                ));
            }
        }
    }
    rows.insert("users", users.into_iter().map(|(id, rest)| format!("{id} | {rest}")).collect());
    rows.values_mut().for_each(|lines| lines.sort());
    rows
}

async fn found(client: &Client) -> BTreeMap<&'static str, Vec<String>> {
    let at = "floor(extract(epoch FROM received_at) * 1000)::bigint";
    let event = |n: u64| {
        format!(
            "SELECT id, {at}, event, n, length(text), price, nested_even FROM my_shop.event_{n}"
        )
    };
    let events: Vec<String> = (0..5).map(event).collect();
    let mut rows = BTreeMap::new();
    for (name, sql) in [
        ("pages", format!("SELECT id, {at}, name, path, n FROM my_shop.pages")),
        ("identifies", format!("SELECT id, {at}, user_id, n FROM my_shop.identifies")),
        ("users", format!("SELECT id, {at}, n, plan FROM my_shop.users")),
        ("tracks", format!("SELECT id, {at}, user_id, event FROM my_shop.tracks")),
        ("events", events.join(" UNION ALL ")),
    ] {
        let mut lines: Vec<String> = told(client, &sql).await.lines().map(str::to_owned).collect();
        lines.sort();
        rows.insert(name, lines);
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_while_loading_has_everything_once() {
    let mut server = OwnServer::new("trust", "unused");
    // what was committed must survive, so this one syncs
    server.start(&["fsync=on", "max_connections=20"]).await;
    let all: Vec<Parcel> = (0..MESSAGES).map(|n| parcel(n, &sent(n))).collect();
    let mut destination = open(&server.settings());
    let mut random = Random(20_261_130);
    let (mut kills, mut failures) = (0, 0);
    let mut waiting: Vec<u64> = (0..MESSAGES).collect();
    while !waiting.is_empty() {
        // batches are cut anew each time, and what failed comes later
        let take = (1 + random.below(300) as usize).min(waiting.len());
        let batch: Vec<u64> = waiting.drain(..take).collect();
        let parcels: Vec<Parcel> = batch.iter().map(|n| all[*n as usize].clone()).collect();
        let loading = tokio::spawn({
            let destination = destination.clone();
            async move { destination.deliver(&parcels).await }
        });
        if kills < KILLS && random.below(3) == 0 {
            let moment = Duration::from_micros(random.below(60_000));
            tokio::time::sleep(moment).await;
            server.kill();
            kills += 1;
            let outcome = loading.await.unwrap();
            server.start(&["fsync=on", "max_connections=20"]).await;
            if !matches!(next(&outcome), Next::Done) {
                assert!(matches!(next(&outcome), Next::Again(_)), "{outcome:?}");
                failures += 1;
                let at = (random.below(500) as usize).min(waiting.len());
                waiting.splice(at..at, batch);
            } else if random.below(2) == 0 {
                // it was loaded, and the record of that was lost
                waiting.extend(batch);
            }
            if random.below(2) == 0 {
                destination = open(&server.settings());
            }
            continue;
        }
        let outcome = loading.await.unwrap();
        match next(&outcome) {
            Next::Done => {}
            Next::Again(_) => waiting.extend(batch),
            other => panic!("{other:?}: {outcome:?}"),
        }
    }
    assert!(kills == KILLS && failures > 0, "{kills} kills, {failures} of them while loading");
    let client =
        super::connect(&format!("postgres://postgres@127.0.0.1:{}/postgres", server.port)).await;
    let (found, expected) = (found(&client).await, expected());
    for (table, expected) in &expected {
        let found = &found[table];
        let differs = expected.iter().zip(found).find(|(expect, found)| expect != found);
        assert_eq!(differs, None, "{table}");
        assert_eq!(found.len(), expected.len(), "{table}");
    }
    let told = told(
        &client,
        "SELECT sum(messages) FROM my_shop._headwater_loads UNION ALL \
         SELECT messages FROM my_shop._headwater_receipts UNION ALL \
         SELECT count(*) FROM my_shop._headwater_syncs WHERE status = 'failure' AND error IS NULL",
    )
    .await;
    assert_eq!(told, format!("{MESSAGES}\n{MESSAGES}\n0"));
}
