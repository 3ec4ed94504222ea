//! What the data plane answers, for the document; the answers themselves pass through unread.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One line of the debugger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageRow {
    /// Where it stands in the log, as text: it may exceed what JavaScript counts.
    #[schema(example = "1048576")]
    position: String,
    /// Workspace and slug of the source.
    #[schema(example = "acme/website")]
    source: Option<String>,
    /// When it was received.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    received_at: String,
    /// `accepted`, `discarded`, `duplicate` or `refused`.
    #[schema(example = "accepted")]
    verdict: String,
    /// `track`, `identify`, `page` …
    #[serde(rename = "type")]
    #[schema(example = "track")]
    kind: Option<String>,
    /// The event, or the page's name.
    #[schema(example = "Order Completed")]
    name: Option<String>,
    /// `userId`.
    user_id: Option<String>,
    /// `email` among the traits of an identify call.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// `anonymousId`.
    anonymous_id: Option<String>,
    /// `messageId`.
    message_id: Option<String>,
    /// Why it was not accepted, for programs.
    #[schema(example = "event_not_string")]
    code: Option<String>,
    /// Why it was not accepted, in one sentence.
    detail: Option<String>,
    /// Where the first message with its id stands.
    duplicate_of: Option<String>,
    /// Bytes of its JSON.
    #[schema(example = 512)]
    bytes: u64,
}

/// The rows of a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageRows {
    /// The newest first.
    messages: Vec<MessageRow>,
}

/// Where older rows begin.
#[derive(Debug, Serialize, ToSchema)]
pub struct Older {
    /// `before` of the next page; absent on the last.
    before: Option<String>,
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePage {
    /// The rows.
    data: MessageRows,
    /// Where older ones begin.
    pagination: Older,
}

/// One message whole: its row, and beside it what is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageDetail {
    /// Its row.
    #[serde(flatten)]
    row: MessageRow,
    /// For a discard: where it was stopped.
    step: Option<String>,
    /// For a discard: where in the message the fault is.
    pointer: Option<String>,
    /// For a discard: its place in its batch.
    index: Option<u32>,
    /// For a refused request: what the sender heard.
    status: Option<u16>,
    /// For a refused request: where it was sent.
    path: Option<String>,
    /// The message as it is stored.
    #[schema(value_type = Option<Object>)]
    message: Option<Value>,
    /// What is kept of a body that is no JSON, or not all of it.
    body: Option<String>,
}

/// The way of one message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The id that was asked for.
    message_id: String,
    /// Every message with this id: its row, and each destination with every attempt.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// How far history was looked through.
    #[schema(value_type = Option<Object>)]
    searched: Option<Value>,
}

/// The books of a source.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accounting {
    /// How the rows are cut: `minute`, `hour` or `total`.
    #[schema(example = "total")]
    by: String,
    /// What came in and what became of it: `received = accepted + duplicates + discarded`, and for
    /// each destination `accepted = notRouted + routed` and
    /// `routed = delivered + pending + discarded + exhausted`.
    sources: Vec<BookRow>,
}

/// What came in within one stretch of time, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookRow {
    /// When it begins; absent of a total.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    time: Option<String>,
    /// How long it is: `minute`, `hour` or `day`, as finely as the books are still kept.
    #[schema(example = "hour")]
    unit: Option<String>,
    /// Workspace and slug of the source.
    #[schema(example = "acme/website")]
    source: Option<String>,
    /// Messages that came in.
    #[schema(example = 14)]
    received: u64,
    /// Messages accepted, each once.
    #[schema(example = 12)]
    accepted: u64,
    /// Messages that had been accepted before.
    #[schema(example = 1)]
    duplicates: u64,
    /// Messages stopped on ingest or at the source.
    #[schema(example = 1)]
    discarded: u64,
    /// Why.
    discards: Vec<BookReason>,
    /// Requests refused whole; nobody knows how many messages they held.
    #[schema(example = 0)]
    refused: u64,
    /// Why.
    refusals: Vec<BookReason>,
    /// What became of the accepted at each destination.
    destinations: Vec<BookLine>,
    /// Whether everything is accounted for, with what is pending counted in the log itself; `null`
    /// when there would be too much to count.
    balanced: Option<bool>,
}

/// What became of messages at one destination.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookLine {
    /// Workspace and slug of the destination; its id once it is deleted.
    #[schema(example = "acme/webhook")]
    destination: String,
    /// Accepted while it was not connected, or disabled.
    #[schema(example = 0)]
    not_routed: u64,
    /// Messages that were its to take.
    #[schema(example = 12)]
    routed: u64,
    /// Messages that it has.
    #[schema(example = 10)]
    delivered: u64,
    /// Messages still on their way.
    #[schema(example = 1)]
    pending: u64,
    /// Messages filtered, or refused by it.
    #[schema(example = 1)]
    discarded: u64,
    /// Why.
    discards: Vec<BookReason>,
    /// Messages given up: its dead letters.
    #[schema(example = 0)]
    exhausted: u64,
    /// Attempts that failed and led to another one.
    #[schema(example = 3)]
    retried: u64,
    /// Whether the log itself holds as many pending messages as the books say; `null` when there
    /// would be too many to count.
    balanced: Option<bool>,
}

