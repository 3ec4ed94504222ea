//! What becomes of messages once they were tried, or were not to be.

use std::{collections::HashMap, sync::Arc, time::Duration};

use destination_kit::{DeliveryError, Fault};
use event_log::LogError;
use spec::{Attempt, DiscardCode, Event, Outcome, Step, Together, latency};

use super::{
    Link, Worker,
    dispatch::{Item, Landed, Part, Unsent},
};
use crate::{
    Schedule, books::DeadLetter, breaker::Sign, choose::Filtered, outcomes::Load, retries::Retry,
    retry::capped_delay, send::Heard,
};

/// From so many messages on, what one attempt delivered is told together.
const TOGETHER_MIN: usize = 4;
const MINUTE_MS: i64 = 60_000;

impl Worker {
    /// Takes in an attempt that is over.
    pub(super) fn settle(&mut self, landed: Landed) {
        let Landed { first, began_at_ms, parts } = landed;
        if !first {
            self.retries_in_flight -= 1;
        }
        self.queue.landed(parts.iter().flat_map(|part| &part.items).map(|item| item.person));
        if let Some(sign) = sign_of(&parts) {
            let (now, jitter) = (self.now(), (self.options.jitter)());
            self.breaker.learn(sign, first, now, jitter);
            self.watch(sign);
        }
        for Part { items, heard } in parts {
            if let Ok(heard) = &heard {
                self.meters.attempted(heard.took_ms);
            }
            match heard {
                Err(Unsent::Unread(error)) => {
                    for item in items {
                        self.unreadable(item, began_at_ms, error.clone());
                    }
                }
                Err(Unsent::Filtered(Filtered { step, code, reason })) => {
                    for item in items {
                        self.retries.remove(item.position);
                        self.meters.discarded.increment(1);
                        let (code, excerpt) = (code.clone(), reason.clone());
                        let outcome = Outcome::Discarded { step, code, status: None, excerpt };
                        self.outcome(item, began_at_ms, 0, outcome);
                    }
                }
                Ok(Heard { answer: Ok(answer), took_ms }) => {
                    self.delivered(first, items, began_at_ms, took_ms, answer.status);
                }
                Ok(Heard { answer: Err(error), took_ms }) => {
                    for item in items {
                        let outcome = self.failed(&item, error.clone());
                        self.outcome(item, began_at_ms, took_ms, outcome);
                    }
                }
            }
        }
    }

    /// The destination has these messages.
    fn delivered(
        &mut self,
        first: bool,
        items: Vec<Item>,
        at_ms: i64,
        took_ms: u32,
        status: Option<u16>,
    ) {
        self.meters.delivered.increment(items.len() as u64);
        let wall_ms = self.wall_ms();
        let mut accepted_ms = None;
        for item in &items {
            if accepted_ms.replace(item.received_at_ms) != Some(item.received_at_ms) {
                self.meters.was_on_its_way(wall_ms - item.received_at_ms);
            }
        }
        if first && items.len() >= TOGETHER_MIN {
            return self.put_down_together(items, at_ms, took_ms, status);
        }
        for item in items {
            if !first {
                self.retries.remove(item.position);
            }
            self.outcome(item, at_ms, took_ms, Outcome::Delivered { status });
        }
    }

