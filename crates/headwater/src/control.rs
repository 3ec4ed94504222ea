//! The control plane beside the data plane: its database, its API, and what has to go on for it.
//!
//! ```text
//! API ──► database ──► routing snapshot ──► data plane
//!  ▲                                          │
//!  └────────── activity: what came in ◄───────┘
//! ```

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use api::Api;
use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
};
use destination_kit::{Definition, DestinationKind, SettingKind};
use routing::Routing;
use spec::{SourceId, WriteKey};
use store::{Db, Fresh, StoreError};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, interval, sleep},
};
use tracing::{error, info, warn};

use crate::{config::Config, secret_keys, serve::now_ms, snapshot::Composer, web::Cards};

/// The database in the data directory, unless the configuration names another.
pub const FILE: &str = "control.db";

/// The routing is made anew after this time even when nobody says that something changed: another
/// process may share the database.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// After a snapshot that took a while we rest for so many times as long, at most [`REST_MAX`]: many
/// changes in a row must not take a core from senders.
const REST: u32 = 4;

/// A change reaches the data plane within a second.
const REST_MAX: Duration = Duration::from_millis(500);

/// How often alerts are looked at.
const WATCH_EVERY: Duration = Duration::from_secs(60);
/// How often what is over is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often is written down when keys were last used, milliseconds.
const NOTE_EVERY_MS: i64 = 60_000;

/// Where mails come from while there is no mail server.
const NOBODY: &str = "headwater@localhost";

/// The control plane.
#[derive(Clone)]
pub struct Control {
    api: Api,
    composer: Composer,
    mail: mail::Sender,
    plans: Arc<store::snapshot::Plans>,
}

impl Control {
    /// Opens the database, brings it up to date, and puts what it says into effect.
    /// `url`: where this machine reaches the server, for links in mails. `quiet`: the threads that
    /// work for it.
    ///
    /// Errors: database or keys cannot be used.
    pub async fn open(
        config: &Config,
        data_dir: &Path,
        url: &str,
        kinds: &[Box<dyn DestinationKind>],
        composer: Composer,
        quiet: &Handle,
    ) -> Result<Control> {
        // A thread of SQLite's has the priority of the one that opened its connection.
        let database = database_url(config, data_dir);
        let db = quiet.spawn(async move { Db::open(&database).await }).await?;
        let api = api_on(db, config, data_dir, url, kinds)?;
        api::seed(&api).await.context("cannot write the catalog's own entries")?;
        let mail = match &config.mail {
            Some(mail) => mail::Sender::smtp(&mail.smtp).context("mail cannot work")?,
            None => mail::Sender::Outbox,
        };
        let control = Control { api, composer, mail, plans: Arc::default() };
        control.route().await?;
        Ok(control)
    }

    /// The same, which also knows what came in.
    pub fn watching(mut self, routing: Routing, delivery: delivery::Delivery) -> Control {
        self.api = self.api.with_activity(Arc::new(Activity { routing, delivery }));
        self
    }

    /// The same, which can ask the data plane: `planes` answers.
    pub fn asking(mut self, planes: Router) -> Control {
        self.api = self.api.with_planes(planes);
        self
    }

    /// The API.
    pub fn router(&self) -> Router {
        let router = api::router(self.api.clone());
        router.layer(middleware::from_fn(name_peer))
    }

    /// What other sites may show of a catalog entry.
    pub fn cards(&self) -> Cards {
        let api = self.api.clone();
        Arc::new(move |slug| {
            let api = api.clone();
            Box::pin(async move { api::card(&api, &slug).await })
        })
    }

    /// A link by which whoever runs the server becomes the first operator; `None` when there is
    /// an operator.
    pub async fn first_operator_link(&self) -> Result<Option<String>> {
        Ok(api::first_operator_link(&self.api).await?)
    }

    /// Keeps the routing as the database says, until `stopping`. `serves`: sends mails and removes
    /// what is over as well, as the process does that serves the API.
    pub async fn follow(self, serves: bool, stopping: watch::Receiver<bool>) {
        let until = |mut stopping: watch::Receiver<bool>| async move {
            drop(stopping.wait_for(|stopping| *stopping).await);
        };
        let mails = api::mailer::run(self.api.clone(), self.mail.clone(), until(stopping.clone()));
        let (control, stop) = (self.clone(), until(stopping.clone()));
        let routing = tokio::spawn(async move {
            tokio::select! {
                () = control.keep_routing() => {}
                () = stop => {}
            }
        });
        let chores = async {
            if serves {
                tokio::join!(mails, self.sweep(), self.watch());
            }
        };
        tokio::select! {
            _ = async { tokio::join!(chores, self.note_uses()) } => {}
            () = until(stopping) => {}
        }
        drop(routing.await);
        // The last minute's, which a crash would cost.
        self.note_uses_since(self.api.now_ms() - 2 * NOTE_EVERY_MS).await;
        self.api.db.close().await;
    }

    /// Puts what the database says into effect.
    async fn route(&self) -> Result<()> {
        let mut db = self.api.db.read().await?;
        let snapshot = store::snapshot::build(&mut db, &self.api.sealer, &self.plans, 0).await?;
        let sources = snapshot.sources().count();
        if let Some(revision) = self.composer.set_control(snapshot) {
            info!(revision, sources, "routing made anew from the control plane");
        }
        Ok(())
    }

