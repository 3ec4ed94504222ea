//! Counts of one source and stretch of time.

use serde::{Deserialize, Serialize};
use spec::{DiscardCode, Step};

/// Reasons that one tally tells apart; what is more counts as `other`.
const REASONS_MAX: usize = 48;

/// How long a stretch of time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl Unit {
    /// How many minutes it is.
    pub const fn minutes(self) -> u32 {
        match self {
            Unit::Minute => 1,
            Unit::Hour => HOUR,
            Unit::Day => DAY,
        }
    }

    /// How many milliseconds it is.
    pub const fn ms(self) -> i64 {
        self.minutes() as i64 * 60_000
    }
}

/// From when on time is cut finely.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Calendar {
    /// The first minute that is still kept as such; a whole hour.
    pub(super) minutes_from: u32,
    /// The first hour that is still kept as such, as a minute; a whole day.
    pub(super) hours_from: u32,
}

impl Calendar {
    /// The first minute of the bucket that `minute` is counted in, and its length.
    pub(super) fn bucket(self, minute: u32) -> (u32, Unit) {
        if minute >= self.minutes_from {
            (minute, Unit::Minute)
        } else if minute / HOUR * HOUR >= self.hours_from {
            (minute / HOUR * HOUR, Unit::Hour)
        } else {
            (minute / DAY * DAY, Unit::Day)
        }
    }

    /// Cut as coarsely as the coarser of both.
    pub(crate) fn and(self, other: Calendar) -> Calendar {
        Calendar {
            minutes_from: self.minutes_from.max(other.minutes_from),
            hours_from: self.hours_from.max(other.hours_from),
        }
    }

    /// Every bucket that begins in a stretch of time, by its first minute.
    pub(super) fn buckets(self, from_ms: i64, to_ms: i64) -> impl Iterator<Item = u32> {
        let first = self.bucket(minute_of(from_ms));
        std::iter::successors(Some(first), move |(minute, unit)| {
            Some(self.bucket(minute + unit.minutes()))
        })
        .map(|(minute, _)| minute)
        .skip_while(move |minute| i64::from(*minute) * 60_000 < from_ms)
        .take_while(move |minute| i64::from(*minute) * 60_000 < to_ms)
    }

    /// The bucket of what was accepted at `time_ms`: its first millisecond, Unix, and its length.
    pub(crate) fn bucket_of(self, time_ms: i64) -> (i64, Unit) {
        let (minute, unit) = self.bucket(minute_of(time_ms));
        (i64::from(minute) * 60_000, unit)
    }
}

pub(super) const HOUR: u32 = 60;
pub(super) const DAY: u32 = 24 * HOUR;

/// The minute of a time in Unix milliseconds.
pub(super) fn minute_of(time_ms: i64) -> u32 {
    u32::try_from(time_ms / 60_000).unwrap_or(0)
}

/// What came in from one source in one stretch of time, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Messages accepted, each once.
    pub accepted: u64,
    /// Messages whose id was accepted before.
    pub duplicates: u64,
    /// Messages stopped on ingest or at the source, by reason.
    pub discarded: Counts,
    /// Requests refused, by reason.
    pub refused: Counts,
    /// What became of the accepted at each destination.
    pub lines: Vec<Line>,
}

/// What became of messages at one destination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The destination's place in [`super::Books::destinations`].
    pub destination: u32,
    /// Messages that were the destination's to take.
    pub routed: u64,
    /// Messages that it has.
    pub delivered: u64,
    /// Messages given up after retries; they lie in the dead-letter list.
    pub exhausted: u64,
    /// Messages stopped on purpose, by reason.
    pub discarded: Counts,
    /// Attempts that failed and led to another one.
    pub retried: u64,
}

/// How many of each reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts(Vec<(Step, DiscardCode, u64)>);

impl Tally {
    /// The line of the destination at `place`.
    pub(super) fn line(&mut self, place: u32) -> &mut Line {
        let at = match self.lines.iter().position(|line| line.destination == place) {
            Some(at) => at,
            None => {
                self.lines.push(Line { destination: place, ..Line::default() });
                self.lines.len() - 1
            }
        };
        &mut self.lines[at]
    }

    /// Messages that came in, whatever became of them.
    pub fn received(&self) -> u64 {
        self.accepted + self.duplicates + self.discarded.total()
    }

    /// Adds `other` to it.
    pub fn merge(&mut self, other: &Tally) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.discarded.merge(&other.discarded);
        self.refused.merge(&other.refused);
        for line in &other.lines {
            self.line(line.destination).merge(line);
        }
    }
}

impl Line {
    /// Messages that nothing more happens to by itself.
    pub fn settled(&self) -> u64 {
        self.delivered + self.exhausted + self.discarded.total()
    }

    /// Messages still on their way, retries included.
    pub fn pending(&self) -> u64 {
        self.routed.saturating_sub(self.settled())
    }

    /// Adds `other` to it.
    pub fn merge(&mut self, other: &Line) {
        self.routed += other.routed;
        self.delivered += other.delivered;
        self.exhausted += other.exhausted;
        self.discarded.merge(&other.discarded);
        self.retried += other.retried;
    }
}

impl Counts {
    /// Counts `many` more of this reason.
    pub fn add(&mut self, (step, code): (Step, &str), many: u64) {
        if let Some((_, _, count)) = self.0.iter_mut().find(|(s, c, _)| *s == step && c == code) {
            *count += many;
        } else if self.0.len() < REASONS_MAX || code == "other" {
            self.0.push((step, code.to_owned().into(), many));
        } else {
            self.add((step, "other"), many);
        }
    }

    /// Counts `many` fewer of this reason, as far as they were counted.
    pub(super) fn take(&mut self, (step, code): (Step, &str), many: u64) {
        // Where reasons are too many it was counted as another.
        for code in [code, "other"] {
            let found = self.0.iter_mut().find(|(s, c, _)| *s == step && c == code);
            if let Some((_, _, count)) = found {
                *count = count.saturating_sub(many);
                break;
            }
        }
        self.0.retain(|(_, _, count)| *count > 0);
    }

    /// Of all reasons.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, _, count)| count).sum()
    }

    /// Every reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Step, &str, u64)> {
        self.0.iter().map(|(step, code, count)| (*step, code.as_ref(), *count))
    }

    /// Adds `other` to it.
    pub fn merge(&mut self, other: &Counts) {
        for (step, code, count) in other.iter() {
            self.add((step, code), count);
        }
    }
}
