//! Which stretch of time is looked at, and what it is compared with.

use crate::books::Books;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A stretch of time, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From here on.
    pub from_ms: i64,
    /// To before here.
    pub to_ms: i64,
}

/// What is asked for: a stretch of time cut where the books are, and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The stretch of time.
    pub span: Span,
    /// As long a one before it, or a little longer where the books are cut more coarsely there.
    pub before: Span,
    /// How finely a chart of it is cut.
    pub step_ms: i64,
    /// How much of it is over.
    lasted_ms: i64,
}

impl Span {
    /// Its two ends.
    pub fn bounds(self) -> (i64, i64) {
        (self.from_ms, self.to_ms)
    }

    /// Whether `at_ms` is in it.
    pub fn holds(self, at_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }
}

impl Period {
    /// The stretch of time from `from_ms` to `to_ms`, cut where `books` are. Where they are cut
    /// more coarsely than in minutes it begins earlier, and ends later.
    pub fn new(books: &Books, from_ms: i64, to_ms: i64, now_ms: i64) -> Period {
        let calendar = books.calendar().and(books.breakdown().calendar());
        let down = |at_ms: i64| calendar.bucket_of(at_ms.max(0)).0;
        let up = |at_ms: i64| {
            let (from_ms, unit) = calendar.bucket_of((at_ms - 1).max(0));
            from_ms + unit.ms()
        };
        // Whoever looks at hours does not see single minutes.
        let step_ms = match to_ms.saturating_sub(from_ms) {
            lasts if lasts <= 4 * HOUR_MS => MINUTE_MS,
            lasts if lasts <= 14 * DAY_MS => HOUR_MS,
            _ => DAY_MS,
        };
        let from = down(from_ms.div_euclid(step_ms) * step_ms);
        let span = Span { from_ms: from, to_ms: up(to_ms) };
        let lasted_ms = span.to_ms.min(now_ms.max(from + 1)) - from;
        let before = Span { from_ms: down(from - lasted_ms), to_ms: from };
        let coarsest = calendar.bucket_of(from).1.ms();
        Period { span, before, step_ms: step_ms.max(coarsest), lasted_ms }
    }

    /// How `count` of this stretch differs from `before` of the one before it, as a share of that
    /// and for as much time; `None` when there was nothing.
    pub fn change(&self, count: u64, before: u64) -> Option<f64> {
        if before == 0 {
            return None;
        }
        let lasted = (self.before.to_ms - self.before.from_ms).max(1) as f64;
        let expected = before as f64 / lasted * self.lasted_ms.max(1) as f64;
        Some(count as f64 / expected - 1.0)
    }
}
