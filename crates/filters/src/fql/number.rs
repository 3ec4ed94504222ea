//! Numbers as they stand in JSON, compared without losing digits where both are whole.

use std::{cmp::Ordering, fmt};

/// Digits that an `i128` surely holds.
const WHOLE_DIGITS_MAX: usize = 38;

/// A number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    /// A whole one of at most 38 digits.
    Whole(i128),
    /// Any other.
    Real(f64),
}

impl Number {
    /// The number that JSON's digits mean; `None` when they mean none.
    pub(crate) fn read(digits: &[u8]) -> Option<Number> {
        let text = std::str::from_utf8(digits).ok()?;
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        if unsigned.len() <= WHOLE_DIGITS_MAX && unsigned.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Number::Whole);
        }
        if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().map(Number::Real)
    }

    fn real(self) -> f64 {
        match self {
            Number::Whole(whole) => whole as f64,
            Number::Real(real) => real,
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        self.real() == 0.0
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(b)),
            (a, b) => a.real().partial_cmp(&b.real()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(whole) => whole.fmt(f),
            Number::Real(real) => real.fmt(f),
        }
    }
}
