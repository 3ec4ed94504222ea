//! When a message is tried again.

use std::time::Duration;

/// The first wait, before jitter.
pub const FIRST_DELAY: Duration = Duration::from_secs(2);
/// No wait of ours is longer; a partner may ask for more, see [`WISH_MAX`].
pub const DELAY_MAX: Duration = Duration::from_secs(3600);
/// How long after its first attempt a message is given up, unless the schedule says otherwise.
///
/// Source: Segment retries for four hours; three days outlast a weekend.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(72 * 3600);
/// The least that [`Schedule::new`] takes for [`Schedule::give_up_after`].
pub const GIVE_UP_AFTER_MIN: Duration = Duration::from_secs(4 * 3600);
/// The longest `Retry-After` that we honour.
pub const WISH_MAX: Duration = Duration::from_secs(24 * 3600);
/// The same in milliseconds.
pub(crate) const WISH_MAX_MS: i64 = WISH_MAX.as_millis() as i64;

/// How one destination's messages are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    give_up_after: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule { give_up_after: GIVE_UP_AFTER }
    }
}

impl Schedule {
    /// Gives up `give_up_after` the first attempt, yet never before [`GIVE_UP_AFTER_MIN`].
    pub fn new(give_up_after: Duration) -> Schedule {
        Schedule { give_up_after: give_up_after.max(GIVE_UP_AFTER_MIN) }
    }

    /// How long after its first attempt a message is given up.
    pub fn give_up_after(&self) -> Duration {
        self.give_up_after
    }

    /// How long to wait before the next attempt, or `None` to give up.
    ///
    /// `age` counts from the first attempt, `wish` is the partner's `Retry-After`, and `jitter`
    /// is in `0.0..1.0` and comes from the caller.
    pub fn next_delay(
        &self,
        retries_made: u32,
        age: Duration,
        wish: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        let delay = capped_delay(retries_made, jitter).max(wish.unwrap_or_default().min(WISH_MAX));
        (age + delay <= self.give_up_after).then_some(delay)
    }
}

/// The exponential wait without a horizon: half to whole of 2 s, 4 s, 8 s … [`DELAY_MAX`].
pub fn capped_delay(retries_made: u32, jitter: f64) -> Duration {
    let doubled = FIRST_DELAY.saturating_mul(1 << retries_made.min(16));
    doubled.min(DELAY_MAX).mul_f64(0.5 + jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Every wait of a message that never succeeds.
    fn waits(schedule: Schedule, jitter: f64) -> Vec<Duration> {
        let mut age = Duration::ZERO;
        let mut waits = Vec::new();
        while let Some(delay) = schedule.next_delay(waits.len() as u32, age, None, jitter) {
            waits.push(delay);
            age += delay;
        }
        waits
    }

    #[test]
    fn waits_double_up_to_an_hour_and_end_after_three_days() {
        let waits = waits(Schedule::default(), 0.999_999);
        assert!(waits[0] <= FIRST_DELAY && waits[0] >= FIRST_DELAY / 2);
        assert!(waits.is_sorted());
        assert!(waits.iter().all(|wait| *wait <= DELAY_MAX));
        let total: Duration = waits.iter().sum();
        assert!(total <= GIVE_UP_AFTER && total >= GIVE_UP_AFTER - DELAY_MAX, "{total:?}");
    }

    #[test]
    fn jitter_spreads_over_the_upper_half() {
        for retries in [0, 3, 40] {
            let (least, most) = (capped_delay(retries, 0.0), capped_delay(retries, 1.0));
            assert_eq!(least * 2, most);
        }
    }

    #[test]
    fn four_hours_are_the_least() {
        let schedule = Schedule::new(Duration::from_secs(1));
        let total: Duration = waits(schedule, 0.5).iter().sum();
        assert!(total >= 3 * HOUR && total <= 4 * HOUR, "{total:?}");
    }

    #[test]
    fn a_partners_wish_is_honoured_up_to_a_day() {
        let schedule = Schedule::default();
        let ask = |wish| schedule.next_delay(0, Duration::ZERO, Some(wish), 0.5);
        assert_eq!(ask(6 * HOUR), Some(6 * HOUR));
        assert_eq!(ask(100 * HOUR), Some(24 * HOUR));
        assert!(ask(Duration::ZERO) >= Some(FIRST_DELAY / 2));
        assert_eq!(schedule.next_delay(0, 71 * HOUR, Some(6 * HOUR), 0.5), None);
    }
}
