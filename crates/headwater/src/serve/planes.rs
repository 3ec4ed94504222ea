//! The planes, wired: what is made from what, and the order in which it ends.

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Error, Result, anyhow};
use axum::Router;
use debugger::Debugger;
use destination_kit::{DestinationKind, World};
use destinations::object_storage::store::Store;
use event_log::{EventLog, FileLog};
use metrics_exporter_prometheus::PrometheusHandle;
use routing::Routing;
use tokio::{
    net::TcpListener,
    runtime::Handle,
    sync::{Mutex, watch},
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::timeout,
};
use tracing::{info, warn};

use crate::{
    archive::Archive,
    config::{self, Config, Input, Role, Secret},
    control::Control,
    data_dir::DataDir,
    health::{self, Health},
    http::{self, Parts},
    log_api::{self, LogApi},
    quarantine_api::{self, QuarantineApi},
    reload::Reload,
    snapshot::{Composer, snapshot},
    system::{self, System},
    telemetry::Telemetry,
    token,
    web::{self, Cards, Web},
};

/// Out of the time for a stop, what requests under way may take before deliveries are drained.
const REQUESTS_SHARE: u32 = 2;

/// Everything that runs.
pub struct Running {
    address: SocketAddr,
    tls: bool,
    token: Secret,
    routing: Routing,
    log: Arc<dyn EventLog>,
    front: Front,
    debugger: Option<Debugger>,
    delivery: Option<delivery::Delivery>,
    control: Option<JoinHandle<()>>,
    operator_link: Option<String>,
    has_app: bool,
    operations: Option<JoinHandle<()>>,
    tasks: Mutex<JoinSet<Result<()>>>,
    stopping: watch::Sender<bool>,
    drain: Duration,
    /// Released last.
    _data_dir: DataDir,
}

/// What answers at `server.listen`.
enum Front {
    /// The tracking API, and the router behind it.
    Ingest(ingest::Server),
    /// The router alone, in a process without the tracking API.
    Router(JoinHandle<()>),
}

