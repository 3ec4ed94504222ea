//! When somebody is told, and what: plain functions of what the data plane says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::planes::health::{DestinationVitals, SourceVitals};

const HOUR_MS: i64 = 3_600_000;
/// Somebody who was told that a thing is bad is told again only after this time, unless it got
/// worse. That it is well again is told at once.
pub const COOLDOWN_MS: i64 = HOUR_MS;
/// The level of what everybody is told when a destination is paused.
pub const PAUSED: i64 = 100;
/// A rate of fewer messages than this says nothing.
const EVIDENCE_MIN: u64 = 20;

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlertKind {
    /// Of the attempts of a destination within `minutes` fewer than `threshold` percent succeeded.
    DeliveryRate,
    /// A source had `threshold` percent more or fewer messages within `minutes` than before.
    VolumeChange,
    /// A source that had messages had none for `minutes`.
    NoData,
    /// A message waits for a destination longer than `minutes`.
    PendingAge,
    /// A destination is paused, about to be, or its settings do not fit.
    DestinationState,
}

impl AlertKind {
    /// The word in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            AlertKind::DeliveryRate => "DELIVERY_RATE",
            AlertKind::VolumeChange => "VOLUME_CHANGE",
            AlertKind::NoData => "NO_DATA",
            AlertKind::PendingAge => "PENDING_AGE",
            AlertKind::DestinationState => "DESTINATION_STATE",
        }
    }

    /// The kind of a row.
    pub fn of(word: &str) -> Option<AlertKind> {
        [
            AlertKind::DeliveryRate,
            AlertKind::VolumeChange,
            AlertKind::NoData,
            AlertKind::PendingAge,
            AlertKind::DestinationState,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }

    /// Whether it is about sources; the others are about destinations.
    pub fn of_sources(self) -> bool {
        matches!(self, AlertKind::VolumeChange | AlertKind::NoData)
    }

    /// The percentages that it may be decided by; `None` where there is none.
    pub fn thresholds(self) -> Option<std::ops::RangeInclusive<i64>> {
        match self {
            AlertKind::DeliveryRate => Some(1..=100),
            AlertKind::VolumeChange => Some(1..=1000),
            _ => None,
        }
    }
}

/// How bad a thing is, and why, in a sentence; level 0 when all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// 0: well.
    pub level: i64,
    /// Why.
    pub says: String,
}

fn verdict(bad: bool, says: String) -> Verdict {
    Verdict { level: i64::from(bad), says }
}

/// How a destination stands for an alert of this kind; `None` where nothing can be said, and what
/// was told goes on to hold.
pub fn of_destination(
    kind: AlertKind,
    (threshold, minutes): (i64, i64),
    vitals: &DestinationVitals,
    now_ms: i64,
) -> Option<Verdict> {
    match kind {
        AlertKind::DeliveryRate => {
            let attempts = vitals.delivered + vitals.failed + vitals.failed_attempts;
            if attempts < EVIDENCE_MIN {
                return None;
            }
            let rate = vitals.delivered as f64 * 100.0 / attempts as f64;
            let error = last_error(vitals);
            let says = format!(
                "{rate:.1} % of {attempts} attempts in {} were successful, and {threshold} % is the \
                 least.{error}",
                lasting(minutes)
            );
            Some(verdict(rate < threshold as f64, says))
        }
        AlertKind::PendingAge => {
            let oldest = vitals.oldest_pending_at.as_deref().and_then(time_ms);
            let waits = oldest.map_or(0, |at_ms| (now_ms - at_ms) / 60_000);
            let says = format!(
                "The oldest of {} pending messages waits for {}, and {} is the limit.{}",
                vitals.pending,
                lasting(waits),
                lasting(minutes),
                last_error(vitals)
            );
            Some(verdict(waits >= minutes, says))
        }
        AlertKind::DestinationState => Some(standing(vitals)),
        AlertKind::VolumeChange | AlertKind::NoData => None,
    }
}

