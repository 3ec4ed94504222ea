//! The tracking HTTP API: accept, validate, append.
//!
//! ```text
//! socket ──► connection ──► respond ──► collect ──► receive ──► accept ──► log ──► answer
//!            deadlines      route       admission   inflate     split,
//!                           auth                    write key   validate, splice,
//!                                                               enforce
//! ```
//!
//! A 200 for the write key of a live source means: every message of the request is in the log,
//! durably, or recorded as a discard with its reason. Nothing here knows a destination.

pub mod accept;
mod admission;
mod answer;
mod auth;
mod body;
pub mod cdn;
pub mod check;
mod client;
mod collect;
mod connection;
mod cors;
mod deadline;
mod enforce;
mod fallback;
pub mod inflate;
mod merge;
mod merged;
mod meters;
mod normalise;
mod options;
pub mod pixel;
mod prefer;
pub mod quarantine;
mod receive;
mod refused;
mod reject;
mod respond;
mod route;
mod server;
mod settings;
mod split;
mod stream;
mod text;
mod time;
pub mod tls;
mod validate;
mod worker;

pub use body::{Body, BodyError};
pub use fallback::{Fallback, Peer, RequestBody, fallback};
pub use options::Options;
pub use reject::Reject;
pub use server::Server;
