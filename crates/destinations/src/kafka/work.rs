//! One call of the producer: what it has still to do, and what it answers in the end.

use std::collections::{BTreeMap, HashSet, VecDeque};

use destination_kit::{DeliveryError, Fault};
use tokio::time::Instant;

use super::{
    cluster::{Name, Place},
    codes::Next,
    producer::{Landed, Row},
};

/// What a call has still to do, and what it could not do.
pub(crate) struct Work {
    /// The messages that it was called with.
    pub(crate) asked: HashSet<u64>,
    /// Without a partition yet.
    pub(crate) unplaced: Vec<Row>,
    /// By partition, in order.
    pub(crate) waiting: BTreeMap<Place, VecDeque<Row>>,
    /// One entry for each message.
    pub(crate) failed: Vec<(Next, Fault)>,
    /// Something may work if it is tried once more: why it did not.
    pub(crate) again: Option<Fault>,
    pub(crate) began: Instant,
    /// The broker knows no more what this producer sent.
    pub(crate) new_id: bool,
    pub(crate) new_ids: u32,
}

impl Work {
    pub(crate) fn is_done(&self) -> bool {
        self.unplaced.is_empty() && self.waiting.is_empty()
    }

    /// Goes on after an error that may pass; whether there was none.
    pub(crate) fn bear(
        &mut self,
        outcome: Result<(), DeliveryError>,
    ) -> Result<bool, DeliveryError> {
        self.bear_with(outcome).map(|done| done.is_some())
    }

    /// The same with what was done.
    pub(crate) fn bear_with<T>(
        &mut self,
        outcome: Result<T, DeliveryError>,
    ) -> Result<Option<T>, DeliveryError> {
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(DeliveryError::Retry(fault, _)) => {
                self.again = Some(fault);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives up what waits for a partition of `topic`.
    pub(crate) fn fail_unplaced(&mut self, topic: &Name, next: Next, problem: &Fault) {
        let (lost, kept) = std::mem::take(&mut self.unplaced)
            .into_iter()
            .partition::<Vec<Row>, _>(|row| row.topic == *topic);
        self.unplaced = kept;
        self.fail(&lost, next, problem);
    }

    /// Notes that `rows` failed, as far as this call was asked for them.
    pub(crate) fn fail<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a Row>,
        next: Next,
        problem: &Fault,
    ) {
        let asked = rows.into_iter().filter(|row| self.asked.contains(&row.position));
        let many = asked.count();
        self.failed.extend(std::iter::repeat_n((next, problem.clone()), many));
    }

    /// What the call answers, now that nothing is left to do.
    pub(crate) fn verdict(self, landed: &Landed) -> Result<(), DeliveryError> {
        let Some((next, problem)) = self.failed.first().cloned() else {
            // the engine hears of them now
            let mut landed = landed.lock().expect("nobody panics with it");
            landed.retain(|position| !self.asked.contains(position));
            return Ok(());
        };
        let all = self.failed.len() == self.asked.len()
            && self.failed.iter().all(|(other, _)| *other == next);
        Err(match next {
            Next::NoTopic if all => DeliveryError::Retry(problem, None),
            Next::BadSettings if all => DeliveryError::BadSettings(problem),
            _ => DeliveryError::Refused(problem),
        })
    }
}
