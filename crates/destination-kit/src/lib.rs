//! What a destination is: its contract, its definition, the one outbound HTTP client, and the
//! suite that every destination must pass.

mod action;
pub mod address;
pub mod conformance;
mod connect;
mod definition;
pub mod http;
pub mod recorder;
pub mod signature;
mod world;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value};
use spec::{DestinationId, Message, SourceId};

pub use action::{Action, Field, FieldKind, Mapped};
pub use connect::{ConnectError, Connection, Connector, connect_tcp, io_code, tls_config};
pub use definition::{BadSetting, Definition, OnlyWith, Setting, SettingKind};
pub use world::{CertificateDer, Clock, IpNet, Resolve, SystemResolver, World};

/// A destination's settings, as its definition asks for them.
pub type Settings = Map<String, Value>;

/// One entry of the catalog, and how a destination is made from it.
pub trait DestinationKind: Send + Sync {
    /// The catalog entry. Data, not code.
    fn definition(&self) -> Definition;

    /// Makes the destination `owner` from `settings`. What it keeps at its partner's under a name
    /// of its own, such as how far it has come, it keeps under that of `owner`.
    ///
    /// Errors: every setting that is missing or wrong, with what would be right.
    fn open(
        &self,
        settings: &Settings,
        owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>>;
}

/// One customer's connection to a partner tool, ready to take messages.
#[async_trait]
pub trait Destination: Send + Sync {
    /// How many messages it wants at once.
    fn batching(&self) -> Batching {
        Batching::default()
    }

    /// Sends the messages in `parcels`, at most as many as [`Destination::batching`] says, all for
    /// one fate. Called again after a crash with the same messages, in other batches, so it is
    /// idempotent on their ids or positions where the partner's tool can be.
    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError>;

    /// What stands before the position `before` has its outcome on record, and comes again only
    /// when somebody asks for it. Whoever remembers what it was sent may forget that much.
    fn settled(&self, _before: u64) {}

    /// Tries the connection without sending a message, and says in words what was found; `None`
    /// where only a message could try it.
    async fn test_connection(&self) -> Option<Result<String, Fault>> {
        None
    }

    /// Whether [`Destination::deliver`] does nothing outside of the process but calls of
    /// [`http::HttpClient`]: then what it would send can be shown without sending it, by opening
    /// it in a [`World`] where nothing goes out.
    fn can_rehearse(&self) -> bool {
        false
    }

    /// What its last loads brought, where it keeps that: the newest `limit` of them, and how far
    /// each source is complete.
    async fn history(&self, _limit: usize) -> Option<Result<History, Fault>> {
        None
    }

    /// Writes out what is held back. Called before a stop; nothing is sent after it.
    async fn close(&self) {}
}

/// One message on its way to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The message.
    pub message: Message,
    /// Where it stands in the log: no other message has this number, and later ones have greater.
    pub position: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// Whose message it is.
    pub source: Arc<Origin>,
    /// What a mapping made of it, where the destination has mappings; without, it is sent as the
    /// settings say.
    pub mapped: Option<Mapped>,
}

/// The source of a message, as its destinations see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source.
    pub id: SourceId,
    /// Its name in paths and on the command line.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// What a destination that is loaded in bulk says of its loads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// How far each source is complete.
    pub receipts: Vec<Receipt>,
    /// What loads brought, the newest first.
    pub syncs: Vec<SyncReport>,
}

/// How far one source is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Slug of the source.
    pub source: String,
    /// Everything that was received up to then was loaded or discarded, Unix milliseconds.
    pub complete_until_ms: Option<i64>,
    /// When the newest message that was loaded was received, Unix milliseconds.
    pub loaded_until_ms: Option<i64>,
    /// Messages loaded so far.
    pub messages: u64,
    /// Rows that they became.
    pub rows: u64,
}

/// What a while of loading brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// Slug of the source.
    pub source: String,
    /// How it went.
    pub status: SyncStatus,
    /// When its first load began, Unix milliseconds.
    pub started_at_ms: i64,
    /// When its last load ended, Unix milliseconds.
    pub ended_at_ms: i64,
    /// Loads in it.
    pub loads: u64,
    /// Messages.
    pub messages: u64,
    /// Rows that they became.
    pub rows: u64,
    /// What was loaded otherwise than one would think, in words.
    pub notices: Option<String>,
    /// Why nothing was loaded, in words.
    pub error: Option<String>,
}

/// How a load went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStatus {
    /// Everything is there as it should be.
    Success,
    /// Everything is there; the notices say what stands elsewhere than one would think.
    Partial,
    /// Nothing was loaded.
    Failure,
}

/// How many messages a destination wants at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// At most this many messages.
    pub messages_max: usize,
    /// At most this many bytes of JSON, unless a single message is larger.
    pub bytes_max: usize,
    /// At most this many calls at one time, whatever the configuration allows. With 1, messages
    /// come in the order of the log, and what waits for a call to end goes with the next one.
    pub calls_max: usize,
    /// A batch that is not full is held back until its oldest message has waited so long.
    pub linger: Duration,
}

impl Default for Batching {
    fn default() -> Self {
        Batching {
            messages_max: 1,
            bytes_max: 512 * 1024,
            calls_max: usize::MAX,
            linger: Duration::ZERO,
        }
    }
}

/// The partner's yes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What it answered, where it speaks HTTP.
    pub status: Option<u16>,
}

/// The partner's no, named for what the engine does next, not for what went wrong inside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Try again.
    #[error("destination is not ready: {}", .0.code)]
    Retry(Fault, Option<Duration>),
    /// Discard; the customer reads the fault.
    #[error("destination refused the message: {}", .0.code)]
    Refused(Fault),
    /// Pause the destination until someone edits its settings; nothing is lost meanwhile.
    #[error("destination does not accept these settings: {}", .0.code)]
    BadSettings(Fault),
    /// Nobody listens there any more (410): pause the destination until someone resumes it or
    /// edits its settings, and ask no more meanwhile; nothing is lost.
    #[error("destination is gone: {}", .0.code)]
    Gone(Fault),
}

/// What went wrong, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// What the partner answered, where it speaks HTTP and did.
    pub status: Option<u16>,
    /// `503`, `ETIMEDOUT`, `ECONNREFUSED`, `ENOTFOUND`, `PRIVATE_ADDRESS` …
    pub code: String,
    /// The beginning of the answer, or the error in words; at most [`EXCERPT_BYTES_MAX`].
    pub excerpt: String,
}

/// How much of an answer is kept.
pub const EXCERPT_BYTES_MAX: usize = 1024;
