//! The binary as people and scripts use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "tests are senders, and wait for a process")]

mod commands;
mod control;
mod dev;
mod egress;
mod plans;
mod process;
mod replay;
mod roles;
mod screens;
mod serve;
mod web;
