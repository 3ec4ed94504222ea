//! The binary as people and scripts use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod commands;
mod process;
mod serve;
