//! The commands against a real server on a socket: the debugger's routes over a log in memory,
//! behind a token, and a tracking API that answers as it is told.

mod accounts;
mod live;
mod sending;
mod server;
mod tracing;