/// How a source stands for an alert of this kind.
pub fn of_source(
    kind: AlertKind,
    (threshold, minutes): (i64, i64),
    vitals: &SourceVitals,
    now_ms: i64,
) -> Option<Verdict> {
    match kind {
        AlertKind::VolumeChange => {
            if vitals.accepted.max(vitals.accepted_before) < EVIDENCE_MIN {
                return None;
            }
            let percent = vitals.change? * 100.0;
            let (how, by) = if percent < 0.0 { ("fell", -percent) } else { ("grew", percent) };
            let says = format!(
                "The volume {how} by {by:.0} %: {} messages in {}, and {} in as much time before.",
                vitals.accepted,
                lasting(minutes),
                vitals.accepted_before
            );
            Some(verdict(percent.abs() >= threshold as f64, says))
        }
        AlertKind::NoData => {
            let last = vitals.last_received_at.as_deref().and_then(time_ms)?;
            let silent = (now_ms - last) / 60_000;
            let says = format!("The last message came {} ago.", lasting(silent));
            Some(verdict(silent >= minutes, says))
        }
        _ => None,
    }
}

/// What everybody is told of a destination: that it does nothing but fail, at 50, 70 and 90
/// percent of the time until it is paused, and that it is paused.
pub fn standing(vitals: &DestinationVitals) -> Verdict {
    let error = last_error(vitals);
    if let Some(pause) = &vitals.pause {
        let why = match pause.cause.as_str() {
            "gone" => "because it said that nobody listens there any more",
            _ => "because it has done nothing but fail for five days",
        };
        let says = format!(
            "The destination was paused {why}. Nothing is lost: {} messages wait, and what arrives \
             meanwhile is kept with them. Correct its settings or resume it, and they are delivered.\
             {error}",
            vitals.pending
        );
        return Verdict { level: PAUSED, says };
    }
    match &vitals.failing {
        Some(failing) if failing.warning > 0 => {
            let says = format!(
                "The destination does nothing but fail, and will be paused on {} if that goes on. \
                 Nothing is lost: {} messages wait.{error}",
                failing.pauses_at, vitals.pending
            );
            Verdict { level: i64::from(failing.warning), says }
        }
        _ if vitals.state == "misconfigured" => {
            let says = format!(
                "The destination's settings do not fit what it asks for: {} messages wait until \
                 they are corrected.",
                vitals.pending
            );
            Verdict { level: 50, says }
        }
        _ => Verdict { level: 0, says: "The destination works.".to_owned() },
    }
}

fn last_error(vitals: &DestinationVitals) -> String {
    vitals.last_error.as_ref().map_or(String::new(), |error| {
        format!(" The last error was {} ({}), at {}.", error.label, error.code, error.at)
    })
}

/// Whether somebody is to be told that `level` holds, after `told` was told at `told_at_ms`.
pub fn is_told(level: i64, told: i64, told_at_ms: i64, now_ms: i64) -> bool {
    match level.cmp(&told) {
        std::cmp::Ordering::Equal => false,
        // It got worse, or it is bad again.
        std::cmp::Ordering::Greater => told > 0 || now_ms - told_at_ms >= COOLDOWN_MS,
        // Half a recovery is none.
        std::cmp::Ordering::Less => level == 0,
    }
}

