use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use spec::rules::{Partner, Sets, findings};
use store::{integrations, source_schemas, tracking_plans};
use tokio::task::spawn_blocking;
use tracking_plan::{Action, Compiled, Plan, judge, stored};
use utoipa::ToSchema;

use super::change::{compile, fault, plan_of};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    sources::schema_settings,
    state::Api,
};

/// Messages to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lint {
    /// Messages as they would be sent, each with its `type`.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 500, example = json!([{ "type": "track", "event": "Order Completed", "userId": "u-1", "properties": { "order_id": "o-1" } }]))]
    batch: Vec<Value>,
}

/// Messages to be looked at as a source would.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceLint {
    /// Messages as they would be sent, each with its `type`.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 500, example = json!([{ "type": "track", "event": "Order Completed", "userId": "u-1", "properties": { "order_id": "o-1" } }]))]
    batch: Vec<Value>,
    /// Another plan than the source's own, by id or slug.
    #[schema(example = "shop", max_length = 255)]
    tracking_plan_id: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LintAnswer {
    /// The plan that they were held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tp_2i3RfsLcgF2hSlC7tQuYzX")]
    tracking_plan_id: Option<String>,
    /// In the order of the messages.
    results: Vec<LintResult>,
}

/// What is to say about one message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LintResult {
    /// `ALLOW`, `OMIT`, `BLOCK` or `QUARANTINE`.
    #[schema(example = "BLOCK")]
    action: &'static str,
    /// Why it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "schema_violation")]
    code: Option<&'static str>,
    /// The plan does not know the event.
    unplanned: bool,
    /// In which ways it breaks the plan.
    violations: Vec<ViolationView>,
    /// What would be taken out: JSON pointers.
    #[schema(example = json!(["/properties/tmp"]))]
    omitted: Vec<String>,
    /// What the Spec, and the rules for partners, have to say.
    #[schema(value_type = Vec<FindingView>)]
    findings: Vec<Value>,
    /// The message as it would be kept, when it would go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    stored: Option<Box<RawValue>>,
}

/// One way in which a message breaks a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViolationView {
    /// `Required`, `Invalid Type` …
    #[serde(rename = "type")]
    #[schema(example = "Required")]
    kind: &'static str,
    /// Where, for people.
    #[schema(example = "properties.order_id")]
    field: String,
    /// What is wrong, in a sentence.
    #[schema(example = "properties.order_id is required")]
    description: String,
    /// Where, as a JSON pointer.
    #[schema(example = "/properties/order_id")]
    pointer: String,
    /// What should stand there.
    #[schema(example = "a value")]
    expected: String,
}

/// One way in which a message breaks the Spec.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// The rule.
    #[schema(example = "event_near_miss")]
    code: String,
    /// `error`, `warning` or `hint`.
    #[schema(example = "warning")]
    severity: String,
    /// The rule in a few words.
    title: String,
    /// Where, as a JSON pointer.
    #[schema(example = "/event")]
    pointer: String,
    /// What stands there.
    found: String,
    /// What should.
    expected: String,
    /// What to do.
    fix: String,
    /// A value that would be right.
    example: Value,
    /// Where the rule is explained.
    #[schema(example = "/docs/spec#event_near_miss")]
    docs: String,
}

/// Lint messages by a tracking plan
///
/// Holds messages against the plan and the Spec, without sending them anywhere: what breaks, and
/// what would be kept when everything is allowed.
#[utoipa::path(
    post,
    path = "/tracking-plans/{trackingPlanId}/lint",
    operation_id = "lintByTrackingPlan",
    tag = "Tracking Plans",
    params(("trackingPlanId" = String, Path, description = "Id or slug of the plan")),
    request_body = Lint,
    responses((status = 200, description = "What was found", body = Data<LintAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-requests-per-minute" = json!(120)),
        ("x-errors" = json!({
            "422": ["bad_rule", "not_allowed", "required", "too_few", "too_many", "unknown_field"]
        }))
    )
)]
pub async fn by_plan(
    State(api): State<Api>,
    caller: Caller,
    Body(lint): Body<Lint>,
) -> Result<Data<LintAnswer>, ApiError> {
    let row = caller.tracking_plan()?;
    let (plan, _) = plan_of(&mut *api.db.read().await?, &row.id, row.revision).await?;
    let held = Held { plan: Some(plan), plan_id: Some(row.id.clone()), ..Held::default() };
    answer(held, lint.batch).await
}