/// So many messages of one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookReason {
    /// `failed_on_ingest`, `filtered_at_source`, `filtered_at_destination` or `failed_delivery`.
    #[schema(example = "failed_delivery")]
    step: String,
    /// Why, for programs.
    #[schema(example = "404")]
    code: String,
    /// How many.
    #[schema(example = 1)]
    count: u64,
}

/// How a destination fares.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryState {
    /// State, counts, lag, breaker, pause, next retry, last error.
    #[schema(value_type = Object)]
    destination: Value,
}

/// A message whose retries are used up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Where it stands in the log.
    #[schema(example = "1048576")]
    position: String,
    /// Workspace and slug of its source.
    source: Option<String>,
    /// When it was received.
    received_at: String,
    /// When it was given up.
    given_up_at: String,
    /// How often it was tried.
    #[schema(example = 9)]
    attempts: u32,
    /// What the destination answered last.
    #[schema(example = 503)]
    status: Option<u16>,
    /// Why, for programs.
    #[schema(example = "503")]
    code: String,
    /// The beginning of the answer.
    excerpt: String,
}

/// Dead letters, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetters {
    /// The letters.
    dead_letters: Vec<DeadLetter>,
    /// How many there are.
    total: u64,
}

/// Where later rows begin.
#[derive(Debug, Serialize, ToSchema)]
pub struct Later {
    /// `after` of the next page; absent on the last.
    after: Option<String>,
}

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterPage {
    /// The letters.
    data: DeadLetters,
    /// Where later ones begin.
    pagination: Later,
}

/// What to deliver again: one of both.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redeliver {
    /// These dead letters.
    #[schema(example = json!(["1048576"]), min_items = 1, max_items = 10000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    positions: Option<Vec<String>>,
    /// All of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<bool>,
}

/// How many are delivered again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redelivered {
    /// Messages.
    #[schema(example = 12)]
    redelivered: u64,
}

/// What the last loads of a destination brought.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncHistory {
    /// Whether destinations of this kind keep a history.
    kept: bool,
    /// How far each source is loaded.
    receipts: Vec<SyncReceipt>,
    /// Up to a minute of loads each, the newest first.
    syncs: Vec<SyncEntry>,
}

/// How far one source is loaded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncReceipt {
    /// Workspace and slug of the source.
    #[schema(example = "acme/website")]
    source: String,
    /// Every message that was received up to then was loaded or discarded.
    #[schema(example = "2026-11-25T12:31:07.000Z")]
    complete_until: Option<String>,
    /// When the newest message that was loaded was received.
    #[schema(example = "2026-11-25T12:31:09.000Z")]
    loaded_until: Option<String>,
    /// Messages loaded so far.
    #[schema(example = 120_000)]
    messages: u64,
    /// Rows that they became.
    #[schema(example = 240_000)]
    rows: u64,
}

/// What a while of loading brought.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncEntry {
    /// Workspace and slug of the source.
    #[schema(example = "acme/website")]
    source: String,
    /// `success`, `partial` (all is there; the notices say what stands elsewhere than one would
    /// think) or `failure`.
    #[schema(example = "success")]
    status: String,
    /// When its first load began.
    #[schema(example = "2026-11-25T12:31:00.000Z")]
    started_at: String,
    /// When its last load ended.
    #[schema(example = "2026-11-25T12:31:09.000Z")]
    ended_at: String,
    /// Loads in it.
    #[schema(example = 3)]
    loads: u64,
    /// Messages.
    #[schema(example = 1_200)]
    messages: u64,
    /// Rows that they became.
    #[schema(example = 2_400)]
    rows: u64,
    /// What was loaded otherwise than one would think.
    #[schema(example = "order_completed.total became text")]
    notices: Option<String>,
    /// Why nothing was loaded.
    #[schema(example = "28P01: password authentication failed")]
    error: Option<String>,
}

/// Whether it goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resumed {
    /// `false` when it was not paused.
    resumed: bool,
}

/// What a source sends, as far as its newest messages show.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceSchema {
    /// When the oldest message came that was looked at.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    from: Option<String>,
    /// How many were looked at.
    #[schema(example = 5000)]
    messages: u32,
    /// Whether these are all that are kept, or all of the time that was asked for.
    pub complete: bool,
    /// Whether there are events or properties beyond those that are told apart.
    truncated: bool,
    /// How many are told apart.
    limits: SchemaLimits,
    /// What a point of a series stands for.
    #[schema(example = "hour")]
    interval: SchemaInterval,
    /// By type and name.
    pub events: Vec<SchemaEvent>,
}

