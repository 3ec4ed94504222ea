//! How a destination fares, by the log: whether it does nothing but fail, and whether it is paused.

use serde::{Deserialize, Serialize};
use spec::{Attempt, Outcome, Pause, PauseCause, Step};

use crate::failing::Streak;

/// What the log says of a destination beside its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Condition {
    /// Failures without any success since.
    pub failing: Option<Streak>,
    /// It is sent nothing until somebody sees to it.
    pub pause: Option<Paused>,
}

/// A pause that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when, Unix milliseconds.
    pub at_ms: i64,
    /// Why.
    pub cause: PauseCause,
    /// A hash of the settings it had; see [`Pause::settings`].
    pub settings: u64,
}

impl Condition {
    /// Takes the outcomes of one record into account: a single success speaks for the partner.
    pub(super) fn learn(&mut self, attempts: &[Attempt]) {
        let works = |attempt: &Attempt| match &attempt.outcome {
            Outcome::Delivered { .. } => true,
            Outcome::Discarded { step, .. } => *step == Step::FailedDelivery && attempt.number > 0,
            _ => false,
        };
        if attempts.iter().any(works) {
            self.failing = None;
            return;
        }
        for attempt in attempts.iter().filter(|attempt| attempt.number > 0) {
            if matches!(attempt.outcome, Outcome::Retry { .. } | Outcome::Exhausted { .. }) {
                let at_ms = attempt.at_ms + i64::from(attempt.took_ms);
                self.failing = Some(Streak::failed(self.failing, at_ms));
            }
        }
    }

    /// Something was delivered.
    pub(super) fn works(&mut self) {
        self.failing = None;
    }

    /// It is paused, or goes on.
    pub(super) fn pause(&mut self, said: &Pause) {
        let Pause { at_ms, cause, settings, .. } = *said;
        self.pause = cause.map(|cause| Paused { at_ms, cause, settings });
        if cause.is_none() {
            self.failing = None;
        }
    }
}
