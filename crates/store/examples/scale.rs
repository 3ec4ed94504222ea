//! How long a snapshot and a page of a list take with 10,000 sources, each with a write key and a
//! destination with secrets, and 1,000 catalog entries:
//! `cargo run -p store --example scale --profile fast`.

use std::time::Instant;

use catalog::access::Scope;
use store::{
    Db, Fresh, Page, Sealer, StoreError, builtin, destinations, integrations, listings, snapshot,
    sources,
    workspaces::{self, Workspace},
    write_keys,
};

const WORKSPACES: usize = 10;
const SOURCES: usize = 10_000;
const ENTRIES: usize = 1_000;
const ROUNDS: usize = 30;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let db = Db::open_file(&dir.path().join("control.db")).await?;
    let sealer = Sealer::new(&[(1, [7; 32])]).expect("there is a key");
    let started = Instant::now();
    fill(&db, &sealer, &Fresh::system()).await?;
    println!("{SOURCES} sources made in {:.1} s", started.elapsed().as_secs_f64());

    let mut read = db.read().await?;
    let plans = snapshot::Plans::default();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let started = Instant::now();
        let snapshot = snapshot::build(&mut read, &sealer, &plans, round as u64).await?;
        times.push(started.elapsed());
        assert_eq!(snapshot.destinations().count(), SOURCES);
    }
    say("snapshot", times);

    // The largest workspace holds all but a few of them.
    let whole = Scope { everything: true, ..Scope::default() };
    let all = sources::Filter::all(&whole);
    let mut after = None;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let page = Page { count: 100, after: after.take() };
        let found = sources::list(&mut read, "ws_0", &all, &page).await?;
        times.push(started.elapsed());
        after = found.next;
    }
    say("page of sources", times);
    for (what, filter) in [
        ("sources by name", sources::Filter { name: Some("number 99"), ..all }),
        ("source by key", sources::Filter { write_key: Some(("abcdefgh", &whole)), ..all }),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            sources::list(&mut read, "ws_0", &filter, &Page::first(100)).await?;
            times.push(started.elapsed());
        }
        say(what, times);
    }
    let filter = destinations::Filter {
        visible: &whole,
        sources: &whole,
        source_id: None,
        name: None,
        enabled: None,
    };
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let page = Page { count: 100, after: after.take() };
        after = destinations::list(&mut read, "ws_0", &filter, &page).await?.next;
        times.push(started.elapsed());
    }
    say("page of destinations", times);
    for (what, search) in [("page of the catalog", None), ("catalog by words", Some("sends mail"))]
    {
        let filter = listings::Filter { kind: "source", search, ..listings::Filter::default() };
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            listings::list(&mut read, &filter, &Page::first(100)).await?;
            times.push(started.elapsed());
        }
        say(what, times);
    }
    Ok(())
}

fn say(what: &str, mut times: Vec<std::time::Duration>) {
    times.sort_unstable();
    let ms = |at: usize| times[at.min(times.len() - 1)].as_secs_f64() * 1000.0;
    println!(
        "{what}: median {:.1} ms, p95 {:.1} ms",
        ms(times.len() / 2),
        ms(times.len() * 95 / 100)
    );
}

async fn fill(db: &Db, sealer: &Sealer, fresh: &Fresh) -> Result<(), StoreError> {
    let docs = "word ".repeat(1500);
    let info = format!(
        r#"{{"description":"Sends mail events.","primaryCategory":"Email Marketing","docs":{{"introduction":"{docs}"}}}}"#
    );
    let mut entries: Vec<_> = (0..ENTRIES)
        .map(|n| builtin::Builtin {
            kind: "source",
            slug: format!("entry-{n}"),
            name: format!("Entry {n}"),
            info: info.clone(),
        })
        .collect();
    entries.push(builtin::Builtin {
        kind: "destination",
        slug: "webhook".to_owned(),
        name: "Webhook".to_owned(),
        info: "{}".to_owned(),
    });
    let mut write = db.write().await?;
    builtin::seed(&mut write, fresh, 1, &entries).await?;
    let hook = integrations::find(&mut write, "webhook").await?.expect("it was just made");
    let entry = integrations::find(&mut write, "entry-0").await?.expect("it was just made");
    for n in 0..WORKSPACES {
        let row = Workspace {
            id: format!("ws_{n}"),
            slug: format!("workspace-{n}"),
            name: format!("Workspace {n}"),
            created_by: "acc_1".to_owned(),
            created_at_ms: 1,
            version: 1,
        };
        workspaces::insert(&mut write, &row).await?;
    }
    for n in 0..SOURCES {
        let workspace_id = format!("ws_{}", if n < WORKSPACES { n } else { 0 });
        let source = sources::Source {
            id: fresh.id("src"),
            workspace_id: workspace_id.clone(),
            integration_id: entry.id.clone(),
            slug: format!("source-{n}"),
            name: format!("Source number {n}"),
            settings: "{}".to_owned(),
            secrets_sealed: None,
            disabled_at_ms: None,
            retention_days: None,
            created_at_ms: 1,
            version: 1,
        };
        sources::insert(&mut write, &source).await?;
        write_keys::insert(&mut write, &source.id, &fresh.write_key(), 1).await?;
        let id = fresh.id("dst");
        let secrets = br#"{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#;
        let destination = destinations::Destination {
            secrets_sealed: Some(sealer.seal(fresh, &snapshot::destination_owner(&id), secrets)),
            id,
            workspace_id,
            source_id: source.id,
            integration_id: hook.id.clone(),
            name: "Webhook".to_owned(),
            settings: r#"{"url":"https://example.com/hook","size":1,"secret":"…"}"#.to_owned(),
            enabled_at_ms: Some(1),
            created_at_ms: 1,
            version: 1,
            pace: destinations::Pace::default(),
        };
        destinations::insert(&mut write, &destination).await?;
    }
    write.commit().await
}
