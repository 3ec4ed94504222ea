//! What Headwater is measured against: hyper on one current-thread runtime per core, each with a
//! listener of its own, reading the body and answering 200 with the same bytes. No parsing, no
//! log, no sync.

use std::{net::SocketAddr, thread};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use socket2::{Domain, Protocol, Socket, Type};

pub(crate) fn run(listen: SocketAddr) -> Result<()> {
    let cores = thread::available_parallelism()?.get();
    let threads: Vec<_> = (0..cores).map(|_| thread::spawn(move || serve(listen))).collect();
    for thread in threads {
        thread.join().expect("a server thread does not panic")?;
    }
    Ok(())
}

/// A listener that shares its port with those of other threads.
pub(crate) fn listener(listen: SocketAddr) -> Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(listen), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_port(true)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    socket.listen(4096)?;
    Ok(socket.into())
}

fn serve(listen: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener(listen)?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let http = hyper::server::conn::http1::Builder::new();
            tokio::task::spawn_local(async move {
                // A client that goes away in the middle is not a fault of the baseline.
                drop(http.serve_connection(TokioIo::new(stream), service_fn(answer)).await);
            });
        }
    })
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    std::hint::black_box(&body);
    Ok(Response::builder()
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from_static(b"{\"success\": true}")))
        .expect("the parts are constants"))
}