impl Running {
    /// Takes the data directory, opens the log, and starts every plane that is wanted; senders
    /// are let in last, so that whatever they hear 200 for is seen by the others. The control plane,
    /// and every other path that is not the tracking API's, work on the threads of `quiet`.
    pub async fn start(
        input: Input,
        config: Config,
        kinds: Vec<Box<dyn DestinationKind>>,
        prometheus: PrometheusHandle,
        quiet: &Handle,
    ) -> Result<Running> {
        let began = Instant::now();
        let mut server = config.server.clone();
        server.listen = settled(server.listen)?;
        let mut data_dir = DataDir::open(&server.data_dir)?;
        let token = token::load_or_make(server.api_token.as_ref(), data_dir.path())?;
        let file_log = open_log(&config.log, data_dir.path()).await?;
        let log: Arc<dyn EventLog> = Arc::new(file_log.clone());
        let composer = Composer::new(snapshot(&config, 1));
        let routing = composer.routing().clone();
        let stopping = watch::Sender::new(false);
        let mut tasks = JoinSet::new();

        let has = |role: Role| server.roles.contains(&role);
        // Before anything is delivered: a destination that is not in the routing is not fed.
        // Whoever names a database wants what it says, also where others serve the API.
        let mut control = if has(Role::Control) || config.control.database.is_some() {
            let url = url_of(server.listen, server.tls.is_some());
            let (dir, composer) = (data_dir.path(), composer.clone());
            let opened = Control::open(&config, dir, &url, &kinds, composer, quiet);
            Some(opened.await.context("cannot start the control plane")?)
        } else {
            None
        };
        let delivery = if has(Role::Delivery) {
            let mut options = delivery_options(&config, data_dir.path(), &input.file);
            if let Some(archive) = &config.archive {
                let archive = archived(archive, &config, file_log, data_dir.path(), &options)?;
                options.archive = Some(Arc::new(archive.clone()));
                tasks.spawn(archive.run());
            }
            let started =
                delivery::Delivery::start(log.clone(), routing.clone(), kinds, options).await;
            Some(started.context("cannot start deliveries")?)
        } else {
            None
        };
        let debugger = has(Role::Debugger).then(|| {
            let options = debugger::Options::default();
            let debugger = Debugger::new(log.clone(), routing.clone(), now_ms, options);
            match delivery.clone() {
                Some(delivery) => {
                    debugger.with_pauses(move |id| Some(delivery.status(id)?.pause?.at_ms))
                }
                None => debugger,
            }
        });

        if let Some(delivery) = &delivery {
            control = control.map(|control| control.watching(routing.clone(), delivery.clone()));
        }

        tasks.spawn(keep_as_routed(log.clone(), routing.clone()));
        let (retention, routed) = (config.log.clone(), composer.clone());
        let reload = Reload::new(input, destinations::all(), config, composer);
        let state = reload.state();
        let detail = state.borrow().detail();
        tasks.spawn(async { reload.run().await.context("cannot watch the configuration") });
        let telemetry = Telemetry::new(prometheus, log.clone(), state.clone());
        let upkeep = telemetry.clone().upkeep();
        tasks.spawn(async {
            upkeep.await;
            Ok(())
        });
        let health = Health {
            log: log.clone(),
            config: state.clone(),
            roles: server.roles.clone().into(),
            stopping: stopping.subscribe(),
        };
        let health = health::routes(health);
        let watched = health.clone().merge(telemetry.routes());
        let operations = match server.metrics_listen {
            Some(address) => {
                let listener = listen(address).await?;
                let router = http::operations(watched.clone());
                let stop = stopping.subscribe();
                Some(tokio::spawn(http::serve(listener, router, None, stop, Duration::ZERO)))
            }
            None => None,
        };
        let system = system::routes(System {
            began_ms: now_ms(),
            roles: server.roles.clone().into(),
            log: log.clone(),
            data_dir: data_dir.path().into(),
            retention,
            config: state.clone(),
            composer: routed,
        });
        let mut planes = vec![
            system,
            log_api::routes(LogApi {
                log: log.clone(),
                routing: routing.clone(),
                stopping: stopping.subscribe(),
            }),
            quarantine_api::routes(QuarantineApi::new(log.clone(), routing.clone())),
        ];
        planes.extend(debugger.clone().map(debugger::routes));
        planes.extend(delivery.clone().map(delivery::routes::routes));
        let web = has(Role::Web).then(|| {
            let cards = match &control {
                Some(control) => control.cards(),
                None => no_cards(),
            };
            Web::new(web::built(), cards)
        });
        let for_control = planes.iter().cloned().fold(Router::new(), Router::merge);
        let control = control.map(|control| control.asking(for_control));
        let parts = Parts {
            token: token.clone(),
            planes,
            control: control.as_ref().filter(|_| has(Role::Control)).map(Control::router),
            // Who balances load asks for health where it sends its load.
            operations: if operations.is_some() { health } else { watched },
            web: web.clone(),
        };
        let router = http::router(parts);
        let tls = read_tls(server.tls.as_ref())?;
        let (front, address) = if has(Role::Ingest) {
            let fallback = ingest::fallback(router);
            let options = ingest_options(&server);
            let _quiet = quiet.enter();
            let started =
                ingest::Server::start(options, routing.clone(), log.clone(), fallback, tls);
            let started = started.with_context(|| cannot_listen(server.listen))?;
            let address = started.local_addr();
            (Front::Ingest(started), address)
        } else {
            let listener = listen(server.listen).await?;
            let address = listener.local_addr()?;
            let stop = stopping.subscribe();
            let drain = server.drain_timeout / REQUESTS_SHARE;
            let serving = tokio::spawn(http::serve(listener, router, tls, stop, drain));
            (Front::Router(serving), address)
        };
        let operator_link = match &control {
            Some(control) if has(Role::Control) => control.first_operator_link().await?,
            _ => None,
        };
        let serves = has(Role::Control);
        let control =
            control.map(|control| quiet.spawn(control.follow(serves, stopping.subscribe())));
        data_dir.announce(&url_of(address, server.tls.is_some()))?;
        info!(
            listen = %address,
            tls = server.tls.is_some(),
            data_dir = %server.data_dir.display(),
            took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            version = env!("CARGO_PKG_VERSION"),
            "ready"
        );
        give_memory_back();
        if let Some(detail) = detail {
            warn!("{detail}");
        }
        Ok(Running {
            address,
            tls: server.tls.is_some(),
            token,
            routing,
            log,
            front,
            debugger,
            delivery,
            control,
            operator_link,
            has_app: web.is_some_and(|web| web.is_there()),
            operations,
            tasks: Mutex::new(tasks),
            stopping,
            drain: server.drain_timeout,
            _data_dir: data_dir,
        })
    }

