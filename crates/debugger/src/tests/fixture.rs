use std::{borrow::Cow, sync::Arc};

use axum::{Router, body::Body};
use bytes::Bytes;
use event_log::{Batch, EventLog, Label, MemoryLog, Position, Tag};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use routing::{DestinationRoute, Routing, RoutingSnapshot, SourceRoute};
use serde_json::{Map, Value};
use spec::{
    Attempt, Attempts, DestinationId, Discard, Head, Kind, Message, Outcome, Refused, SourceId,
    Span, Step, record,
};
use tower::ServiceExt;

use crate::{Debugger, Options, routes};

/// When everything in these tests is received.
pub(crate) const RECEIVED_AT_MS: i64 = 1_763_000_000_000;

/// A debugger with two sources, `website` and `app`, and a destination `crm` of `website`.
pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    /// The same log, where it is one in memory.
    pub(crate) memory: MemoryLog,
    pub(crate) routing: Routing,
    pub(crate) debugger: Debugger,
    pub(crate) router: Router,
}

pub(crate) fn snapshot(revision: u64, sources: &[&str]) -> RoutingSnapshot {
    let source = |slug: &&str| SourceRoute {
        id: SourceId((*slug).into()),
        slug: (*slug).into(),
        name: slug.to_uppercase(),
        write_keys: vec![spec::WriteKey(format!("key-of-{slug}").into())],
        enabled: true,
        client_side: false,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    };
    let destination = DestinationRoute {
        id: DestinationId("dst-crm".into()),
        slug: "crm".into(),
        name: "CRM".into(),
        kind: "webhook".into(),
        enabled: true,
        settings: Map::new(),
        sources: vec![SourceId("website".into())],
        concurrency: 4,
        rate_per_second: None,
        retry_for: None,
        events_off: Default::default(),
        filters: Default::default(),
        mappings: Default::default(),
    };
    RoutingSnapshot::new(revision, sources.iter().map(source).collect(), vec![destination])
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> World {
        let memory = MemoryLog::new();
        World { memory: memory.clone(), ..World::over(Arc::new(memory), options) }
    }

    pub(crate) fn over(log: Arc<dyn EventLog>, options: Options) -> World {
        let routing = Routing::new(snapshot(1, &["website", "app"]));
        let now = || RECEIVED_AT_MS + 60_000;
        let debugger = Debugger::new(log.clone(), routing.clone(), now, options);
        World { log, memory: MemoryLog::new(), routing, router: routes(debugger.clone()), debugger }
    }

    pub(crate) async fn append(
        &self,
        kind: u8,
        source: &str,
        tag: Tag,
        payload: &[u8],
    ) -> Position {
        self.append_at(RECEIVED_AT_MS, kind, source, tag, payload).await
    }

    pub(crate) async fn append_at(
        &self,
        time_ms: i64,
        kind: u8,
        source: &str,
        tag: Tag,
        payload: &[u8],
    ) -> Position {
        let stream = match source {
            "" => 0,
            source => SourceId(source.into()).stream(),
        };
        let mut batch = Batch::new();
        batch.want_places();
        batch.push(Label { kind, stream, time_ms, tag }, payload);
        let appended = self.log.lane().append(batch).await.expect("there is room");
        appended.places[0].position
    }

    /// Accepts a message; a second one with the same id becomes a duplicate.
    pub(crate) async fn accept(&self, source: &str, json: &str) -> Position {
        let id = between_quotes(json, "messageId").expect("the test names a messageId");
        let id = &json.as_bytes()[id.start as usize..][..id.len as usize];
        // The key is made of the text, however it was spelt.
        let id = crate::opened::text_of(id).into_owned();
        let key = self.log.key_of(SourceId(source.into()).stream(), id.as_bytes());
        self.append(record::MESSAGE, source, Tag::Key(key), &encoded(json)).await
    }

    pub(crate) async fn track(&self, source: &str, id: &str, event: &str) -> Position {
        let json = format!(
            r#"{{"type":"track","event":"{event}","userId":"u-1","messageId":"{id}","properties":{{"total":1.50}}}}"#
        );
        self.accept(source, &json).await
    }

    pub(crate) async fn discard(&self, source: &str, code: &'static str, body: &str) -> Position {
        let readable = between_quotes(body, "messageId").is_some();
        let discard = Discard {
            step: Step::FailedOnIngest,
            code: Cow::Borrowed(code),
            messages: 1,
            pointer: "/event".into(),
            detail: "event is missing".into(),
            index: 2,
            body: if readable { encoded(body) } else { body.into() },
            readable,
        };
        self.append(record::DISCARD, source, Tag::None, &record::encode(&discard)).await
    }

    pub(crate) async fn refuse(&self, source: &str, body: &str) -> Position {
        let refused = Refused {
            status: 400,
            code: "invalid_request".into(),
            message: "malformed JSON".into(),
            path: "/v1/track".into(),
            excerpt: body.into(),
            body_bytes: 9000,
        };
        self.append(record::REFUSED, source, Tag::None, &record::encode(&refused)).await
    }

    pub(crate) async fn attempt(&self, about: Position, number: u32, outcome: Outcome) {
        let attempts = Attempts {
            destination: DestinationId("dst-crm".into()),
            read_to: about.0 + 1,
            attempts: vec![Attempt {
                position: about.0,
                stream: SourceId("website".into()).stream(),
                received_at_ms: RECEIVED_AT_MS,
                at_ms: RECEIVED_AT_MS + i64::from(number) * 1000,
                took_ms: 12,
                number,
                outcome,
            }],
        };
        let payload = record::encode(&attempts);
        self.append(record::ATTEMPTS, "", Tag::Refers(about, about), &payload).await;
    }

    pub(crate) async fn get_text(&self, uri: &str) -> (StatusCode, String) {
        let request = Request::get(uri).body(Body::empty()).expect("the test names a good path");
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        let status = response.status();
        let body = response.into_body().collect().await.expect("it is in memory").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("answers are text"))
    }

    pub(crate) async fn get(&self, uri: &str) -> (StatusCode, Value) {
        let (status, text) = self.get_text(uri).await;
        (status, serde_json::from_str(&text).expect("answers are JSON"))
    }

    /// Positions of the rows of a page, and where to go on.
    pub(crate) async fn page(&self, uri: &str) -> (Vec<String>, Option<String>) {
        let (status, answer) = self.get(uri).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let rows = answer["data"]["messages"].as_array().expect("a list").clone();
        let positions = rows.iter().map(|row| text(&row["position"])).collect();
        (positions, answer["pagination"]["before"].as_str().map(str::to_owned))
    }

    pub(crate) async fn view(&self, uri: &str, last_event_id: Option<&str>) -> Viewer {
        let mut request = Request::get(uri);
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let request = request.body(Body::empty()).expect("the test names a good path");
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Viewer { body: response.into_body(), buffer: String::new(), last_id: None }
    }
}

