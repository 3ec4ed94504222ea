//! How fast a destination is sent messages, and how long it is tried again.

use serde::{Deserialize, Deserializer};
use store::destinations::Pace;

/// A field of a change: left out, `null`, or a number, whose bounds the schema of the body has.
pub type Change = Option<Option<i64>>;

/// Tells `null` from what is left out.
pub fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Change, D::Error> {
    Option::deserialize(value).map(Some)
}

/// `pace` with these changes.
pub fn changed(pace: Pace, rate: Change, concurrency: Change, retry_hours: Change) -> Pace {
    Pace {
        rate_per_second: rate.unwrap_or(pace.rate_per_second),
        concurrency: concurrency.unwrap_or(pace.concurrency),
        retry_for_hours: retry_hours.unwrap_or(pace.retry_for_hours),
    }
}
