//! What a destination can do with a message when a mapping says what of it is for what.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BadSetting, DeliveryError, Fault, http::excerpt};

/// One thing that a destination can do with a message.
///
/// Source: Segment, "Destination actions"; Public API, `DestinationMetadataActionV1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Names it in mappings: `send`.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The messages it is for unless a mapping says otherwise, in FQL.
    pub trigger: String,
    /// What it takes, in the order in which a form shows it.
    pub fields: Vec<Field>,
}

/// One thing that an action takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its key.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// What it means, in one sentence.
    pub description: String,
    /// What value it takes.
    pub kind: FieldKind,
    /// Whether there must be something for each message.
    pub required: bool,
    /// What a new mapping begins with.
    pub default: Option<Value>,
}

/// What value a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text; numbers and switches become some.
    Text,
    /// Any JSON.
    Json,
}

/// What a mapping made of a message for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Slug of the action.
    pub action: Arc<str>,
    /// What it gets.
    pub fields: Map<String, Value>,
}

impl Field {
    /// A field that may be empty, and that a new mapping begins without.
    pub fn new(key: &str, label: &str, kind: FieldKind, description: &str) -> Field {
        Field {
            key: key.to_owned(),
            label: label.to_owned(),
            description: description.to_owned(),
            kind,
            required: false,
            default: None,
        }
    }

    /// There must be something for each message.
    #[must_use]
    pub fn required(self) -> Field {
        Field { required: true, ..self }
    }

    /// A new mapping begins with this.
    #[must_use]
    pub fn or(self, default: Value) -> Field {
        Field { default: Some(default), ..self }
    }
}

impl Action {
    /// What is wrong with `fields` as a mapping writes them, before any message comes.
    pub fn problems(&self, fields: &Map<String, Value>) -> Vec<BadSetting> {
        let known: Vec<&str> = self.fields.iter().map(|field| field.key.as_str()).collect();
        let unknown = fields.keys().filter(|key| !known.contains(&key.as_str()));
        let unknown = unknown.map(|key| BadSetting {
            key: key.clone(),
            problem: format!("is unknown; {} knows {}", self.slug, known.join(", ")),
        });
        let absent =
            |field: &&Field| field.required && fields.get(&field.key).is_none_or(Value::is_null);
        let missing = self.fields.iter().filter(absent).map(|field| BadSetting {
            key: field.key.clone(),
            problem: format!("is required: {}", field.description),
        });
        missing.chain(unknown).collect()
    }

    /// What a mapping made, with text where there must be text.
    ///
    /// Errors: the message, which has not what the action needs.
    pub fn check(&self, mapped: &Mapped) -> Result<Map<String, Value>, DeliveryError> {
        let refused = |sentence: String| {
            let (status, excerpt) = (None, excerpt(sentence.as_bytes()));
            DeliveryError::Refused(Fault { status, code: "FILTERED_AT_MAPPING".into(), excerpt })
        };
        if *mapped.action != *self.slug {
            let sentence = format!("the destination knows no action {:?}", mapped.action);
            return Err(refused(sentence));
        }
        let mut checked = Map::new();
        for Field { key, kind, required, .. } in &self.fields {
            let made = mapped.fields.get(key).filter(|value| !value.is_null());
            let fits = match (kind, made) {
                (FieldKind::Json, made) => made.cloned(),
                (FieldKind::Text, None) => None,
                (FieldKind::Text, Some(Value::String(text))) if text.is_empty() => None,
                (FieldKind::Text, Some(Value::String(text))) => Some(Value::String(text.clone())),
                (FieldKind::Text, Some(value @ (Value::Number(_) | Value::Bool(_)))) => {
                    Some(Value::String(value.to_string()))
                }
                (FieldKind::Text, Some(_)) => {
                    return Err(refused(format!("the mapping makes no text of {key:?}")));
                }
            };
            match fits {
                Some(value) => drop(checked.insert(key.clone(), value)),
                None if *required => {
                    let slug = &self.slug;
                    let sentence =
                        format!("the mapping makes nothing of {key:?}, which {slug} needs");
                    return Err(refused(sentence));
                }
                None => {}
            }
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests;
