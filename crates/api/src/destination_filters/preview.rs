//! What filters would do, before anybody saves them.

use axum::extract::State;
use filters::{Action, Compiled, Filter, Outcome, Salt};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::destination_filters;
use utoipa::ToSchema;

use super::view::{FilterAction, faults, read};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    planes::forward::{Target, ask},
    state::Api,
};

/// A filter that is tried.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TriedFilter {
    /// The messages that it is about, in FQL.
    #[serde(rename = "if")]
    #[schema(example = "type = 'track'")]
    condition: String,
    /// What becomes of them.
    #[schema(value_type = Vec<FilterAction>, min_items = 1, max_items = 10)]
    actions: Vec<Action>,
}

impl TriedFilter {
    fn filter(self, title: &str) -> Filter {
        let TriedFilter { condition, actions } = self;
        Filter { title: title.to_owned(), condition, actions, enabled: true }
    }
}

/// A filter, and what it is tried on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewFilter {
    /// The filter.
    filter: TriedFilter,
    /// The message.
    #[schema(value_type = Object, example = json!({ "type": "track", "event": "Order Completed" }))]
    payload: Map<String, Value>,
}

/// What a filter makes of a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FilterPreview {
    /// The message.
    #[schema(value_type = Object, example = json!({ "type": "track", "event": "Order Completed" }))]
    input_payload: Map<String, Value>,
    /// What is sent of it; `null` when it is not sent.
    #[schema(value_type = Option<Object>, example = json!({ "type": "track", "event": "Order Completed" }))]
    result: Option<Value>,
    /// Why it is not sent, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "FILTERED_BY_RULES")]
    code: Option<&'static str>,
    /// Why it is not sent, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the filter \"Preview\" drops it")]
    reason: Option<String>,
}

/// Preview a filter on a payload
///
/// Nothing is saved or sent. Values are hashed under no destination's key.
#[utoipa::path(
    post,
    path = "/destination/filters/preview",
    operation_id = "previewDestinationFilter",
    tag = "Destination Filters",
    request_body = PreviewFilter,
    responses((status = 200, description = "What it makes of it", body = Data<FilterPreview>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-errors" = json!({
            "422": ["invalid", "invalid_action", "invalid_fql"]
        }))
    )
)]
pub async fn of_payload(Body(asked): Body<PreviewFilter>) -> Result<Data<FilterPreview>, ApiError> {
    let filter = asked.filter.filter("Preview");
    let found = faults(&filter, "/filter");
    if !found.is_empty() {
        return Err(ApiError::invalid(found));
    }
    let input = asked.payload;
    let text = Value::Object(input.clone()).to_string();
    let message = filters::payload(text.as_bytes()).ok_or_else(|| {
        ApiError::invalid_field(
            Fault::at("/payload", "invalid", "the payload is too large or nested too deeply")
                .expected("a message")
                .fix("send one as a source would"),
        )
    })?;
    let compiled = Compiled::of_stored(&[filter], &Salt::default());
    let (result, discard) = match compiled.apply(&message) {
        Outcome::Pass => (Some(Value::Object(input.clone())), None),
        Outcome::Changed(changed) => (serde_json::from_slice(changed.raw()).ok(), None),
        Outcome::Discard(discard) => (None, Some(discard)),
    };
    let (code, reason) = discard.map(|discard| (discard.code, discard.reason)).unzip();
    Ok(data(FilterPreview { input_payload: input, result, code, reason }))
}

/// What is tried on the newest messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewFilters {
    /// Another filter, beside those that are saved.
    filter: Option<TriedFilter>,
    /// The saved filter whose place it takes.
    #[schema(example = "flt_5GFhvtz8fha42Cm4B9E6L8")]
    filter_id: Option<String>,
    /// How many of the newest messages of the source; 1,000 when left out.
    #[schema(example = 1000, minimum = 1, maximum = 20000)]
    messages: Option<u32>,
}

