//! The way into a log.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Batch, LogError, Position};

/// Where one record of a batch ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its position.
    pub position: Position,
    /// For a duplicate: where the first record with its key stands.
    pub duplicate_of: Option<Position>,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appended {
    /// One for each record, in the batch's order, if [`Batch::want_places`] asked for them.
    pub places: Vec<Placed>,
}

/// What an engine does behind a [`Lane`].
#[async_trait]
pub(crate) trait Inlet: Send + Sync {
    async fn append(&self, batch: Batch) -> Result<Appended, LogError>;
}

/// A way into a log. Take one for each runtime thread that appends: those who wait on one lane
/// are woken together.
#[derive(Clone)]
pub struct Lane(pub(crate) Arc<dyn Inlet>);

impl Lane {
    /// Appends all records of `batch` or none. `Ok` means durable, as far as the engine can
    /// promise; a batch without records is durable at once. Dropping the future does not take
    /// the batch back.
    ///
    /// Errors: [`LogError::Busy`], [`LogError::Full`], [`LogError::Stopped`].
    pub async fn append(&self, batch: Batch) -> Result<Appended, LogError> {
        if batch.is_empty() {
            return Ok(Appended::default());
        }
        self.0.append(batch).await
    }
}
