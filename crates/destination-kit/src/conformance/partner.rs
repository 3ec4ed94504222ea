//! A partner that can misbehave: a TCP server that speaks just enough HTTP to lie.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

/// Between two bytes of a drip.
const DRIP_PAUSE: Duration = Duration::from_millis(20);

/// What a partner does with a request that it has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers.
    Answer {
        /// With this status.
        status: u16,
        /// With these headers beside `Content-Length`.
        headers: Vec<(&'static str, String)>,
        /// With this body.
        body: String,
    },
    /// Answers with this status and a body without end.
    Endless(u16),
    /// Never answers.
    Hang,
    /// Answers one byte at a time, without ever finishing the head.
    Drip,
    /// Answers with headers without end.
    EndlessHead,
    /// Resets the connection.
    Reset,
    /// Closes the connection in the middle of the answer's head.
    Cut,
    /// Answers with what is no HTTP.
    Garbage,
    /// Says what is neither HTTP nor TLS before it is asked, and hangs.
    Greet,
}

impl Behaviour {
    /// An answer with `status` and a short body.
    pub fn answer(status: u16) -> Self {
        let body = if status == 204 { String::new() } else { format!("status {status}") };
        Behaviour::Answer { status, headers: Vec::new(), body }
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Behaviour::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A running partner on a port of its own. Stops when dropped.
pub struct Partner {
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
    scheme: &'static str,
}

struct State {
    behaviour: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

impl State {
    fn behaviour(&self) -> Behaviour {
        self.behaviour.lock().expect("nobody panics with it").clone()
    }
}

impl Partner {
    /// Starts one on loopback.
    pub async fn start(behaviour: Behaviour) -> Partner {
        Self::start_on([127, 0, 0, 1], behaviour).await
    }

    /// Starts one on another address of this machine.
    pub async fn start_on(address: [u8; 4], behaviour: Behaviour) -> Partner {
        Self::start_with(address, behaviour, None).await
    }

    /// Starts one on loopback that speaks TLS.
    pub async fn start_tls(behaviour: Behaviour, config: Arc<rustls::ServerConfig>) -> Partner {
        Self::start_with([127, 0, 0, 1], behaviour, Some(TlsAcceptor::from(config))).await
    }

    async fn start_with(
        address: [u8; 4],
        behaviour: Behaviour,
        tls: Option<TlsAcceptor>,
    ) -> Partner {
        let listener = TcpListener::bind(SocketAddr::from((address, 0)))
            .await
            .expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let received = Mutex::new(Vec::new());
        let state = Arc::new(State {
            behaviour: Mutex::new(behaviour),
            received,
            connections: AtomicUsize::new(0),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepting = tokio::spawn(accept(listener, state.clone(), tls));
        Partner { address, state, accepting, scheme }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL on it.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Closes its port and its connections, and returns when they are closed.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // it was aborted just now, which is all its error could say
        let _aborted = (&mut self.accepting).await;
    }

    /// What it does from the next request on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().expect("nobody panics with it") = behaviour;
    }

    /// How many connections it has taken.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Relaxed)
    }

    /// Every request so far, in order of arrival.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.connections.fetch_add(1, Relaxed);
        let (state, tls) = (state.clone(), tls.clone());
        connections.spawn(async move {
            // a peer that goes away ends its connection, which is what errors mean here
            let _gone = match tls {
                None => talk(stream, &state).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, &state).await,
                    Err(error) => Err(error),
                },
            };
        });
        while connections.try_join_next().is_some() {}
    }
}

/// A stream that can be reset instead of closed.
trait Peer: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Peer for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Peer for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

async fn talk(mut stream: impl Peer, state: &State) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    if state.behaviour() == Behaviour::Greet {
        stream.write_all(b"220 smtp.example ready\r\n").await?;
        std::future::pending::<()>().await;
    }
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        state.received.lock().expect("nobody panics with it").push(request);
        match state.behaviour() {
            Behaviour::Answer { status, headers, body } => {
                let mut head =
                    format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
            }
            Behaviour::Endless(status) => {
                let head = format!("HTTP/1.1 {status} Said\r\ntransfer-encoding: chunked\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
                loop {
                    stream.write_all(chunk.as_bytes()).await?;
                }
            }
            Behaviour::Hang | Behaviour::Greet => std::future::pending().await,
            Behaviour::Drip => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await?;
                loop {
                    stream.write_all(b"x").await?;
                    tokio::time::sleep(DRIP_PAUSE).await;
                }
            }
            Behaviour::EndlessHead => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                loop {
                    stream.write_all(b"x: 0123456789abcdef0123456789abcdef\r\n").await?;
                }
            }
            Behaviour::Reset => return stream.tcp().set_zero_linger(),
            Behaviour::Cut => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await,
            Behaviour::Garbage => return stream.write_all(b"220 smtp.example ready\r\n").await,
        }
    }
    Ok(())
}

/// The next request, or `None` when the peer has closed. Bodies come with `Content-Length`.
async fn read_request(
    stream: &mut impl Peer,
    buffer: &mut BytesMut,
) -> io::Result<Option<Received>> {
    let head_len = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = buffer.split_to(head_len);
    let head = std::str::from_utf8(&head).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = name.parse::<HeaderName>().map_err(|_| io::ErrorKind::InvalidData)?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| io::ErrorKind::InvalidData)?;
        headers.append(name, value);
    }
    let length = headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let length: usize = length.unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Received { method, path, headers, body: buffer.split_to(length).freeze() }))
}
