//! Time as the records tell it.
//!
//! The clock only goes forward. A record within an hour of the newest one is believed; one
//! further away, before or after, moves nothing until [`AWAY_MAX`] in a row agree that the time
//! has changed, and then moves it by at most an hour. So neither a jump of ten years nor a clock
//! that flutters between two times empties the window; a log that was quiet for longer than an
//! hour keeps its ids longer, which does no harm.

use crate::options::HOUR_MS;

/// How far one record may move the clock.
pub(crate) const STEP_MAX_MS: i64 = HOUR_MS;
/// Records in a row that must be away before the clock follows them; more than a few batches.
const AWAY_MAX: u32 = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Clock {
    /// The time that ages are counted in. Starts as the first record's time.
    pub(crate) now_ms: i64,
    /// The newest record time that was believed.
    pub(crate) newest_ms: i64,
    /// Some record was seen.
    pub(crate) started: bool,
    away: u32,
}

impl Clock {
    pub(crate) const fn restored(now_ms: i64, newest_ms: i64, started: bool) -> Clock {
        Clock { now_ms, newest_ms, started, away: 0 }
    }

    #[inline]
    pub(crate) fn observe(&mut self, time_ms: i64) {
        let ahead = time_ms.saturating_sub(self.newest_ms);
        if ahead == 0 {
            self.away = 0;
        } else {
            self.observe_change(time_ms, ahead);
        }
    }

    fn observe_change(&mut self, time_ms: i64, ahead: i64) {
        if !self.started {
            *self = Clock::restored(time_ms, time_ms, true);
            return;
        }
        if (-STEP_MAX_MS..=STEP_MAX_MS).contains(&ahead) {
            self.away = 0;
            if ahead > 0 {
                self.now_ms = self.now_ms.saturating_add(ahead);
                self.newest_ms = time_ms;
            }
            return;
        }
        self.away += 1;
        if self.away >= AWAY_MAX {
            self.now_ms = self.now_ms.saturating_add(ahead.clamp(0, STEP_MAX_MS));
            self.newest_ms = time_ms;
            self.away = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR_MS: i64 = 365 * 24 * HOUR_MS;
    const T: i64 = 1_800_000_000_000;

    fn clock_after(times: impl IntoIterator<Item = i64>) -> i64 {
        let mut clock = Clock::default();
        times.into_iter().for_each(|time| clock.observe(time));
        clock.now_ms - T
    }

    #[test]
    fn steady_time_is_taken_as_it_is() {
        assert_eq!(clock_after((0..=1000).map(|i| T + i * 60_000)), 60_000_000);
    }

    #[test]
    fn records_slightly_out_of_order_do_not_add_up() {
        assert_eq!(clock_after((0..1000).map(|i| T + i % 2 * 500)), 500);
    }

    #[test]
    fn one_record_from_the_future_moves_nothing() {
        assert_eq!(clock_after([T, T + 10 * YEAR_MS, T + 1000]), 1000);
    }

    #[test]
    fn a_lasting_jump_is_followed_and_costs_an_hour_at_most() {
        let jumped = (0..20_000).map(|i| T + 10 * YEAR_MS + i);
        let passed = clock_after(std::iter::once(T).chain(jumped.clone()));
        assert!((STEP_MAX_MS..STEP_MAX_MS + 20_000).contains(&passed), "{passed}");
        let there_and_back = jumped.chain((0..20_000).map(|i| T + i));
        let passed = clock_after(std::iter::once(T).chain(there_and_back));
        assert!((STEP_MAX_MS..STEP_MAX_MS + 40_000).contains(&passed), "{passed}");
    }

    #[test]
    fn fluttering_between_two_times_moves_nothing() {
        let flutter = (0..100_000).map(|i| if i / 500 % 2 == 0 { T } else { T + YEAR_MS });
        assert_eq!(clock_after(flutter), 0);
    }
}
