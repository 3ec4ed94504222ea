use filters::{Action, ActionType, Algorithm, Filter, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::destination_filters::DestinationFilter;
use utoipa::ToSchema;

use crate::{
    answer,
    error::{ApiError, Fault},
};

/// One thing that a filter does; which members it takes depends on its type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents `filters::Action`, which is read and written itself")]
pub struct FilterAction {
    /// What it does. They are done in the order of this list.
    #[serde(rename = "type")]
    #[schema(value_type = FilterActionType)]
    kind: ActionType,
    /// By the path of an object, `""` for the message itself: the names in it that the action is
    /// about, as a list; of `RENAME_PROPERTIES` an object from old to new names; of `SET_VALUES`
    /// an object of values. A path leads through lists into every object in them.
    #[schema(value_type = Option<Object>, example = json!({ "properties": ["email"] }))]
    fields: Option<Value>,
    /// Of `SAMPLE`: the share that is sent, from 0 to 1.
    #[schema(example = 0.1)]
    percent: Option<f64>,
    /// Of `SAMPLE`: the field whose value decides who is in the sample; the message's id where it
    /// has none.
    #[schema(example = "userId")]
    path: Option<String>,
    /// Of `HASH_PROPERTIES`: how; `HMAC_SHA256` when left out.
    #[schema(value_type = Option<FilterAlgorithm>)]
    algorithm: Option<Algorithm>,
    /// Of `RENAME_EVENT`: the new name.
    #[schema(example = "Order Completed")]
    new_event_name: Option<String>,
}

/// What an action does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterActionType {
    /// Sends a share of the messages.
    Sample,
    /// Sends none of them.
    Drop,
    /// Takes fields out.
    DropProperties,
    /// Takes every other field of an object out.
    AllowProperties,
    /// Puts hashes in place of values.
    HashProperties,
    /// Gives a track call's event another name.
    RenameEvent,
    /// Gives fields other names.
    RenameProperties,
    /// Gives fields values.
    SetValues,
}

/// How values are hashed; the hash is written as hexadecimal digits.
#[derive(Debug, Deserialize, ToSchema)]
pub enum FilterAlgorithm {
    /// HMAC-SHA256 under a key of the destination's own, which nobody is shown.
    #[serde(rename = "HMAC_SHA256")]
    HmacSha256,
    /// SHA-256 of the value as it is.
    #[serde(rename = "SHA256")]
    Sha256,
}

/// A filter of a destination.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationFilterView {
    /// Its id.
    #[schema(example = "flt_5GFhvtz8fha42Cm4B9E6L8")]
    pub id: String,
    /// The source whose messages it is about.
    #[schema(example = "src_qQEHquLrjRDN9j1ByrChyn")]
    pub source_id: String,
    /// The destination that it is of.
    #[schema(example = "dst_5GFhvtz8fha42Cm4B9E6L8")]
    pub destination_id: String,
    /// Its name for people.
    #[schema(example = "No e-mail addresses")]
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "The agency must not know them.")]
    pub description: Option<String>,
    /// The messages that it is about, in FQL.
    #[serde(rename = "if")]
    #[schema(example = "type = 'track'")]
    pub condition: String,
    /// What becomes of them.
    #[schema(value_type = Vec<FilterAction>)]
    pub actions: Vec<Action>,
    /// Whether it does anything.
    pub enabled: bool,
    /// When it was made.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub created_at: String,
    /// When it was changed last.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    pub updated_at: String,
}

/// A filter in its envelope.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DestinationFilterAnswer {
    /// The filter.
    pub filter: DestinationFilterView,
}

/// A filter as audit entries keep it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterNote<'a> {
    destination_id: &'a str,
    description: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
}

impl FilterNote<'_> {
    /// Of `row`, which says this.
    pub fn of<'a>(row: &'a DestinationFilter, filter: &'a Filter) -> FilterNote<'a> {
        let (destination_id, description) = (&row.destination_id, row.description.as_deref());
        FilterNote { destination_id, description, filter }
    }
}

/// What a row says.
pub fn read(row: &DestinationFilter) -> Result<Filter, ApiError> {
    serde_json::from_str(&row.filter).map_err(|error| ApiError::unavailable(&error))
}

/// What a row of this is to say.
pub fn write(filter: &Filter) -> Result<String, ApiError> {
    serde_json::to_string(filter).map_err(|error| ApiError::unavailable(&error))
}

/// A filter as it is shown.
pub fn view(row: &DestinationFilter) -> Result<DestinationFilterView, ApiError> {
    let Filter { title, condition, actions, enabled } = read(row)?;
    Ok(DestinationFilterView {
        id: row.id.clone(),
        source_id: row.source_id.clone(),
        destination_id: row.destination_id.clone(),
        title,
        description: row.description.clone(),
        condition,
        actions,
        enabled,
        created_at: answer::time(row.created_at_ms),
        updated_at: answer::time(row.updated_at_ms),
    })
}

/// Everything that is wrong with `filter`, which stands at `pointer` in a body.
pub fn faults(filter: &Filter, pointer: &str) -> Vec<Fault> {
    filter.problems().into_iter().map(|problem| fault(problem, pointer)).collect()
}

fn fault(problem: Problem, pointer: &str) -> Fault {
    let (code, expected) = match problem.pointer.as_str() {
        "/if" => ("invalid_fql", "a statement in FQL"),
        "/title" => ("invalid", "a title of 1 to 64 characters"),
        _ => ("invalid_action", "an action as docs/filters.md has it"),
    };
    Fault::at(format!("{pointer}{}", problem.pointer), code, problem.message)
        .expected(expected)
        .fix(problem.fix)
}
