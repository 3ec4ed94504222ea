//! How fast attempts may follow each other.

/// Attempts of so many milliseconds may begin at once: timers are not finer, and partners count
/// in seconds.
const BURST_MS: f64 = 100.0;

/// When the next attempt may begin. Pure: times are milliseconds on the worker's steady clock.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When every attempt so far would have begun, had they been evenly spread.
    spread_until: f64,
}

impl Pace {
    /// The first moment at which another attempt may begin, at so many in a second.
    pub(super) fn next_at(&self, per_second: u32) -> i64 {
        // One alone may always begin, however slow the pace.
        let burst = (BURST_MS - interval(per_second)).max(0.0);
        (self.spread_until - burst).ceil() as i64
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self, per_second: u32, now: i64) {
        self.spread_until = self.spread_until.max(now as f64) + interval(per_second);
    }
}

fn interval(per_second: u32) -> f64 {
    1000.0 / f64::from(per_second.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many attempts begin in ten seconds, and the most in any of them, when as many wait as
    /// may begin.
    fn begun(per_second: u32) -> (usize, usize) {
        let mut pace = Pace::default();
        let mut at = Vec::new();
        for now in 0..10_000 {
            while pace.next_at(per_second) <= now {
                pace.begin(per_second, now);
                at.push(now);
            }
        }
        let within = |from: i64| at.iter().filter(|at| (from..from + 1000).contains(*at)).count();
        (at.len(), at.iter().map(|from| within(*from)).max().unwrap_or_default())
    }

    #[test]
    fn so_many_begin_in_a_second_and_hardly_more_in_any() {
        assert_eq!(begun(1), (10, 1));
        assert_eq!(begun(3), (30, 3));
        let (all, most) = begun(100);
        assert!((1000..=1010).contains(&all) && most <= 110, "{all} {most}");
        let (all, most) = begun(5000);
        assert!((50_000..=50_500).contains(&all) && most <= 5_500, "{all} {most}");
    }

    #[test]
    fn what_was_not_used_is_not_saved_up() {
        let mut pace = Pace::default();
        pace.begin(10, 0);
        assert_eq!(pace.next_at(10), 100);
        pace.begin(10, 60_000);
        assert_eq!(pace.next_at(10), 60_100);
    }
}