/// A client of a live stream.
pub(crate) struct Viewer {
    body: Body,
    buffer: String,
    pub(crate) last_id: Option<String>,
}

/// One frame as a client sees it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) event: String,
    pub(crate) data: Value,
    pub(crate) comment: bool,
}

impl Viewer {
    /// The next frame; `None` when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Seen> {
        while !self.buffer.contains("\n\n") {
            let frame = self.body.frame().await?.expect("it is in memory");
            let bytes: Bytes = frame.into_data().expect("streams have no trailers");
            self.buffer.push_str(std::str::from_utf8(&bytes).expect("frames are text"));
        }
        let (frame, rest) = self.buffer.split_once("\n\n").expect("it is in there");
        let mut seen = Seen::default();
        for line in frame.lines() {
            match line.split_once(':') {
                Some(("id", id)) => self.last_id = Some(id.trim().to_owned()),
                Some(("event", event)) => seen.event = event.trim().to_owned(),
                Some(("data", data)) => seen.data = serde_json::from_str(data).expect("JSON"),
                Some(("", _)) => seen.comment = true,
                _ => panic!("unexpected line {line:?}"),
            }
        }
        self.buffer = rest.to_owned();
        Some(seen)
    }

    /// The message ids of the next frame that brings messages.
    pub(crate) async fn ids(&mut self) -> Vec<String> {
        loop {
            let seen = self.next().await.expect("the stream goes on");
            if seen.event == "messages" {
                let rows = seen.data["messages"].as_array().expect("a list");
                return rows.iter().map(|row| text(&row["messageId"])).collect();
            }
        }
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn between_quotes(json: &str, key: &str) -> Option<Span> {
    let key = format!(r#""{key}":""#);
    let start = json.find(&key)? + key.len();
    let mut escaped = false;
    let len = json[start..].bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some(Span { start: start as u32, len: len as u32 })
}

pub(crate) fn encoded(json: &str) -> Vec<u8> {
    let word = |span: Span| &json[span.start as usize..][..span.len as usize];
    let kind = between_quotes(json, "type").map(|span| word(span).parse::<Kind>());
    let kind = kind.expect("the test names a type").expect("it is one of the six");
    let name = if kind == Kind::Track { "event" } else { "name" };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(json.as_bytes());
    let head = Head {
        kind,
        message_id: between_quotes(json, "messageId").unwrap_or_default(),
        name: between_quotes(json, name).unwrap_or_default(),
        user_id: between_quotes(json, "userId").unwrap_or_default(),
        anonymous_id: between_quotes(json, "anonymousId").unwrap_or_default(),
        integrations: Span::default(),
    };
    Message::finish(&mut out, at, &head);
    out
}
