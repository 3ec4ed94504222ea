use serde::Serialize;
use serde_json::Value;
use store::{Connection, destinations::Destination};
use utoipa::ToSchema;

use crate::{
    answer,
    error::ApiError,
    metadata::{self, DestinationMetadata},
    settings::{self, Settings},
    state::Api,
};

/// A destination.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationView {
    /// Its id.
    #[schema(example = "dst_5GFhvtz8fha42Cm4B9E6L8")]
    pub id: String,
    /// Its name for people, unique among the destinations of its source.
    #[schema(example = "Webhook")]
    pub name: String,
    /// Whether it is given messages.
    pub enabled: bool,
    /// The source that feeds it.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn")]
    pub source_id: String,
    /// Its settings with every default; secrets are masked but for their last four characters.
    #[schema(value_type = Object, example = json!({ "url": "https://example.com/hook", "secret": "••••••••••x3kQ" }))]
    pub settings: Settings,
    /// The catalog entry it was made from.
    pub metadata: DestinationMetadata,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub created_at: String,
    /// Attempts that begin in a second at most, retries among them; `null`: as many as it takes.
    #[schema(example = 100, minimum = 1, maximum = 100_000)]
    pub rate_per_second: Option<i64>,
    /// Requests on their way to it at one time; `null`: 8.
    #[schema(example = 8, minimum = 1, maximum = 1000)]
    pub concurrency: Option<i64>,
    /// How many hours a message that it did not take is tried again; `null`: as long as the
    /// installation does.
    #[schema(example = 72, minimum = 4, maximum = 720)]
    pub retry_for_hours: Option<i64>,
}

/// A destination in its envelope.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DestinationAnswer {
    /// The destination.
    pub destination: DestinationView,
}

/// A destination as audit entries keep it: secrets only as their masks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationNote {
    name: String,
    enabled: bool,
    source_id: String,
    settings: Value,
    rate_per_second: Option<i64>,
    concurrency: Option<i64>,
    retry_for_hours: Option<i64>,
}

impl DestinationNote {
    /// Of `row`.
    pub fn of(row: &Destination) -> DestinationNote {
        DestinationNote {
            name: row.name.clone(),
            enabled: row.enabled_at_ms.is_some(),
            source_id: row.source_id.clone(),
            settings: serde_json::from_str(&row.settings).unwrap_or_default(),
            rate_per_second: row.pace.rate_per_second,
            concurrency: row.pace.concurrency,
            retry_for_hours: row.pace.retry_for_hours,
        }
    }
}

/// Destinations as they may be shown.
pub async fn views(
    api: &Api,
    db: &mut Connection,
    rows: &[Destination],
) -> Result<Vec<DestinationView>, ApiError> {
    let entries = metadata::entries(db, rows.iter().map(|row| row.integration_id.as_str())).await?;
    let view = |row: &Destination| {
        let entry = entries.get(&row.integration_id);
        let entry = entry.ok_or_else(|| ApiError::not_found("catalog entry"))?;
        Ok(DestinationView {
            id: row.id.clone(),
            name: row.name.clone(),
            enabled: row.enabled_at_ms.is_some(),
            source_id: row.source_id.clone(),
            settings: settings::read(&row.settings)?,
            metadata: DestinationMetadata::of(api, entry),
            created_at: answer::time(row.created_at_ms),
            rate_per_second: row.pace.rate_per_second,
            concurrency: row.pace.concurrency,
            retry_for_hours: row.pace.retry_for_hours,
        })
    };
    rows.iter().map(view).collect()
}

/// One destination as it may be shown.
pub async fn view(
    api: &Api,
    db: &mut Connection,
    row: &Destination,
) -> Result<DestinationView, ApiError> {
    let views = views(api, db, std::slice::from_ref(row)).await?;
    views.into_iter().next().ok_or_else(|| ApiError::not_found("destination"))
}
