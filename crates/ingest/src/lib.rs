//! The tracking HTTP API: accept, validate, append.

pub mod accept;
mod split;
mod validate;
