//! When a destination that does nothing but fail is paused until somebody sees to it.
//!
//! A partner that has been away for days will hardly come back unseen: to ask on helps nobody, and
//! what waits would run out of its time message by message. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// So long nothing but failure, and the destination is paused.
pub const PAUSE_AFTER: Duration = Duration::from_secs(5 * 24 * 3600);
/// Shares of that time, in percent, at which people are warned.
pub const WARN_AT: [u32; 3] = [50, 70, 90];
/// Failures further apart than this are no evidence of what was between them.
const GAP_MAX_MS: i64 = 24 * 3_600_000;

/// Failures without any success between them. Times are Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// The first one.
    pub since_ms: i64,
    /// The latest one.
    pub last_ms: i64,
}

impl Streak {
    /// What `streak` becomes by a failure at `at_ms`. It begins anew where a day went by without
    /// one, and so a clock that jumps ahead pauses nobody.
    pub fn failed(streak: Option<Streak>, at_ms: i64) -> Streak {
        match streak {
            Some(streak) if at_ms.saturating_sub(streak.last_ms) <= GAP_MAX_MS => {
                Streak { last_ms: streak.last_ms.max(at_ms), ..streak }
            }
            _ => Streak { since_ms: at_ms, last_ms: at_ms },
        }
    }

    /// How much of [`PAUSE_AFTER`] it lasts, in percent; at 100 the destination is paused.
    pub fn percent(&self) -> u32 {
        let lasts = self.last_ms.saturating_sub(self.since_ms).max(0) as u128;
        u32::try_from(lasts * 100 / PAUSE_AFTER.as_millis()).unwrap_or(u32::MAX)
    }

    /// The highest of [`WARN_AT`] that it has reached; 0 for none.
    pub fn warning(&self) -> u32 {
        let reached = WARN_AT.iter().filter(|at| self.percent() >= **at);
        reached.max().copied().unwrap_or(0)
    }

    /// When the destination is paused if this goes on.
    pub fn pauses_at_ms(&self) -> i64 {
        self.since_ms + PAUSE_AFTER.as_millis() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    /// A failure each hour, for so many hours.
    fn failing(hours: i64) -> Streak {
        let streak = (0..=hours).fold(None, |streak, hour| {
            Some(Streak::failed(streak, 1_763_000_000_000 + hour * HOUR_MS))
        });
        streak.expect("there was at least one")
    }

    #[test]
    fn five_days_are_counted_and_warned_of() {
        let seen = |hours| (failing(hours).percent(), failing(hours).warning());
        assert_eq!(seen(0), (0, 0));
        assert_eq!(seen(59), (49, 0));
        assert_eq!(seen(60), (50, 50));
        assert_eq!(seen(84), (70, 70));
        assert_eq!(seen(107), (89, 70));
        assert_eq!(seen(108), (90, 90));
        assert_eq!(seen(119), (99, 90));
        assert_eq!(seen(120), (100, 90));
        assert_eq!(failing(7).pauses_at_ms(), failing(0).since_ms + 120 * HOUR_MS);
    }

    #[test]
    fn silence_is_no_failure_and_neither_is_a_clock_that_jumps() {
        let before = failing(100);
        let ten_years = before.last_ms + 10 * 365 * 24 * HOUR_MS;
        let ahead = Streak::failed(Some(before), ten_years);
        assert_eq!((ahead.since_ms, ahead.percent()), (ten_years, 0));
        let back = Streak::failed(Some(before), before.since_ms - HOUR_MS);
        assert_eq!(back, before, "a clock that goes back takes nothing away");
    }
}
