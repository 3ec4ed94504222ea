//! What becomes of messages once they were tried, or were not to be.

use std::time::Duration;

use destination_kit::{DeliveryError, Fault};
use event_log::LogError;
use spec::{Attempt, DiscardCode, Outcome, Step};

use super::{
    Link, Worker,
    dispatch::{Item, Landed},
};
use crate::{books::DeadLetter, breaker::Sign, retries::Retry, retry::capped_delay, send::Heard};

impl Worker {
    /// Takes in an attempt that is over.
    pub(super) fn settle(&mut self, landed: Landed) {
        let Landed { first, began_at_ms, items } = landed;
        if !first {
            self.retries_in_flight -= 1;
        }
        self.queue.landed(items.iter().map(|(item, _)| item.person));
        if let Some(sign) = sign_of(&items) {
            let (now, jitter) = (self.now(), (self.options.jitter)());
            self.breaker.learn(sign, first, now, jitter);
        }
        for (item, heard) in items {
            let heard = match heard {
                Ok(heard) => heard,
                Err(error) => {
                    self.unreadable(item, began_at_ms, error);
                    continue;
                }
            };
            let took_ms = heard.took_ms;
            let outcome = match heard.answer {
                Ok(answer) => {
                    self.retries.remove(item.position);
                    let whole = self.wall_ms() - item.received_at_ms;
                    self.meters.delivered(took_ms, whole);
                    Outcome::Delivered { status: answer.status }
                }
                Err(DeliveryError::Refused(fault)) => {
                    self.retries.remove(item.position);
                    self.meters.discarded.increment(1);
                    let Fault { status, code, excerpt } = fault;
                    let step = Step::FailedDelivery;
                    Outcome::Discarded { step, code: code.into(), status, excerpt }
                }
                Err(DeliveryError::Retry(fault, wish)) => self.again(&item, fault, wish, false),
                Err(DeliveryError::BadSettings(fault)) => self.again(&item, fault, None, true),
            };
            self.outcome(item, began_at_ms, took_ms, outcome);
        }
    }

    /// Another attempt, or the end of them. Bad settings are not the message's fault: it is never
    /// given up for them.
    fn again(
        &mut self,
        item: &Item,
        fault: Fault,
        wish: Option<Duration>,
        always: bool,
    ) -> Outcome {
        let now = self.now();
        let age = Duration::from_millis((now - item.first_at).max(0) as u64);
        let (retries, jitter) = (item.number - 1, (self.options.jitter)());
        let delay = self.options.schedule.next_delay(retries, age, wish, jitter);
        let delay = delay.or_else(|| always.then(|| capped_delay(retries, jitter)));
        let Fault { status, code, excerpt } = fault;
        let code = DiscardCode::from(code);
        let Some(delay) = delay else {
            self.retries.remove(item.position);
            self.meters.exhausted.increment(1);
            return Outcome::Exhausted { status, code, excerpt };
        };
        let delay = delay.as_millis() as i64;
        let retry = Retry {
            stream: item.stream,
            received_at_ms: item.received_at_ms,
            first_at: item.first_at,
            number: item.number,
            due: now + delay,
            status,
            code: code.clone(),
            excerpt: excerpt.clone(),
        };
        self.retries.put(item.position, retry);
        self.meters.retried.increment(1);
        Outcome::Retry { status, code, excerpt, next_at_ms: self.wall_ms() + delay }
    }

    /// A message that was to be tried again and cannot be read.
    fn unreadable(&mut self, item: Item, began_at_ms: i64, error: LogError) {
        let outcome = match error {
            LogError::Gone(_) => {
                self.retries.remove(item.position);
                Outcome::Discarded {
                    step: Step::FailedDelivery,
                    code: "expired".into(),
                    status: None,
                    excerpt: "the log no longer holds the message".into(),
                }
            }
            error => {
                let (code, excerpt) = ("INTERNAL".to_owned(), error.to_string());
                self.again(&item, Fault { status: None, code, excerpt }, None, false)
            }
        };
        self.outcome(item, began_at_ms, 0, outcome);
    }

    fn outcome(&mut self, item: Item, at_ms: i64, took_ms: u32, outcome: Outcome) {
        let Item { position, stream, received_at_ms, number, .. } = item;
        self.put_down(Attempt {
            position,
            stream,
            received_at_ms,
            at_ms,
            took_ms,
            number,
            outcome,
        });
    }

