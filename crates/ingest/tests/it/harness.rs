//! A server with one live source, one disabled source, and a log in memory.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use event_log::{Entry, EventLog, MemoryLog, Position, conformance::read_all};
use http::Response;
use http_body_util::Full;
use ingest::{Options, Server, fallback};
use routing::{Routing, RoutingSnapshot, SourceRoute};
use serde_json::Value;
use spec::{Discard, Message, Refused, SourceId, WriteKey, record};

use crate::client::{self, Answer, Request};

pub const KEY: &str = "abcdefghijklmnopqrstuvwxyz012345";
/// Another key of the same source.
pub const SECOND_KEY: &str = "secondghijklmnopqrstuvwxyz012345";
pub const DISABLED_KEY: &str = "disabledhijklmnopqrstuvwxyz01234";
pub const UNKNOWN_KEY: &str = "unknownghijklmnopqrstuvwxyz01234";

pub struct Harness {
    pub server: Server,
    pub log: Arc<dyn EventLog>,
}

/// What one or more requests left in the log.
#[derive(Debug, Default)]
pub struct Left {
    pub messages: Vec<Value>,
    pub discards: Vec<(u64, Discard)>,
    pub refused: Vec<(u64, Refused)>,
    pub duplicates: usize,
}

pub fn source(slug: &str, key: &str, enabled: bool) -> SourceRoute {
    SourceRoute {
        id: SourceId(slug.into()),
        slug: slug.into(),
        name: slug.into(),
        write_keys: vec![WriteKey(key.into())],
        enabled,
        client_side: false,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    }
}

pub fn routing() -> Routing {
    let mut website = source("website", KEY, true);
    website.write_keys.push(WriteKey(SECOND_KEY.into()));
    let sources = vec![website, source("disabled", DISABLED_KEY, false)];
    Routing::new(RoutingSnapshot::new(1, sources, vec![]))
}

pub fn stream() -> u64 {
    SourceId("website".into()).stream()
}

/// Options for tests: a free port, two threads.
pub fn options() -> Options {
    Options { listen: SocketAddr::from(([127, 0, 0, 1], 0)), threads: 2, ..Options::default() }
}

pub fn not_found() -> ingest::Fallback {
    fallback(tower::service_fn(async |_| {
        let response = Response::builder().status(404).body(Full::from("nothing here"));
        Ok::<_, Infallible>(response.unwrap())
    }))
}

impl Harness {
    pub fn start() -> Harness {
        Harness::with(options())
    }

    pub fn with(options: Options) -> Harness {
        Harness::over(options, Arc::new(MemoryLog::new()))
    }

    pub fn over(options: Options, log: Arc<dyn EventLog>) -> Harness {
        Harness::routed(options, log, routing())
    }

    pub fn routed(options: Options, log: Arc<dyn EventLog>, routing: Routing) -> Harness {
        let server = Server::start(options, routing, log.clone(), not_found(), None).unwrap();
        Harness { server, log }
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    pub async fn send(&self, request: &Request) -> Answer {
        client::send(self.addr(), request).await
    }

    pub fn end(&self) -> Position {
        *self.log.end().borrow()
    }

    /// Sends one request and says what it left in the log.
    pub async fn sent(&self, request: &Request) -> (Answer, Left) {
        let from = self.end();
        let answer = self.send(request).await;
        (answer, self.left(from).await)
    }

    /// What stands in the log from `from` on.
    pub async fn left(&self, from: Position) -> Left {
        let mut left = Left::default();
        for entry in read_all(&*self.log, from).await {
            left.add(entry);
        }
        left
    }
}

impl Left {
    fn add(&mut self, entry: Entry) {
        let stream = entry.label.stream;
        match entry.label.kind {
            _ if entry.duplicate_of.is_some() => self.duplicates += 1,
            record::MESSAGE => {
                let message = Message::decode(entry.payload).unwrap();
                self.messages.push(lenient(message.raw()));
            }
            record::DISCARD => {
                self.discards.push((stream, record::decode(&entry.payload).unwrap()));
            }
            record::REFUSED => {
                self.refused.push((stream, record::decode(&entry.payload).unwrap()));
            }
            other => panic!("nobody writes records of kind {other} here"),
        }
    }

    /// How many of each: messages, discards, refused, duplicates.
    pub fn counts(&self) -> [usize; 4] {
        [self.messages.len(), self.discards.len(), self.refused.len(), self.duplicates]
    }
}

/// Reads a stored message as a destination would: lone surrogates are kept in the log as they were
/// sent, and no value can hold them.
fn lenient(raw: &[u8]) -> Value {
    serde_json::from_slice(raw).unwrap_or_else(|_| {
        let text = std::str::from_utf8(raw).unwrap().replace("\\ud800", "\\ufffd");
        serde_json::from_str(&text).unwrap()
    })
}

pub fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

/// A track call of the live source with this `messageId`.
pub fn track(id: &str) -> Request {
    let body = format!(r#"{{"userId":"u-1","event":"Song Played","messageId":"{id}"}}"#);
    Request::post("/v1/track", body).header("authorization", &basic(&format!("{KEY}:")))
}

/// A batch of the live source.
pub fn batch(items: &str) -> Request {
    let body = format!(r#"{{"batch":[{items}]}}"#);
    Request::post("/v1/batch", body).header("authorization", &basic(&format!("{KEY}:")))
}