    /// Where this machine reaches it.
    pub fn url(&self) -> String {
        url_of(self.address, self.tls)
    }

    /// What clients of `/api` must show.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// By which whoever runs the server becomes the first operator, while there is none.
    pub fn operator_link(&self) -> Option<&str> {
        self.operator_link.as_deref()
    }

    /// Whether it serves the web app.
    pub fn has_app(&self) -> bool {
        self.has_app
    }

    /// A write key that can be used now.
    pub fn first_write_key(&self) -> Option<String> {
        let routing = self.routing.current();
        let mut keys = routing.sources().flat_map(|source| &source.write_keys);
        keys.next().map(|key| key.as_str().to_owned())
    }

    /// Waits for something that makes going on pointless; usually for ever.
    pub async fn fault(&self) -> Error {
        match self.tasks.lock().await.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow!(error).context("a part of the server failed"),
            Some(Ok(Ok(()))) => anyhow!("a part of the server ended"),
            None => std::future::pending().await,
        }
    }

    /// Lets nobody in any more, answers who is in, finishes deliveries, then closes the log.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        // Live streams end only when they are told to.
        if let Some(debugger) = &self.debugger {
            debugger.close();
        }
        let until = Instant::now() + self.drain;
        match self.front {
            Front::Ingest(server) => server.shutdown(self.drain / REQUESTS_SHARE).await,
            Front::Router(task) => drop(timeout(self.drain, task).await),
        }
        if let Some(delivery) = &self.delivery {
            delivery.drain(until.saturating_duration_since(Instant::now())).await;
        }
        if let Some(control) = self.control {
            drop(control.await);
        }
        if let Some(operations) = self.operations {
            operations.abort();
        }
        self.tasks.into_inner().shutdown().await;
        self.log.close().await;
    }
}

/// Of a catalog that is elsewhere.
fn no_cards() -> Cards {
    Arc::new(|_| Box::pin(std::future::ready(None)))
}

async fn open_log(options: &config::Log, data_dir: &Path) -> Result<FileLog> {
    let options = log_options(options, data_dir);
    let path: PathBuf = data_dir.join("log");
    let shown = path.display().to_string();
    let opened = spawn_blocking(move || FileLog::open(&path, options)).await?;
    opened.with_context(|| format!("cannot open the event log in {shown}"))
}

/// How the log of a data directory is set up.
pub fn log_options(options: &config::Log, data_dir: &Path) -> event_log::Options {
    event_log::Options {
        segment_bytes: options.segment_bytes,
        queue_bytes_max: options.queue_bytes,
        ring_bytes: options.memory_bytes,
        max_age: options.retention_age,
        max_bytes: options.retention_bytes,
        reserve_bytes: options.reserve_bytes,
        window: options.dedupe_window,
        window_max: options.dedupe_window_max.max(options.dedupe_window),
        window_memory_bytes: options.dedupe_memory_bytes,
        window_ids: options.dedupe_ids_max,
        ids_dir: Some(data_dir.join("ids")),
        compress: options.compress,
        clock: now_ms,
        ..event_log::Options::default()
    }
}

