//! Mappings: which messages go to an action of a destination, and what it gets of them.
//!
//! ```text
//! trigger (FQL) ─► fields (JSON with directives) ─► JSON for the action
//! ```
//!
//! An object with one key that begins with `@` is a directive, which stands for a value:
//!
//! | directive | stands for |
//! | --- | --- |
//! | `{"@path": "$.properties.products[0].sku"}` | what stands there in the message |
//! | `{"@template": "{{traits.name}} ({{{userId}}})"}` | text with values in it; in two braces with HTML's characters escaped, in three as they are |
//! | `{"@literal": …}` | the value as it is, directives or not |
//! | `{"@if": {"exists": …, "then": …, "else": …}}` | `then` where the value is there and not null; of `blank` in place of `exists`, where it is not empty text either |
//! | `{"@case": {"operator": "lower" or "upper", "value": …}}` | text in other letters |
//! | `{"@replace": {"pattern", "replacement", "pattern2", "replacement2", "ignorecase", "global", "value"}}` | text with parts replaced |
//! | `{"@arrayPath": ["$.properties.products", {…}]}` | a list, each element of it mapped; one object counts as a list |
//! | `{"@flatten": {"value", "separator", "omitArrays"}}` | an object without objects in it |
//! | `{"@json": {"mode": "encode" or "decode", "value": …}}` | JSON as text, or what such text says |
//! | `{"@merge": {"objects": […], "direction": "right" or "left"}}` | objects made one; of a name in several the last (`right`) or first (`left`) counts |
//! | `{"@excludeWhenNull": …}` | the value, or nothing where it is null |
//!
//! A member whose value is missing is left out; `null` stays.
//!
//! Source: Segment, Actions destinations, "mapping kit".

mod path;
mod read;
mod resolve;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;
use spec::{Message, json::Paper};

use self::{read::Reader, resolve::Resolution};
use crate::{
    filter::Problem,
    fql::{Fql, Unsure},
};

/// Bytes of a mapping's fields, as JSON.
pub const MAPPING_BYTES_MAX: usize = 64 * 1024;
/// How deep a mapping's fields may lie in one another.
pub const MAPPING_DEPTH_MAX: usize = 32;
/// What a mapping may make of one message, in bytes or values.
const MADE_MAX: usize = 1 << 20;

/// A trigger and fields, ready to be applied.
#[derive(Clone)]
pub struct Mapping {
    trigger: Fql,
    fields: read::Node,
}

/// Why a mapping makes nothing of a message: it must not be sent as if it had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// The trigger cannot decide.
    #[error("the trigger cannot say: {0}")]
    Trigger(Unsure),
    /// Text that `@json` should read is none.
    #[error("@json: {0:?} is no JSON")]
    NotJson(String),
    /// It makes too much.
    #[error("the mapping makes too much of the message")]
    TooLarge,
}

impl Mapping {
    /// Reads a trigger and the fields.
    ///
    /// Errors: everything that is wrong, at `/trigger` and within `/fields`.
    pub fn new(trigger: &str, fields: &Value) -> Result<Mapping, Vec<Problem>> {
        let mut problems = Vec::new();
        let trigger = Fql::new(trigger).map_err(|fault| {
            problems.push(Problem {
                pointer: "/trigger".to_owned(),
                offset: Some(fault.offset),
                message: format!("at byte {}: found {}", fault.offset, fault.found),
                fix: fault.expected,
            });
        });
        let mut reader = Reader::default();
        let fields = reader.read(fields, "/fields");
        problems.append(&mut reader.problems);
        match trigger {
            Ok(trigger) if problems.is_empty() => Ok(Mapping { trigger, fields }),
            _ => Err(problems),
        }
    }

    /// What the action gets of `message`; `None` when the trigger does not hold for it.
    ///
    /// Errors: [`MappingFault`]; the message is not for the action then.
    pub fn apply(&self, message: &Message) -> Result<Option<Value>, MappingFault> {
        let mut paper = Paper::take();
        let made = match paper.read(message.raw()) {
            Some((document, deepest)) if deepest <= crate::apply::NESTED_MAX => {
                let whole = document.whole();
                match self.trigger.of(whole) {
                    Ok(true) => {
                        let payload = resolve::tree(whole);
                        let made = Resolution::default().of(&self.fields, &payload);
                        made.map(|made| Some(made.unwrap_or(Value::Null)))
                    }
                    Ok(false) => Ok(None),
                    Err(unsure) => Err(MappingFault::Trigger(unsure)),
                }
            }
            _ => Err(MappingFault::Trigger(Unsure::Unreadable)),
        };
        paper.leave();
        made
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").field("trigger", &self.trigger).finish_non_exhaustive()
    }
}
