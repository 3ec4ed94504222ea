use axum::extract::Path;
use serde::Serialize;
use serde_json::Value;
use tracking_plan::{starter, starters};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    error::ApiError,
};

/// A category of the Spec that a plan can start from.
#[derive(Debug, Serialize, ToSchema)]
pub struct StarterName {
    /// Its name.
    #[schema(example = "Email")]
    category: &'static str,
    /// How many events it has.
    #[schema(example = 6)]
    events: usize,
}

/// Starters in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct StartersAnswer {
    /// In the order of the Spec.
    starters: Vec<StarterName>,
}

/// A plan to start from: every event of a category, nothing required.
#[derive(Debug, Serialize, ToSchema)]
pub struct StarterView {
    /// The category.
    #[schema(example = "Email")]
    category: String,
    /// Where its events are described.
    description: String,
    /// Its rules, to be sent as they are.
    #[schema(value_type = Vec<Object>)]
    rules: Value,
}

/// A starter in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct StarterAnswer {
    /// The starter.
    starter: StarterView,
}

/// List starters
///
/// The categories of the Spec that a tracking plan can start from.
#[utoipa::path(
    get,
    path = "/tracking-plans/starters",
    operation_id = "listStarters",
    tag = "Tracking Plans",
    responses((status = 200, description = "The categories", body = Data<StartersAnswer>)),
    extensions(("x-access" = json!("member")))
)]
pub async fn list() -> Data<StartersAnswer> {
    let starters = starters().filter_map(|category| {
        Some(StarterName { category, events: starter(category)?.rules.len() })
    });
    data(StartersAnswer { starters: starters.collect() })
}

/// Get a starter
#[utoipa::path(
    get,
    path = "/tracking-plans/starters/{category}",
    operation_id = "getStarter",
    tag = "Tracking Plans",
    params(("category" = String, Path, description = "A category of the Spec", example = "Email")),
    responses((status = 200, description = "The plan to start from", body = Data<StarterAnswer>)),
    extensions(("x-access" = json!("member")))
)]
pub async fn get(Path(category): Path<String>) -> Result<Data<StarterAnswer>, ApiError> {
    let plan = starter(&category).ok_or_else(|| {
        ApiError::not_found("starter").fix("list them with GET /tracking-plans/starters")
    })?;
    let rules = serde_json::to_value(&plan.rules);
    Ok(data(StarterAnswer {
        starter: StarterView {
            category,
            description: plan.description.unwrap_or_default(),
            rules: rules.map_err(|error| ApiError::unavailable(&error))?,
        },
    }))
}