/// Lint messages as a source would
///
/// Holds messages against the source's tracking plan, with its schema settings, and the Spec,
/// without sending them anywhere: what would become of each of them.
#[utoipa::path(
    post,
    path = "/sources/{sourceId}/lint",
    operation_id = "lintBySource",
    tag = "Tracking Plans",
    params(("sourceId" = String, Path, description = "Id or slug of the source")),
    request_body = SourceLint,
    responses((status = 200, description = "What was found", body = Data<LintAnswer>)),
    extensions(
        ("x-access" = json!("source_read")),
        ("x-requests-per-minute" = json!(120)),
        ("x-errors" = json!({
            "422": [
                "bad_rule", "not_allowed", "required", "too_few", "too_long", "too_many",
                "unknown", "unknown_field"
            ]
        }))
    )
)]
pub async fn by_source(
    State(api): State<Api>,
    caller: Caller,
    Body(lint): Body<SourceLint>,
) -> Result<Data<LintAnswer>, ApiError> {
    let source = caller.source()?;
    let held = {
        let mut db = api.db.read().await?;
        let schema = source_schemas::get(&mut db, &source.id).await?;
        let named = lint.tracking_plan_id.as_ref().or(schema.plan_id.as_ref());
        let row = match named {
            None => None,
            Some(named) => {
                let row = tracking_plans::find(&mut db, &source.workspace_id, named).await?;
                Some(row.ok_or_else(|| unknown_plan(named))?)
            }
        };
        let mut held = Held { source_id: source.id.clone(), ..Held::default() };
        if let Some(row) = row {
            let (mut plan, _) = plan_of(&mut db, &row.id, row.revision).await?;
            plan.settings = schema_settings::read(&schema.settings)?;
            (held.plan, held.plan_id) = (Some(plan), Some(row.id));
        }
        let entry = integrations::find(&mut db, &source.integration_id).await?;
        held.partner = entry.filter(|entry| entry.partner_id.is_some()).map(|entry| entry.slug);
        held
    };
    answer(held, lint.batch).await
}

fn unknown_plan(named: &str) -> ApiError {
    let message = format!("the workspace has no tracking plan {named:?}");
    ApiError::invalid_field(
        Fault::at("/trackingPlanId", "unknown", message)
            .expected("the id or slug of a tracking plan")
            .fix("list them with GET /tracking-plans"),
    )
}

/// What messages are held against.
#[derive(Default)]
struct Held {
    plan: Option<Plan>,
    plan_id: Option<String>,
    source_id: String,
    /// The integration that has to sign its messages.
    partner: Option<String>,
}

async fn answer(held: Held, batch: Vec<Value>) -> Result<Data<LintAnswer>, ApiError> {
    let compiled = match held.plan {
        None => None,
        Some(plan) => Some(
            compile(plan)
                .await?
                .map_err(|problems| ApiError::invalid(problems.iter().map(fault).collect()))?,
        ),
    };
    let (partner, source_id) = (held.partner, held.source_id);
    let work = spawn_blocking(move || {
        let partner = partner.as_deref().map(|slug| Partner { slug });
        let look =
            |message: &Value| result(compiled.as_ref(), &Sets { partner }, &source_id, message);
        batch.iter().map(look).collect()
    });
    let results = work.await.map_err(|error| ApiError::unavailable(&error))?;
    Ok(data(LintAnswer { tracking_plan_id: held.plan_id, results }))
}

fn result(
    plan: Option<&Compiled>,
    sets: &Sets<'_>,
    source_id: &str,
    message: &Value,
) -> LintResult {
    let raw = message.to_string();
    let found = findings(raw.as_bytes(), sets);
    let found = found.iter().filter_map(|finding| serde_json::to_value(finding).ok()).collect();
    let judgement = plan.map(|plan| judge(plan, raw.as_bytes()));
    let Some(judgement) = judgement else {
        return LintResult {
            action: "ALLOW",
            code: None,
            unplanned: false,
            violations: Vec::new(),
            omitted: Vec::new(),
            findings: found,
            stored: RawValue::from_string(raw).ok(),
        };
    };
    let omits = !judgement.omitted.is_empty() || !judgement.omitted_on_violation.is_empty();
    let (action, code) = match judgement.action {
        Action::Allow if omits => ("OMIT", None),
        Action::Allow => ("ALLOW", None),
        Action::Block(blocked) => ("BLOCK", Some(blocked.code())),
        Action::Quarantine(blocked) => ("QUARANTINE", Some(blocked.quarantine_code())),
    };
    let kept = (judgement.action == Action::Allow)
        .then(|| stored(raw.as_bytes(), &judgement, source_id))
        .and_then(|kept| String::from_utf8(kept).ok())
        .and_then(|kept| RawValue::from_string(kept).ok());
    let omitted = judgement.omitted.into_iter().chain(judgement.omitted_on_violation).collect();
    let violations = judgement.violations.into_iter().map(|violation| ViolationView {
        kind: violation.kind,
        field: violation.field,
        description: violation.description,
        pointer: violation.pointer,
        expected: violation.expected,
    });
    LintResult {
        action,
        code,
        unplanned: judgement.unplanned_event,
        violations: violations.collect(),
        omitted,
        findings: found,
        stored: kept,
    }
}
