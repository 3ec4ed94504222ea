//! The one binary.
mod config;
mod snapshot;
fn main() {}
