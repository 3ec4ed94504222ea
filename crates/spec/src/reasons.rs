//! Why messages were stopped, in words: for every code a label, what it means, and what to do.
//!
//! Source: Segment, "Delivery Overview", the discard reasons of its four steps; ours beside them.

use crate::Step;

mod table;

pub use table::REASONS;

/// A reason in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Where messages are stopped for it.
    pub step: Step,
    /// The code.
    pub code: &'static str,
    /// What a table calls it.
    pub label: &'static str,
    /// What happened, in a sentence.
    pub explanation: &'static str,
    /// What to do about it, in a sentence.
    pub remedy: &'static str,
}

/// The words for `code` at `step`. A status of HTTP that has none of its own is told by its class,
/// and what a database says by that it does.
pub fn find(step: Step, code: &str) -> Option<&'static Reason> {
    let named = |code: &str| REASONS.iter().find(|one| one.step == step && one.code == code);
    named(code).or_else(|| match code.as_bytes() {
        [class @ b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => {
            named(["1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(class - b'1')])
        }
        // A database's own code.
        [b'0'..=b'9' | b'A'..=b'Z', rest @ ..]
            if rest.len() == 4
                && rest.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
                && code.bytes().any(|b| b.is_ascii_digit()) =>
        {
            named("SQLSTATE")
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
