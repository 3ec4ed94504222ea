//! From outcomes to records.

use std::time::Duration;

use event_log::{Batch, Label, Lane, LogError, Position, Tag};
use spec::record;
use tokio::time::{Instant, sleep};

use super::{Worker, batch};
use crate::{ledger::group_of, outcomes};

/// Outcomes are recorded together: when there are this many …
const OUTCOMES_WORTH_IT: usize = 512;
/// … or the oldest is this old.
const OUTCOME_AGE_MAX: Duration = Duration::from_millis(25);
/// Without outcomes, a record says how far the destination has come each time it has passed so
/// much of the log. Not by time: two idle destinations would keep each other busy for ever.
const PASSED_WORTH_IT: u64 = 4 << 20;
const AGAIN_WHEN_BUSY: Duration = Duration::from_millis(20);
const AGAIN_WHEN_FULL: Duration = Duration::from_secs(1);

impl Worker {
    /// When the outcomes at hand are to be recorded.
    pub(super) fn record_due(&self) -> Option<Instant> {
        if self.outcomes.is_empty() && self.pauses.is_empty() {
            return None;
        }
        let at_once = self.outcomes.len() >= OUTCOMES_WORTH_IT
            || !self.pauses.is_empty()
            || (self.stop.is_some() && self.flight.is_empty());
        Some(self.oldest_outcome + if at_once { Duration::ZERO } else { OUTCOME_AGE_MAX })
    }

    /// Records what is due, one batch at a time. `read_to` and the outcomes are taken at the same
    /// moment, so that every message before it has its outcome in this or an earlier record.
    pub(super) fn begin_recording(&mut self) {
        if self.recording.is_some() || self.failed.is_some() {
            return;
        }
        let read_to = self.window.oldest().unwrap_or(self.read_at.0).max(self.told.0);
        let due = self.record_due().is_some_and(|due| due <= Instant::now());
        let idle = self.is_parked() && self.window.len() == 0 && self.retries.len() == 0;
        let needed = (!idle).then(|| read_to.min(self.retries.oldest().unwrap_or(u64::MAX)));
        let passed = read_to - self.told.0 >= PASSED_WORTH_IT;
        let released = idle && self.told.1.is_some() && self.outcomes.is_empty();
        if !due && !passed && !released {
            return;
        }
        let outcomes = std::mem::take(&mut self.outcomes);
        let asked = std::mem::take(&mut self.asked[1]);
        self.asked[0].extend(asked);
        let mut batch = batch();
        let (before, now_ms) = (self.told.0, self.wall_ms());
        outcomes::write(&mut batch, &self.id, outcomes, before, read_to, now_ms);
        for pause in self.pauses.drain(..) {
            let label = Label { kind: record::PAUSE, stream: 0, time_ms: now_ms, tag: Tag::None };
            batch.push(label, &record::encode(&pause));
        }
        if needed != self.told.1 {
            let group = group_of(&self.id);
            match needed {
                Some(needed) => batch.commit(&group, Position(needed)),
                None => batch.leave(&group),
            }
        }
        self.told = (read_to, needed);
        self.recording = Some(Box::pin(append(self.lane.clone(), batch)));
    }
}

/// Appends `batch`, however long the log is busy or its disk full.
async fn append(lane: Lane, batch: Batch) -> Result<(), LogError> {
    loop {
        match lane.append(batch.clone()).await {
            Ok(_) => return Ok(()),
            Err(LogError::Busy) => sleep(AGAIN_WHEN_BUSY).await,
            Err(LogError::Full) => sleep(AGAIN_WHEN_FULL).await,
            Err(error) => return Err(error),
        }
    }
}