    async fn keep_routing(&self) {
        let mut ticks = interval(LOOK_EVERY);
        let mut failing = false;
        loop {
            tokio::select! {
                () = self.api.routing.notified() => {}
                _ = ticks.tick() => {}
            }
            let began = Instant::now();
            let made = self.route().await;
            let took = began.elapsed();
            match made {
                Ok(()) => failing = false,
                // Traffic goes on as the last snapshot says.
                Err(error) if !failing => {
                    failing = true;
                    error!(
                        error = format!("{error:#}"),
                        "the control plane's database cannot be read; what it said before stays in effect"
                    );
                }
                Err(_) => {}
            }
            sleep((took * REST).min(REST_MAX)).await;
        }
    }

    /// Writes down when keys were last used, for the time after a restart.
    async fn note_uses(&self) {
        let mut ticks = interval(Duration::from_millis(NOTE_EVERY_MS.unsigned_abs()));
        let mut noted_ms = 0;
        loop {
            ticks.tick().await;
            let now_ms = self.api.now_ms();
            self.note_uses_since(noted_ms).await;
            noted_ms = now_ms;
        }
    }

    async fn note_uses_since(&self, since_ms: i64) {
        let uses: Vec<(String, i64)> = {
            let routing = self.composer.routing().current();
            let uses = routing.keys_used_ms().filter(|(_, used_ms)| *used_ms >= since_ms);
            uses.map(|(key, used_ms)| (key.as_str().to_owned(), used_ms)).collect()
        };
        if uses.is_empty() {
            return;
        }
        let noted = async {
            let mut write = self.api.db.write().await?;
            store::write_keys::note_uses(&mut write, &uses).await?;
            write.commit().await
        };
        if let Err(error) = noted.await {
            warn!(%error, "when write keys were used could not be noted");
        }
    }

    async fn sweep(&self) {
        let mut ticks = interval(SWEEP_EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = api::sweep(&self.api).await {
                warn!(%error, "what is over could not be removed");
            }
        }
    }

    /// Tells those who want to know how deliveries stand.
    async fn watch(&self) {
        let mut ticks = interval(WATCH_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = api::watch(&self.api).await {
                warn!(%error, "alerts could not be looked at");
            }
        }
    }
}

/// The API alone, without anything that goes on beside it.
///
/// Errors: database or keys cannot be used.
pub async fn open(
    config: &Config,
    data_dir: &Path,
    url: &str,
    kinds: &[Box<dyn DestinationKind>],
) -> Result<Api> {
    let db = Db::open(&database_url(config, data_dir)).await;
    api_on(db, config, data_dir, url, kinds)
}

fn api_on(
    db: Result<Db, StoreError>,
    config: &Config,
    data_dir: &Path,
    url: &str,
    kinds: &[Box<dyn DestinationKind>],
) -> Result<Api> {
    let control = &config.control;
    let sealer = secret_keys::load_or_make(&keys_path(config, data_dir))?;
    let db = db.with_context(|| match &control.database {
        Some(_) => "cannot open the database of control.database".to_owned(),
        None => format!("cannot open {}", data_dir.join(FILE).display()),
    })?;
    let options = api::Options {
        public_url: control.public_url.clone().unwrap_or_else(|| url.to_owned()),
        retention_days_max: i64::try_from(config.log.retention_longest.as_secs() / 86_400)
            .unwrap_or(i64::MAX),
        beta_days: control.beta_days,
        beta_criteria: control.beta_criteria,
        requests_per_minute: control.requests_per_minute,
        definitions: kinds.iter().map(|kind| kind.definition()).filter(is_for_all).collect(),
        mail_is_sent: config.mail.is_some(),
        mail_from: config.mail.as_ref().map_or_else(|| NOBODY.to_owned(), |m| m.smtp.from.clone()),
        egress: config.delivery.world(),
    };
    Ok(Api::new(db, Fresh::system(), Arc::new(now_ms), sealer, options))
}

/// The database that `config` names.
pub fn database_url(config: &Config, data_dir: &Path) -> String {
    let named = config.control.database.as_ref().map(|url| url.expose().to_owned());
    named.unwrap_or_else(|| store::db::url_of(&data_dir.join(FILE)))
}

/// Where the keys that seal secrets are.
pub fn keys_path(config: &Config, data_dir: &Path) -> PathBuf {
    let named = config.control.secret_keys.clone();
    named.unwrap_or_else(|| data_dir.join(secret_keys::FILE))
}

/// Whether customers may have destinations of this kind: one that is told a path on the server is
/// for whoever runs it, in the configuration file.
fn is_for_all(definition: &Definition) -> bool {
    !definition.settings.iter().any(|setting| setting.kind == SettingKind::Path)
}

/// What the data plane knows of sources.
struct Activity {
    routing: Routing,
    delivery: delivery::Delivery,
}

impl Activity {
    fn seen(&self, source: &SourceId) -> Option<delivery::books::Seen> {
        self.delivery.ledger().with(|books| books.seen(source.stream()))
    }
}

impl api::Activity for Activity {
    fn source_seen_ms(&self, source: &SourceId) -> Option<i64> {
        self.seen(source).map(|seen| seen.last_ms)
    }

    fn accepted(&self, source: &SourceId) -> u64 {
        self.seen(source).map_or(0, |seen| seen.accepted)
    }

    fn key_used_ms(&self, write_key: &WriteKey) -> Option<i64> {
        self.routing.current().key_used_ms(write_key.as_str())
    }
}

/// Tells the API who is at the other end, in its own words.
async fn name_peer(mut request: Request, next: Next) -> axum::response::Response {
    if let Some(ingest::Peer { ip, .. }) = request.extensions().get().copied() {
        request.extensions_mut().insert(api::caller::Peer(ip));
    }
    next.run(request).await
}
