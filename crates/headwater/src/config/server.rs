//! `[server]`, `[logging]`, `[log]` and `[delivery]`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use destination_kit::{CertificateDer, World};
use ipnet::IpNet;

use super::{
    section::Section,
    values::{self, Secret, choice, duration_within, list, size_within, whole},
};

pub(super) const SERVER: &str = "Where the server listens, and what it keeps within bounds.";
pub(super) const LOGGING: &str = "What the server says about itself, on standard error.";
pub(super) const LOG: &str =
    "The event log: where accepted messages live until every destination has read them.";
pub(super) const DELIVERY: &str = "How messages are brought to destinations.";

/// `[server]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Where everything is served.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// What clients of `/api` must show; made and kept in the data directory unless given.
    pub api_token: Option<Secret>,
    /// What this process does.
    pub roles: Vec<Role>,
    /// Whose `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where metrics and health are served besides.
    pub metrics_listen: Option<SocketAddr>,
    /// Threads that take requests; one for each core unless given.
    pub threads: Option<usize>,
    /// How long a stop may take.
    pub drain_timeout: Duration,
    /// `[server.tls]`.
    pub tls: Option<Tls>,
    /// `[server.limits]`.
    pub limits: Limits,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes messages.
    Ingest,
    /// Brings them to destinations.
    Delivery,
    /// Shows them.
    Debugger,
    /// Serves the control plane's API.
    Control,
    /// Serves the web app.
    Web,
}

impl Role {
    /// Every role, and its name on the command line.
    pub const ALL: [(Role, &'static str); 5] = [
        (Role::Ingest, "ingest"),
        (Role::Delivery, "delivery"),
        (Role::Debugger, "debugger"),
        (Role::Control, "control"),
        (Role::Web, "web"),
    ];
}

/// `[server.tls]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// `[server.limits]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// From a request's first byte to the end of its head.
    pub header_timeout: Duration,
    /// For a whole body, however slowly it comes.
    pub body_timeout: Duration,
    /// For a sender to read its answer.
    pub write_timeout: Duration,
    /// Between two requests of a connection.
    pub idle_timeout: Duration,
    /// Bytes of requests that wait to be answered.
    pub bytes_in_flight: usize,
    /// Requests each second with one write key.
    pub requests_per_second: Option<u32>,
    /// Refused requests each second that are kept for one source.
    pub refused_per_second: u32,
}

/// `[logging]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Logging {
    /// A filter as `tracing` takes it.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `Human` on a terminal, else `Json`.
    Auto,
    /// For people.
    Human,
    /// One JSON object on each line.
    Json,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// How long a duplicate is recognised at least.
    pub dedupe_window: Duration,
    /// How long it is recognised while memory allows.
    pub dedupe_window_max: Duration,
    /// Memory for that.
    pub dedupe_memory_bytes: usize,
    /// How many messages are remembered at most, even if that shortens the window.
    pub dedupe_ids_max: Option<u64>,
    /// Bytes that wait to be written at most.
    pub queue_bytes: usize,
    /// Newest bytes that are kept in memory for readers.
    pub memory_bytes: usize,
    /// Room to leave on the disk.
    pub reserve_bytes: u64,
    /// Whether full segments are compressed.
    pub compress: bool,
    /// How long messages are kept.
    pub retention_age: Duration,
    /// How many bytes are kept.
    pub retention_bytes: Option<u64>,
    /// The most time for which a workspace may keep a source's messages.
    pub retention_longest: Duration,
}

/// `[delivery]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Whether destinations may be on private, loopback and link-local addresses.
    pub allow_private_addresses: bool,
    /// Networks on which they may be all the same.
    pub allowed_networks: Vec<IpNet>,
    /// Where `extra_roots` come from.
    pub ca: Option<PathBuf>,
    /// Authorities that are trusted beside the public ones.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// How long a message is tried again.
    pub horizon: Duration,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// New destinations also get what the log held before them.
    pub from_start: bool,
}

impl Server {
    pub(super) fn read(s: &mut Section<'_>) -> Option<Server> {
        let listen = s.key(
            "listen",
            r#""127.0.0.1:8080""#,
            "Address and port for everything: tracking, API, metrics and health. \"0.0.0.0:8080\" takes requests from other machines.",
            values::address,
        );
        let data_dir = s.key(
            "data_dir",
            r#""data""#,
            "Where everything is kept. Relative paths start at the working directory.",
            values::path,
        );
        let api_token = s.secret(
            "api_token",
            r#""…""#,
            "What clients of /api must show. Made at the first start and kept in <data_dir>/api-token unless given.",
            values::secret,
        );
        let roles = s.key(
            "roles",
            r#"["ingest", "delivery", "debugger", "control", "web"]"#,
            "What this process does.",
            list(choice(&["ingest", "delivery", "debugger", "control", "web"])),
        );
        let trusted_proxies = s.key(
            "trusted_proxies",
            "[]",
            "Networks whose X-Forwarded-For, -Host and -Proto headers are believed, such as [\"10.0.0.0/8\"].",
            list(values::network),
        );
        let metrics_listen = s.optional(
            "metrics_listen",
            r#""127.0.0.1:9090""#,
            "Serves /metrics and /health at an address of their own, and /metrics no longer at listen.",
            values::address,
        );
        let threads = s.optional(
            "threads",
            "2",
            "Threads that take requests. One for each core unless given.",
            whole(1, 256),
        );
        let drain_timeout = s.key(
            "drain_timeout",
            r#""25s""#,
            "How long a stop waits for requests and deliveries under way. What is not delivered by then is delivered after the next start.",
            duration_within("0s", "1h"),
        );
        let tls = s.section("tls", "Serves HTTPS when both are given.", Tls::read);
        let limits = s.section("limits", "What senders may take up.", Limits::read);
        let roles = roles
            .iter()
            .filter_map(|word| Role::ALL.iter().find(|(_, name)| name == word))
            .map(|(role, _)| *role)
            .collect();
        Some(Server {
            listen,
            data_dir,
            api_token,
            roles,
            trusted_proxies,
            metrics_listen,
            threads: threads.map(as_usize),
            drain_timeout,
            tls: tls.ok()?,
            limits,
        })
    }
}

