//! What is wrong with a value, as data.

use serde::Serialize;

/// One wrong value: which, why, what was expected, and the way out.
///
/// Shape: `{code, pointer, message, expected, fix}`. `code` is stable; the sentences may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{pointer}: {message}")]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Stable name of the rule that was broken, in `snake_case`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: &'static str,
    /// JSON pointer to the value, from the root of what was checked.
    pub pointer: String,
    /// What is wrong, naming the value.
    pub message: String,
    /// What would have been right.
    pub expected: String,
    /// What to do about it.
    pub fix: String,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(
        code: &'static str,
        pointer: impl Into<String>,
        message: impl Into<String>,
        expected: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code,
            pointer: pointer.into(),
            message: message.into(),
            expected: expected.into(),
            fix: fix.into(),
        }
    }

    /// The same problem, `parent` put before its pointer: for what was checked as a part.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.pointer.insert_str(0, parent);
        self
    }

    /// The same problem at another pointer: for a scalar checked by itself.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }
}

/// One step of a JSON pointer, escaped (`~` and `/`).
pub fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
