//! A partner's webhook endpoint: a real server that remembers every message it was given, and
//! behaves as badly as a test wants.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// How a sink answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Behaviour {
    /// 200 at once.
    Accept,
    /// This status, with a short text.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    TooMany(u32),
    /// Reads the request and never answers.
    Hang,
}

/// A receiving server. Its memory outlives restarts of Headwater.
#[derive(Clone)]
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// Whether messages are kept, beside their ids.
    keeps: bool,
    behaviour: Mutex<Behaviour>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    messages: Vec<(Instant, Value)>,
    times: HashMap<String, u32>,
    requests: usize,
}

impl Sink {
    /// Starts to listen on a free loopback port.
    pub async fn start() -> Result<Sink> {
        Sink::listen(true).await
    }

    /// The same, for millions of messages: it remembers only which came, and how often.
    pub async fn counting() -> Result<Sink> {
        Sink::listen(false).await
    }

    async fn listen(keeps: bool) -> Result<Sink> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            keeps,
            behaviour: Mutex::new(Behaviour::Accept),
            seen: Mutex::new(Seen::default()),
        });
        let state = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                let service = service_fn(move |request| receive(state.clone(), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Ok(Sink { address, shared })
    }

    /// A `[[destinations]]` entry that sends the source `website` here.
    pub fn destination(&self, slug: &str) -> String {
        format!(
            "[[destinations]]\nslug = \"{slug}\"\ntype = \"webhook\"\nsources = [\"website\"]\n\
             enabled = true\n[destinations.settings]\nurl = \"http://{}/hook\"\n",
            self.address
        )
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers like this from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().expect("no holder panics") = behaviour;
    }

    /// Every message it said yes to, in the order in which they came.
    pub fn messages(&self) -> Vec<Value> {
        self.with(|seen| seen.messages.iter().map(|(_, message)| message.clone()).collect())
    }

    /// When it said yes to each message.
    pub fn arrivals(&self) -> Vec<(Instant, Value)> {
        self.with(|seen| seen.messages.clone())
    }

    /// How often it said yes to each `messageId`.
    pub fn times(&self) -> HashMap<String, u32> {
        self.with(|seen| seen.times.clone())
    }

    /// How many different messages it said yes to.
    pub fn distinct(&self) -> usize {
        self.with(|seen| seen.times.len())
    }

    /// Requests that came, answered or not.
    pub fn requests(&self) -> usize {
        self.with(|seen| seen.requests)
    }

    fn with<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.shared.seen.lock().expect("no holder panics"))
    }
}

async fn receive(
    state: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let behaviour = state.behaviour.lock().expect("no holder panics").clone();
    state.seen.lock().expect("no holder panics").requests += 1;
    let (status, retry_after) = match behaviour {
        Behaviour::Accept => (200, None),
        Behaviour::Status(status) => (status, None),
        Behaviour::TooMany(seconds) => (429, Some(seconds)),
        Behaviour::Hang => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            (200, None)
        }
    };
    if status == 200 {
        let value: Value = serde_json::from_slice(&body).expect("a delivery is JSON");
        let messages = match value {
            Value::Array(messages) => messages,
            message => vec![message],
        };
        let mut seen = state.seen.lock().expect("no holder panics");
        for message in messages {
            let id = message["messageId"].as_str().expect("a message has an id").to_owned();
            *seen.times.entry(id).or_default() += 1;
            if state.keeps {
                seen.messages.push((Instant::now(), message));
            }
        }
    }
    let mut answer = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        answer = answer.header("retry-after", seconds);
    }
    let text = if status == 200 { "ok" } else { "the sink says no" };
    Ok(answer.body(Full::new(Bytes::from_static(text.as_bytes()))).expect("parts are valid"))
}
