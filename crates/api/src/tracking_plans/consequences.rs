use axum::extract::{Request, State};
use http::Method;
use serde::Serialize;
use store::source_schemas;
use tracking_plan::{CommonOnViolation, OnBlock, Settings};
use utoipa::ToSchema;

use super::{
    change::plan_of,
    connect::{named_source, source},
};
use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    planes::{
        forward::{Target, ask},
        plans::{Violations, period},
    },
    sources::schema_settings,
    state::Api,
};

/// What connecting a source to a plan comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsequencesAnswer {
    /// What becomes of what, by the source's schema settings.
    consequences: Vec<Consequence>,
    /// What the plan would have done to the newest messages of the source (20,000 at most); absent
    /// where there is no data plane to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<Violations>,
}

/// What becomes of one sort of messages.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Consequence {
    /// `ALLOW`, `OMIT`, `BLOCK` or `QUARANTINE`.
    #[serde(rename = "type")]
    #[schema(example = "BLOCK")]
    kind: &'static str,
    /// `track`, `identify` or `group`.
    #[schema(example = "track")]
    on: &'static str,
    /// The same in a sentence.
    #[schema(example = "Events that the plan does not know are blocked.")]
    text: String,
}

/// Review the consequences of connecting a source
///
/// What its schema settings say in sentences, and what the plan would have done to its newest
/// messages. Nothing is changed.
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}/consequences",
    operation_id = "reviewConsequencesOfTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("sourceId" = String, Query, description = "Id or slug of the source", example = "website"),
        ("period" = Option<String>, Query, description = "Messages of the last `24h` (when left out), `7d` or `30d`", example = "7d")
    ),
    responses((status = 200, description = "The consequences", body = Data<ConsequencesAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "422": ["not_allowed", "required", "unknown"],
            "503": ["log_unavailable", "not_routed"]
        }))
    )
)]
pub async fn consequences(
    State(api): State<Api>,
    caller: Caller,
    request: Request,
) -> Result<Data<ConsequencesAnswer>, ApiError> {
    let (parts, _) = request.into_parts();
    let period = period(&parts, &["24h", "7d", "30d"])?;
    let named = named_source(parts.uri.query())?;
    let row = caller.tracking_plan()?;
    let (mut plan, source) = {
        let mut db = api.db.read().await?;
        let source = source(&mut db, &caller, &named).await?;
        let schema = source_schemas::get(&mut db, &source.id).await?;
        let (mut plan, _) = plan_of(&mut db, &row.id, row.revision).await?;
        plan.settings = schema_settings::read(&schema.settings)?;
        (plan, source)
    };
    let consequences = in_words(&plan.settings);
    let trial = match api.planes {
        None => None,
        Some(_) => {
            plan.name = None;
            let plan = serde_json::to_value(&plan);
            let plan = plan.map_err(|error| ApiError::unavailable(&error))?;
            let target = Target::new(&["sources", &source.id, "trial"], None)
                .with("since", &period)
                .with("buckets", "24");
            Some(ask(&api, Method::POST, target, Some(plan)).await?)
        }
    };
    Ok(data(ConsequencesAnswer { consequences, trial }))
}

/// What settings say, in sentences.
fn in_words(settings: &Settings) -> Vec<Consequence> {
    let mut all = Vec::new();
    let mut say = |kind, on, text: String| all.push(Consequence { kind, on, text });
    let stopped = |on_block| match on_block {
        OnBlock::Discard => ("BLOCK", "are blocked"),
        OnBlock::Quarantine => ("QUARANTINE", "wait in quarantine"),
    };
    let choice = |allowed: bool, otherwise: (&'static str, &'static str)| match allowed {
        true => ("ALLOW", "are allowed"),
        false => otherwise,
    };
    const OMITTED: (&str, &str) = ("OMIT", "are omitted");
    let common = |common, on_block| match common {
        CommonOnViolation::Allow => ("ALLOW", "are allowed"),
        CommonOnViolation::OmitProperties => ("OMIT", "go on without what breaks it"),
        CommonOnViolation::Block => stopped(on_block),
    };
    let track = &settings.track;
    let block = stopped(track.on_block);
    for (what, (kind, becomes)) in [
        ("Events that the plan does not know", choice(track.allow_unplanned_events, block)),
        (
            "Properties that the plan does not know",
            choice(track.allow_unplanned_event_properties, OMITTED),
        ),
        ("Events that break their rule", choice(track.allow_event_on_violations, block)),
        ("Properties that break their rule", choice(track.allow_properties_on_violations, OMITTED)),
        (
            "Events that break the common schema",
            common(track.common_event_on_violations, track.on_block),
        ),
    ] {
        say(kind, "track", format!("{what} {becomes}."));
    }
    for (on, calls, traits) in [
        ("identify", "Identify calls", &settings.identify),
        ("group", "Group calls", &settings.group),
    ] {
        let block = stopped(traits.on_block);
        for (what, (kind, becomes)) in [
            (
                format!("Traits of {} that the plan does not know", calls.to_lowercase()),
                choice(traits.allow_unplanned_traits, OMITTED),
            ),
            (
                format!("{calls} that break the plan"),
                choice(traits.allow_event_on_violations, block),
            ),
            (
                format!("Traits of {} that break the plan", calls.to_lowercase()),
                choice(traits.allow_traits_on_violations, OMITTED),
            ),
            (
                format!("{calls} that break the common schema"),
                common(traits.common_event_on_violations, traits.on_block),
            ),
        ] {
            say(kind, on, format!("{what} {becomes}."));
        }
    }
    all
}
