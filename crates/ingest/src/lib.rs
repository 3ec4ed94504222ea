//! The tracking HTTP API: accept, validate, append.

pub mod accept;
mod merge;
mod merged;
mod normalise;
mod split;
mod text;
mod time;
mod validate;