fn ingest_options(server: &config::Server) -> ingest::Options {
    let limits = &server.limits;
    ingest::Options {
        listen: server.listen,
        threads: server.threads.unwrap_or(0),
        connections_max: limits.connections,
        bytes_in_flight_max: limits.bytes_in_flight,
        head_timeout: limits.header_timeout,
        body_timeout: limits.body_timeout,
        write_timeout: limits.write_timeout,
        idle_timeout: limits.idle_timeout,
        requests_per_second: limits.requests_per_second,
        refused_per_second: limits.refused_per_second,
        trusted_proxies: server.trusted_proxies.clone(),
    }
}

/// `file` is the configuration: relative paths in settings start in its folder, wherever the
/// process was started.
fn delivery_options(config: &Config, data_dir: &Path, file: &Path) -> delivery::Options {
    let base_dir = file.parent().unwrap_or(Path::new("")).to_owned();
    let world = World { base_dir, ..config.delivery.world() };
    let defaults = delivery::Options::new(data_dir.join("books"), world, Arc::new(jitter));
    delivery::Options {
        schedule: delivery::Schedule::new(config.delivery.horizon),
        attempt_timeout: config.delivery.attempt_timeout,
        from_start: config.delivery.from_start,
        keep_while_paused: config.log.retention_age,
        ..defaults
    }
}

/// The archive of `log`.
fn archived(
    archive: &config::Archive,
    config: &Config,
    log: FileLog,
    data_dir: &Path,
    options: &delivery::Options,
) -> Result<Archive> {
    let store = Store::open(&archive.settings, &options.world);
    let store = store.map_err(|bad| anyhow!("[archive] has no store: {bad:?}"))?;
    let options = log_options(&config.log, data_dir);
    Ok(Archive::new(store, log, data_dir, options, archive.keep))
}

/// A number in `0.0..1.0`.
fn jitter() -> f64 {
    // Randomness that fails costs the spread of retries, nothing else.
    let bits = getrandom::u64().unwrap_or(1 << 63);
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// Gives what the start took and does not need any more back to the system: the allocator would
/// keep 6 MB of it, most of them from making the API's document.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "it takes a number and moves nothing that is in use")]
fn give_memory_back() {
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_memory_back() {}

/// The wall clock, Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "this is the clock that everything is given")]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `address` with a port that is free, where it leaves the port to the system: links in mails need
/// to know it before anybody listens.
fn settled(address: SocketAddr) -> Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let listener = std::net::TcpListener::bind(address).with_context(|| cannot_listen(address))?;
    Ok(listener.local_addr()?)
}

/// Where this machine reaches what listens on `address`.
fn url_of(mut address: SocketAddr, tls: bool) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("{}://{address}", if tls { "https" } else { "http" })
}

fn read_tls(tls: Option<&config::Tls>) -> Result<Option<Arc<rustls::ServerConfig>>> {
    let Some(config::Tls { cert, key }) = tls else { return Ok(None) };
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let made = ingest::tls::server_config(&read(cert)?, &read(key)?);
    let made =
        made.with_context(|| format!("cannot use {} with {}", cert.display(), key.display()))?;
    Ok(Some(made))
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| cannot_listen(address))
}

fn cannot_listen(address: SocketAddr) -> String {
    format!("cannot listen on {address}")
}

/// Lets the log keep the messages of each source as long as the routing says.
async fn keep_as_routed(log: Arc<dyn EventLog>, routing: Routing) -> anyhow::Result<()> {
    let mut changes = routing.changes();
    let mut before = BTreeMap::new();
    loop {
        changes.borrow_and_update();
        let snapshot = routing.snapshot();
        let kept =
            snapshot.sources().filter_map(|source| Some((source.id.stream(), source.keep_for?)));
        let ages: BTreeMap<u64, Duration> = kept.collect();
        if ages != before {
            log.keep_for(ages.clone());
            before = ages;
        }
        if changes.changed().await.is_err() {
            // nobody changes it any more
            std::future::pending::<()>().await;
        }
    }
}
