//! Against a real server, a database for each test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod errors;
mod exactly_once;
mod hostile;
mod killed;
mod latest;
mod schema;
mod server;
mod tls;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;
use destination_kit::{
    Destination, DestinationKind as _, Origin, Parcel, World,
    conformance::{Next, kind, next, owner},
};
use serde_json::{Value, json};
use spec::{Head, Kind, Message, SourceId, Span};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::{PostgresKind, scan::Scanner};

pub(super) use latest::Random;

/// When the first message was received.
const BEGAN_MS: i64 = 1_795_615_800_000;

/// A database of its own on the server that `scripts/with-postgres` has started.
struct Database {
    settings: Value,
    client: Client,
}

impl Database {
    #[expect(clippy::disallowed_methods, reason = "a test is told where its server is")]
    async fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let server = std::env::var("HEADWATER_TEST_POSTGRES").expect(
            "HEADWATER_TEST_POSTGRES names no server: run it as scripts/with-postgres <command>",
        );
        let name = format!("warehouse_{}_{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let admin = connect(&format!("{server}/postgres")).await;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let address = server.rsplit('@').next().unwrap();
        let (host, port) = address.split_once(':').unwrap();
        let port: u16 = port.parse().unwrap();
        let settings = json!({ "host": host, "port": port, "database": name, "user": "postgres",
            "ssl_mode": "disable" });
        let client = connect(&format!("{server}/{name}")).await;
        Database { settings, client }
    }

    fn open(&self) -> Arc<dyn Destination> {
        self.open_with(json!({}))
    }

    /// With `settings` beside those that lead here.
    fn open_with(&self, settings: Value) -> Arc<dyn Destination> {
        let mut all = self.settings.as_object().unwrap().clone();
        all.extend(settings.as_object().unwrap().clone());
        open(&Value::Object(all))
    }

    /// Rows of `sql` as lines; null is `–`.
    async fn told(&self, sql: &str) -> String {
        told(&self.client, sql).await
    }

    /// Columns of a table and their types, in order of name.
    async fn columns(&self, table: &str) -> String {
        self.told(&format!(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attname) \
             FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        ))
        .await
    }
}

fn open(settings: &Value) -> Arc<dyn Destination> {
    let world = World { allow_private_addresses: true, ..World::default() };
    open_in(settings, &world)
}

fn open_in(settings: &Value, world: &World) -> Arc<dyn Destination> {
    PostgresKind.open(settings.as_object().unwrap(), &owner(), world).unwrap()
}

async fn connect(url: &str) -> Client {
    let config: tokio_postgres::Config = url.parse().unwrap();
    let host = match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Tcp(host) => host.clone(),
        other => panic!("{other:?}"),
    };
    let world = World { allow_private_addresses: true, ..World::default() };
    let stream = destination_kit::connect_tcp(&world, &host, config.get_ports()[0]).await.unwrap();
    let (client, connection) = config.connect_raw(stream, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn told(client: &Client, sql: &str) -> String {
    let messages = client.simple_query(sql).await.unwrap_or_else(|bad| panic!("{sql}: {bad:?}"));
    let mut lines = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            let cells: Vec<&str> = (0..row.len()).map(|at| row.get(at).unwrap_or("–")).collect();
            lines.push(cells.join(" | "));
        }
    }
    lines.join("\n")
}

/// A message as ingest stores it; `json` has what the sender sent, and a `messageId`.
fn message(json: &Value) -> Message {
    raw_message(json["type"].as_str().unwrap().parse().unwrap(), &json.to_string())
}

/// The same, of text that `Value` may not hold.
fn raw_message(kind: Kind, raw: &str) -> Message {
    let mut head = Head {
        kind,
        message_id: Span::default(),
        name: Span::default(),
        user_id: Span::default(),
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    let mut scanner = Scanner::new(raw.as_bytes(), 0);
    scanner.enter().unwrap();
    while let Some(key) = scanner.key() {
        let leaf = scanner.value(0).unwrap();
        let span = Span { start: leaf.start, len: leaf.len };
        match (key, kind) {
            (b"messageId", _) => head.message_id = span,
            (b"userId", _) => head.user_id = span,
            (b"anonymousId", _) => head.anonymous_id = span,
            (b"event", Kind::Track) | (b"name", Kind::Page | Kind::Screen) => head.name = span,
            _ => {}
        }
    }
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw.as_bytes());
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).unwrap()
}

/// The messages in their order, each one second after the other, from the source `my-shop`.
fn parcels(messages: &[Value]) -> Vec<Parcel> {
    messages.iter().zip(0..).map(|(json, n)| parcel(n, json)).collect()
}

pub(super) fn parcel(position: u64, json: &Value) -> Parcel {
    Parcel {
        message: message(json),
        position,
        received_at_ms: BEGAN_MS + i64::try_from(position).unwrap() * 1000,
        source: source("src_shop", "my-shop"),
        mapped: None,
    }
}

fn source(id: &str, slug: &str) -> Arc<Origin> {
    let (id, slug) = (SourceId(id.into()), slug.to_owned());
    Arc::new(Origin { id, name: slug.clone(), slug })
}

/// A track call.
pub(super) fn track(id: &str, event: &str, properties: Value) -> Value {
    json!({ "type": "track", "messageId": id, "anonymousId": "a-1", "event": event,
        "properties": properties })
}

async fn deliver(destination: &Arc<dyn Destination>, parcels: &[Parcel]) {
    let outcome = destination.deliver(parcels).await;
    assert_eq!(next(&outcome), Next::Done, "{outcome:?}");
}

#[tokio::test]
async fn it_passes_the_conformance_suite() {
    kind(&PostgresKind);
    let database = Database::new().await;
    destination_kit::conformance::delivers(database.open()).await;
    let told = database.told("SELECT count(*), count(DISTINCT id) FROM website.tracks").await;
    assert_eq!(told, "10000 | 10000");
}
