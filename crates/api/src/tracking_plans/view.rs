use serde::Serialize;
use serde_json::Value;
use store::{
    Connection, source_schemas,
    tracking_plans::{self, Rule, TrackingPlan},
};
use utoipa::ToSchema;

use crate::{answer::time, error::ApiError};

/// The field's word for a rule that is not deprecated.
const NOT_DEPRECATED: &str = "0001-01-01T00:00:00.000Z";

/// A tracking plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackingPlanView {
    /// Its id.
    #[schema(example = "tp_2i3RfsLcgF2hSlC7tQuYzX")]
    pub id: String,
    /// Its name in paths, unique in the workspace.
    #[schema(example = "shop")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Shop")]
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "What the shop sends")]
    pub description: Option<String>,
    /// Always `LIVE`.
    #[serde(rename = "type")]
    #[schema(example = "LIVE")]
    pub kind: &'static str,
    /// Grows with every change of its rules; 0 while it never had one.
    #[schema(example = 3)]
    pub revision: i64,
    /// How many rules it has.
    #[schema(example = 12)]
    pub rules: i64,
    /// How many sources are connected to it.
    #[schema(example = 1)]
    pub sources: i64,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

/// A tracking plan in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackingPlanAnswer {
    /// The plan.
    pub tracking_plan: TrackingPlanView,
}

/// A rule of a tracking plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanRuleView {
    /// `COMMON`, `TRACK`, `IDENTIFY`, `GROUP`, `PAGE` or `SCREEN`.
    #[serde(rename = "type")]
    #[schema(example = "TRACK")]
    kind: String,
    /// The event's name, for `TRACK` and for nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Order Completed")]
    key: Option<String>,
    /// Which version of the event.
    #[schema(example = 1)]
    version: i64,
    /// JSON Schema of the whole message.
    #[schema(value_type = Object, example = json!({ "type": "object", "properties": { "properties": { "type": "object", "required": ["order_id"] } } }))]
    json_schema: Value,
    /// When it was made.
    created_at: String,
    /// When it was last changed.
    updated_at: String,
    /// As the field writes it for what is not deprecated.
    #[schema(example = "0001-01-01T00:00:00.000Z")]
    deprecated_at: &'static str,
}

impl PlanRuleView {
    /// Of `rule`.
    ///
    /// Errors: its schema cannot be read.
    pub fn of(rule: &Rule) -> Result<PlanRuleView, ApiError> {
        let schema = serde_json::from_str(&rule.json_schema);
        Ok(PlanRuleView {
            kind: rule.kind.clone(),
            key: Some(rule.key.clone()).filter(|key| !key.is_empty()),
            version: rule.version,
            json_schema: schema.map_err(|error| ApiError::unavailable(&error))?,
            created_at: time(rule.created_at_ms),
            updated_at: time(rule.updated_at_ms),
            deprecated_at: NOT_DEPRECATED,
        })
    }
}

/// Plans as they are shown, in a fixed number of queries.
pub async fn views(
    db: &mut Connection,
    rows: &[TrackingPlan],
) -> Result<Vec<TrackingPlanView>, ApiError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let rules = tracking_plans::rule_counts(db, &ids).await?;
    let sources = source_schemas::source_counts(db, &ids).await?;
    let counts = rules.into_iter().zip(sources);
    let view = |(row, (rules, sources)): (&TrackingPlan, (i64, i64))| TrackingPlanView {
        id: row.id.clone(),
        slug: row.slug.clone(),
        name: row.name.clone(),
        description: Some(row.description.clone()).filter(|text| !text.is_empty()),
        kind: "LIVE",
        revision: row.revision,
        rules,
        sources,
        created_at: time(row.created_at_ms),
        updated_at: time(row.updated_at_ms),
    };
    Ok(rows.iter().zip(counts).map(view).collect())
}

/// One plan as it is shown.
pub async fn view(db: &mut Connection, row: &TrackingPlan) -> Result<TrackingPlanView, ApiError> {
    let mut views = views(db, std::slice::from_ref(row)).await?;
    views.pop().ok_or_else(|| ApiError::not_found("tracking plan"))
}

/// A plan as audit entries keep it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanNote<'a> {
    name: &'a str,
    description: &'a str,
    revision: i64,
}

impl<'a> PlanNote<'a> {
    /// Of `row`.
    pub fn of(row: &'a TrackingPlan) -> PlanNote<'a> {
        PlanNote { name: &row.name, description: &row.description, revision: row.revision }
    }
}
