//! Labels: `key:value` pairs on sources, by which permissions can be limited.
//!
//! Source: Segment documentation, "Label-based access control".

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// A key or a value is at most this long, in characters.
pub const LABEL_CHARS_MAX: usize = 64;
/// A description is at most this long, in characters.
pub const LABEL_DESCRIPTION_CHARS_MAX: usize = 200;

/// One label. Two labels are the same when key and value are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Label {
    /// What is said about the resource, for example `environment`.
    pub key: String,
    /// What it is, for example `prod`.
    pub value: String,
    /// For the people who choose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Label {
    /// A label without a description.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), description: None }
    }

    /// Whether both say the same, whatever their descriptions.
    pub fn same(&self, other: &Label) -> bool {
        self.key == other.key && self.value == other.value
    }
}

/// What every workspace starts with.
pub fn starting_labels() -> [Label; 2] {
    [
        Label { description: Some("Development".to_owned()), ..Label::new("environment", "dev") },
        Label { description: Some("Production".to_owned()), ..Label::new("environment", "prod") },
    ]
}

/// Everything wrong with one label, pointers from its own root.
pub fn check_label(label: &Label) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (pointer, word) in [("/key", &label.key), ("/value", &label.value)] {
        if !is_word(word) {
            problems.push(Problem::new(
                "bad_label",
                pointer,
                format!("{word:?} cannot be part of a label"),
                format!(
                    "a letter, then letters, digits, \"-\" or \"_\"; at most {LABEL_CHARS_MAX}"
                ),
                "leave out blanks and other signs, and start with a letter",
            ));
        }
    }
    let description = label.description.as_deref().unwrap_or_default().chars().count();
    if description > LABEL_DESCRIPTION_CHARS_MAX {
        problems.push(Problem::new(
            "too_long",
            "/description",
            format!("the description has {description} characters"),
            format!("at most {LABEL_DESCRIPTION_CHARS_MAX} characters"),
            "shorten it",
        ));
    }
    problems
}

/// Everything wrong with the labels of one resource: each by itself, and one value per key.
pub fn check_labels(labels: &[Label]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        problems.extend(check_label(label).into_iter().map(|p| p.under(&format!("/{index}"))));
        if labels[..index].iter().any(|earlier| earlier.key == label.key) {
            problems.push(Problem::new(
                "label_key_twice",
                format!("/{index}/key"),
                format!("the key {:?} is given twice", label.key),
                "one value per key",
                "keep one of them",
            ));
        }
    }
    problems
}

/// Whether `have` holds every one of `wanted`.
pub fn holds_all(wanted: &[Label], have: &[Label]) -> bool {
    wanted.iter().all(|label| have.iter().any(|other| other.same(label)))
}

fn is_word(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && word.len() <= LABEL_CHARS_MAX
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests;
