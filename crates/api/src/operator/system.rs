use axum::extract::State;
use http::Method;
use serde::{Deserialize, Serialize};
use store::{Engine, mails};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    error::ApiError,
    planes::forward::{Target, ask},
    state::Api,
};

/// How the installation fares.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct System {
    #[serde(flatten)]
    process: Process,
    #[serde(flatten)]
    traffic: Traffic,
    /// The control plane's database.
    database: Database,
    /// What becomes of mails.
    mail: MailState,
}

/// The process that answers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Its version.
    #[schema(example = "0.1.0")]
    version: String,
    /// When it began.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    started_at: String,
    /// What it does.
    #[schema(example = json!(["ingest", "delivery", "debugger", "control", "web"]))]
    roles: Vec<String>,
    /// What a 200 of the tracking API promises.
    durability: Durability,
    /// What the data plane goes by.
    snapshot: Snapshot,
    /// The configuration file.
    configuration: Configuration,
    /// The event log.
    log: LogState,
    /// The disk that it lies on; `null` when the system does not say.
    disk: Option<Disk>,
}

/// What a 200 of the tracking API promises.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Durability {
    /// Its class.
    #[schema(example = "local-disk")]
    class: String,
    /// In a sentence.
    #[schema(
        example = "200 means that every accepted message of the request is on this machine's disk"
    )]
    promise: String,
}

/// What the data plane goes by.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Counts up with every change.
    #[schema(example = 7)]
    revision: u64,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    made_at: String,
    /// Sources in it.
    #[schema(example = 3)]
    sources: u64,
    /// Destinations in it.
    #[schema(example = 2)]
    destinations: u64,
}

/// The configuration file.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Configuration {
    /// Whether it was changed and is not in effect.
    stale: bool,
    /// What is to be said about it.
    #[schema(example = "takes effect at the next start: server.listen")]
    detail: Option<String>,
}

/// The event log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogState {
    /// Segments on the disk.
    #[schema(example = 4)]
    segments: u64,
    /// Bytes on the disk, indexes included.
    #[schema(example = 1_073_741_824)]
    disk_bytes: u64,
    /// Position of the oldest record, as text.
    #[schema(example = "0")]
    oldest: String,
    /// When it came.
    #[schema(example = "2026-11-18T12:00:00.000Z")]
    oldest_at: Option<String>,
    /// Where the next record will stand, as text.
    #[schema(example = "1048576")]
    end: String,
    /// When the newest record came.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    newest_at: Option<String>,
    /// Whether the disk is full: messages are refused until there is room.
    full: bool,
    /// Whether it has stopped after a failed write: messages are refused until a restart.
    stopped: bool,
    /// How long it keeps what it has.
    retention: Retention,
}

/// How long the log keeps what it has.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// So many seconds.
    #[schema(example = 604_800)]
    seconds: u64,
    /// So many bytes at most; `null` without a limit.
    bytes: Option<u64>,
}

/// A disk.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    /// Bytes that are free.
    #[schema(example = 53_687_091_200_u64)]
    free_bytes: u64,
    /// Bytes in all.
    #[schema(example = 107_374_182_400_u64)]
    total_bytes: u64,
}

/// What comes in and what waits; each is `null` where this process does not deliver.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Traffic {
    /// The last whole minute.
    throughput: Option<Throughput>,
    /// The last 24 hours.
    books: Option<BooksState>,
    /// What waits for destinations.
    deliveries: Option<Deliveries>,
}

/// Messages a second in the last whole minute.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Throughput {
    /// The minute's beginning.
    #[schema(example = "2026-11-25T11:59:00.000Z")]
    from: String,
    /// Its end.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    to: String,
    /// Accepted.
    #[schema(example = 12.5)]
    accepted_per_second: f64,
    /// Accepted before with the same id.
    #[schema(example = 0.1)]
    duplicates_per_second: f64,
    /// Discarded.
    #[schema(example = 0.3)]
    discarded_per_second: f64,
    /// Requests refused, as far as they are kept.
    #[schema(example = 0.0)]
    refused_per_second: f64,
}

