use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::source_schemas;
use tracking_plan::Settings;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// What becomes of messages that break the source's tracking plan, as it is set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaSettingsAnswer {
    /// The source.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn")]
    source_id: String,
    /// By kind of call. Page and screen calls are judged and never held back.
    #[schema(value_type = SchemaSettingsChanges)]
    settings: Settings,
}

/// What becomes of messages that break the tracking plan; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is merged as it is")]
pub struct SchemaSettingsChanges {
    /// Of track calls.
    track: Option<TrackSettingsChanges>,
    /// Of identify calls.
    identify: Option<TraitsSettingsChanges>,
    /// Of group calls.
    group: Option<TraitsSettingsChanges>,
}

/// Of track calls.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is merged as it is")]
pub struct TrackSettingsChanges {
    /// Events that the plan does not know; otherwise they are blocked.
    allow_unplanned_events: Option<bool>,
    /// Properties that an event's rule does not know; otherwise they are omitted.
    allow_unplanned_event_properties: Option<bool>,
    /// Events that break their rule; otherwise they are blocked.
    allow_event_on_violations: Option<bool>,
    /// Properties that break their event's rule; otherwise they are omitted.
    allow_properties_on_violations: Option<bool>,
    /// Events that break the common schema.
    common_event_on_violations: Option<CommonTrackChoice>,
    /// What becomes of a blocked event.
    on_block: Option<OnBlockChoice>,
}

/// Of identify or group calls.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is merged as it is")]
pub struct TraitsSettingsChanges {
    /// Traits that the rule does not know; otherwise they are omitted.
    allow_unplanned_traits: Option<bool>,
    /// Calls that break their rule; otherwise they are blocked.
    allow_event_on_violations: Option<bool>,
    /// Traits that break the rule; otherwise they are omitted.
    allow_traits_on_violations: Option<bool>,
    /// Calls that break the common schema.
    common_event_on_violations: Option<CommonTraitsChoice>,
    /// What becomes of a blocked call.
    on_block: Option<OnBlockChoice>,
}

/// What becomes of track calls that break the common schema.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommonTrackChoice {
    /// They are kept.
    Allow,
    /// They are blocked.
    Block,
    /// The properties that break it are omitted.
    OmitProperties,
}

/// What becomes of identify or group calls that break the common schema.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommonTraitsChoice {
    /// They are kept.
    Allow,
    /// They are blocked.
    Block,
    /// The traits that break it are omitted.
    OmitTraits,
}

/// What becomes of a blocked message.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnBlockChoice {
    /// It is discarded, with its reason.
    Discard,
    /// It waits in quarantine until it is released.
    Quarantine,
}

/// Get the schema settings of a source
///
/// What becomes of messages that break its tracking plan; everything is allowed until it is set
/// otherwise.
#[utoipa::path(
    get,
    path = "/sources/{sourceId}/settings",
    operation_id = "listSchemaSettingsInSource",
    tag = "Sources",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    responses((status = 200, description = "The settings", body = Data<SchemaSettingsAnswer>)),
    extensions(("x-access" = json!("source_read")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Versioned<Data<SchemaSettingsAnswer>>, ApiError> {
    let row = caller.source()?;
    let schema = source_schemas::get(&mut *api.db.read().await?, &row.id).await?;
    let settings = read(&schema.settings)?;
    let answer = SchemaSettingsAnswer { source_id: row.id.clone(), settings };
    Ok(Versioned(schema.version, data(answer)))
}

/// Change the schema settings of a source
///
/// They hold for messages that come within a second, whenever the source has a tracking plan.
#[utoipa::path(
    patch,
    path = "/sources/{sourceId}/settings",
    operation_id = "updateSchemaSettingsInSource",
    tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "Id or slug of the source"),
        IfMatchHeader
    ),
    request_body = SchemaSettingsChanges,
    responses((status = 200, description = "Changed", body = Data<SchemaSettingsAnswer>)),
    extensions(
        ("x-access" = json!("source_admin")),
        ("x-errors" = json!({ "422": ["invalid", "not_allowed", "unknown_field"] }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(changes): Body<Map<String, Value>>,
) -> Result<Versioned<Data<SchemaSettingsAnswer>>, ApiError> {
    let source = caller.source()?;
    let mut write = api.db.write().await?;
    let mut schema = source_schemas::get(&mut write, &source.id).await?;
    seen.check(schema.version)?;
    let before = read(&schema.settings)?;
    let after = merged(&before, changes)?;
    if after != before {
        schema.settings = text(&after)?;
        schema.version += 1;
        source_schemas::put(&mut write, &schema).await?;
        let kind = "Source Schema Settings Modified";
        let change =
            Change::new(kind, "SOURCE", &source.id, &source.name).before(&before).after(&after);
        record(&api, &mut write, &caller, &source.workspace_id, change).await?;
        write.commit().await?;
        api.nudge();
    }
    let answer = SchemaSettingsAnswer { source_id: source.id.clone(), settings: after };
    Ok(Versioned(schema.version, data(answer)))
}

/// Settings as they are stored.
pub fn read(settings: &str) -> Result<Settings, ApiError> {
    serde_json::from_str(settings).map_err(|error| ApiError::unavailable(&error))
}

fn text(settings: &Settings) -> Result<String, ApiError> {
    serde_json::to_string(settings).map_err(|error| ApiError::unavailable(&error))
}

/// `settings` with what `changes` says of each kind of call.
fn merged(settings: &Settings, changes: Map<String, Value>) -> Result<Settings, ApiError> {
    let mut all = serde_json::to_value(settings).map_err(|error| ApiError::unavailable(&error))?;
    for (kind, changes) in changes {
        if let Value::Object(changes) = changes {
            for (name, value) in changes.into_iter().filter(|(_, value)| !value.is_null()) {
                all[kind.as_str()][name] = value;
            }
        }
    }
    serde_json::from_value(all).map_err(|error| {
        ApiError::invalid_field(
            Fault::at("", "invalid", error.to_string())
                .expected("settings as GET /sources/{sourceId}/settings shows them")
                .fix("change only what it shows"),
        )
    })
}
