//! What the threads of the tracking API share, and what each has of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use event_log::{EventLog, Lane};
use hyper::server::conn::http1;
use routing::Routing;
use tokio::{runtime::Handle, sync::Notify};

use crate::{
    admission::{Budget, Gate, Rates},
    deadline::{Allowed, Watch},
    fallback::Fallback,
    meters::Meters,
    options::Options,
};

const HEAD_BYTES_MAX: usize = 32 << 10;
const READ_BYTES_MAX: usize = 64 << 10;
/// One in so many requests is timed.
const TIMED_EVERY: u32 = 16;

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) routing: Routing,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) fallback: Fallback,
    /// Where the fallback runs.
    pub(crate) runtime: Handle,
    pub(crate) in_flight: Gate,
    pub(crate) connections: Gate,
    pub(crate) rates: Option<Rates>,
    pub(crate) refused: Budget,
    /// Our own address, for requests that name no host.
    pub(crate) local: String,
    pub(crate) stop: Stop,
}

impl Shared {
    pub(crate) fn new(
        options: Options,
        routing: Routing,
        log: Arc<dyn EventLog>,
        fallback: Fallback,
        runtime: Handle,
        local: String,
    ) -> Shared {
        Shared {
            routing,
            log,
            fallback,
            runtime,
            in_flight: Gate::new(options.bytes_in_flight_max),
            connections: Gate::new(options.connections_max),
            rates: options.requests_per_second.map(Rates::new),
            refused: Budget::new(options.refused_per_second),
            local,
            stop: Stop::default(),
            options,
        }
    }
}

/// Tells everyone that no more requests are taken.
#[derive(Default)]
pub(crate) struct Stop {
    stopped: AtomicBool,
    within_ms: AtomicU32,
    notify: Notify,
}

impl Stop {
    /// Says so; what is in flight may take this long.
    pub(crate) fn stop(&self, within: Duration) {
        let within_ms = u32::try_from(within.as_millis()).unwrap_or(u32::MAX);
        self.within_ms.store(within_ms, Relaxed);
        self.stopped.store(true, std::sync::atomic::Ordering::Release);
        self.notify.notify_waiters();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(std::sync::atomic::Ordering::Acquire)
    }

    pub(crate) fn within(&self) -> Duration {
        Duration::from_millis(u64::from(self.within_ms.load(Relaxed)))
    }

    /// Resolves once it was said after the first poll; look at [`Stop::is_stopped`] after that.
    pub(crate) fn said(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

/// What one thread has.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) lane: Lane,
    pub(crate) meters: Meters,
    pub(crate) watch: Watch,
    pub(crate) protocol: http1::Builder,
    requests: AtomicU32,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Worker {
        let mut protocol = http1::Builder::new();
        // A half-closed sender is answered. Looking for its end while we serve it would also cost
        // each request a fresh read buffer, since the request still holds the one it came in.
        protocol
            .half_close(true)
            .writev(false)
            .header_read_timeout(None)
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(READ_BYTES_MAX);
        Worker {
            lane: shared.log.lane(),
            meters: Meters::new(),
            watch: Watch::new(Allowed::from_options(&shared.options)),
            protocol,
            requests: AtomicU32::new(0),
            shared,
        }
    }

    /// Whether this request is one of those that are timed.
    pub(crate) fn is_timed(&self) -> bool {
        // The thread is alone with this counter.
        let requests = self.requests.load(Relaxed);
        self.requests.store(requests.wrapping_add(1), Relaxed);
        requests.is_multiple_of(TIMED_EVERY)
    }
}
