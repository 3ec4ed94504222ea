//! The routes, without a socket: over a log in memory, and the ways through it once more over
//! the log on disk.

mod disk;
mod evidence;
mod fixture;
mod history;
mod live;
mod plan;
mod preview;
mod schema;
mod trace;
