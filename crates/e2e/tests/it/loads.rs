//! SIGKILL while a warehouse, a folder of files and another Headwater are loaded: a real Postgres
//! and the files hold each message once, and so does whoever is forwarded to, which drops repeats.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::Read as _,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use e2e::{Server, Settings, WRITE_KEY, send_until};
use serde_json::Value;

const ROUNDS: u64 = 12;
const LIMIT: Duration = Duration::from_secs(120);

/// The Postgres that the tests were started with.
struct Warehouse {
    url: String,
    psql: String,
}

impl Warehouse {
    fn new() -> Warehouse {
        let variable = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| {
                panic!("{name} is not set: run it as scripts/with-postgres <command>")
            })
        };
        let server = variable("HEADWATER_TEST_POSTGRES");
        let psql = format!("{}/psql", variable("HEADWATER_TEST_POSTGRES_BIN"));
        let name = format!("e2e_loads_{}", std::process::id());
        let all = Warehouse { url: format!("{server}/postgres"), psql };
        all.rows(&format!("CREATE DATABASE {name}"));
        Warehouse { url: format!("{server}/{name}"), ..all }
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let output = Command::new(&self.psql)
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql])
            .arg(&self.url)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// The destination, for `headwater.toml`.
    fn destination(&self) -> String {
        let (server, database) = self.url.rsplit_once('/').unwrap();
        let port = server.rsplit_once(':').unwrap().1;
        format!(
            "[[destinations]]\nslug = \"warehouse\"\ntype = \"postgres\"\nsources = [\"website\"]\n\
             enabled = true\n[destinations.settings]\nhost = \"127.0.0.1\"\nport = {port}\n\
             database = \"{database}\"\nuser = \"postgres\"\nssl_mode = \"disable\"\n"
        )
    }
}

fn folder(path: &Path) -> String {
    format!(
        "[[destinations]]\nslug = \"files\"\ntype = \"folder\"\nsources = [\"website\"]\n\
         enabled = true\n[destinations.settings]\npath = {path:?}\nlinger_seconds = 1\n"
    )
}

fn mirror(url: &str) -> String {
    format!(
        "[[destinations]]\nslug = \"mirror\"\ntype = \"segment\"\nsources = [\"website\"]\n\
         enabled = true\n[destinations.settings]\nurl = \"{url}\"\nwrite_key = \"{WRITE_KEY}\"\n"
    )
}

/// How often each message stands in the files below `path` that are no notes of ours.
fn in_files(path: &Path, found: &mut BTreeMap<String, u32>) {
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_name() == "_headwater" {
            continue;
        }
        if path.is_dir() {
            in_files(&path, found);
            continue;
        }
        let mut text = String::new();
        let mut file = flate2::read::MultiGzDecoder::new(fs::File::open(&path).unwrap());
        file.read_to_string(&mut text).unwrap();
        for line in text.lines() {
            let message: Value = serde_json::from_str(line).unwrap();
            *found.entry(message["messageId"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_loads_it_loads_each_message_once() {
    let warehouse = Warehouse::new();
    let files = tempfile::tempdir().unwrap();
    let other = Server::start(Settings::default()).await.unwrap();
    let config = format!(
        "[delivery]\nallow_private_addresses = true\n{}{}{}",
        warehouse.destination(),
        folder(files.path()),
        mirror(&other.url("")),
    );
    let mut server = Server::start(Settings { config, ..Settings::default() }).await.unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let (mut acknowledged, mut unanswered) = (HashSet::new(), HashSet::new());
    for round in 0..ROUNDS {
        let stop = Arc::new(AtomicBool::new(false));
        let sender = tokio::spawn(send_until(server.url(""), 8, next.clone(), stop.clone()));
        // Loads begin about every second: the kills fall before, into and behind them.
        tokio::time::sleep(Duration::from_millis(700 + round * 90)).await;
        server.kill();
        stop.store(true, Ordering::Relaxed);
        let sent = sender.await.unwrap();
        acknowledged.extend(sent.acknowledged);
        unanswered.extend(sent.unanswered);
        server.run().await.unwrap();
    }
    for destination in ["warehouse", "files", "mirror"] {
        server.wait_until_delivered(destination, LIMIT).await;
    }
    assert!(acknowledged.len() > 1000, "the load was real: {}", acknowledged.len());

    let rows = warehouse.rows("SELECT id FROM website.product_viewed");
    let loaded: HashSet<&String> = rows.iter().collect();
    assert_eq!(rows.len(), loaded.len(), "no row stands there twice");
    assert_eq!(warehouse.rows("SELECT count(*) FROM website.tracks"), [rows.len().to_string()]);
    let lost = acknowledged.iter().filter(|id| !loaded.contains(id)).count();
    assert_eq!(lost, 0, "of {} acknowledged messages", acknowledged.len());
    let known = |id: &&&String| acknowledged.contains(**id) || unanswered.contains(**id);
    assert_eq!(loaded.iter().filter(|id| !known(id)).count(), 0, "nothing comes that was not sent");

    let mut filed = BTreeMap::new();
    in_files(files.path(), &mut filed);
    let twice: Vec<_> = filed.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{} messages stand in files twice: {twice:?}", twice.len());
    assert!(filed.keys().collect::<HashSet<_>>() == loaded, "files and warehouse hold the same");

    let (here, there) = (books(&server).await, books(&other).await);
    assert_eq!(here["accepted"], rows.len() as u64, "{here:#}");
    assert_eq!(there["accepted"], rows.len() as u64, "{there:#}");
    let destinations = here["destinations"].as_array().unwrap();
    assert_eq!(destinations.len(), 3);
    for destination in destinations {
        assert_eq!(destination["delivered"], rows.len() as u64, "{destination:#}");
        assert_eq!(destination["balanced"], true, "{destination:#}");
    }
    println!(
        "{} acknowledged, {} without an answer, {} loaded; {} repeats were dropped by the mirror",
        acknowledged.len(),
        unanswered.len(),
        rows.len(),
        there["duplicates"]
    );
}

/// What the server says of its source.
async fn books(server: &Server) -> Value {
    let books = server.api("/api/accounting?by=total").await;
    books["data"]["sources"][0].clone()
}
