//! What a source is held against: who it says it is, and what it says it sends.

use catalog::info::{DeclaredEvent, Info};
use serde::{Deserialize, Serialize};

/// What a source is held against.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// The integration's slug; `context.integration.name` of every message.
    pub slug: String,
    /// The primary category, for its walkthrough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What the source says it sends.
    pub events: Vec<DeclaredEvent>,
}

impl Setup {
    /// Of an integration with this slug and catalog info.
    pub fn of(slug: &str, info: &Info) -> Setup {
        Setup {
            slug: slug.to_owned(),
            category: info.primary_category.clone(),
            events: info.events.clone(),
        }
    }
}