/// How many of each a schema tells apart. Data flows beyond them all the same.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaLimits {
    /// Events.
    #[schema(example = 4000)]
    events: u32,
    /// Properties of each event, nested ones included.
    #[schema(example = 300)]
    properties_of_event: u32,
    /// Traits of identify calls, and as many of group calls.
    #[schema(example = 300)]
    traits: u32,
}

/// What a point of a series stands for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SchemaInterval {
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

/// The messages of one hour or day in which there were any.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SchemaPoint {
    /// When it began.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    at: String,
    /// Messages accepted.
    #[schema(example = 11)]
    accepted: u64,
    /// Messages discarded.
    #[schema(example = 1)]
    discarded: u64,
}

/// An event, page or screen by its name; identify, group and alias calls stand together.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaEvent {
    /// `track`, `identify`, `page` …
    #[serde(rename = "type")]
    #[schema(example = "track")]
    pub kind: String,
    /// The event, or the name of the page or screen.
    #[schema(example = "Order Completed")]
    pub name: Option<String>,
    /// How often it came.
    #[schema(example = 12)]
    count: u64,
    /// Messages accepted.
    #[schema(example = 11)]
    pub accepted: u64,
    /// Messages discarded.
    #[schema(example = 1)]
    pub discarded: u64,
    /// When the oldest of them came.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    first_seen_at: String,
    /// When the newest of them came.
    #[schema(example = "2026-11-25T12:30:00.000Z")]
    pub last_seen_at: String,
    /// When they came, the oldest first.
    series: Vec<SchemaPoint>,
    /// Whether somebody blocked the event.
    #[serde(default)]
    #[schema(required = true)]
    pub blocked: bool,
    /// Whether somebody archived it.
    #[serde(default)]
    #[schema(required = true)]
    pub archived: bool,
    /// The destinations that somebody switched off for it, by id.
    #[serde(default)]
    #[schema(required = true, example = json!(["dst_4hPS4Yz1rXUSX6sFwGFHUb"]))]
    pub destinations_off: Vec<String>,
    /// Properties; of identify and group calls, traits.
    pub properties: Vec<SchemaProperty>,
}

/// A property or trait.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaProperty {
    /// Its name; nested ones dotted, items of arrays as `.$`.
    #[schema(example = "products.$.sku")]
    pub name: String,
    /// Messages that have it.
    #[schema(example = 12)]
    count: u64,
    /// Accepted ones that have it.
    #[schema(example = 11)]
    pub accepted: u64,
    /// Discarded ones that have it.
    #[schema(example = 1)]
    pub discarded: u64,
    /// When the newest of them came.
    #[schema(example = "2026-11-25T12:30:00.000Z")]
    pub last_seen_at: String,
    /// Messages by the type that it has in them: `string`, `number`, `boolean`, `object`, `array`,
    /// `null`.
    #[schema(example = json!({ "string": 11, "number": 1 }))]
    types: BTreeMap<String, u64>,
}

/// What came of a test.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// The last request that was sent, without secrets; `null` when the destination was not called
    /// or speaks no HTTP.
    request: Option<TrialRequest>,
    /// Its answer; `null` when none came.
    response: Option<TrialResponse>,
    /// What would become of a message.
    pub outcome: TrialOutcome,
    /// In a sentence.
    #[schema(example = "the destination answered 200")]
    detail: String,
    /// How long it took, in milliseconds.
    #[schema(example = 42)]
    duration_ms: u32,
}

/// What would become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TrialOutcome {
    /// The destination has it.
    Delivered,
    /// It would be tried again.
    Retry,
    /// It would be discarded.
    Refused,
    /// The destination would be paused until somebody edits its settings.
    BadSettings,
}

/// A request as it was sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TrialRequest {
    /// Its method.
    #[schema(example = "POST")]
    method: String,
    /// Where it went.
    #[schema(example = "https://example.com/hook")]
    url: String,
    /// Its headers by their names, in lower case.
    #[schema(example = json!({ "content-type": "application/json" }))]
    headers: BTreeMap<String, String>,
    /// Its body.
    #[schema(example = "{\"type\":\"track\"}")]
    body: String,
}

/// An answer as it came.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TrialResponse {
    /// Its status.
    #[schema(example = 200)]
    status: u16,
    /// Its headers by their names, in lower case.
    #[schema(example = json!({ "content-type": "text/plain" }))]
    headers: BTreeMap<String, String>,
    /// The beginning of its body.
    #[schema(example = "ok")]
    body: String,
}
