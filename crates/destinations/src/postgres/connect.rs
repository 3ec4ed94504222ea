//! A session with the server, over a connection that the egress rule has checked.
//!
//! Only a host, a port and a password go in: no socket paths, no lists of hosts, no files.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use destination_kit::{World, connect_tcp, tls_config};
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    task::AbortHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, Config, Connection, NoTls,
    config::SslMode,
    tls::{ChannelBinding, TlsConnect, TlsStream},
};
use tokio_rustls::{TlsConnector, client};

use super::fault::Trouble;

/// TLS, password and settings together.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that acknowledges nothing for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What every session begins with. The server gives up on us when we are gone, so that our locks
/// do not outlive us; and a commit is one, whatever the server's own habit.
const SETTINGS: &str = "\
    SET client_min_messages = warning; SET timezone = 'UTC'; SET datestyle = 'ISO'; \
    SET search_path = pg_catalog; SET lock_timeout = '20s'; SET statement_timeout = '15min'; \
    SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 30; \
    SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; \
    SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off'";

/// Where the server is, and who we are there.
#[derive(Debug, Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: Option<String>,
    pub tls: Tls,
}

/// How far the connection is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    Disable,
    /// Encrypted, with whoever answers.
    Require,
    /// Encrypted, with who the certificate says it is.
    VerifyFull,
}

/// A session, ended when it is dropped.
pub struct Connected {
    pub client: Client,
    driver: AbortHandle,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Opens a session.
pub async fn connect(server: &Server, world: &World) -> Result<Connected, Trouble> {
    let stream = connect_tcp(world, &server.host, server.port).await?;
    let socket = SockRef::from(&stream);
    let keepalive = TcpKeepalive::new().with_time(SILENCE_MAX).with_interval(SILENCE_MAX / 3);
    // failing these, a dead server is noticed later
    socket.set_tcp_keepalive(&keepalive).ok();
    socket.set_tcp_user_timeout(Some(SILENCE_MAX)).ok();

    let mut config = Config::new();
    config.user(&server.user).dbname(&server.database).application_name("headwater");
    if let Some(password) = &server.password {
        config.password(password);
    }
    let login = async {
        let connected = if server.tls == Tls::Disable {
            config.ssl_mode(SslMode::Disable);
            let (client, connection) = config.connect_raw(stream, NoTls).await?;
            Connected { client, driver: drive(connection) }
        } else {
            config.ssl_mode(SslMode::Require);
            let (client, connection) = config.connect_raw(stream, secured(server, world)?).await?;
            Connected { client, driver: drive(connection) }
        };
        connected.client.batch_execute(SETTINGS).await?;
        Ok(connected)
    };
    timeout(LOGIN_TIMEOUT, login).await.unwrap_or(Err(Trouble::Late("the login")))
}

fn drive<S, T>(connection: Connection<S, T>) -> AbortHandle
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: TlsStream + Unpin + Send + 'static,
{
    let driven = tokio::spawn(async move {
        // whoever waits for an answer hears of it as well
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a session with Postgres has ended");
        }
    });
    driven.abort_handle()
}

fn secured(server: &Server, world: &World) -> Result<Handshake, Trouble> {
    let mut config = tls_config(world);
    if server.tls == Tls::Require {
        let provider = config.crypto_provider().clone();
        config.dangerous().set_certificate_verifier(Arc::new(Anybody(provider)));
    }
    let name = ServerName::try_from(server.host.clone()).map_err(|bad| {
        Trouble::Tls(format!("{:?} cannot be on a certificate: {bad}", server.host))
    })?;
    Ok(Handshake { connector: TlsConnector::from(Arc::new(config)), name })
}

struct Handshake {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsConnect<TcpStream> for Handshake {
    type Stream = Secured;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Secured>> + Send>>;

    fn connect(self, stream: TcpStream) -> Self::Future {
        Box::pin(async move { Ok(Secured(self.connector.connect(self.name, stream).await?)) })
    }
}

struct Secured(client::TlsStream<TcpStream>);

impl TlsStream for Secured {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Takes any certificate, and yet asks for proof that the server holds its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
