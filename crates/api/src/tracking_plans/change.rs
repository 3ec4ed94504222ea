//! A change of a plan's rules: judged, compared, and made a revision.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use store::{
    Write, source_schemas,
    tracking_plans::{self, Revision, TrackingPlan},
};
use tokio::task::spawn_blocking;
use tracking_plan::{Compiled, Plan, Problem, Rule, RuleName, RuleType, Settings, diff};
use utoipa::ToSchema;

use super::view::PlanNote;
use crate::{
    answer::{Data, data},
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    version::Versioned,
};

/// One difference between two versions of a plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeView {
    /// Which sort: `rule_added`, `required_added`, `type_narrowed` …
    #[schema(example = "required_added")]
    kind: Value,
    /// Whether a message that conformed may be at fault, or lose something, from now on.
    breaking: bool,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "TRACK \"Order Completed\" version 1")]
    rule: Option<String>,
    /// Where in the message; `(root)` for the whole.
    #[schema(example = "properties.order_id")]
    field: String,
    /// What the plan said before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What it says now.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

impl ChangeView {
    /// Of `change`.
    pub fn of(change: tracking_plan::Change) -> ChangeView {
        ChangeView {
            kind: serde_json::to_value(change.kind).unwrap_or_default(),
            breaking: change.breaking,
            rule: change.rule.map(|name| name.to_string()),
            field: change.field,
            before: change.before,
            after: change.after,
        }
    }
}

/// What a change of a plan's rules comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesChanged {
    /// Always `SUCCESS`.
    #[schema(example = "SUCCESS")]
    status: &'static str,
    /// The revision that the plan has now; after a dry run the one that it would have.
    #[schema(example = 3)]
    revision: i64,
    /// How many of the changes break what conformed.
    #[schema(example = 1)]
    breaking: usize,
    /// Every difference from before.
    changes: Vec<ChangeView>,
}

/// How a plan's rules are to become others.
pub struct Wanted {
    /// All rules that it has then.
    pub rules: Vec<Rule>,
    /// Where each rule stood in the request, by its name.
    pub places: BTreeMap<RuleName, String>,
    /// Only say what would change.
    pub dry_run: bool,
}

/// The plan in the path, as it stands in this transaction.
pub async fn found(write: &mut Write, caller: &Caller) -> Result<TrackingPlan, ApiError> {
    let row = caller.tracking_plan()?;
    let row = tracking_plans::find(write, &row.workspace_id, &row.id).await?;
    row.ok_or_else(|| ApiError::not_found("tracking plan"))
}

/// The rules of a plan in one of its revisions.
///
/// Errors: what is stored cannot be read.
pub async fn plan_of(
    db: &mut store::Connection,
    plan_id: &str,
    revision: i64,
) -> Result<(Plan, Vec<tracking_plans::Rule>), ApiError> {
    let stored = tracking_plans::rules(db, plan_id, revision).await?;
    let mut plan = Plan::default();
    for rule in &stored {
        let schema = serde_json::from_str(&rule.json_schema);
        plan.rules.push(Rule {
            on: RuleType::from_word(&rule.kind).ok_or_else(|| ApiError::not_found("rule"))?,
            key: Some(rule.key.clone()).filter(|key| !key.is_empty()),
            version: u32::try_from(rule.version).unwrap_or_default(),
            json_schema: schema.map_err(|error| ApiError::unavailable(&error))?,
        });
    }
    Ok((plan, stored))
}

/// Compiles a plan, away from the threads that answer requests.
pub async fn compile(plan: Plan) -> Result<Result<Compiled, Vec<Problem>>, ApiError> {
    let compiled = spawn_blocking(move || Compiled::new(&plan)).await;
    compiled.map_err(|error| ApiError::unavailable(&error))
}

/// A problem of a plan as a fault of the request.
pub fn fault(problem: &Problem) -> Fault {
    let message = match &problem.rule {
        Some(rule) => format!("{rule}: {}", problem.message),
        None => problem.message.clone(),
    };
    Fault::at(&problem.pointer, "bad_rule", message)
        .expected("a rule with a JSON Schema that stands alone")
        .fix(&problem.fix)
}

