//! The wire rules: what makes a message unusable.

use std::borrow::Cow;

/// One way in which a message breaks the wire rules, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable code, such as `no_user_anon_id`.
    pub code: &'static str,
    /// JSON pointer into the message; empty for the message as a whole.
    pub pointer: Cow<'static, str>,
    /// What is wrong, in one sentence.
    pub detail: Cow<'static, str>,
    /// What should stand there.
    pub expected: &'static str,
    /// A small message that is right, as JSON.
    pub example: Cow<'static, str>,
}
