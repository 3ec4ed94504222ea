//! When a destination is left alone for a while.
//!
//! Only first attempts open the breaker: a retry that fails says more about its message than
//! about the partner, so that a few messages which never succeed cannot stop the others. Any
//! success helps to close it. While it is open nothing is sent but one probe at a time, at
//! growing intervals; what waits stays in the log.

use std::time::Duration;

/// So many failures in a row open the breaker.
pub const FAILURES_IN_A_ROW: u32 = 10;
/// So many of the latest first attempts are looked at …
const WINDOW: u32 = 64;
/// … and this many failures among them open the breaker.
const FAILURES_IN_WINDOW: u32 = 48;
/// So many successes in a row close it again, one more delivery at a time being let through after each.
const SUCCESSES_TO_CLOSE: u32 = 5;
const WAIT_FIRST: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest wait when the partner itself says how long (`Retry-After`).
const WISH_MAX: Duration = Duration::from_secs(15 * 60);
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything is sent.
    Closed,
    /// The partner does not work: nothing is sent before `until_ms`, then one probe.
    Open {
        /// On the caller's steady clock, milliseconds.
        until_ms: i64,
    },
    /// The partner does not accept the settings: as open, with longer waits.
    Paused {
        /// On the caller's steady clock, milliseconds.
        until_ms: i64,
    },
    /// A probe succeeded: a little more is sent after each success.
    HalfOpen {
        /// Since the probe, in a row, the probe included.
        successes: u32,
    },
}

/// What an attempt says about the partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The partner works: it took the message, or refused that one message.
    Works,
    /// It was not ready; it may have said for how long.
    NotReady(Option<Duration>),
    /// It does not accept the settings.
    BadSettings,
    /// Nobody listens there any more. Whoever asks the breaker pauses the destination, too.
    Gone,
}

/// Watches one destination. Times are milliseconds on the caller's steady clock; `jitter` is in `0.0..1.0`.
#[derive(Debug, Clone)]
pub struct Breaker {
    state: State,
    in_a_row: u32,
    /// The latest first attempts, newest in the lowest bit; set means failed.
    window: u64,
    seen: u32,
    opened: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker { state: State::Closed, in_a_row: 0, window: 0, seen: 0, opened: 0 }
    }
}

impl Breaker {
    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// How many deliveries may be on their way at `now_ms`, beside the destination's own limit.
    pub fn limit(&self, now_ms: i64) -> usize {
        match self.state {
            State::Closed => usize::MAX,
            State::Open { until_ms } | State::Paused { until_ms } => {
                usize::from(now_ms >= until_ms)
            }
            State::HalfOpen { successes } => successes as usize + 1,
        }
    }

    /// When the next probe may go, if it waits for that.
    pub fn probe_at(&self) -> Option<i64> {
        match self.state {
            State::Open { until_ms } | State::Paused { until_ms } => Some(until_ms),
            State::Closed | State::HalfOpen { .. } => None,
        }
    }

    /// Learns from an attempt that ended at `now_ms`; `first` says that it was its message's first.
    pub fn learn(&mut self, sign: Sign, first: bool, now_ms: i64, jitter: f64) {
        match sign {
            Sign::Works => self.works(first),
            Sign::BadSettings | Sign::Gone => self.open(true, None, now_ms, jitter),
            Sign::NotReady(wish) => self.not_ready(wish, first, now_ms, jitter),
        }
    }

    /// Starts afresh: the settings have changed.
    pub fn reset(&mut self) {
        *self = Breaker::default();
    }

    fn works(&mut self, first: bool) {
        self.in_a_row = 0;
        if first {
            self.saw(false);
        }
        self.state = match self.state {
            State::Closed => State::Closed,
            State::Open { .. } | State::Paused { .. } => State::HalfOpen { successes: 1 },
            State::HalfOpen { successes } if successes + 1 < SUCCESSES_TO_CLOSE => {
                State::HalfOpen { successes: successes + 1 }
            }
            State::HalfOpen { .. } => {
                *self = Breaker::default();
                State::Closed
            }
        };
    }

    fn not_ready(&mut self, wish: Option<Duration>, first: bool, now_ms: i64, jitter: f64) {
        let open = match self.state {
            State::Closed if first => {
                self.in_a_row += 1;
                self.saw(true);
                self.in_a_row >= FAILURES_IN_A_ROW
                    || (self.seen >= WINDOW && self.window.count_ones() >= FAILURES_IN_WINDOW)
            }
            State::Closed => false,
            State::HalfOpen { .. } => first,
            // What was on its way when the breaker opened says nothing new; a failed probe does.
            State::Open { until_ms } | State::Paused { until_ms } => now_ms >= until_ms,
        };
        if open {
            self.open(false, wish, now_ms, jitter);
        }
    }

