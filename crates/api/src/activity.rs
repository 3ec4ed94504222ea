//! What the data plane knows about sources: facts that flow back. They are read, never written.

use spec::{SourceId, WriteKey};

/// Facts about what came in. Unknown is `None`: then nothing is shown rather than something wrong.
pub trait Activity: Send + Sync {
    /// When the last message of a source was accepted, Unix milliseconds.
    fn source_seen_ms(&self, source: &SourceId) -> Option<i64>;

    /// Messages of a source that were accepted, as far back as the books go.
    fn accepted(&self, source: &SourceId) -> u64;

    /// When a write key was last used, Unix milliseconds.
    fn key_used_ms(&self, write_key: &WriteKey) -> Option<i64>;
}

/// For a process without a data plane.
pub struct Unknown;

impl Activity for Unknown {
    fn source_seen_ms(&self, _: &SourceId) -> Option<i64> {
        None
    }

    fn accepted(&self, _: &SourceId) -> u64 {
        0
    }

    fn key_used_ms(&self, _: &WriteKey) -> Option<i64> {
        None
    }
}
