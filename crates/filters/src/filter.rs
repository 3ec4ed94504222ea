//! Filters as people write them, in the field's shapes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Filters of one source and one destination.
pub const FILTERS_MAX: usize = 10;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 64;
/// Actions of one filter.
pub const ACTIONS_MAX: usize = 10;
/// Fields that one action names.
pub const FIELDS_MAX: usize = 200;
/// Bytes of what one action names and sets, as JSON.
pub const FIELDS_BYTES_MAX: usize = 16 * 1024;

/// What becomes of the messages of one source on their way to one destination.
///
/// Source: Segment, "Destination filters"; Public API, `DestinationFilterV1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Its name for people; at most 64 characters.
    pub title: String,
    /// The messages that it is about, in FQL.
    #[serde(rename = "if")]
    pub condition: String,
    /// What becomes of them.
    pub actions: Vec<Action>,
    /// Whether it does anything.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// One thing that a filter does.
///
/// One shape for all, as in the field: which members it takes depends on `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: ActionType,
    /// By the path of an object, `""` for the message itself: the names in it that the action is
    /// about. A list of names; of `RENAME_PROPERTIES` an object from old to new names; of
    /// `SET_VALUES` an object of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Map<String, Value>>,
    /// Of `SAMPLE`: the share that is sent, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Of `SAMPLE`: the field whose value decides who is in the sample; the message's id when it
    /// has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of `HASH_PROPERTIES`: how; `HMAC_SHA256` when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// Of `RENAME_EVENT`: the new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_event_name: Option<String>,
}

/// What an action does. They are done in this order, whatever order they are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionType {
    /// Sends a share of the messages.
    Sample,
    /// Sends none of them.
    Drop,
    /// Takes fields out.
    DropProperties,
    /// Takes every other field of an object out.
    AllowProperties,
    /// Puts hashes in place of values.
    HashProperties,
    /// Gives a track call's event another name.
    RenameEvent,
    /// Gives fields other names.
    RenameProperties,
    /// Gives fields values.
    SetValues,
}

/// How values are hashed; the hash is written as hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// HMAC-SHA256 under a key of the destination's own: nobody else can find out what was hashed
    /// by hashing what it might be.
    #[serde(rename = "HMAC_SHA256")]
    HmacSha256,
    /// SHA-256 of the value as it is, for tools that match people by it.
    #[serde(rename = "SHA256")]
    Sha256,
}

impl ActionType {
    /// Every type, in the order in which they are done.
    pub const ALL: [ActionType; 8] = [
        ActionType::Sample,
        ActionType::Drop,
        ActionType::DropProperties,
        ActionType::AllowProperties,
        ActionType::HashProperties,
        ActionType::RenameEvent,
        ActionType::RenameProperties,
        ActionType::SetValues,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ActionType::Sample => "SAMPLE",
            ActionType::Drop => "DROP",
            ActionType::DropProperties => "DROP_PROPERTIES",
            ActionType::AllowProperties => "ALLOW_PROPERTIES",
            ActionType::HashProperties => "HASH_PROPERTIES",
            ActionType::RenameEvent => "RENAME_EVENT",
            ActionType::RenameProperties => "RENAME_PROPERTIES",
            ActionType::SetValues => "SET_VALUES",
        }
    }
}

impl fmt::Display for ActionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong with a filter: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where in the filter's JSON, as a JSON pointer.
    pub pointer: String,
    /// Where in the statement there, in bytes from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Problem {
    pub(crate) fn new(
        pointer: impl Into<String>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Problem {
        let (pointer, message, fix) = (pointer.into(), message.into(), fix.into());
        Problem { pointer, offset: None, message, fix }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; fix: {}", self.pointer, self.message, self.fix)
    }
}