    fn open(&mut self, pause: bool, wish: Option<Duration>, now_ms: i64, jitter: f64) {
        if pause && matches!(self.state, State::Paused { until_ms } if now_ms < until_ms) {
            return;
        }
        let (first, most) = if pause { (PAUSE_FIRST, PAUSE_MAX) } else { (WAIT_FIRST, WAIT_MAX) };
        let doubled = first.saturating_mul(1 << self.opened.min(16)).min(most);
        let wait = doubled.mul_f64(0.5 + jitter / 2.0).max(wish.unwrap_or_default().min(WISH_MAX));
        let until_ms = now_ms + wait.as_millis() as i64;
        self.opened += 1;
        self.state = if pause { State::Paused { until_ms } } else { State::Open { until_ms } };
    }

    fn saw(&mut self, failed: bool) {
        self.window = self.window << 1 | u64::from(failed);
        self.seen = (self.seen + 1).min(WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &mut Breaker, times: u32, now_ms: i64) {
        for _ in 0..times {
            breaker.learn(Sign::NotReady(None), true, now_ms, 1.0);
        }
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        fail(&mut breaker, FAILURES_IN_A_ROW, 0);
        assert_eq!(breaker.state(), State::Open { until_ms: 1000 });
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_probes_go_at_growing_intervals() {
        let mut breaker = opened();
        assert_eq!((breaker.limit(999), breaker.limit(1000)), (0, 1));
        fail(&mut breaker, 5, 900);
        assert_eq!(breaker.probe_at(), Some(1000), "late failures say nothing new");
        fail(&mut breaker, 1, 1000);
        assert_eq!(breaker.probe_at(), Some(3000));
        let mut now = 3000;
        for _ in 0..20 {
            fail(&mut breaker, 1, now);
            now = breaker.probe_at().expect("it is open");
        }
        fail(&mut breaker, 1, now);
        assert_eq!(breaker.probe_at(), Some(now + 60_000));
    }

    #[test]
    fn successes_close_it_step_by_step() {
        let mut breaker = opened();
        for expect in [2, 3, 4, 5] {
            breaker.learn(Sign::Works, true, 1000, 1.0);
            assert_eq!(breaker.limit(1000), expect);
        }
        breaker.learn(Sign::Works, false, 1000, 1.0);
        assert_eq!(breaker.state(), State::Closed);
        fail(&mut breaker, FAILURES_IN_A_ROW, 5000);
        assert_eq!(breaker.probe_at(), Some(6000), "it begins afresh");
    }

    #[test]
    fn a_failure_while_half_open_opens_it_again() {
        let mut breaker = opened();
        breaker.learn(Sign::Works, true, 1000, 1.0);
        breaker.learn(Sign::NotReady(None), false, 1000, 1.0);
        assert_eq!(breaker.state(), State::HalfOpen { successes: 1 }, "a retry does not");
        fail(&mut breaker, 1, 1000);
        assert_eq!(breaker.state(), State::Open { until_ms: 3000 });
    }

    #[test]
    fn messages_that_never_succeed_do_not_open_it() {
        let mut breaker = Breaker::default();
        for _ in 0..1000 {
            for _ in 0..5 {
                breaker.learn(Sign::NotReady(None), false, 0, 0.5);
            }
            breaker.learn(Sign::NotReady(None), true, 0, 0.5);
            breaker.learn(Sign::Works, true, 0, 0.5);
        }
        assert_eq!(breaker.state(), State::Closed);
    }

    #[test]
    fn mostly_failures_open_it_too() {
        let mut breaker = Breaker::default();
        for _ in 0..12 {
            fail(&mut breaker, 4, 0);
            breaker.learn(Sign::Works, true, 0, 0.5);
        }
        assert_eq!(breaker.state(), State::Closed, "too few to tell");
        fail(&mut breaker, 4, 0);
        assert!(matches!(breaker.state(), State::Open { .. }));
    }

    #[test]
    fn the_partners_wish_is_heard_within_reason() {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_IN_A_ROW {
            breaker.learn(Sign::NotReady(Some(Duration::from_secs(120))), true, 0, 1.0);
        }
        assert_eq!(breaker.probe_at(), Some(120_000));
        breaker.learn(Sign::NotReady(Some(Duration::from_secs(86_400))), true, 120_000, 1.0);
        assert_eq!(breaker.probe_at(), Some(120_000 + 900_000));
    }

    #[test]
    fn bad_settings_pause_at_once_and_longer() {
        let mut breaker = Breaker::default();
        breaker.learn(Sign::BadSettings, true, 0, 1.0);
        breaker.learn(Sign::BadSettings, true, 0, 1.0);
        assert_eq!(breaker.state(), State::Paused { until_ms: 5000 });
        let mut now = 5000;
        for _ in 0..10 {
            breaker.learn(Sign::BadSettings, true, now, 1.0);
            now = breaker.probe_at().expect("it is paused");
        }
        breaker.learn(Sign::BadSettings, false, now, 1.0);
        assert_eq!(breaker.probe_at(), Some(now + 300_000));
        breaker.reset();
        assert_eq!(breaker.state(), State::Closed);
    }
}
