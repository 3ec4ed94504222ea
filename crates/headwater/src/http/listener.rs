//! A small listener for a router alone: metrics and health at their own address, or a process
//! without the tracking API. Closes slow heads; the tracking API has a loop of its own.

use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::watch, time::sleep};
use tracing::warn;

const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept, so that a lack of descriptors does not spin.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `stop`, then finishes the requests under way, for at most `drain`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let connections = GracefulShutdown::new();
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
        let peer = ingest::Peer { ip: peer.ip(), secure: false };
        let router = router.clone().layer(Extension(peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        // A failed connection is its peer's affair.
        let connection = connections.watch(connection);
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = sleep(drain) => {}
    }
}
