//! The server, and people who type commands.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use api::{
    activity::Activity,
    testing::{PASSWORD, START_MS, World},
};
use clap::{FromArgMatches, Subcommand};
use debugger::Debugger;
use event_log::{EventLog, MemoryLog, Position};
use routing::{Routing, RoutingSnapshot};
use serde_json::Value;
use spec::{SourceId, WriteKey, record};
use tempfile::TempDir;

use crate::{Command, Screen};

/// A whole server: control plane, tracking API, routing between them.
pub(super) struct Site {
    pub(super) world: World,
    pub(super) url: String,
    routing: Routing,
    log: MemoryLog,
    counts: Arc<Counts>,
    server: ingest::Server,
}

/// What came in, counted from the log.
#[derive(Default)]
struct Counts(Mutex<HashMap<u64, u64>>);

impl Activity for Counts {
    fn source_seen_ms(&self, source: &SourceId) -> Option<i64> {
        (self.accepted(source) > 0).then_some(0)
    }

    fn accepted(&self, source: &SourceId) -> u64 {
        self.0.lock().expect("no holder panics").get(&source.stream()).copied().unwrap_or_default()
    }

    fn key_used_ms(&self, _: &WriteKey) -> Option<i64> {
        None
    }
}

impl Site {
    pub(super) async fn start() -> Site {
        Site::of(World::new().await)
    }

    pub(super) fn of(world: World) -> Site {
        let counts = Arc::new(Counts::default());
        let mut world = world.watching(counts.clone());
        let log = MemoryLog::new();
        let routing = Routing::new(RoutingSnapshot::new(0, vec![], vec![]));
        let (history, now) = (Arc::new(log.clone()), || START_MS);
        let debugger = Debugger::new(history, routing.clone(), now, debugger::Options::default());
        world.api = world.api.with_planes(debugger::routes(debugger));
        world.router = api::router(world.api.clone());
        let options = ingest::Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            threads: 1,
            ..ingest::Options::default()
        };
        let fallback = ingest::fallback(world.router.clone());
        let taken = Arc::new(log.clone());
        let server = ingest::Server::start(options, routing.clone(), taken, fallback, None)
            .expect("loopback is there");
        let (api, feed) = (world.api.clone(), routing.clone());
        tokio::spawn(async move {
            for revision in 1.. {
                api.routing.notified().await;
                let mut db = api.db.read().await.expect("the database is there");
                let built = store::snapshot::build(
                    &mut db,
                    &api.sealer,
                    &store::snapshot::Plans::default(),
                    revision,
                )
                .await;
                feed.replace(built.expect("it can be built"));
            }
        });
        let url = format!("http://{}", server.local_addr());
        Site { world, url, routing, log, counts, server }
    }

    /// Waits until the tracking API knows this source.
    pub(super) async fn routed(&self, source: &str) {
        let id = SourceId(source.into());
        let mut changes = self.routing.changes();
        while self.routing.snapshot().source(&id).is_none() {
            changes.changed().await.expect("the site is there");
        }
    }

    /// Counts what is in the log, as the data plane's books do.
    pub(super) async fn count(&self) {
        let mut counts = HashMap::new();
        let (end, mut from) = (*self.log.end().borrow(), Position(0));
        while from < end {
            let chunk = self.log.read(from, 1 << 20).await.expect("memory can be read");
            let messages = chunk.entries.iter().filter(|e| e.label.kind == record::MESSAGE);
            messages.for_each(|entry| *counts.entry(entry.label.stream).or_default() += 1);
            from = chunk.next;
        }
        *self.counts.0.lock().expect("no holder panics") = counts;
    }

    /// Somebody with an account and a verified address, who has not logged in here yet.
    pub(super) async fn person(&self, email: &str) -> Person {
        self.world.person(email).await;
        Person::new(&self.url, email)
    }

    /// Somebody who runs the platform.
    pub(super) async fn operator(&self, email: &str) -> Person {
        self.world.operator(email).await;
        Person::new(&self.url, email)
    }

    pub(super) async fn stop(self) {
        self.server.shutdown(Duration::from_secs(1)).await;
    }
}

/// Somebody at a terminal, with a folder of their own.
pub(super) struct Person {
    url: String,
    email: String,
    pub(super) home: TempDir,
    /// What every command gets as well.
    pub(super) options: Vec<String>,
}

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) out: String,
    pub(super) notes: String,
    pub(super) code: u8,
}

impl Person {
    pub(super) fn new(url: &str, email: &str) -> Person {
        Person {
            url: url.to_owned(),
            email: email.to_owned(),
            home: tempfile::tempdir().expect("a folder"),
            options: Vec::new(),
        }
    }

    /// A file in their folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Types a command line.
    pub(super) async fn run(&self, line: &[&str]) -> Ran {
        self.type_in("", false, line).await
    }

    /// Types a command line, and then `input`.
    pub(super) async fn type_in(&self, input: &str, attended: bool, line: &[&str]) -> Ran {
        let credentials = self.file("credentials.toml").display().to_string();
        let mut whole = vec!["headwater"];
        whole.extend(line);
        whole.extend(["--url", &self.url]);
        whole.extend(["--credentials", &credentials]);
        whole.extend(self.options.iter().map(String::as_str));
        let command = Command::augment_subcommands(clap::Command::new("headwater"));
        let command = match command.try_get_matches_from(&whole) {
            Ok(matches) => Command::from_arg_matches(&matches).expect("what was parsed is one"),
            Err(error) => return Ran { out: String::new(), notes: error.to_string(), code: 2 },
        };
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let mut screen = Screen::plain(&mut out, &mut notes).with_input(input.as_bytes(), attended);
        let done = Box::pin(crate::execute(&command, &mut screen)).await;
        let code = match done.and_then(|()| screen.flush()) {
            Ok(()) => 0,
            Err(failure) => {
                failure.print(&mut screen);
                failure.exit_code()
            }
        };
        drop(screen);
        let text = |bytes| String::from_utf8(bytes).expect("commands write text");
        Ran { out: text(out), notes: text(notes), code }
    }

    /// Types a command line that must succeed; what it wrote.
    #[track_caller]
    pub(super) fn ok(&self, line: &[&str]) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        let shown = line.join(" ");
        async move {
            let ran = self.run(line).await;
            assert_eq!(ran.code, 0, "{caller}: {shown}: {}{}", ran.out, ran.notes);
            ran.out
        }
    }

    /// The same with `--json`: what it wrote, as one value.
    #[track_caller]
    pub(super) fn json(&self, line: &[&str]) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        let line = [line, &["--json"]].concat();
        async move {
            let out = self.ok(&line).await;
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{caller}: {error}: {out}"))
        }
    }

    /// Types a command line that must end with `code`; its notes.
    #[track_caller]
    pub(super) fn fails(&self, code: u8, line: &[&str]) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        let shown = line.join(" ");
        async move {
            let ran = self.run(line).await;
            assert_eq!(ran.code, code, "{caller}: {shown}: {}{}", ran.out, ran.notes);
            ran.notes
        }
    }

    /// Logs in with the password.
    pub(super) async fn log_in(&self) {
        let line = ["login", "--email", &self.email];
        let ran = self.type_in(&format!("{PASSWORD}\n"), false, &line).await;
        assert_eq!(ran.code, 0, "{}", ran.notes);
        assert!(!ran.out.contains(PASSWORD) && !ran.notes.contains(PASSWORD), "{ran:?}");
    }
}
