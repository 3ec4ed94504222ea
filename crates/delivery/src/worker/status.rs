//! What a worker shows of itself.

use destination_kit::BadSetting;

use super::{Link, Worker};
use crate::{books::Paused, breaker, failing::Streak};

/// What a worker shows of itself.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// What it is about.
    pub state: State,
    /// What is wrong with the settings, when it is [`State::Misconfigured`].
    pub problems: Vec<BadSetting>,
    /// Deliveries under way.
    pub in_flight: usize,
    /// Messages in memory that wait for their first attempt.
    pub queued: usize,
    /// When the next probe goes, Unix milliseconds, while nothing else is sent.
    pub probe_at_ms: Option<i64>,
    /// When the oldest message without an outcome was accepted, Unix milliseconds, whether it waits
    /// for the partner or for another message of its own person.
    pub oldest_waiting_ms: Option<i64>,
    /// Why nothing is sent until somebody sees to it, when it is [`State::OnHold`].
    pub pause: Option<Paused>,
    /// Failures without any success since.
    pub failing: Option<Streak>,
}

/// What a worker is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Sends what comes.
    #[default]
    Active,
    /// The destination is disabled or gone from the routing.
    Disabled,
    /// Its settings do not fit its definition.
    Misconfigured,
    /// The partner does not accept its settings; it is asked again now and then.
    Paused,
    /// It was gone or failing for too long: nothing is sent until somebody resumes it.
    OnHold,
    /// The partner does not work; it is asked again now and then.
    Failing,
    /// The partner works again; deliveries pick up.
    Recovering,
    /// The log has stopped, and with it this worker.
    Stopped,
}

impl Worker {
    /// Shows what it is about now.
    pub(super) fn show(&self) {
        let (state, problems) = match (&self.failed, &self.link, self.breaker.state()) {
            (Some(_), ..) => (State::Stopped, vec![]),
            (_, Link::Off, _) => (State::Disabled, vec![]),
            (_, Link::Misconfigured(problems), _) => (State::Misconfigured, problems.clone()),
            _ if self.pause.is_some() => (State::OnHold, vec![]),
            (.., breaker::State::Closed) => (State::Active, vec![]),
            (.., breaker::State::Open { .. }) => (State::Failing, vec![]),
            (.., breaker::State::Paused { .. }) => (State::Paused, vec![]),
            (.., breaker::State::HalfOpen { .. }) => (State::Recovering, vec![]),
        };
        let probe_at = self.breaker.probe_at().filter(|_| self.pause.is_none());
        let probe_at_ms = probe_at.map(|at| self.wall_ms() + at - self.now());
        let status = Status {
            state,
            problems,
            in_flight: self.flight.len(),
            queued: self.queue.len(),
            probe_at_ms,
            oldest_waiting_ms: self.window.oldest_received_at_ms(),
            pause: self.pause,
            failing: self.failing,
        };
        *self.status.lock().expect("no holder of this lock panics") = status;
    }
}
