use std::fmt;

use serde::Serialize;

use crate::plan::RuleName;

/// One thing that is wrong with a plan: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The rule; `None` for the plan as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// Where in the plan's JSON, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Problem {
    pub(crate) fn of_plan(
        pointer: impl Into<String>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Problem {
        Problem { rule: None, pointer: pointer.into(), message: message.into(), fix: fix.into() }
    }
}

impl fmt::Display for Problem {
    /// `TRACK "Order Completed" version 1, /rules/0/jsonSchema/type: …; fix: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = &self.rule {
            write!(f, "{rule}, ")?;
        }
        let place = if self.pointer.is_empty() { "the plan" } else { &self.pointer };
        write!(f, "{place}: {}; fix: {}", self.message, self.fix)
    }
}