impl Tls {
    fn read(s: &mut Section<'_>) -> Result<Option<Tls>, ()> {
        let cert = s.optional(
            "cert",
            r#""/etc/headwater/cert.pem""#,
            "Certificate chain, PEM.",
            values::path,
        );
        let key =
            s.optional("key", r#""/etc/headwater/key.pem""#, "Private key, PEM.", values::path);
        match (cert, key) {
            (Some(cert), Some(key)) => {
                let chain =
                    s.file("cert", &cert, |pem| values::certificates(pem).map(|_| pem.to_vec()));
                s.file("key", &key, |key| {
                    match chain.map(|c| ingest::tls::server_config(&c, key)) {
                        Some(Err(error)) => Err(format!("{:#}", anyhow::Error::new(error))),
                        _ => Ok(()),
                    }
                });
                Ok(Some(Tls { cert, key }))
            }
            (None, None) => Ok(None),
            (cert, _) => {
                let (given, missing) =
                    if cert.is_some() { ("cert", "key") } else { ("key", "cert") };
                let at = s.origin(given);
                s.problem(&at, format!("server.tls has {given} and needs {missing} beside it"));
                Err(())
            }
        }
    }
}

impl Limits {
    fn read(s: &mut Section<'_>) -> Limits {
        let connections = s.key(
            "connections",
            "10000",
            "Connections at one time. A further one hears 503 and is closed.",
            whole(1, 1_000_000),
        );
        let header_timeout = s.key(
            "header_timeout",
            r#""10s""#,
            "For a request's whole head.",
            duration_within("100ms", "10m"),
        );
        let body_timeout = s.key(
            "body_timeout",
            r#""30s""#,
            "For a request's whole body, however slowly it comes.",
            duration_within("100ms", "1h"),
        );
        let write_timeout = s.key(
            "write_timeout",
            r#""30s""#,
            "For a sender to read its answer.",
            duration_within("100ms", "1h"),
        );
        let idle_timeout = s.key(
            "idle_timeout",
            r#""75s""#,
            "Between two requests on one connection.",
            duration_within("1s", "1h"),
        );
        let bytes_in_flight = s.key(
            "bytes_in_flight",
            r#""64 MiB""#,
            "Bytes of requests that are being worked on. Beyond it senders hear 503 and come again.",
            size_within("2 MiB", "1 TiB"),
        );
        let requests_per_second = s.optional(
            "requests_per_second",
            "1000",
            "Requests each second with one write key, with bursts of twice as many. Beyond it senders hear 429 and come again. No limit unless given.",
            whole(1, 1_000_000_000),
        );
        let refused_per_second = s.key(
            "refused_per_second",
            "20",
            "Refused requests each second that are kept for one source, so that its builder can see why.",
            whole(0, 100_000),
        );
        Limits {
            connections: as_usize(connections),
            header_timeout,
            body_timeout,
            write_timeout,
            idle_timeout,
            bytes_in_flight: as_usize(bytes_in_flight),
            requests_per_second: requests_per_second.map(as_u32),
            refused_per_second: as_u32(refused_per_second),
        }
    }
}

impl Logging {
    pub(super) fn read(s: &mut Section<'_>) -> Logging {
        let level = s.key(
            "level",
            r#""info""#,
            "error, warn, info, debug or trace; or a filter such as \"info,delivery=debug\".",
            |node| {
                let given = values::name(node)?;
                match given.parse::<tracing_subscriber::filter::Targets>() {
                    Ok(_) => Ok(given),
                    Err(_) => node.problem(format!(
                        "must be error, warn, info, debug, trace or a filter such as \"info,delivery=debug\", not {given:?}"
                    )),
                }
            },
        );
        let format = s.key(
            "format",
            r#""auto""#,
            "human, json, or auto: human on a terminal and json elsewhere.",
            choice(&["auto", "human", "json"]),
        );
        let format = match format {
            "human" => LogFormat::Human,
            "json" => LogFormat::Json,
            _ => LogFormat::Auto,
        };
        Logging { level, format }
    }
}

impl Log {
    pub(super) fn read(s: &mut Section<'_>) -> Log {
        let segment_bytes = s.key(
            "segment_bytes",
            r#""256 MiB""#,
            "Bytes of a segment. Retention drops whole segments.",
            size_within("1 MiB", "4 GiB"),
        );
        let dedupe_window = s.key(
            "dedupe_window",
            r#""24h""#,
            "How long a message that comes again with the same messageId is recognised at least.",
            duration_within("1m", "30d"),
        );
        let dedupe_window_max = s.key(
            "dedupe_window_max",
            r#""7d""#,
            "The same, as far as dedupe_memory_bytes allows.",
            duration_within("1m", "30d"),
        );
        let dedupe_memory_bytes = s.key(
            "dedupe_memory_bytes",
            r#""256 MiB""#,
            "Memory for messages that are older than dedupe_window.",
            size_within("0", "1 TiB"),
        );
        let dedupe_ids_max = s.optional(
            "dedupe_ids_max",
            "100000000",
            "How many messages are remembered at most, even if that shortens dedupe_window.",
            whole(1000, 10_000_000_000),
        );
        let queue_bytes = s.key(
            "queue_bytes",
            r#""64 MiB""#,
            "Bytes that wait to be written at most. Beyond it senders hear 503 and come again.",
            size_within("2 MiB", "16 GiB"),
        );
        let memory_bytes = s.key(
            "memory_bytes",
            r#""64 MiB""#,
            "Newest bytes that are kept in memory for destinations and viewers that keep up.",
            size_within("1 MiB", "64 GiB"),
        );
        let reserve_bytes = s.key(
            "reserve_bytes",
            r#""256 MiB""#,
            "Room to leave on the disk, at most a twentieth of it. Below it senders hear 503, while deliveries go on.",
            size_within("0", "1 TiB"),
        );
        let compress =
            s.key("compress", "true", "Compresses segments once they are full.", values::switch);
        let (retention_age, retention_bytes, retention_longest) = s.section(
            "retention",
            "How long messages are kept for the debugger, for tracing and for redelivery. What a destination still needs is kept longer.",
            |s| {
                let age =
                    s.key("age", r#""7d""#, "How long.", duration_within("1m", "3650d"));
                let bytes = s.optional(
                    "bytes",
                    r#""50 GB""#,
                    "How much at most. No limit unless given.",
                    size_within("4 MiB", "1000 TB"),
                );
                let longest = s.key(
                    "longest",
                    r#""365d""#,
                    "How long a workspace may keep the messages of a source of its own.",
                    duration_within("1d", "3650d"),
                );
                (age, bytes, longest)
            },
        );
        Log {
            segment_bytes,
            dedupe_window,
            dedupe_window_max,
            dedupe_memory_bytes: as_usize(dedupe_memory_bytes),
            dedupe_ids_max,
            queue_bytes: as_usize(queue_bytes),
            memory_bytes: as_usize(memory_bytes),
            reserve_bytes,
            compress,
            retention_age,
            retention_bytes,
            retention_longest,
        }
    }
}

impl Delivery {
    pub(super) fn read(s: &mut Section<'_>) -> Delivery {
        let allow_private_addresses = s.key(
            "allow_private_addresses",
            "false",
            "Lets destinations be on private, loopback and link-local addresses.",
            values::switch,
        );
        let allowed_networks = s.key(
            "allowed_networks",
            "[]",
            "Or on these networks only, such as [\"10.20.0.0/16\", \"fd00:20::/32\"].",
            list(values::network),
        );
        let ca = s.optional(
            "ca",
            r#""/etc/headwater/ca.pem""#,
            "Certificates of authorities, PEM, whose destinations are trusted beside those of the public ones.",
            values::path,
        );
        let extra_roots = ca.as_deref().and_then(|path| s.file("ca", path, values::authorities));
        let horizon = s.key(
            "horizon",
            r#""72h""#,
            "How long a message that a destination did not take is tried again. Then it waits in the dead-letter list.",
            duration_within("4h", "30d"),
        );
        let attempt_timeout = s.key(
            "attempt_timeout",
            r#""30s""#,
            "How long one attempt may take, whatever the destination does.",
            duration_within("100ms", "10m"),
        );
        let from_start = s.key(
            "from_start",
            "false",
            "Gives new destinations also what the log held before them.",
            values::switch,
        );
        Delivery {
            allow_private_addresses,
            allowed_networks,
            ca,
            extra_roots: extra_roots.unwrap_or_default(),
            horizon,
            attempt_timeout,
            from_start,
        }
    }

    /// What destinations are lent of it.
    pub fn world(&self) -> World {
        World {
            allow_private_addresses: self.allow_private_addresses,
            allowed_networks: self.allowed_networks.clone(),
            extra_roots: self.extra_roots.clone(),
            ..World::default()
        }
    }
}

fn as_u32(number: u64) -> u32 {
    u32::try_from(number).expect("bounds of the key lie below")
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).expect("machines have 64 bits")
}
