//! The control plane's tables: all SQL lives here, one text for SQLite and Postgres.
//!
//! Every function takes a connection, the time and the randomness it needs, and does one thing.
//! Who may call it is decided before, in `api`; but every query on customer data takes the
//! workspace's id. Check-then-act belongs into one [`Write`]: writers go one at a time on both
//! engines, so what was checked still holds when it is acted on.

pub mod accounts;
pub mod alerts;
pub mod applications;
pub mod assets;
pub mod audit;
pub mod backup;
pub mod builtin;
pub mod db;
pub mod destination_filters;
pub mod destination_subscriptions;
pub mod destinations;
pub mod fresh;
pub mod idempotency;
pub mod installation;
pub mod integrations;
pub mod invitations;
pub mod labels;
pub mod links;
pub mod listings;
pub mod mails;
pub mod members;
pub mod page;
pub mod partners;
pub mod reseal;
pub mod schema_events;
pub mod seal;
pub mod sessions;
pub mod snapshot;
pub mod source_labels;
pub mod source_schemas;
pub mod sources;
pub mod submissions;
pub mod throttles;
pub mod tokens;
pub mod tracking_plans;
pub mod workspaces;
pub mod write_keys;

#[cfg(any(test, feature = "testing"))]
pub mod dump;

mod conditions;
mod error;
pub mod evidence;
mod migrations;

pub use db::{Db, Engine, Read, Write};
pub use error::StoreError;
pub use fresh::Fresh;
pub use page::{Page, Paged};
pub use seal::{Sealer, Unsealable};

/// A connection to read with, or the one of a [`Write`].
pub use sqlx::AnyConnection as Connection;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
