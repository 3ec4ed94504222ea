//! `[server]`, `[logging]`, `[log]` and `[delivery]`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

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
#[derive(Debug, Clone)]
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
}

impl Role {
    /// Every role, and its name on the command line.
    pub const ALL: [(Role, &'static str); 3] =
        [(Role::Ingest, "ingest"), (Role::Delivery, "delivery"), (Role::Debugger, "debugger")];
}

/// `[server.tls]`.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// `[server.limits]`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// From a connection's first byte to the end of a request's head.
    pub header_timeout: Duration,
    /// For a whole body, however slowly it comes.
    pub body_timeout: Duration,
    /// Between two requests of a connection.
    pub idle_timeout: Duration,
    /// Bytes of requests that wait to be answered.
    pub bytes_in_flight: usize,
    /// Events each second for one write key.
    pub events_per_second: Option<u32>,
}

/// `[logging]`.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub struct Log {
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// How long a duplicate is recognised.
    pub dedupe_window: Duration,
    /// How many messages are remembered at most for that.
    pub dedupe_ids_max: u64,
    /// Bytes that wait to be written at most.
    pub queue_bytes: usize,
    /// How long messages are kept.
    pub retention_age: Duration,
    /// How many bytes are kept.
    pub retention_bytes: Option<u64>,
}

/// `[delivery]`.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Whether destinations may be on private, loopback and link-local addresses.
    pub allow_private_addresses: bool,
    /// How long a message is tried again.
    pub horizon: Duration,
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
            r#"["ingest", "delivery", "debugger"]"#,
            "What this process does.",
            list(choice(&["ingest", "delivery", "debugger"])),
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
            "Serves /metrics and /health at an address of their own, and no longer at listen.",
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
            (Some(cert), Some(key)) => Ok(Some(Tls { cert, key })),
            (None, None) => Ok(None),
            (cert, _) => {
                let (given, missing) = if cert.is_some() { ("cert", "key") } else { ("key", "cert") };
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
            "Connections at one time. Further ones wait to be accepted.",
            whole(1, 1_000_000),
        );
        let header_bytes = s.key(
            "header_bytes",
            r#""32 KiB""#,
            "Bytes of a request's head.",
            size_within("8 KiB", "1 MiB"),
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
        let events_per_second = s.optional(
            "events_per_second",
            "1000",
            "Events each second for one write key. Beyond it senders hear 429 and come again. No limit unless given.",
            whole(1, 1_000_000_000),
        );
        Limits {
            connections: as_usize(connections),
            header_bytes: as_usize(header_bytes),
            header_timeout,
            body_timeout,
            idle_timeout,
            bytes_in_flight: as_usize(bytes_in_flight),
            events_per_second: events_per_second
                .map(|events| u32::try_from(events).expect("it is at most a billion")),
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
            r#""7d""#,
            "How long a message that comes again with the same messageId is recognised.",
            duration_within("1m", "30d"),
        );
        let dedupe_ids_max = s.key(
            "dedupe_ids_max",
            "50000000",
            "How many messages are remembered at most for that.",
            whole(1000, 10_000_000_000),
        );
        let queue_bytes = s.key(
            "queue_bytes",
            r#""64 MiB""#,
            "Bytes that wait to be written at most. Beyond it senders hear 503 and come again.",
            size_within("2 MiB", "16 GiB"),
        );
        let (retention_age, retention_bytes) = s.section(
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
                (age, bytes)
            },
        );
        Log {
            segment_bytes,
            dedupe_window,
            dedupe_ids_max,
            queue_bytes: as_usize(queue_bytes),
            retention_age,
            retention_bytes,
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
        let horizon = s.key(
            "horizon",
            r#""72h""#,
            "How long a message that a destination did not take is tried again. Then it waits in the dead-letter list.",
            duration_within("1m", "30d"),
        );
        Delivery { allow_private_addresses, horizon }
    }
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).expect("machines have 64 bits")
}
