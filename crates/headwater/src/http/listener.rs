//! A small listener for a router alone: metrics and health at their own address, or a process
//! without the tracking API. Closes slow heads; the tracking API has a loop of its own.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::warn;

/// For a TLS handshake, and then for each request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept, so that a lack of descriptors does not spin.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `stop`, then finishes the requests under way, for at most `drain`. With
/// `tls` nothing is said in the clear.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<rustls::ServerConfig>>,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let connections = GracefulShutdown::new();
    let tls = tls.map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "cannot take a connection");
                sleep(PAUSE).await;
                continue;
            }
        };
        let peer = ingest::Peer { ip: peer.ip().to_canonical(), secure: tls.is_some() };
        let (router, watcher) = (router.clone().layer(Extension(peer)), connections.watcher());
        match tls.clone() {
            None => drop(tokio::spawn(one(stream, router, watcher))),
            Some(tls) => drop(tokio::spawn(async move {
                if let Ok(Ok(stream)) = timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                    one(stream, router, watcher).await;
                }
            })),
        }
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = sleep(drain) => {}
    }
}

/// One connection, until it ends or `watcher` ends it.
async fn one<S>(stream: S, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A failed connection is its peer's affair.
    drop(watcher.watch(connection).await);
}
