//! How long to wait after a failure.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// Longer after each failure, half of it by chance, so that many who failed together do not all
/// come back together.
pub fn delay(failed: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failed.min(16)).min(LONGEST);
    // a wait that is not quite random harms nobody
    let chance = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
    doubled.mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        for (failed, longest_ms) in [(0, 500), (1, 1_000), (3, 4_000), (7, 60_000), (1_000, 60_000)]
        {
            let longest = Duration::from_millis(longest_ms);
            for _ in 0..50 {
                let delay = delay(failed);
                assert!(delay >= longest / 2 && delay <= longest, "{failed}: {delay:?}");
            }
        }
    }
}