/// The sums of the last 24 hours.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BooksState {
    /// From this time.
    #[schema(example = "2026-11-24T12:00:00.000Z")]
    from: String,
    /// To this time.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    to: String,
    /// Messages that came in: `accepted + duplicates + discarded`.
    #[schema(example = 1200)]
    received: u64,
    /// Each once.
    #[schema(example = 1180)]
    accepted: u64,
    /// With an id that was accepted before.
    #[schema(example = 12)]
    duplicates: u64,
    /// Stopped for a reason.
    #[schema(example = 8)]
    discarded: u64,
    /// Requests refused, beside them.
    #[schema(example = 1)]
    refused: u64,
    /// Whether every destination's line fits a count in the log itself; `null` where that would
    /// mean to read too much of it.
    balanced: Option<bool>,
    /// Bytes of log that the books have not read yet.
    #[schema(example = 0)]
    behind_bytes: u64,
}

/// What waits for destinations.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deliveries {
    /// Messages.
    #[schema(example = 17)]
    pending: u64,
    /// When the oldest of them was accepted.
    #[schema(example = "2026-11-25T11:00:00.000Z")]
    oldest_pending_at: Option<String>,
    /// Destinations with something pending, the one that is furthest behind first.
    destinations: Vec<DestinationLag>,
    /// How many more there are.
    #[schema(example = 0)]
    more: u64,
}

/// What waits for one destination.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationLag {
    /// Its id.
    #[schema(example = "dst_3yQ8sVbCq5F0w2xJ9kLmNp")]
    id: String,
    /// Its name in the data plane.
    #[schema(example = "acme/dst_3yQ8sVbCq5F0w2xJ9kLmNp")]
    slug: String,
    /// Its name.
    #[schema(example = "Webhook")]
    name: String,
    /// Its kind.
    #[serde(rename = "type")]
    #[schema(example = "webhook")]
    kind: String,
    /// `active`, `failing`, `paused`, `misconfigured`, `disabled` …
    #[schema(example = "failing")]
    state: String,
    /// Messages.
    #[schema(example = 17)]
    pending: u64,
    /// When the oldest of them was accepted.
    #[schema(example = "2026-11-25T11:00:00.000Z")]
    oldest_pending_at: Option<String>,
    /// Bytes of log that it has not read yet.
    #[schema(example = 4096)]
    lag_bytes: u64,
}

/// The control plane's database.
#[derive(Debug, Serialize, ToSchema)]
pub struct Database {
    /// `sqlite` or `postgres`.
    #[schema(example = "sqlite")]
    engine: &'static str,
}

/// What becomes of mails.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailState {
    /// `smtp`: a server takes them; `outbox`: they stay here.
    #[schema(example = "smtp")]
    mode: &'static str,
    /// To be sent.
    #[schema(example = 0)]
    queued: i64,
    /// Given up.
    #[schema(example = 0)]
    failed: i64,
    /// In the outbox and nowhere else.
    #[schema(example = 3)]
    kept: i64,
}

/// How the installation fares, in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemAnswer {
    /// How it fares.
    system: System,
}

/// Get the state of the system
///
/// The process that answers, its log and disk, what comes in, what waits, database and mail. What
/// does not run in this process is `null`.
#[utoipa::path(
    get,
    path = "/operator/system",
    operation_id = "getSystem",
    tag = "Operator",
    responses((status = 200, description = "How it fares", body = Data<SystemAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({ "503": ["log_unavailable", "no_data_plane"] }))
    )
)]
pub async fn get(State(api): State<Api>) -> Result<Data<SystemAnswer>, ApiError> {
    let process: Process = ask(&api, Method::GET, Target::new(&["system"], None), None).await?;
    let delivers = process.roles.iter().any(|role| role == "delivery");
    let traffic = match delivers {
        true => ask(&api, Method::GET, Target::new(&["overview"], None), None).await?,
        false => Traffic::default(),
    };
    let unsent = mails::unsent(&mut *api.db.read().await?).await?;
    let engine = match api.db.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    let mode = if api.options.mail_is_sent { "smtp" } else { "outbox" };
    let mails::Unsent { queued, failed, kept } = unsent;
    let mail = MailState { mode, queued, failed, kept };
    let system = System { process, traffic, database: Database { engine }, mail };
    Ok(data(SystemAnswer { system }))
}
