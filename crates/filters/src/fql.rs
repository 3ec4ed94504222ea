//! The Filter Query Language: statements that hold for a message or do not.
//!
//! ```text
//! text ──► tokens ──► nodes, each with the type it gives ──► holds(message)
//!            └────────────┴── Fault: at which byte, what was found, what would be right
//! ```
//!
//! - A path that leads nowhere is `null`; so is what a function makes of a type it does not take.
//! - A comparison of different types is false (`!=`: true), and nothing but `true` is true.
//! - What cannot be decided is [`Unsure`], which is neither: who asks must not send the message.
//! - Of a key that stands in an object twice, the last counts.
//!
//! Source: Segment, "Destination Filter Query Language".

mod eval;
mod glob;
mod number;
mod parse;
mod token;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use spec::{
    Message,
    json::{Paper, Value},
};

use self::{eval::Evaluation, parse::Node};

/// Bytes of one statement.
pub const STATEMENT_BYTES_MAX: usize = 5 * 1024;
/// How deep parentheses, negations and calls may lie in one another.
pub const STATEMENT_DEPTH_MAX: usize = 32;

/// A statement, ready to be asked.
#[derive(Clone)]
pub struct Fql {
    text: Box<str>,
    node: Node,
}

/// Why a statement is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("at byte {offset}: found {found}; {expected}")]
pub struct Fault {
    /// Where in the statement, in bytes from 0.
    pub offset: usize,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

/// Why a statement can say neither yes nor no to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsure {
    /// The message is no JSON object.
    #[error("the message is no JSON that can be read")]
    Unreadable,
    /// A pattern that comes out of the message is none.
    #[error("the pattern that it matches against is none")]
    Pattern,
    /// It would take too long.
    #[error("it takes too long to decide")]
    TooLong,
}

impl Fql {
    /// Reads a statement.
    ///
    /// Errors: the first thing that is wrong with it.
    pub fn new(text: &str) -> Result<Fql, Fault> {
        Ok(Fql { text: text.into(), node: parse::parse(text)? })
    }

    /// The statement that holds for every message.
    pub(crate) fn always() -> Fql {
        Fql { text: "all".into(), node: Node::Bool(true) }
    }

    /// The statement as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for `message`.
    ///
    /// Errors: [`Unsure`]; do not send what you are not sure about.
    pub fn holds(&self, message: &Message) -> Result<bool, Unsure> {
        let mut paper = Paper::take();
        let read = paper.read(message.raw());
        let holds = read.map_or(Err(Unsure::Unreadable), |(document, _)| self.of(document.whole()));
        paper.leave();
        holds
    }

    /// Whether it holds for the message that `whole` is.
    pub(crate) fn of(&self, whole: Value<'_>) -> Result<bool, Unsure> {
        Evaluation::of(whole).holds(&self.node)
    }
}

/// Statements that say the same in other words are not the same.
impl PartialEq for Fql {
    fn eq(&self, other: &Fql) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Fql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fql({:?})", self.text)
    }
}
