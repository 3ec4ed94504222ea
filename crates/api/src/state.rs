//! What every handler can reach.

use std::{collections::HashMap, ops::Deref, sync::Arc};

use axum::Router;
use catalog::{BetaCriteria, BetaRules};
use destination_kit::{Definition, World};
use store::{Db, Fresh, Sealer};
use tokio::sync::{Notify, Semaphore};

use crate::{
    activity::{Activity, Unknown},
    limits::Limits,
    openapi::{Operation, OperationKey},
    passwords::MEMORY_KIB,
};

/// Hashes of passwords computed at one time: each takes 19 MiB and a core.
const PASSWORDS_AT_ONCE: usize = 2;

/// The API's state. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

/// What the API is made of.
#[derive(Clone)]
pub struct Inner {
    /// The control plane's database.
    pub db: Db,
    /// Randomness.
    pub fresh: Fresh,
    /// Our clock, Unix milliseconds.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Seals secrets at rest.
    pub sealer: Sealer,
    /// Settings.
    pub options: Options,
    /// Told after every change that the data plane must hear of. Losing one costs time, never
    /// correctness.
    pub routing: Arc<Notify>,
    /// What the data plane knows about sources.
    pub activity: Arc<dyn Activity>,
    /// Told after a mail was written.
    pub mail: Arc<Notify>,
    /// The data plane's own routes, for requests that were let in here.
    pub planes: Option<Router>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) hashing: Arc<Semaphore>,
    /// Memory that one password's hash takes, KiB.
    pub(crate) password_memory_kib: u32,
    operations: Arc<HashMap<OperationKey, Operation>>,
    rehearsal: Option<Router>,
}

/// Settings of the API.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where people reach this installation, without a slash at its end. Links in mails start
    /// with it, never with a request's `Host`.
    pub public_url: String,
    /// The most days for which a source may keep its messages.
    pub retention_days_max: i64,
    /// Days from approval to general availability.
    pub beta_days: u32,
    /// What a beta must have shown at customers by then.
    pub beta_criteria: BetaCriteria,
    /// Requests that one caller may make to one operation in a minute.
    pub requests_per_minute: u32,
    /// The kinds of destinations that this server can deliver to.
    pub definitions: Vec<Definition>,
    /// Whether mails are handed to a mail server; otherwise they stay in the outbox.
    pub mail_is_sent: bool,
    /// The address that mails come from.
    pub mail_from: String,
    /// Where alerts may be sent: the rules that hold for deliveries.
    pub egress: World,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            public_url: "http://127.0.0.1:8080".to_owned(),
            retention_days_max: 365,
            beta_days: 14,
            beta_criteria: BetaCriteria::default(),
            requests_per_minute: 600,
            definitions: Vec::new(),
            mail_is_sent: false,
            mail_from: "headwater@localhost".to_owned(),
            egress: World::default(),
        }
    }
}

impl Api {
    /// An API on `db`.
    pub fn new(
        db: Db,
        fresh: Fresh,
        clock: Arc<dyn Fn() -> i64 + Send + Sync>,
        sealer: Sealer,
        options: Options,
    ) -> Api {
        Api(Arc::new(Inner {
            db,
            fresh,
            clock,
            sealer,
            limits: Arc::new(Limits::new(options.requests_per_minute)),
            options,
            routing: Arc::default(),
            activity: Arc::new(Unknown),
            mail: Arc::default(),
            planes: None,
            hashing: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            password_memory_kib: MEMORY_KIB,
            operations: Arc::default(),
            rehearsal: None,
        }))
    }

    /// The same API, which also knows what came in.
    pub fn with_activity(&self, activity: Arc<dyn Activity>) -> Api {
        Api(Arc::new(Inner { activity, ..(*self.0).clone() }))
    }

    /// The same, with the data plane's own routes (`/api/sources/{source}/messages` …), which ask
    /// for no credentials.
    pub fn with_planes(&self, planes: Router) -> Api {
        Api(Arc::new(Inner { planes: Some(planes), ..(*self.0).clone() }))
    }

    /// When a beta ends.
    pub fn beta_rules(&self) -> BetaRules {
        BetaRules { days: self.options.beta_days, criteria: self.options.beta_criteria }
    }

    /// Now, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// A link into the web app.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.options.public_url)
    }

    /// Tells the data plane that something it must know has changed.
    pub fn nudge(&self) {
        self.routing.notify_one();
    }

    /// The same, whose passwords are guessed cheaply.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn with_cheap_passwords(&self) -> Api {
        Api(Arc::new(Inner { password_memory_kib: 64, ..(*self.0).clone() }))
    }

    pub(crate) fn with_operations(&self, operations: HashMap<OperationKey, Operation>) -> Api {
        Api(Arc::new(Inner { operations: Arc::new(operations), ..(*self.0).clone() }))
    }

    /// The same, which can rehearse requests with these handlers: behind no gate, on a database
    /// that keeps nothing, without a data plane.
    pub(crate) fn with_rehearsal(&self, handlers: Router<Api>) -> Api {
        let inner = (*self.0).clone();
        let stage = Inner { db: self.db.rehearsal(), planes: None, ..inner.clone() };
        let rehearsal = Some(handlers.with_state(Api(Arc::new(stage))));
        Api(Arc::new(Inner { rehearsal, ..inner }))
    }

    pub(crate) fn rehearsal(&self) -> Option<Router> {
        self.rehearsal.clone()
    }

    pub(crate) fn operation(&self, key: &OperationKey) -> Option<&Operation> {
        self.operations.get(key)
    }
}

impl Deref for Api {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
