//! Two business days: hours on Saturdays and Sundays (UTC) do not count.

use serde::{Deserialize, Serialize};

/// Business days within which a submission is answered.
pub const TARGET_DAYS: u32 = 2;

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
const WORK_WEEK_MS: i64 = 5 * DAY_MS;
/// The first Monday of Unix time, 5 January 1970.
const MONDAY_MS: i64 = 4 * DAY_MS;

/// How long a submission has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Age {
    /// Milliseconds of business days that it has waited.
    pub working_ms: i64,
    /// When the target is missed, Unix milliseconds.
    pub due_at_ms: i64,
    /// Whether it is.
    pub overdue: bool,
}

/// How long a submission has waited, against the target.
pub fn age(submitted_at_ms: i64, now_ms: i64) -> Age {
    let due_at_ms = due_at_ms(submitted_at_ms, TARGET_DAYS);
    Age { working_ms: working_ms(submitted_at_ms, now_ms), due_at_ms, overdue: now_ms > due_at_ms }
}

/// Milliseconds of business days between two times; 0 when the second is not later.
pub fn working_ms(from_ms: i64, to_ms: i64) -> i64 {
    (worked_by(to_ms) - worked_by(from_ms)).max(0)
}

/// The first time at which `days` business days have passed since `from_ms`.
pub fn due_at_ms(from_ms: i64, days: u32) -> i64 {
    if days == 0 {
        return from_ms;
    }
    let worked = worked_by(from_ms) + i64::from(days) * DAY_MS;
    // the last moment of a working week is Friday's end, not Monday's start
    let weeks = (worked - 1).div_euclid(WORK_WEEK_MS);
    MONDAY_MS + weeks * WEEK_MS + (worked - weeks * WORK_WEEK_MS)
}

/// Milliseconds of business days since the first Monday; negative before it.
fn worked_by(at_ms: i64) -> i64 {
    let since = at_ms.saturating_sub(MONDAY_MS);
    let within = since.rem_euclid(WEEK_MS).min(WORK_WEEK_MS);
    since.div_euclid(WEEK_MS) * WORK_WEEK_MS + within
}
