use std::collections::BTreeMap;

use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::tracking_plans;
use tracking_plan::{Plan, RULES_PER_REQUEST_MAX, Rule, RuleName, too_many_at_once};
use utoipa::ToSchema;

use super::{
    change::{RulesChanged, Wanted, change, fault},
    view::PlanRuleView,
};
use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    error::{ApiError, Fault},
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
};

/// Rules in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanRulesAnswer {
    /// By type, key and version.
    rules: Vec<PlanRuleView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// Rules for a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesInput {
    /// At most 200 at a time.
    #[schema(value_type = Vec<RuleInput>, max_items = 200)]
    rules: Vec<Value>,
}

/// A rule for a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, whose rules the plan reads itself")]
pub struct RuleInput {
    /// What it is about.
    #[serde(rename = "type")]
    kind: RuleTypeInput,
    /// The event's name, for `TRACK` and for nothing else.
    #[schema(example = "Order Completed")]
    key: Option<String>,
    /// The event's name from now on, where a rule is changed.
    new_key: Option<String>,
    /// Which version of the event; 1 when left out.
    #[schema(example = 1, minimum = 0, maximum = 4294967295_u32)]
    version: Option<u32>,
    /// JSON Schema of the whole message, of the draft that its `$schema` names; draft 7 when it
    /// names none.
    #[schema(value_type = Object, example = json!({ "type": "object", "properties": { "properties": { "type": "object", "properties": { "order_id": { "type": "string" } }, "required": ["order_id"] } } }))]
    json_schema: Value,
    /// As it was read; not looked at.
    created_at: Option<String>,
    /// As it was read; not looked at.
    updated_at: Option<String>,
    /// As it was read; not looked at.
    deprecated_at: Option<String>,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RuleTypeInput {
    /// The event named by its key.
    Track,
    /// Every message.
    Common,
    /// Every identify call.
    Identify,
    /// Every group call.
    Group,
    /// Every page call.
    Page,
    /// Every screen call.
    Screen,
}

/// List the rules of a tracking plan
#[utoipa::path(
    get,
    path = "/tracking-plans/{trackingPlanId}/rules",
    operation_id = "listRulesFromTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        PageParams
    ),
    responses((status = 200, description = "The rules", body = Data<PlanRulesAnswer>)),
    extensions(
        ("x-access" = json!("tracking_plan_read")),
        ("x-errors" = json!({ "422": ["not_allowed"] }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Versioned<Data<PlanRulesAnswer>>, ApiError> {
    let plan = caller.tracking_plan()?;
    let mut db = api.db.read().await?;
    let rules = tracking_plans::rules(&mut db, &plan.id, plan.revision).await?;
    let paged = page.cut_all(rules);
    let pagination = Pagination::of(&page, &paged);
    let rules = paged.rows.iter().map(PlanRuleView::of).collect::<Result<_, _>>()?;
    Ok(Versioned(plan.version, data(PlanRulesAnswer { rules, pagination })))
}

/// Replace the rules of a tracking plan
///
/// What is not sent is gone. The answer names every difference and which of them break what
/// conformed; `dryRun=true` says so and changes nothing.
#[utoipa::path(
    put,
    path = "/tracking-plans/{trackingPlanId}/rules",
    operation_id = "replaceRulesInTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("dryRun" = Option<bool>, Query, description = "Only say what would change", example = true),
        IfMatchHeader
    ),
    request_body = RulesInput,
    responses((status = 200, description = "What changed", body = Data<RulesChanged>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "422": ["bad_rule", "not_allowed", "required", "too_many", "unknown_field"]
        }))
    )
)]
pub async fn replace(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    dry_run: DryRun,
    Body(input): Body<RulesInput>,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let named = read(&input.rules)?;
    let edit = |_| {
        let rules = named.iter().map(|named| named.rule.clone()).collect();
        Ok(Wanted { rules, places: places(&named) })
    };
    change(&api, &caller, seen, dry_run.0, edit).await
}

/// Change rules of a tracking plan
///
/// A rule whose type, key and version the plan has is changed, another one is added; `newKey`
/// renames. All others stay.
#[utoipa::path(
    patch,
    path = "/tracking-plans/{trackingPlanId}/rules",
    operation_id = "updateRulesInTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("dryRun" = Option<bool>, Query, description = "Only say what would change", example = true),
        IfMatchHeader
    ),
    request_body = RulesInput,
    responses((status = 200, description = "What changed", body = Data<RulesChanged>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "422": ["bad_rule", "not_allowed", "required", "too_many", "unknown_field"]
        }))
    )
)]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    dry_run: DryRun,
    Body(input): Body<RulesInput>,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let named = read(&input.rules)?;
    let edit = |plan| Ok(Wanted { rules: merged(plan, &named), places: places(&named) });
    change(&api, &caller, seen, dry_run.0, edit).await
}

