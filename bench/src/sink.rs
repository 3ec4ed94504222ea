//! A webhook receiver: counts, remembers when each message came, answers 200.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;

/// When each message came, by its `messageId`.
pub(crate) type Arrivals = Arc<Mutex<Vec<(String, Instant)>>>;

/// Serves until the process ends.
pub(crate) fn run(listen: SocketAddr) -> Result<()> {
    serve(crate::baseline::listener(listen)?, Arrivals::default())
}

/// Starts a receiver in a thread of this process.
pub(crate) fn start() -> Result<(SocketAddr, Arrivals)> {
    let listener = crate::baseline::listener("127.0.0.1:0".parse()?)?;
    let address = listener.local_addr()?;
    let arrivals = Arrivals::default();
    let kept = arrivals.clone();
    std::thread::spawn(move || serve(listener, kept).expect("loopback stays up"));
    Ok((address, arrivals))
}

fn serve(listener: std::net::TcpListener, arrivals: Arrivals) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let arrivals = arrivals.clone();
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| receive(request, arrivals.clone()));
                let http = hyper::server::conn::http1::Builder::new();
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    })
}

async fn receive(
    request: Request<Incoming>,
    arrivals: Arrivals,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let id = request.headers().get("webhook-id").and_then(|id| id.to_str().ok());
    let id = id.unwrap_or_default().to_owned();
    request.into_body().collect().await?;
    arrivals.lock().expect("no holder panics").push((id, Instant::now()));
    Ok(Response::new(Full::new(Bytes::new())))
}
