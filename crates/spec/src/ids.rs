//! Ids are types, so that one cannot be passed for another.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Names one source within the installation; `projectId` in delivered messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub Arc<str>);

/// Names one destination within the installation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DestinationId(pub Arc<str>);

/// A source's public name on the wire. Not a secret (it stands in web pages), yet never logged.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriteKey(pub Arc<str>);

impl SourceId {
    /// The number under which the log files this source's records: a fixed hash of the id, so
    /// that no table of numbers has to survive beside the log. Never 0, which means "no source".
    pub fn stream(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(self.0.as_bytes()).max(1)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DestinationId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl WriteKey {
    /// The key as text, for comparing and for answers to its owner.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DestinationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WriteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteKey(…)")
    }
}

impl std::borrow::Borrow<str> for WriteKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}
