//! The routes, over a log in memory, without a socket.

mod fixture;
mod history;
mod live;
mod trace;
