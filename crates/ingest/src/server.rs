//! The tracking API on its own threads: each has a runtime, a listener on the shared port, a lane
//! of the log, and every connection that its listener was given.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use event_log::EventLog;
use routing::Routing;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    answer,
    connection::serve,
    deadline::TICK,
    fallback::{Fallback, Peer},
    options::Options,
    reject::Reject,
    tls,
    worker::{Shared, Worker},
};

const BACKLOG: i32 = 4096;
/// How long accepting rests when the process is out of descriptors or memory.
const REST: Duration = Duration::from_millis(100);

/// The tracking API, listening.
pub struct Server {
    local: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<(thread::JoinHandle<()>, oneshot::Receiver<()>)>,
}

impl Server {
    /// Listens and serves. Call it within the runtime on which `fallback` shall run, and after
    /// the recorder of metrics is installed.
    ///
    /// Errors: the address cannot be listened on, or a thread cannot be started.
    pub fn start(
        options: Options,
        routing: Routing,
        log: Arc<dyn EventLog>,
        fallback: Fallback,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> io::Result<Server> {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let count = if options.threads == 0 { cores() } else { options.threads };
        let listeners = listen(options.listen, count)?;
        let local = listeners[0].local_addr()?;
        let runtime = Handle::current();
        let shared =
            Arc::new(Shared::new(options, routing, log, fallback, runtime, local.to_string()));
        let acceptor = tls.map(|config| TlsAcceptor::from(tls::with_alpn(config)));
        let mut threads = Vec::with_capacity(count);
        for (number, listener) in listeners.into_iter().enumerate() {
            let (shared, acceptor) = (shared.clone(), acceptor.clone());
            let (done, ended) = oneshot::channel();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let thread =
                thread::Builder::new().name(format!("ingest-{number}")).spawn(move || {
                    if let Err(error) = runtime.block_on(run(shared, listener, acceptor)) {
                        tracing::error!(error = %error, "a thread of the tracking api has ended");
                    }
                    // What is left after the time that was given is cut here.
                    drop(runtime);
                    let _ = done.send(());
                })?;
            threads.push((thread, ended));
        }
        Ok(Server { local, shared, threads })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.shared.connections.taken()
    }

    /// Stops listening, lets requests in flight finish within `within`, and closes every
    /// connection.
    pub async fn shutdown(mut self, within: Duration) {
        self.shared.stop.stop(within);
        for (thread, ended) in self.threads.drain(..) {
            let _ = ended.await;
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.stop(Duration::ZERO);
    }
}

/// `count` listeners on one address.
fn listen(address: SocketAddr, count: usize) -> io::Result<Vec<StdListener>> {
    if address.port() != 0 {
        // Sharing a port is for our threads; a second server on it is a mistake that the shared
        // form of the bind would not see.
        bind(address, false)?;
    }
    let first = bind(address, true)?;
    let local = first.local_addr()?;
    let others = (1..count).map(|_| bind(local, true));
    std::iter::once(Ok(first)).chain(others).collect()
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

async fn run(
    shared: Arc<Shared>,
    listener: StdListener,
    tls: Option<TlsAcceptor>,
) -> io::Result<()> {
    let worker = Arc::new(Worker::new(shared));
    let listener = TcpListener::from_std(listener)?;
    let clock = tokio::spawn(tick(worker.clone()));
    // Every connection holds a sender; the receiver ends with the last of them.
    let (open, mut ended) = mpsc::channel::<()>(1);
    accept_all(&worker, listener, tls, &open).await;
    drop(open);
    let _ = tokio::time::timeout(worker.shared.stop.within(), ended.recv()).await;
    clock.abort();
    Ok(())
}

async fn tick(worker: Arc<Worker>) {
    let started = Instant::now();
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        interval.tick().await;
        let ticks = started.elapsed().as_millis() / TICK.as_millis();
        worker.watch.advance(u32::try_from(ticks).unwrap_or(u32::MAX));
    }
}

/// Accepts until told to stop. Nothing else ends it.
async fn accept_all(
    worker: &Arc<Worker>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    open: &mpsc::Sender<()>,
) {
    let stop = &worker.shared.stop;
    loop {
        let mut said = std::pin::pin!(stop.said());
        said.as_mut().enable();
        if stop.is_stopped() {
            return;
        }
        let accepted = tokio::select! {
            biased;
            () = said => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                if worker.shared.connections.take(1) {
                    let held = Held { worker: worker.clone(), _open: open.clone() };
                    worker.meters.connections.increment(1);
                    tokio::spawn(one(held, stream, address, tls.clone()));
                } else {
                    worker.meters.rejected(Reject::Overloaded);
                    turn_away(&stream, tls.is_some());
                }
            }
            Err(error) if is_exhausted(&error) => {
                tracing::warn!(error = %error, "no more connections can be accepted for now");
                tokio::time::sleep(REST).await;
            }
            // The sender was gone before we came to it.
            Err(_) => {}
        }
    }
}

fn is_exhausted(error: &io::Error) -> bool {
    // ENOMEM, ENFILE, EMFILE, ENOBUFS
    matches!(error.raw_os_error(), Some(12 | 23 | 24 | 105))
}

/// Says 503 where that can be said without waiting.
fn turn_away(stream: &TcpStream, secure: bool) {
    if !secure {
        let _ = stream.try_write(&answer::last_words(Reject::Overloaded));
    }
}

/// A place among the open connections.
struct Held {
    worker: Arc<Worker>,
    _open: mpsc::Sender<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.worker.shared.connections.leave(1);
        self.worker.meters.connections.decrement(1);
    }
}

async fn one(held: Held, stream: TcpStream, address: SocketAddr, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let worker = held.worker.clone();
    let peer = Peer { ip: address.ip().to_canonical(), secure: tls.is_some() };
    match tls {
        None => serve(worker, stream, peer).await,
        Some(acceptor) => {
            let handshake = acceptor.accept(stream);
            let within = worker.shared.options.head_timeout;
            if let Ok(Ok(stream)) = tokio::time::timeout(within, handshake).await {
                serve(worker, stream, peer).await;
            }
        }
    }
}
