//! What scenarios share: a world that outlives the process, and what its books say.

use std::{path::PathBuf, sync::Arc, time::Duration};

use event_log::{EventLog, MemoryLog};
use routing::{DestinationRoute, Routing, RoutingSnapshot};
use spec::DestinationId;
use tokio::time::sleep;

use super::{
    source,
    stage::{Scene, accept, life},
};
use crate::{
    Delivery, Options,
    books::{DestinationBook, Line},
};

/// What a scenario keeps between lives.
pub struct World {
    pub scene: Arc<Scene>,
    pub log: MemoryLog,
    folder: tempfile::TempDir,
    pub routing: Routing,
}

pub fn snapshot(revision: u64, destinations: Vec<DestinationRoute>) -> RoutingSnapshot {
    RoutingSnapshot::new(revision, vec![source("web"), source("app")], destinations)
}

impl World {
    pub fn new(destinations: Vec<DestinationRoute>) -> World {
        World {
            scene: Scene::new(7),
            log: MemoryLog::new(),
            folder: tempfile::tempdir().expect("a folder can be made"),
            routing: Routing::new(snapshot(1, destinations)),
        }
    }

    pub fn books(&self) -> PathBuf {
        self.folder.path().join("books")
    }

    pub fn live<T>(&self, work: impl AsyncFnOnce(Delivery, &dyn Fn() -> i64) -> T) -> T {
        self.live_with(|_| {}, work)
    }

    pub fn live_with<T>(
        &self,
        change: impl FnOnce(&mut Options),
        work: impl AsyncFnOnce(Delivery, &dyn Fn() -> i64) -> T,
    ) -> T {
        life(&self.scene, &self.log, &self.books(), &self.routing, change, work)
    }

    pub async fn accept(&self, source: &str, ids: std::ops::Range<u32>, word: &str, now: i64) {
        for n in ids {
            accept(&self.log, source, &format!("{word}-{n}"), &format!("u-{n}"), now).await;
        }
    }

    pub async fn route(&self, revision: u64, destinations: Vec<DestinationRoute>) {
        self.routing.replace(snapshot(revision, destinations));
        sleep(Duration::from_millis(100)).await;
    }

    pub fn taken(&self, partner: &str) -> usize {
        self.scene.calls(partner).iter().filter(|(_, taken)| *taken).count()
    }
}

pub fn id(name: &str) -> DestinationId {
    DestinationId(name.into())
}

pub async fn book(delivery: &Delivery, log: &MemoryLog, name: &str) -> DestinationBook {
    let end = *log.end().borrow();
    delivery.ledger().caught_up(end).await;
    delivery.ledger().with(|books| books.destination(&id(name)).cloned()).expect("it was fed")
}

pub async fn total(delivery: &Delivery, log: &MemoryLog, name: &str) -> Line {
    book(delivery, log, name).await.total
}

/// So many hours.
pub fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}
