//! What the installation lends to its destinations: rules, clock, names, trust.

use std::{
    fmt, io,
    net::IpAddr,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;

use crate::{address::denied, recorder::Recorder};

pub use ipnet::IpNet;
pub use rustls::pki_types::CertificateDer;

/// What the installation lends to its destinations.
#[derive(Debug, Clone)]
pub struct World {
    /// Operators may allow destinations on private, loopback and link-local addresses.
    pub allow_private_addresses: bool,
    /// Or on these networks only.
    pub allowed_networks: Vec<IpNet>,
    /// Relative paths in settings start here.
    pub base_dir: PathBuf,
    /// Authorities that are trusted beside the public ones, as DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// What time it is.
    pub clock: Clock,
    /// Where names lead.
    pub resolver: Arc<dyn Resolve>,
    /// Who looks on, at a test.
    pub recorder: Option<Recorder>,
    /// Nothing goes out: every connection fails before its name is looked up. For those who want
    /// to see what would be sent; see [`crate::Destination::can_rehearse`].
    pub rehearsal: bool,
}

impl Default for World {
    fn default() -> Self {
        World {
            allow_private_addresses: false,
            allowed_networks: Vec::new(),
            base_dir: PathBuf::new(),
            extra_roots: Vec::new(),
            clock: Clock::default(),
            resolver: Arc::new(SystemResolver),
            recorder: None,
            rehearsal: false,
        }
    }
}

impl World {
    /// Whether a delivery may go to `address`.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allow_private_addresses || denied(address).is_none() || self.is_listed(address)
    }

    /// Whether an operator has allowed `address` by name, whatever the rule says of it.
    pub(crate) fn is_listed(&self, address: IpAddr) -> bool {
        self.allow_private_addresses
            || self.allowed_networks.iter().any(|net| net.contains(&address))
    }
}

/// Turns a host name into addresses. Asked again for every new connection.
#[async_trait]
pub trait Resolve: fmt::Debug + Send + Sync {
    /// Every address of `host`, best first.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    #[expect(clippy::disallowed_methods, reason = "this is the resolver that is given")]
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A clock that can be given.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that asks `now` for Unix milliseconds.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Clock(Arc::new(now))
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is given")]
    fn default() -> Self {
        Clock::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now_ms())
    }
}