    /// What becomes of a message whose attempt failed.
    fn failed(&mut self, item: &Item, error: DeliveryError) -> Outcome {
        match error {
            DeliveryError::Refused(Fault { status, code, excerpt }) => {
                self.retries.remove(item.position);
                self.meters.discarded.increment(1);
                let step = Step::FailedDelivery;
                Outcome::Discarded { step, code: code.into(), status, excerpt }
            }
            DeliveryError::Retry(fault, wish) => self.again(item, fault, wish, false),
            DeliveryError::BadSettings(fault) | DeliveryError::Gone(fault) => {
                self.again(item, fault, None, true)
            }
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
        let delay = self.schedule().next_delay(retries, age, wish, jitter);
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
        let Item { position, stream, received_at_ms, number, event, .. } = item;
        let attempt = Attempt { position, stream, received_at_ms, at_ms, took_ms, number, outcome };
        self.put_down(attempt, event);
    }

    /// Stops a message before its first attempt.
    pub(super) fn discard(
        &mut self,
        message: (u64, u64, i64),
        event: Option<Arc<Event>>,
        step: Step,
        code: DiscardCode,
        excerpt: String,
    ) {
        self.meters.discarded.increment(1);
        let outcome = Outcome::Discarded { step, code, status: None, excerpt };
        self.untried(message, event, outcome);
    }

    /// Gives up a message that has waited too long for its first attempt.
    pub(super) fn expired(&mut self, message: (u64, u64, i64), event: Option<Arc<Event>>) {
        self.meters.exhausted.increment(1);
        let outcome = Outcome::Exhausted {
            status: None,
            code: "expired".into(),
            excerpt: "the destination took nothing for too long".into(),
        };
        self.untried(message, event, outcome);
    }

    fn untried(
        &mut self,
        (position, stream, received_at_ms): (u64, u64, i64),
        event: Option<Arc<Event>>,
        outcome: Outcome,
    ) {
        let at_ms = self.wall_ms();
        let (took_ms, number) = (0, 0);
        let attempt = Attempt { position, stream, received_at_ms, at_ms, took_ms, number, outcome };
        self.put_down(attempt, event);
    }

    /// Gives up what has waited longer than it may while nothing may be sent.
    pub(super) fn expire(&mut self) {
        let probing = self.breaker.probe_at().is_some() || self.pause.is_some();
        if matches!(self.link, Link::Ready { .. }) && !probing {
            return;
        }
        let patience = self.patience().as_millis() as i64;
        for (position, retry) in self.retries.expire(self.now() - patience) {
            self.meters.exhausted.increment(1);
            let Retry { stream, received_at_ms, number, status, code, excerpt, .. } = retry;
            let at_ms = self.wall_ms();
            let outcome = Outcome::Exhausted { status, code, excerpt };
            let took_ms = 0;
            let attempt =
                Attempt { position, stream, received_at_ms, at_ms, took_ms, number, outcome };
            // The books know since its first attempt.
            self.put_down(attempt, None);
        }
        let before = self.horizon_ms();
        while let Some(waiting) = self.queue.take_older(before) {
            let event = self.events.of(waiting.message.event());
            let message = (waiting.position, waiting.stream, waiting.received_at_ms);
            self.expired(message, Some(event));
            self.queue.landed(std::iter::once(waiting.person));
        }
    }

    /// When this destination's messages are tried again.
    fn schedule(&self) -> Schedule {
        let route = self.route.as_deref();
        route.map_or(self.options.schedule, |route| self.options.schedule_of(route))
    }

    /// How long a message may wait while nothing may be sent.
    fn patience(&self) -> Duration {
        let horizon = self.schedule().give_up_after();
        match self.pause {
            Some(_) => horizon.max(self.options.keep_while_paused),
            None => horizon,
        }
    }

    /// What was accepted before this, Unix milliseconds, has waited too long. A wall clock that
    /// jumps while we run does not count.
    pub(super) fn horizon_ms(&self) -> i64 {
        self.started_wall_ms + self.now() - self.patience().as_millis() as i64
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
            self.put_down(attempt, None);
            let (first_at, due) = (now, now);
            let retry =
                Retry { stream, received_at_ms, first_at, number, due, status, code, excerpt };
            self.retries.put(position, retry);
            many += 1;
        }
        many
    }

    /// Keeps an outcome until it is recorded.
    fn put_down(&mut self, attempt: Attempt, event: Option<Arc<Event>>) {
        self.window.settle(attempt.position);
        self.note_age();
        self.outcomes.push(attempt, event);
    }

    /// Keeps the outcomes of a batch that was delivered at its first attempt.
    fn put_down_together(
        &mut self,
        items: Vec<Item>,
        at_ms: i64,
        took_ms: u32,
        status: Option<u16>,
    ) {
        self.window.settle_all(items.iter().map(|item| item.position));
        self.note_age();
        let there_ms = at_ms + i64::from(took_ms);
        let mut loads: Vec<Load> = Vec::new();
        let mut at: HashMap<(u64, i64), usize> = HashMap::new();
        let mut last = None;
        for Item { position, stream, received_at_ms, event, .. } in items {
            let place = (stream, received_at_ms.div_euclid(MINUTE_MS));
            let load = match last {
                Some((before, load)) if before == place => load,
                _ => *at.entry(place).or_insert_with(|| {
                    let (minute_ms, positions) = (place.1 * MINUTE_MS, Vec::new());
                    let together =
                        Together { stream, minute_ms, at_ms, took_ms, status, positions };
                    loads.push(Load { together, of: Vec::new() });
                    loads.len() - 1
                }),
            };
            last = Some((place, load));
            let event = event.expect("first attempts have read their messages");
            let took = latency::bucket((there_ms - received_at_ms).max(0).cast_unsigned());
            loads[load].together.positions.push(position);
            loads[load].of.push((event, took));
        }
        loads.into_iter().for_each(|load| self.outcomes.push_together(load));
    }

    fn note_age(&mut self) {
        if self.outcomes.is_empty() {
            self.oldest_outcome = tokio::time::Instant::now();
        }
    }
}

/// What an attempt says about the partner: that it works, when it took or refused any of the
/// messages; otherwise what it said first. `None` when nothing was sent.
fn sign_of(parts: &[Part]) -> Option<Sign> {
    let heard = parts.iter().filter_map(|part| part.heard.as_ref().ok());
    let mut signs = heard.map(|heard| match &heard.answer {
        Ok(_) | Err(DeliveryError::Refused(_)) => Sign::Works,
        Err(DeliveryError::Retry(_, wish)) => Sign::NotReady(*wish),
        Err(DeliveryError::BadSettings(_)) => Sign::BadSettings,
        Err(DeliveryError::Gone(_)) => Sign::Gone,
    });
    let first = signs.next()?;
    Some(if signs.any(|sign| sign == Sign::Works) { Sign::Works } else { first })
}
