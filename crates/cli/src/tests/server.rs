use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use debugger::{Debugger, Options};
use event_log::{Batch, EventLog, Label, MemoryLog, Position, Tag};
use http::{HeaderMap, StatusCode};
use routing::{DestinationRoute, Routing, RoutingSnapshot, SourceRoute};
use serde_json::{Map, Value};
use spec::{
    Attempt, Attempts, DestinationId, Discard, Head, Kind, Message, Outcome, SourceId, Span, Step,
    WriteKey, record,
};

use crate::{Connection, Failure, Screen};

pub(super) const RECEIVED_AT_MS: i64 = 1_763_000_000_123;
const TOKEN: &str = "hwd_token";

/// A server on a port of its own, with the sources `website` and `app`.
pub(super) struct Server {
    pub(super) connection: Connection,
    pub(super) log: MemoryLog,
    pub(super) tracking: Arc<Tracking>,
}

/// A tracking API that answers as it is told, and with success when it is told nothing more.
#[derive(Default)]
pub(super) struct Tracking {
    pub(super) answers: Mutex<VecDeque<(u16, Option<&'static str>, &'static str)>>,
    pub(super) requests: Mutex<Vec<(HeaderMap, Value)>>,
}

impl Tracking {
    fn take(&self, headers: HeaderMap, body: &Bytes) -> Response {
        let body = serde_json::from_slice(body).expect("the client sends JSON");
        self.requests.lock().expect("no holder panics").push((headers, body));
        let answer = self.answers.lock().expect("no holder panics").pop_front();
        let (status, retry_after, body) = answer.unwrap_or((200, None, r#"{"success":true}"#));
        let mut response = Response::builder().status(status);
        if let Some(wish) = retry_after {
            response = response.header("retry-after", wish);
        }
        response.body(Body::from(body)).expect("the test names good values")
    }

    pub(super) fn messages(&self) -> Vec<Value> {
        let requests = self.requests.lock().expect("no holder panics");
        let lists = requests.iter().map(|(_, body)| body["batch"].as_array().expect("a list"));
        lists.flatten().cloned().collect()
    }
}

impl Server {
    /// Where it is reached.
    pub(super) fn url(&self) -> String {
        self.connection.url.clone().expect("the test's connection names it")
    }

    pub(super) async fn start() -> Server {
        Server::with(Router::new()).await
    }

    /// With more routes beside, under the same token.
    pub(super) async fn with(more: Router) -> Server {
        let log = MemoryLog::new();
        let routing = Routing::new(snapshot());
        let now = || RECEIVED_AT_MS + 60_000;
        let debugger = Debugger::new(Arc::new(log.clone()), routing, now, Options::default());
        let tracking = Arc::new(Tracking::default());
        let taking = tracking.clone();
        let app = debugger::routes(debugger)
            .merge(more)
            .layer(middleware::from_fn(check_token))
            .route(
                "/v1/batch",
                post(async move |headers: HeaderMap, body: Bytes| taking.take(headers, &body)),
            )
            .route("/elsewhere/api/sources", get(async || "not what was asked for"));
        let listener =
            tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move { axum::serve(listener, app).await });
        let connection = Connection::to(&format!("http://{address}"), TOKEN);
        Server { connection, log, tracking }
    }

    pub(super) async fn append(&self, kind: u8, stream: u64, tag: Tag, payload: &[u8]) -> Position {
        let mut batch = Batch::new();
        batch.want_places();
        batch.push(Label { kind, stream, time_ms: RECEIVED_AT_MS, tag }, payload);
        let appended = self.log.lane().append(batch).await.expect("memory takes it");
        appended.places[0].position
    }

    /// Accepts a track call.
    pub(super) async fn track(&self, source: &str, id: &str, event: &str) -> Position {
        let stream = SourceId(source.into()).stream();
        let key = Tag::Key(self.log.key_of(stream, id.as_bytes()));
        self.append(record::MESSAGE, stream, key, &encoded(id, event)).await
    }

    pub(super) async fn discard(&self, source: &str, id: &str) {
        let discard = Discard {
            step: Step::FailedOnIngest,
            code: "event_not_defined".into(),
            messages: 1,
            pointer: "/event".into(),
            detail: "event is missing".into(),
            index: 0,
            body: format!(r#"{{"type":"track","messageId":"{id}"}}"#).into(),
            readable: false,
        };
        let stream = SourceId(source.into()).stream();
        self.append(record::DISCARD, stream, Tag::None, &record::encode(&discard)).await;
    }

    pub(super) async fn attempt(&self, about: Position, number: u32, outcome: Outcome) {
        let attempts = Attempts {
            destination: DestinationId("crm".into()),
            read_to: about.0 + 1,
            attempts: vec![Attempt {
                position: about.0,
                stream: SourceId("website".into()).stream(),
                received_at_ms: RECEIVED_AT_MS,
                at_ms: RECEIVED_AT_MS + i64::from(number) * 1000,
                took_ms: 1234,
                number,
                outcome,
            }],
        };
        let payload = record::encode(&attempts);
        self.append(record::ATTEMPTS, 0, Tag::Refers(about, about), &payload).await;
    }
}

async fn check_token(request: Request, next: Next) -> Response {
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if shown == Some(format!("Bearer {TOKEN}").as_str()) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, r#"{"errors":[{"code":"unauthorized","message":"no"}]}"#)
        .into_response()
}

fn snapshot() -> RoutingSnapshot {
    let source = |slug: &str| SourceRoute {
        id: SourceId(slug.into()),
        slug: slug.into(),
        name: slug.into(),
        write_keys: vec![WriteKey(format!("key-of-{slug}").into())],
        enabled: true,
        client_side: false,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    };
    let destination = DestinationRoute {
        id: DestinationId("crm".into()),
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
    RoutingSnapshot::new(1, vec![source("website"), source("app")], vec![destination])
}

fn encoded(id: &str, event: &str) -> Vec<u8> {
    let event = serde_json::to_string(event).expect("text is always JSON");
    let json = format!(r#"{{"messageId":"{id}","userId":"u-1","type":"track","event":{event}}}"#);
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(json.as_bytes());
    let span = |before: &str, len: usize| {
        let start = json.find(before).expect("it is in there") + before.len();
        Span { start: start as u32, len: len as u32 }
    };
    let head = Head {
        kind: Kind::Track,
        message_id: span(r#""messageId":""#, id.len()),
        name: span(r#""event":""#, event.len() - 2),
        user_id: span(r#""userId":""#, 3),
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    Message::finish(&mut out, at, &head);
    out
}

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) out: String,
    pub(super) notes: String,
    pub(super) code: u8,
}

/// Runs a command with a screen of its own.
pub(super) async fn run(command: impl AsyncFnOnce(&mut Screen<'_>) -> Result<(), Failure>) -> Ran {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let mut screen = Screen::plain(&mut out, &mut notes);
    let code = match command(&mut screen).await.and_then(|()| screen.flush()) {
        Ok(()) => 0,
        Err(failure) => {
            failure.print(&mut screen);
            failure.exit_code()
        }
    };
    drop(screen);
    let text = |bytes| String::from_utf8(bytes).expect("commands write text");
    Ran { out: text(out), notes: text(notes), code }
}

/// The arguments of a command, as the command line gives them.
pub(super) fn parse<T: clap::Args>(line: &[&str]) -> Result<T, clap::Error> {
    let command = T::augment_args(clap::Command::new("headwater"));
    let matches = command.try_get_matches_from([&["headwater"], line].concat())?;
    T::from_arg_matches(&matches)
}