    /// Stops a message before its first attempt.
    pub(super) fn discard(
        &mut self,
        (position, stream, received_at_ms): (u64, u64, i64),
        step: Step,
        code: DiscardCode,
        excerpt: String,
    ) {
        self.meters.discarded.increment(1);
        let outcome = Outcome::Discarded { step, code, status: None, excerpt };
        self.untried(position, stream, received_at_ms, outcome);
    }

    /// Gives up a message that has waited too long for its first attempt.
    pub(super) fn expired(&mut self, position: u64, stream: u64, received_at_ms: i64) {
        self.meters.exhausted.increment(1);
        let outcome = Outcome::Exhausted {
            status: None,
            code: "expired".into(),
            excerpt: "the destination took nothing for too long".into(),
        };
        self.untried(position, stream, received_at_ms, outcome);
    }

    fn untried(&mut self, position: u64, stream: u64, received_at_ms: i64, outcome: Outcome) {
        let at_ms = self.wall_ms();
        let (took_ms, number) = (0, 0);
        self.put_down(Attempt {
            position,
            stream,
            received_at_ms,
            at_ms,
            took_ms,
            number,
            outcome,
        });
    }

    /// Gives up what has waited longer than the horizon while nothing may be sent.
    pub(super) fn expire(&mut self) {
        let sending = matches!(self.link, Link::Ready { .. }) && self.breaker.probe_at().is_none();
        if sending {
            return;
        }
        let horizon = self.options.schedule.give_up_after().as_millis() as i64;
        for (position, retry) in self.retries.expire(self.now() - horizon) {
            self.meters.exhausted.increment(1);
            let Retry { stream, received_at_ms, number, status, code, excerpt, .. } = retry;
            let at_ms = self.wall_ms();
            let outcome = Outcome::Exhausted { status, code, excerpt };
            let took_ms = 0;
            self.put_down(Attempt {
                position,
                stream,
                received_at_ms,
                at_ms,
                took_ms,
                number,
                outcome,
            });
        }
        let before = self.horizon_ms();
        while let Some(waiting) = self.queue.take_older(before) {
            self.expired(waiting.position, waiting.stream, waiting.received_at_ms);
            self.queue.landed(std::iter::once(waiting.person));
        }
    }

    /// What was accepted before this, Unix milliseconds, has waited too long. A wall clock that
    /// jumps while we run does not count.
    pub(super) fn horizon_ms(&self) -> i64 {
        let horizon = self.options.schedule.give_up_after().as_millis() as i64;
        self.started_wall_ms + self.now() - horizon
    }

    pub(super) fn is_outlived(&self, entry: &event_log::Entry) -> bool {
        entry.label.time_ms < self.horizon_ms()
    }

    /// Takes dead letters up again; how many.
    pub(super) fn redeliver(&mut self, letters: Vec<(u64, DeadLetter)>) -> usize {
        let (now, at_ms) = (self.now(), self.wall_ms());
        let mut many = 0;
        for (position, letter) in letters {
            if self.retries.get(position).is_some() {
                continue;
            }
            let DeadLetter { stream, received_at_ms, status, code, excerpt, .. } = letter;
            let (number, took_ms, outcome) = (0, 0, Outcome::Redelivery);
            let attempt =
                Attempt { position, stream, received_at_ms, at_ms, took_ms, number, outcome };
            self.put_down(attempt);
            let (first_at, due) = (now, now);
            let retry =
                Retry { stream, received_at_ms, first_at, number, due, status, code, excerpt };
            self.retries.put(position, retry);
            many += 1;
        }
        many
    }

    /// Keeps an outcome until it is recorded.
    fn put_down(&mut self, attempt: Attempt) {
        if self.outcomes.is_empty() {
            self.oldest_outcome = tokio::time::Instant::now();
        }
        self.window.settle(attempt.position);
        self.outcomes.push(attempt);
    }
}

/// What an attempt says about the partner: that it works, when it took or refused any of the
/// messages; otherwise what it said first. `None` when nothing was sent.
fn sign_of(items: &[(Item, Result<Heard, LogError>)]) -> Option<Sign> {
    let mut signs =
        items.iter().filter_map(|(_, heard)| Some(&heard.as_ref().ok()?.answer)).map(|answer| {
            match answer {
                Ok(_) | Err(DeliveryError::Refused(_)) => Sign::Works,
                Err(DeliveryError::Retry(_, wish)) => Sign::NotReady(*wish),
                Err(DeliveryError::BadSettings(_)) => Sign::BadSettings,
            }
        });
    let first = signs.next()?;
    Some(if signs.any(|sign| sign == Sign::Works) { Sign::Works } else { first })
}
