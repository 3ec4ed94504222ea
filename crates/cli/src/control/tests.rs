//! The commands against a real server on a socket: the whole API on a fresh database, the tracking
//! API beside it, and a clock that moves when told.

mod help;
mod partners;
mod plans;
mod sessions;
mod things;
mod walk;
mod world;
