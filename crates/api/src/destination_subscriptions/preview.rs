//! What a mapping would make of messages, before anybody saves it.

use axum::extract::State;
use filters::Subscription;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::destination_filters;
use utoipa::ToSchema;

use super::view::{definition, faults};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::ApiError,
    planes::forward::{Target, ask},
    state::Api,
};

/// What is tried on the newest messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewSubscription {
    /// The action, one of the destination's catalog entry.
    #[schema(example = "send")]
    action_id: String,
    /// The messages it is about, in FQL.
    #[schema(example = "event = 'Order Completed'")]
    trigger: String,
    /// What the action gets: values and directives by the keys of its fields.
    #[schema(value_type = Object, example = json!({ "data": { "@path": "$.properties" } }))]
    settings: Map<String, Value>,
    /// How many of the newest messages of the source; 1,000 when left out.
    #[schema(example = 1000, minimum = 1, maximum = 20000)]
    messages: Option<u32>,
}

/// What a mapping would make of the newest messages of a source.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappingPreview {
    /// When the oldest message came that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether these are all that are kept.
    complete: bool,
    /// Accepted messages that were looked at.
    messages: u64,
    /// Those that a filter of the destination stops before.
    filtered: u64,
    /// Those for which the trigger does not hold.
    unmatched: u64,
    /// Those of which it makes something.
    mapped: u64,
    /// Those about which it cannot say.
    failed: u64,
    /// Up to ten messages that are mapped or failed, the newest first.
    samples: Vec<MappedSample>,
}

/// A message, and what a mapping makes of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappedSample {
    /// Where it stands in the log.
    #[schema(example = "1048576")]
    position: String,
    /// Its id.
    message_id: String,
    /// As it came.
    #[schema(value_type = Option<Object>, example = json!({ "type": "track", "event": "Order Completed" }))]
    before: Option<Value>,
    /// What the action gets, by the keys of its fields; `null` when the mapping cannot say.
    #[schema(value_type = Option<Object>, example = json!({ "data": { "total": 12.5 } }))]
    fields: Option<Value>,
    /// Why it cannot say, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the mapping \"Preview\": the trigger cannot say")]
    reason: Option<String>,
}

/// Preview a mapping on a source's newest messages
///
/// By the same code that deliveries go through, after the destination's filters. Nothing is saved
/// or sent.
#[utoipa::path(
    post,
    path = "/destinations/{destinationId}/subscriptions/preview",
    operation_id = "previewDestinationSubscription",
    tag = "Destination Mappings",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = PreviewSubscription,
    responses((status = 200, description = "What it would make", body = Data<MappingPreview>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["invalid_fql", "invalid_mapping", "required", "unknown", "unknown_field"],
            "503": ["no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn preview(
    State(api): State<Api>,
    caller: Caller,
    Body(asked): Body<PreviewSubscription>,
) -> Result<Data<MappingPreview>, ApiError> {
    let destination = caller.destination()?;
    let PreviewSubscription { action_id, trigger, settings, messages } = asked;
    let name = "Preview".to_owned();
    let subscription =
        Subscription { name, action: action_id, trigger, fields: settings, enabled: true };
    let filters = {
        let mut db = api.db.read().await?;
        let definition = definition(&api, &mut db, &caller).await?;
        let found = faults(definition, &subscription, "");
        if !found.is_empty() {
            return Err(ApiError::invalid(found));
        }
        destination_filters::of_destination(&mut db, &destination.id).await?
    };
    let read = |row: &destination_filters::DestinationFilter| {
        serde_json::from_str::<Value>(&row.filter).map_err(|error| ApiError::unavailable(&error))
    };
    let filters = filters.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut body = json!({
        "filters": filters, "destinationId": destination.id, "mapping": subscription
    });
    if let Some(messages) = messages {
        body["messages"] = json!(messages);
    }
    let target = Target::new(&["sources", &destination.source_id, "mappings", "preview"], None);
    Ok(data(ask(&api, Method::POST, target, Some(body)).await?))
}
