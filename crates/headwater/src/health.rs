//! Whether the server lives, and whether it takes messages; and what a 200 of it promises.

use std::sync::Arc;

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use event_log::EventLog;
use http::StatusCode;
use serde_json::json;
use tokio::sync::watch;

use crate::{config::Role, reload::Loaded};

/// What health is judged by. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    /// The log that messages go to.
    pub log: Arc<dyn EventLog>,
    /// What became of the configuration.
    pub config: watch::Receiver<Loaded>,
    /// What this process does.
    pub roles: Arc<[Role]>,
    /// Whether it was asked to stop.
    pub stopping: watch::Receiver<bool>,
}

/// `/health/live` and `/health/ready`.
pub fn routes(health: Health) -> Router {
    Router::new()
        .route("/health/live", get(async || Json(json!({ "status": "live" }))))
        .route("/health/ready", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let stats = health.log.stats();
    let config = health.config.borrow().clone();
    let trouble = if *health.stopping.borrow() {
        Some("the server is stopping")
    } else if stats.stopped {
        Some("the event log has stopped after a failed write: see the log lines, then restart")
    } else if stats.full {
        Some("the disk is full: messages are refused until there is room")
    } else {
        None
    };
    let answer = json!({
        "status": if trouble.is_none() { "ready" } else { "unavailable" },
        "detail": trouble,
        "version": env!("CARGO_PKG_VERSION"),
        "roles": role_names(&health.roles),
        "durability": durability(),
        "log": { "writable": !stats.stopped && !stats.full, "full": stats.full },
        "config": {
            "revision": config.revision,
            "sources": config.sources,
            "destinations": config.destinations,
            "stale": config.stale.is_some(),
            "detail": config.detail(),
        },
    });
    let status = if trouble.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(answer))
}

/// The words for what a process does.
pub fn role_names(roles: &[Role]) -> Vec<&'static str> {
    let all = Role::ALL.iter().filter(|(role, _)| roles.contains(role));
    all.map(|(_, name)| *name).collect()
}

/// What a 200 of the tracking API promises.
pub fn durability() -> serde_json::Value {
    json!({
        "class": "local-disk",
        "promise": "200 means that every accepted message of the request is on this machine's disk (fdatasync returned)",
    })
}
