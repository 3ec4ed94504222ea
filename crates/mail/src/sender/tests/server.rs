//! A mail server on a socket of its own: speaks as much SMTP as our client does, and fails when it is told to.

use std::sync::{Arc, Mutex};

use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::Tls;

/// What it does other than to accept everything.
#[derive(Clone, Default)]
pub(super) struct Behaviour {
    /// Which protection it offers; `Plain` is none.
    pub(super) tls: Tls,
    /// `name\0password` that it wants to hear.
    pub(super) login: Option<String>,
    /// Replies to commands; `.` is the end of a message.
    pub(super) replies: Vec<(&'static str, &'static str)>,
    /// Closes the connection instead of answering this.
    pub(super) hangs_up_at: Option<&'static str>,
}

#[derive(Clone, Default)]
pub(super) struct Received {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) data: Vec<u8>,
}

pub(super) struct Server {
    pub(super) port: u16,
    pub(super) certificate_pem: String,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    behaviour: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
    heard: Mutex<String>,
    acceptor: TlsAcceptor,
}

impl Server {
    pub(super) async fn start(behaviour: Behaviour) -> Server {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let state = Arc::new(State {
            behaviour: Mutex::new(behaviour),
            received: Mutex::default(),
            heard: Mutex::default(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, shared.clone()));
            }
        });
        Server { port, certificate_pem: own.cert.pem(), state, task }
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// Every command, one a line.
    pub(super) fn heard(&self) -> String {
        self.state.heard.lock().unwrap().clone()
    }

    pub(super) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(stream: TcpStream, state: Arc<State>) {
    let tls = state.behaviour.lock().unwrap().tls;
    if tls == Tls::Tls {
        let Ok(stream) = state.acceptor.accept(stream).await else { return };
        talk(stream, &state, true, true).await;
    } else if let Some(stream) = talk(stream, &state, true, false).await {
        let Ok(stream) = state.acceptor.accept(stream).await else { return };
        talk(stream, &state, false, true).await;
    }
}

/// One conversation; gives the stream back when the client turns to TLS.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    state: &State,
    greets: bool,
    protected: bool,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let mut mail = Received::default();
    if greets {
        stream.write_all(b"220 localhost ready\r\n").await.ok()?;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        state.heard.lock().unwrap().push_str(&line);
        let line = line.trim_end();
        let behaviour = state.behaviour.lock().unwrap().clone();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        if behaviour.hangs_up_at == Some(&verb) {
            return None;
        }
        if let Some((_, reply)) = behaviour.replies.iter().find(|(command, _)| *command == verb) {
            stream.write_all(format!("{}\r\n", reply.trim_end()).as_bytes()).await.ok()?;
            continue;
        }
        let offers_tls = behaviour.tls == Tls::StartTls && !protected;
        let reply = match verb.as_str() {
            "EHLO" if offers_tls => "250-localhost\r\n250 STARTTLS",
            "EHLO" if behaviour.login.is_some() => "250-localhost\r\n250 AUTH PLAIN",
            "EHLO" => "250-localhost\r\n250 8BITMIME",
            "STARTTLS" if offers_tls => {
                stream.write_all(b"220 go ahead\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
            "AUTH" if behaviour.login.is_some_and(|login| line.ends_with(&plain(&login))) => {
                "235 welcome"
            }
            "AUTH" => "535 5.7.8 wrong",
            "MAIL" => {
                mail = Received { from: address(line), ..Received::default() };
                "250 ok"
            }
            "RCPT" => {
                mail.to.push(address(line));
                "250 ok"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                mail.data = data(&mut stream).await?;
                if behaviour.hangs_up_at == Some(".") {
                    return None;
                }
                match behaviour.replies.iter().find(|(command, _)| *command == ".") {
                    Some((_, reply)) => reply,
                    None => {
                        state.received.lock().unwrap().push(mail.clone());
                        "250 queued as 1"
                    }
                }
            }
            "QUIT" | "NOOP" | "RSET" => "250 ok",
            _ => "500 what?",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    }
}

/// The lines up to the single dot, without the dots that were added.
async fn data<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await.ok().filter(|read| *read > 0)?;
        if line == b".\r\n" {
            return Some(data);
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// `\0name\0password` in base64.
fn plain(login: &str) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = [b"\0", login.as_bytes()].concat();
    let groups = bytes.chunks(3).flat_map(|group| {
        let word =
            (0..3).fold(0_u32, |word, at| word << 8 | u32::from(*group.get(at).unwrap_or(&0)));
        (0..4).map(move |at| match at <= group.len() {
            true => char::from(SIGNS[(word >> (18 - 6 * at) & 63) as usize]),
            false => '=',
        })
    });
    groups.collect()
}