/// Makes the rules what is `wanted`. A new revision only when something differs.
pub async fn change(
    api: &Api,
    caller: &Caller,
    mut write: Write,
    before: TrackingPlan,
    wanted: Wanted,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let (mut old, stored) = plan_of(&mut write, &before.id, before.revision).await?;
    let mut new = Plan { rules: wanted.rules, ..Plan::default() };
    if let Err(problems) = compile(new.clone()).await? {
        let placed = |problem: &Problem| {
            let place = problem.rule.as_ref().and_then(|name| wanted.places.get(name));
            let mut fault = fault(problem);
            if let Some(place) = place {
                let rest = problem.pointer.splitn(4, '/').nth(3);
                let pointer = rest.map_or_else(|| place.clone(), |rest| format!("{place}/{rest}"));
                fault.field = Some(pointer.trim_start_matches('/').replace('/', "."));
                fault.pointer = Some(pointer);
            }
            fault
        };
        return Err(ApiError::invalid(problems.iter().map(placed).collect()));
    }
    // What breaks a sender depends on what the sources do with those who break the plan.
    let strictest = strictest(&mut write, &before.id).await?;
    old.settings = strictest.clone();
    new.settings = strictest;
    let changes = diff(&old, &new);

    let names = |plan: &Plan| plan.rules.iter().map(Rule::name).collect::<BTreeSet<_>>();
    let after_names = names(&new);
    let by_name: BTreeMap<RuleName, (&Rule, &tracking_plans::Rule)> =
        old.rules.iter().map(Rule::name).zip(old.rules.iter().zip(&stored)).collect();
    let (mut ended, mut added) = (Vec::new(), Vec::new());
    for (name, (_, row)) in &by_name {
        if !after_names.contains(name) {
            ended.push((*row).clone());
        }
    }
    for rule in &new.rules {
        let was = by_name.get(&rule.name());
        if was.is_some_and(|(was, _)| was.json_schema == rule.json_schema) {
            continue;
        }
        ended.extend(was.map(|(_, row)| (*row).clone()));
        added.push(tracking_plans::Rule {
            kind: rule.on.as_str().to_owned(),
            key: rule.key.clone().unwrap_or_default(),
            version: i64::from(rule.version),
            json_schema: rule.json_schema.to_string(),
            created_at_ms: was.map_or(caller.now_ms, |(_, row)| row.created_at_ms),
            updated_at_ms: caller.now_ms,
        });
    }

    let mut after = before.clone();
    if !ended.is_empty() || !added.is_empty() {
        after.revision += 1;
        after.version += 1;
        after.updated_at_ms = caller.now_ms;
    }
    let breaking = changes.iter().filter(|change| change.breaking).count();
    if after.revision != before.revision && !wanted.dry_run {
        tracking_plans::update(&mut write, &after).await?;
        tracking_plans::end_rules(&mut write, &after.id, after.revision, &ended).await?;
        tracking_plans::add_rules(&mut write, &after.id, after.revision, &added).await?;
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let revision = Revision {
            revision: after.revision,
            made_by: caller.id().to_owned(),
            made_by_email: caller.email().map(str::to_owned),
            changes: count(changes.len()),
            breaking: count(breaking),
            made_at_ms: caller.now_ms,
        };
        tracking_plans::add_revision(&mut write, &after.id, &revision).await?;
        let kind = "Tracking Plan Rules Modified";
        let change = Change::new(kind, "TRACKING_PLAN", &after.id, &after.name)
            .before(&PlanNote::of(&before))
            .after(&PlanNote::of(&after));
        record(api, &mut write, caller, &after.workspace_id, change).await?;
        write.commit().await?;
        api.nudge();
    }
    let version = if wanted.dry_run { before.version } else { after.version };
    let changes = changes.into_iter().map(ChangeView::of).collect();
    let changed = RulesChanged { status: "SUCCESS", revision: after.revision, breaking, changes };
    Ok(Versioned(version, data(changed)))
}

/// The settings of all sources of a plan as one: the strictest of each.
async fn strictest(write: &mut Write, plan_id: &str) -> Result<Settings, ApiError> {
    let mut strictest = Settings::default();
    for text in source_schemas::settings_of(write, plan_id).await? {
        let settings: Settings = serde_json::from_str(&text).unwrap_or_default();
        strictest = strictest.stricter(&settings);
    }
    Ok(strictest)
}
