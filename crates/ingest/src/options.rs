//! What an operator may choose.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use ipnet::IpNet;

/// Settings of the tracking API.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads that serve connections; 0 takes one per core.
    pub threads: usize,
    /// Open connections; a further one hears 503 and is closed.
    pub connections_max: usize,
    /// Bytes of request bodies that may be in memory at one time; beyond them 503.
    pub bytes_in_flight_max: usize,
    /// How long a request's head may take from its first byte on. Also a TLS handshake.
    pub head_timeout: Duration,
    /// How long a request's body may take as a whole.
    pub body_timeout: Duration,
    /// How long a sender may take to read what waits for it.
    pub write_timeout: Duration,
    /// How long a connection may be without a request.
    pub idle_timeout: Duration,
    /// Requests per second that may come with one write key, with bursts of twice as many; `None`:
    /// any number. Beyond them 429.
    pub requests_per_second: Option<u32>,
    /// Refused requests per second that are kept for one source.
    pub refused_per_second: u32,
    /// Proxies whose `X-Forwarded-*` headers count.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            threads: 0,
            connections_max: 10_000,
            bytes_in_flight_max: 64 << 20,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            requests_per_second: None,
            refused_per_second: 20,
            trusted_proxies: Vec::new(),
        }
    }
}
