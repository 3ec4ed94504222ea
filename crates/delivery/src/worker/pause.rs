//! When a destination is paused until somebody sees to it, and when it goes on.
//!
//! A pause stands in the log, so that it outlives the process. What is accepted meanwhile is the
//! destination's own and waits, for as long as [`crate::Options::keep_while_paused`] says.

use spec::{Pause, PauseCause};

use super::{Worker, settings_of};
use crate::{books::Paused, breaker::Sign, failing::Streak};

impl Worker {
    /// Learns from an attempt what the books will read in its record.
    pub(super) fn watch(&mut self, sign: Sign) {
        let at_ms = self.wall_ms();
        if sign == Sign::Works {
            (self.failing, self.warned) = (None, 0);
            return;
        }
        let streak = Streak::failed(self.failing, at_ms);
        self.failing = Some(streak);
        if sign == Sign::Gone {
            return self.pause(PauseCause::Gone);
        }
        if streak.percent() >= 100 {
            return self.pause(PauseCause::Failing);
        }
        let percent = streak.warning();
        if percent > self.warned {
            tracing::warn!(
                destination = %self.id,
                percent,
                failing_since_ms = streak.since_ms,
                pauses_at_ms = streak.pauses_at_ms(),
                "a destination has done nothing but fail for a large part of the time after which it is paused"
            );
        }
        self.warned = percent;
    }

    fn pause(&mut self, cause: PauseCause) {
        if self.pause.is_some() {
            return;
        }
        let (at_ms, settings) = (self.wall_ms(), self.settings());
        let why = match cause {
            PauseCause::Gone => "its partner says that nobody listens there any more (410)",
            PauseCause::Failing => "it has done nothing but fail for five days",
        };
        tracing::error!(destination = %self.id, why, "a destination is paused; what comes for it waits until it is resumed or its settings are edited");
        self.pause = Some(Paused { at_ms, cause, settings });
        self.pauses.push(Pause {
            destination: self.id.clone(),
            at_ms,
            cause: Some(cause),
            settings,
        });
    }

    /// Sends again; whether it was paused.
    pub(super) fn resume(&mut self) -> bool {
        let Some(Paused { settings, .. }) = self.pause.take() else { return false };
        tracing::info!(destination = %self.id, "a paused destination goes on");
        let at_ms = self.wall_ms();
        self.pauses.push(Pause { destination: self.id.clone(), at_ms, cause: None, settings });
        (self.failing, self.warned) = (None, 0);
        self.breaker.reset();
        self.retries.hasten(self.now());
        true
    }

    /// Goes on when somebody has edited the settings since, or has switched it off and on.
    pub(super) fn reconsider_pause(&mut self, was_off: bool) {
        let enabled = self.route.as_ref().is_some_and(|route| route.enabled);
        if let Some(paused) = self.pause
            && enabled
            && (was_off || paused.settings != self.settings())
        {
            self.resume();
        }
    }

    /// A hash of its settings that means nothing elsewhere.
    fn settings(&self) -> u64 {
        self.route.as_ref().map_or(0, |route| settings_of(&*self.log, route))
    }
}
