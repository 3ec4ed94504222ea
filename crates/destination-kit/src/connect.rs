//! The one place that opens sockets to the outside: resolve, check every address, connect to a
//! checked one.
//!
//! No proxy variables, no second look-up between check and connection.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

use crate::{Fault, World, address::denied};

/// Name, connection and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What every connection fails with in a rehearsal; nobody records it.
const REHEARSAL: &str = "REHEARSAL";
/// Addresses of one name that are tried, each with its share of the time.
const ADDRESSES_TRIED_MAX: usize = 4;

/// A connection, with or without TLS.
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
/// A connection, with or without TLS, to read from and write to as tokio does.
pub type Connection = TokioIo<Stream>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The egress rule forbids every address of the host.
    #[error("{}", .0.excerpt)]
    Forbidden(Fault),
    /// Perhaps later.
    #[error("{}", .0.excerpt)]
    Failed(Fault),
}

/// Opens connections that the egress rule allows, with or without TLS. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    world: Arc<World>,
    tls: TlsConnector,
}

impl Connector {
    /// A connector under the rules of `world`, for a protocol beside HTTP.
    pub fn new(world: &World) -> Self {
        Self::speaking(world, &[])
    }

    /// The same for peers that are told which protocol is to come (ALPN).
    pub(crate) fn speaking(world: &World, protocols: &[&[u8]]) -> Self {
        let mut config = tls_config(world);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Connector { world: Arc::new(world.clone()), tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Connects to `port` of `host`, a name or an address. With `secure` TLS is spoken, and the
    /// certificate must be for `host`.
    ///
    /// Errors: [`ConnectError`], before long.
    pub async fn open(
        &self,
        host: &str,
        port: u16,
        secure: bool,
    ) -> Result<Connection, ConnectError> {
        self.stream(host, port, secure).await.map(TokioIo::new)
    }

    async fn connect(self, uri: Uri) -> Result<Stream, ConnectError> {
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        self.stream(host, port, secure).await
    }

    async fn stream(&self, host: &str, port: u16, secure: bool) -> Result<Stream, ConnectError> {
        if self.world.rehearsal {
            return Err(failed(REHEARSAL, "nothing is sent in a rehearsal".to_owned()));
        }
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        let stream = open(&self.world, host, port, deadline).await?;
        if !secure {
            return Ok(Stream::Http(TokioIo::new(stream)));
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|bad| failed("TLS", format!("{host:?} cannot be on a certificate: {bad}")))?;
        let stream = TokioIo::new(TokioIo::new(stream));
        let handshake = timeout_at(deadline, self.tls.connect(name, stream)).await;
        match handshake.map_err(|_| late("the TLS handshake"))? {
            Ok(stream) => Ok(Stream::from(stream)),
            Err(bad) => Err(failed("TLS", format!("TLS with {host:?} failed: {bad}"))),
        }
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// A connection to `host`, a name or an address, under the egress rule: the one way to a partner
/// that does not speak HTTP. It takes as long as a connection may, and is not yet secure.
pub async fn connect_tcp(world: &World, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
    open(world, host, port, Instant::now() + CONNECT_TIMEOUT).await
}

/// TLS as deliveries speak it: the public authorities and those of the installation.
pub fn tls_config(world: &World) -> ClientConfig {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(world.extra_roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

async fn open(
    world: &World,
    host: &str,
    port: u16,
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let resolved = timeout_at(deadline, allowed_addresses(world, host)).await;
    let addresses = resolved.map_err(|_| late(&format!("the name {host:?}")))??;
    first_open(world, host, &addresses, port, deadline).await
}

/// Every address of `host` that may be connected to, at least one.
async fn allowed_addresses(world: &World, host: &str) -> Result<Vec<IpAddr>, ConnectError> {
    let addresses = match host.parse::<IpAddr>() {
        Ok(literal) => vec![literal],
        Err(_) => world.resolver.resolve(host).await.map_err(|bad| {
            failed("ENOTFOUND", format!("the name {host:?} cannot be resolved: {bad}"))
        })?,
    };
    let Some(first) = addresses.first().copied() else {
        return Err(failed("ENOTFOUND", format!("the name {host:?} has no address")));
    };
    let allowed = addresses.into_iter().filter(|address| world.allows(*address));
    let allowed: Vec<IpAddr> = allowed.map(|address| address.to_canonical()).collect();
    if allowed.is_empty() {
        return Err(ConnectError::Forbidden(private_address(host, first)));
    }
    Ok(allowed)
}

async fn first_open(
    world: &World,
    host: &str,
    addresses: &[IpAddr],
    port: u16,
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let tried = &addresses[..addresses.len().min(ADDRESSES_TRIED_MAX)];
    let mut last = late("an address");
    for (at, address) in tried.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (tried.len() - at) as u32;
        let peer = SocketAddr::new(*address, port);
        #[expect(clippy::disallowed_methods, reason = "this is where the egress rule is applied")]
        let opening = TcpStream::connect(peer);
        match timeout_at(Instant::now() + share, opening).await {
            Ok(Ok(stream)) => return own_address_refused(world, host, stream, *address),
            Ok(Err(bad)) => {
                last = failed(io_code(&bad), format!("connection to {peer} failed: {bad}"));
            }
            Err(_) => last = late(&format!("a connection to {peer}")),
        }
    }
    Err(last)
}

/// A public address can be this machine's own: what listens there is behind our firewall.
fn own_address_refused(
    world: &World,
    host: &str,
    stream: TcpStream,
    peer: IpAddr,
) -> Result<TcpStream, ConnectError> {
    let own = stream.local_addr().is_ok_and(|local| local.ip().to_canonical() == peer);
    if own && !world.is_listed(peer) {
        return Err(ConnectError::Forbidden(private_address(host, peer)));
    }
    // small requests must not wait for the peer's acknowledgement; failing that they are slower
    stream.set_nodelay(true).ok();
    Ok(stream)
}

/// The customary name of an I/O error: `ECONNREFUSED`, `ENOSPC` …; `EIO` for those without one.
pub fn io_code(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => "ECONNREFUSED",
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::UnexpectedEof => "ECONNRESET",
        Kind::TimedOut => "ETIMEDOUT",
        Kind::HostUnreachable => "EHOSTUNREACH",
        Kind::NetworkUnreachable | Kind::NetworkDown => "ENETUNREACH",
        Kind::AddrNotAvailable => "EADDRNOTAVAIL",
        Kind::StorageFull => "ENOSPC",
        Kind::QuotaExceeded => "EDQUOT",
        Kind::PermissionDenied => "EACCES",
        Kind::ReadOnlyFilesystem => "EROFS",
        Kind::NotFound => "ENOENT",
        Kind::NotADirectory => "ENOTDIR",
        _ if matches!(error.raw_os_error(), Some(23 | 24)) => "EMFILE",
        _ => "EIO",
    }
}

fn private_address(host: &str, address: IpAddr) -> Fault {
    let reason = denied(address).unwrap_or("this machine's own");
    let excerpt = format!(
        "{host} leads to {address} ({reason}), and deliveries go to public addresses only; an \
         operator can allow it with delivery.allowed_networks, or any such address with \
         delivery.allow_private_addresses = true"
    );
    Fault { status: None, code: "PRIVATE_ADDRESS".to_owned(), excerpt }
}

fn failed(code: &str, sentence: String) -> ConnectError {
    ConnectError::Failed(Fault { status: None, code: code.to_owned(), excerpt: sentence })
}

fn late(what: &str) -> ConnectError {
    failed("ETIMEDOUT", format!("{what} took longer than {} s", CONNECT_TIMEOUT.as_secs()))
}