/// Remove rules from a tracking plan
#[utoipa::path(
    delete,
    path = "/tracking-plans/{trackingPlanId}/rules",
    operation_id = "removeRulesFromTrackingPlan",
    tag = "Tracking Plans",
    params(
        ("trackingPlanId" = String, Path, description = "Id or slug of the plan"),
        ("rules.0.type" = Option<String>, Query, description = "What the first one is about; `rules[0][type]` is understood too", example = "TRACK"),
        ("rules.0.key" = Option<String>, Query, description = "Its event, for `TRACK`", example = "Order Completed"),
        ("rules.0.version" = Option<u32>, Query, description = "Its version; 1 when left out", example = 1),
        ("dryRun" = Option<bool>, Query, description = "Only say what would change", example = true),
        IfMatchHeader
    ),
    responses((status = 200, description = "What changed", body = Data<RulesChanged>)),
    extensions(
        ("x-access" = json!("tracking_plan_admin")),
        ("x-errors" = json!({
            "422": ["bad_rule", "not_allowed", "required", "too_many", "unknown"]
        }))
    )
)]
pub async fn remove(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    dry_run: DryRun,
    request: Request,
) -> Result<Versioned<Data<RulesChanged>>, ApiError> {
    let asked = rules_in_query(request.uri().query().unwrap_or_default());
    if asked.is_empty() {
        return Err(ApiError::invalid_field(
            Fault::at("/rules", "required", "no rule is named")
                .expected("rules.0.type, rules.0.key and rules.0.version")
                .fix("name at least one rule"),
        ));
    }
    let named = read(&asked)?;
    change(&api, &caller, seen, dry_run.0, |plan| without(plan, &named)).await
}

/// The rules of `plan` but these, all of which it must have.
fn without(plan: Plan, named: &[Named]) -> Result<Wanted, ApiError> {
    let has = |name: &RuleName| plan.rules.iter().any(|rule| rule.name() == *name);
    let unknown = |(index, named): (usize, &Named)| {
        let name = named.rule.name();
        let message = format!("the plan has no rule {name}");
        let fault = Fault::at(format!("/rules/{index}"), "unknown", message)
            .expected("a rule of the plan")
            .fix("list them with GET /tracking-plans/{trackingPlanId}/rules");
        (!has(&name)).then_some(fault)
    };
    let faults: Vec<Fault> = named.iter().enumerate().filter_map(unknown).collect();
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let stays = |rule: &Rule| !named.iter().any(|named| named.rule.name() == rule.name());
    let rules = plan.rules.into_iter().filter(stays).collect();
    Ok(Wanted { rules, ..Wanted::default() })
}

/// `dryRun=true` in the query.
pub struct DryRun(pub bool);

impl<S: Sync> axum::extract::FromRequestParts<S> for DryRun {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &S,
    ) -> Result<DryRun, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        match page::value(query, "dryRun").as_deref() {
            None | Some("false" | "") => Ok(DryRun(false)),
            Some("true") => Ok(DryRun(true)),
            Some(other) => Err(ApiError::invalid_field(
                Fault::at("/dryRun", "not_allowed", format!("{other:?} is neither true nor false"))
                    .expected("true or false")
                    .fix("give one of them"),
            )),
        }
    }
}

/// A rule of a request.
pub struct Named {
    rule: Rule,
    /// Its name until now, when it gets another one.
    renamed: Option<RuleName>,
}

impl Named {
    /// A rule that keeps its name.
    pub fn plain(rule: Rule) -> Named {
        Named { rule, renamed: None }
    }
}

/// Reads rules, and says everything that is wrong with them.
fn read(rules: &[Value]) -> Result<Vec<Named>, ApiError> {
    if let Some(problem) = too_many_at_once(rules.len()) {
        return Err(ApiError::invalid_field(
            Fault::at("/rules", "too_many", problem.message)
                .expected(format!("at most {RULES_PER_REQUEST_MAX} rules"))
                .fix("send them in parts with PATCH, or import a file"),
        ));
    }
    let (mut named, mut faults) = (Vec::new(), Vec::new());
    for (index, value) in rules.iter().enumerate() {
        match Rule::from_json(value, &format!("/rules/{index}")) {
            Ok(mut rule) => {
                let before = rule.name();
                let renamed = value.get("newKey").and_then(Value::as_str).map(|key| {
                    rule.key = Some(key.to_owned());
                    before
                });
                if rule.key.as_deref() == Some("") {
                    faults.push(
                        Fault::at(
                            format!("/rules/{index}/newKey"),
                            "bad_rule",
                            "the name is empty",
                        )
                        .expected("an event's name")
                        .fix("give the event's new name, or leave newKey out"),
                    );
                }
                named.push(Named { rule, renamed });
            }
            Err(problems) => faults.extend(problems.iter().map(fault)),
        }
    }
    if faults.is_empty() { Ok(named) } else { Err(ApiError::invalid(faults)) }
}

fn places(named: &[Named]) -> BTreeMap<RuleName, String> {
    let places = named.iter().enumerate();
    places.map(|(index, named)| (named.rule.name(), format!("/rules/{index}"))).collect()
}

/// The rules of `plan`, with these added or in place of those of their name.
pub fn merged(plan: Plan, named: &[Named]) -> Vec<Rule> {
    let mut rules = plan.rules;
    for Named { rule, renamed } in named {
        let (name, old) = (rule.name(), renamed.as_ref());
        match rules.iter_mut().find(|there| Some(&there.name()) == old || there.name() == name) {
            Some(there) => *there = rule.clone(),
            None => rules.push(rule.clone()),
        }
    }
    rules
}

/// `rules.0.type=TRACK&rules[0][key]=…` as JSON.
fn rules_in_query(query: &str) -> Vec<Value> {
    let mut rules: BTreeMap<usize, Value> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let plain = name.replace("][", ".").replace('[', ".").replace(']', "");
        let Some((index, field)) =
            plain.strip_prefix("rules.").and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let Ok(index) = index.parse::<usize>() else { continue };
        // A rule is named here, its schema is of no matter.
        let rule = rules.entry(index).or_insert_with(|| json!({ "jsonSchema": {} }));
        rule[field] = match (field, value.parse::<u64>()) {
            ("version", Ok(version)) => json!(version),
            _ => json!(value),
        };
    }
    rules.into_values().collect()
}
