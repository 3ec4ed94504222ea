//! `/api/system`: what this process is and what it stands on, for whoever runs it. What came in
//! and what waits to be delivered is the books' to say (`/api/overview`).

use std::{path::Path, sync::Arc};

use axum::{Json, Router, extract::State, routing::get};
use event_log::{Entry, EventLog, Position};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    config::{self, Role},
    health,
    reload::Loaded,
    snapshot::Composer,
};

/// So much is read at the log's ends to find a record with a time.
const END_BYTES: usize = 64 * 1024;

/// What the answer is made of. Cheap to clone.
#[derive(Clone)]
pub struct System {
    /// When this process began, Unix milliseconds.
    pub began_ms: i64,
    /// What this process does.
    pub roles: Arc<[Role]>,
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The folder that everything is kept in.
    pub data_dir: Arc<Path>,
    /// How long the log keeps what it has.
    pub retention: config::Log,
    /// What became of the configuration.
    pub config: watch::Receiver<Loaded>,
    /// The routing.
    pub composer: Composer,
}

/// The route.
pub fn routes(system: System) -> Router {
    Router::new().route("/api/system", get(describe)).with_state(system)
}

async fn describe(State(system): State<System>) -> Json<Value> {
    let stats = system.log.stats();
    let (oldest_ms, newest_ms) = (oldest(&*system.log).await, newest(&*system.log).await);
    let config = system.config.borrow().clone();
    let (revision, sources, destinations) = {
        let routing = system.composer.routing().current();
        (routing.revision, routing.sources().count(), routing.destinations().count())
    };
    let disk = rustix::fs::statvfs(&*system.data_dir).ok().map(|disk| {
        json!({
            "freeBytes": disk.f_bavail.saturating_mul(disk.f_frsize),
            "totalBytes": disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    });
    Json(json!({ "data": {
        "version": env!("CARGO_PKG_VERSION"),
        "startedAt": iso(system.began_ms),
        "roles": health::role_names(&system.roles),
        "durability": health::durability(),
        "snapshot": {
            "revision": revision,
            "madeAt": iso(system.composer.made_ms()),
            "sources": sources,
            "destinations": destinations,
        },
        "configuration": { "stale": config.stale.is_some(), "detail": config.detail() },
        "log": {
            "segments": stats.segments,
            "diskBytes": stats.disk_bytes,
            "oldest": stats.oldest.to_string(),
            "oldestAt": oldest_ms.map(iso),
            "end": stats.end.to_string(),
            "newestAt": newest_ms.map(iso),
            "full": stats.full,
            "stopped": stats.stopped,
            "retention": {
                "seconds": system.retention.retention_age.as_secs(),
                "bytes": system.retention.retention_bytes,
            },
        },
        "disk": disk,
    } }))
}

/// When the oldest record came; records of the log itself have no time.
async fn oldest(log: &dyn EventLog) -> Option<i64> {
    let chunk = log.read(log.stats().oldest, END_BYTES).await.ok()?;
    chunk.entries.iter().find_map(timed)
}

async fn newest(log: &dyn EventLog) -> Option<i64> {
    let block = log.block_before(Position(u64::MAX), None)?;
    let (mut from, mut newest) = (block.start, None);
    while let Ok(chunk) = log.read(from, END_BYTES).await {
        newest = chunk.entries.iter().rev().find_map(timed).or(newest);
        if chunk.next <= from || chunk.next >= block.end {
            break;
        }
        from = chunk.next;
    }
    newest
}

fn timed(entry: &Entry) -> Option<i64> {
    Some(entry.label.time_ms).filter(|time_ms| *time_ms > 0)
}

fn iso(ms: i64) -> String {
    let mut out = Vec::with_capacity(24);
    spec::format_iso(ms, &mut out);
    String::from_utf8(out).expect("times are ASCII")
}