fn time_ms(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A time in words.
pub fn lasting(minutes: i64) -> String {
    let (count, unit) = match minutes {
        ..120 => (minutes, "minute"),
        120..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planes::health::{Failing, Pause};

    const NOW_MS: i64 = 1_795_608_000_000;

    fn well() -> DestinationVitals {
        DestinationVitals {
            id: "dst_1".into(),
            state: "active".into(),
            delivered: 95,
            failed: 2,
            failed_attempts: 3,
            pending: 7,
            oldest_pending_at: Some(crate::answer::time(NOW_MS - 3 * HOUR_MS)),
            last_error: None,
            pause: None,
            failing: None,
        }
    }

    fn level(kind: AlertKind, by: (i64, i64), vitals: &DestinationVitals) -> Option<i64> {
        of_destination(kind, by, vitals, NOW_MS).map(|verdict| verdict.level)
    }

    #[test]
    fn a_rate_is_that_of_attempts_and_needs_some() {
        let rate = |threshold, vitals: &DestinationVitals| {
            level(AlertKind::DeliveryRate, (threshold, 60), vitals)
        };
        assert_eq!((rate(95, &well()), rate(96, &well())), (Some(0), Some(1)));
        let few = DestinationVitals { delivered: 1, ..well() };
        assert_eq!(rate(95, &few), None);
        let said = of_destination(AlertKind::DeliveryRate, (96, 60), &well(), NOW_MS);
        let expect = "95.0 % of 100 attempts in 60 minutes were successful, and 96 % is the least.";
        assert_eq!(said.expect("there are some").says, expect);
    }

    #[test]
    fn what_waits_and_what_is_paused_is_bad() {
        assert_eq!(level(AlertKind::PendingAge, (0, 181), &well()), Some(0));
        assert_eq!(level(AlertKind::PendingAge, (0, 180), &well()), Some(1));
        let failing = |warning| {
            let failing = Failing { pauses_at: "2026-11-30T00:00:00Z".into(), warning };
            standing(&DestinationVitals { failing: Some(failing), ..well() }).level
        };
        assert_eq!([failing(0), failing(50), failing(90)], [0, 50, 90]);
        let pause = Pause { at: "2026-11-30T00:00:00Z".into(), cause: "gone".into() };
        let paused = standing(&DestinationVitals { pause: Some(pause), ..well() });
        assert_eq!(paused.level, PAUSED);
        assert!(paused.says.contains("7 messages wait"), "{}", paused.says);
    }

    #[test]
    fn sources_are_judged_by_volume_and_silence() {
        let source = |accepted, accepted_before, change| SourceVitals {
            id: "src_1".into(),
            accepted,
            accepted_before,
            change,
            stopped: 0,
            refused_requests: 0,
            last_received_at: Some(crate::answer::time(NOW_MS - 2 * HOUR_MS)),
            worst: None,
        };
        let volume = |vitals: &SourceVitals| {
            of_source(AlertKind::VolumeChange, (40, 1440), vitals, NOW_MS).map(|v| v.level)
        };
        assert_eq!(volume(&source(61, 100, Some(-0.39))), Some(0));
        assert_eq!(volume(&source(60, 100, Some(-0.40))), Some(1));
        assert_eq!(volume(&source(140, 100, Some(0.4))), Some(1));
        assert_eq!(volume(&source(1, 2, Some(-0.5))), None);
        assert_eq!(volume(&source(50, 0, None)), None);
        let silence = |minutes| {
            of_source(AlertKind::NoData, (0, minutes), &source(0, 0, None), NOW_MS).map(|v| v.level)
        };
        assert_eq!((silence(120), silence(121)), (Some(1), Some(0)));
    }

    #[test]
    fn a_change_is_told_once_and_flapping_seldom() {
        assert!(is_told(1, 0, 0, NOW_MS), "it is bad");
        assert!(!is_told(1, 1, NOW_MS - 10, NOW_MS), "it was told");
        assert!(is_told(0, 1, NOW_MS - 10, NOW_MS), "it is well again");
        assert!(!is_told(1, 0, NOW_MS - COOLDOWN_MS + 1, NOW_MS), "it flaps");
        assert!(is_told(1, 0, NOW_MS - COOLDOWN_MS, NOW_MS));
        assert!(is_told(70, 50, NOW_MS - 1, NOW_MS), "it got worse");
        assert!(!is_told(50, 70, NOW_MS - 1, NOW_MS), "it is still bad");
    }
}
