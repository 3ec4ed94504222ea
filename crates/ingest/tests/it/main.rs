//! The tracking API as senders meet it: a real server on a socket, over a log in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests are senders")]

mod answers;
mod auth;
mod browser;
mod client;
mod conformance;
mod encodings;
mod fallback;
mod generate;
mod harness;
mod limits;
mod matching;
mod prefer;
mod quarantine;
mod refused;
mod schema;
mod shutdown;
mod tls;
