//! A change of a plan's rules: judged, compared, and made a revision.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use store::{
    Write, source_schemas,
    tracking_plans::{self, Revision, TrackingPlan},
};
use tokio::task::spawn_blocking;
use tracking_plan::{Compiled, Plan, Problem, Rule, RuleName, Settings, diff};
use utoipa::ToSchema;

use super::view::PlanNote;
use crate::{
    answer::{Data, data},
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    version::{IfMatch, Versioned},
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

/// The rules that a plan is to have.
#[derive(Default)]
pub struct Wanted {
    /// All of them.
    pub rules: Vec<Rule>,
    /// Where each rule stood in the request, by its name.
    pub places: BTreeMap<RuleName, String>,
}

/// The plan in the path, as it stands in this transaction.
pub async fn found(db: &mut store::Connection, caller: &Caller) -> Result<TrackingPlan, ApiError> {
    let row = caller.tracking_plan()?;
    let row = tracking_plans::find(db, &row.workspace_id, &row.id).await?;
    row.ok_or_else(|| ApiError::not_found("tracking plan"))
}

/// The rules of a plan in one of its revisions, and as they are stored.
pub async fn plan_of(
    db: &mut store::Connection,
    plan_id: &str,
    revision: i64,
) -> Result<(Plan, Vec<tracking_plans::Rule>), ApiError> {
    let stored = tracking_plans::rules(db, plan_id, revision).await?;
    Ok((tracking_plans::plan_of(&stored)?, stored))
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

/// Makes the rules of the plan in the path what `edit` makes of them. A new revision only when
/// something differs.
///
/// Schemas are compiled before the transaction begins, so that nobody else waits for that; when
/// somebody was quicker, it begins anew.
pub async fn change(
    api: &Api,
    caller: &Caller,
    seen: IfMatch,
    dry_run: bool,
    edit: impl Fn(Plan) -> Result<Wanted, ApiError>,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    loop {
        let (revision, mut old, stored) = {
            let mut db = api.db.read().await?;
            let row = found(&mut db, caller).await?;
            seen.check(row.version)?;
            let (plan, stored) = plan_of(&mut db, &row.id, row.revision).await?;
            (row.revision, plan, stored)
        };
        let Wanted { rules, places } = edit(old.clone())?;
        let mut new = Plan { rules, ..Plan::default() };
        if let Err(problems) = compile(new.clone()).await? {
            let faults = problems.iter().map(|problem| placed(problem, &places)).collect();
            return Err(ApiError::invalid(faults));
        }
        let mut write = api.db.write().await?;
        let before = found(&mut write, caller).await?;
        seen.check(before.version)?;
        if before.revision == revision {
            // What breaks a sender depends on what the sources do with those who break the plan.
            let strictest = strictest(&mut write, &before.id).await?;
            old.settings = strictest.clone();
            new.settings = strictest;
            return keep(api, caller, write, before, dry_run, (&old, &stored), &new).await;
        }
    }
}

/// A problem of a plan as a fault of the request, where the rule stood in it.
fn placed(problem: &Problem, places: &BTreeMap<RuleName, String>) -> Fault {
    let mut fault = fault(problem);
    if let Some(place) = problem.rule.as_ref().and_then(|name| places.get(name)) {
        let rest = problem.pointer.splitn(4, '/').nth(3);
        let pointer = rest.map_or_else(|| place.clone(), |rest| format!("{place}/{rest}"));
        fault.field = Some(pointer.trim_start_matches('/').replace('/', "."));
        fault.pointer = Some(pointer);
    }
    fault
}

/// Writes down how `new` differs from `old`, which is stored as the rules beside it.
async fn keep(
    api: &Api,
    caller: &Caller,
    mut write: Write,
    before: TrackingPlan,
    dry_run: bool,
    (old, stored): (&Plan, &[tracking_plans::Rule]),
    new: &Plan,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let changes = diff(old, new);

    let names = |plan: &Plan| plan.rules.iter().map(Rule::name).collect::<BTreeSet<_>>();
    let after_names = names(new);
    let by_name: BTreeMap<RuleName, (&Rule, &tracking_plans::Rule)> =
        old.rules.iter().map(Rule::name).zip(old.rules.iter().zip(stored)).collect();
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
    if after.revision != before.revision && !dry_run {
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
    let version = if dry_run { before.version } else { after.version };
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
