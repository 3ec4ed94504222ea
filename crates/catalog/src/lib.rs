//! An integration's life from draft to public, and who may do what: pure tables of state, party
//! and action. No I/O, no clock, no randomness; knows no HTTP, no SQL and no session.
//!
//! Everything that is wrong is a [`Problem`] and everything that is not there yet a
//! [`info::Missing`]: data with a JSON pointer and the way out, so that every surface (API, CLI,
//! web) says the same.

pub mod access;
pub mod application;
pub mod categories;
pub mod checklist;
pub mod docs;
pub mod info;
pub mod labels;
pub mod problem;
pub mod review;
pub mod slug;
pub mod state;

mod diff;
mod shape;
mod text;

pub use access::{Need, Permission, Resource, ResourceType, Role, TeamNeed, TeamRole};
pub use checklist::{Checklist, Facts};
pub use docs::Docs;
pub use info::{Info, Missing};
pub use labels::Label;
pub use problem::Problem;
pub use state::{Action, BetaCriteria, BetaRules, Party, Refusal, State};
pub use text::check_email;