/// What filters would do to the newest messages of a source.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiltersPreview {
    /// When the oldest message came that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Whether these are all that are kept.
    complete: bool,
    /// Accepted messages that were looked at.
    messages: u64,
    /// Those that go on as they are.
    passed: u64,
    /// Those that go on changed.
    changed: u64,
    /// Those that a filter stops.
    filtered: u64,
    /// Those that no filter can decide about, and that are stopped therefore.
    failed: u64,
    /// Why messages are stopped, the most frequent first.
    reasons: Vec<FilterReason>,
    /// Up to ten messages that do not go on as they are.
    pairs: Vec<FilteredPair>,
}

/// Why messages are stopped.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FilterReason {
    /// For programs.
    #[schema(example = "FILTERED_BY_RULES")]
    code: String,
    /// In a sentence.
    #[schema(example = "the filter \"Preview\" drops it")]
    reason: String,
    /// How many.
    messages: u64,
}

/// A message before and after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FilteredPair {
    /// Where it stands in the log.
    #[schema(example = "1048576")]
    position: String,
    /// Its id.
    message_id: String,
    /// As it came.
    #[schema(value_type = Option<Object>, example = json!({ "type": "track", "event": "Order Completed" }))]
    before: Option<Value>,
    /// As it is sent; `null` when it is not.
    #[schema(value_type = Option<Object>, example = json!({ "type": "track", "event": "Order Completed" }))]
    after: Option<Value>,
    /// Why it is not sent, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "FILTERED_BY_RULES")]
    code: Option<String>,
    /// Why it is not sent, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the filter \"Preview\" drops it")]
    reason: Option<String>,
}

/// Preview the filters of a destination on its source's newest messages
///
/// Those that are saved and enabled, and another one beside them or in the place of one of them;
/// by the same code that deliveries go through. Nothing is saved or sent.
#[utoipa::path(
    post,
    path = "/destination/{destinationId}/filters/preview",
    operation_id = "previewFiltersOfDestination",
    tag = "Destination Filters",
    params(("destinationId" = String, Path, description = "Id of the destination")),
    request_body = PreviewFilters,
    responses((status = 200, description = "What they would do", body = Data<FiltersPreview>)),
    extensions(
        ("x-access" = json!("destination_admin")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["invalid", "invalid_action", "invalid_fql", "unknown"],
            "503": ["no_data_plane", "not_routed"]
        }))
    )
)]
pub async fn of_messages(
    State(api): State<Api>,
    caller: Caller,
    Body(asked): Body<PreviewFilters>,
) -> Result<Data<FiltersPreview>, ApiError> {
    let destination = caller.destination()?;
    let rows = {
        let mut db = api.db.read().await?;
        destination_filters::of_destination(&mut db, &destination.id).await?
    };
    let mut found = Vec::new();
    let mut filters = Vec::with_capacity(rows.len() + 1);
    let mut tried = asked.filter.map(|filter| filter.filter("Preview"));
    found.extend(tried.iter().flat_map(|filter| faults(filter, "/filter")));
    if let Some(id) = &asked.filter_id
        && !rows.iter().any(|row| row.id == *id)
    {
        found.push(
            Fault::at("/filterId", "unknown", format!("the destination has no filter {id:?}"))
                .expected("the id of one of its filters")
                .fix("list them with GET /destination/{destinationId}/filters"),
        );
    }
    if !found.is_empty() {
        return Err(ApiError::invalid(found));
    }
    for row in &rows {
        let replaced = asked.filter_id.as_ref() == Some(&row.id);
        filters.extend(match tried.take_if(|_| replaced) {
            Some(filter) => Some(Filter { title: read(row)?.title, ..filter }),
            None => Some(read(row)?).filter(|filter| filter.enabled),
        });
    }
    filters.extend(tried);
    let mut body = json!({ "filters": filters, "destinationId": destination.id });
    if let Some(messages) = asked.messages {
        body["messages"] = json!(messages);
    }
    let target = Target::new(&["sources", &destination.source_id, "filters", "preview"], None);
    Ok(data(ask(&api, Method::POST, target, Some(body)).await?))
}
