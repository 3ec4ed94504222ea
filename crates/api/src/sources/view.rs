use std::collections::HashMap;

use catalog::{Label, Need};
use serde::Serialize;
use serde_json::Value;
use spec::SourceId;
use store::{Connection, source_labels, sources::Source, write_keys};
use utoipa::ToSchema;

use crate::{
    answer,
    caller::Caller,
    error::ApiError,
    metadata::{self, SourceMetadata},
    settings::{self, Settings},
    state::Api,
};

/// A source.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// Its id; `projectId` in messages.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn")]
    pub id: String,
    /// Its name in paths, unique in the workspace.
    #[schema(example = "website")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Website")]
    pub name: String,
    /// Whose it is.
    #[schema(example = "ws_9aQ1Lj62S4bomZKLF4DPqW")]
    pub workspace_id: String,
    /// Whether it takes data.
    pub enabled: bool,
    /// Its write keys, the oldest first; none for those who may not change the source.
    #[schema(example = json!(["YYPKnzZV2dTRg3dH3sDrLmTsJqHQOreo"]))]
    pub write_keys: Vec<String>,
    /// The catalog entry it was made from.
    pub metadata: SourceMetadata,
    /// What the entry asked for; secrets are masked but for their last four characters.
    #[schema(value_type = Object, example = json!({}))]
    pub settings: Settings,
    /// What it carries.
    pub labels: Vec<Label>,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub created_at: String,
    /// How many days its messages are kept; `null`: as long as all others.
    #[schema(example = 30)]
    pub retention_days: Option<i64>,
    /// When it last received a message; `null` when that is not known.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub last_data_at: Option<String>,
}

/// A source in its envelope.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceAnswer {
    /// The source.
    pub source: SourceView,
}

/// A source as audit entries keep it: nothing that opens anything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceNote {
    slug: String,
    name: String,
    enabled: bool,
    settings: Value,
    #[serde(rename = "retentionDays", skip_serializing_if = "Option::is_none")]
    retention_days: Option<i64>,
}

impl SourceNote {
    /// Of `row`.
    pub fn of(row: &Source) -> SourceNote {
        SourceNote {
            slug: row.slug.clone(),
            name: row.name.clone(),
            enabled: row.disabled_at_ms.is_none(),
            settings: serde_json::from_str(&row.settings).unwrap_or_default(),
            retention_days: row.retention_days,
        }
    }
}

/// What the secrets of a source are sealed for.
pub fn owner(id: &str) -> String {
    format!("source/{id}")
}

/// Sources as `caller` may see them, in a fixed number of queries.
pub async fn views(
    api: &Api,
    db: &mut Connection,
    caller: &Caller,
    rows: &[Source],
) -> Result<Vec<SourceView>, ApiError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let entries = metadata::entries(db, rows.iter().map(|row| row.integration_id.as_str())).await?;
    let entries: HashMap<&str, SourceMetadata> =
        entries.iter().map(|(id, entry)| (id.as_str(), SourceMetadata::of(api, entry))).collect();
    let mut keys: HashMap<String, Vec<String>> = HashMap::new();
    for key in write_keys::of_sources(db, &ids).await? {
        keys.entry(key.source_id).or_default().push(key.write_key);
    }
    let mut labels: HashMap<String, Vec<Label>> = HashMap::new();
    for label in source_labels::of_sources(db, &ids).await? {
        let description = Some(label.description).filter(|text| !text.is_empty());
        let shown = Label { key: label.key, value: label.value, description };
        labels.entry(label.source_id).or_default().push(shown);
    }
    let view = |row: &Source| {
        let labels = labels.remove(&row.id).unwrap_or_default();
        let keys = keys.remove(&row.id).unwrap_or_default();
        let entry = entries.get(row.integration_id.as_str()).cloned();
        let id = SourceId(row.id.as_str().into());
        let seen_ms = api.activity.source_seen_ms(&id);
        Ok(SourceView {
            write_keys: if caller.may(&Need::SourceAdmin(&row.id), &labels) {
                keys
            } else {
                Vec::new()
            },
            metadata: entry.ok_or_else(|| ApiError::not_found("catalog entry"))?,
            settings: settings::read(&row.settings)?,
            labels,
            id: row.id.clone(),
            slug: row.slug.clone(),
            name: row.name.clone(),
            workspace_id: row.workspace_id.clone(),
            enabled: row.disabled_at_ms.is_none(),
            created_at: answer::time(row.created_at_ms),
            retention_days: row.retention_days,
            last_data_at: seen_ms.map(answer::time),
        })
    };
    rows.iter().map(view).collect()
}

/// One source as `caller` may see it.
pub async fn view(
    api: &Api,
    db: &mut Connection,
    caller: &Caller,
    row: &Source,
) -> Result<SourceView, ApiError> {
    let views = views(api, db, caller, std::slice::from_ref(row)).await?;
    views.into_iter().next().ok_or_else(|| ApiError::not_found("source"))
}
