use axum::extract::{Path, State};
use catalog::state::Criterion;
use http::Method;
use proof::{Report, Setup};
use serde::Serialize;
use serde_json::json;
use spec::SourceId;
use store::{evidence, integrations, integrations::Integration, submissions};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, data},
    caller::Caller,
    error::ApiError,
    lifecycle,
    planes::forward::{Target, ask},
    state::Api,
};

/// Messages of customers that are held against the Spec, at most: the newest.
const MESSAGES_MAX: u64 = 20_000;

/// How a source does in its beta. Of customers' data there are only counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BetaView {
    /// When it was approved.
    approved_at: String,
    /// When it becomes generally available, or became so.
    ends_at: String,
    /// Customers' workspaces that it was added to.
    installs: u64,
    /// Messages that their sources accepted.
    events: u64,
    /// Of the newest of these since the approval: how many were held against the Spec.
    checked: u64,
    /// Of these, those that broke a rule that must hold, or were stopped.
    with_errors: u64,
    /// `withErrors` of `checked`, 0 to 1; absent while nothing was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    violation_rate: Option<f64>,
    /// Rules that are broken now and were kept in what was submitted.
    regressions: Vec<Regression>,
    /// What this installation asks of a beta beside its time.
    criteria: Vec<CriterionView>,
    /// When all of them were met first: from then on only the time counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    criteria_met_at: Option<String>,
}

/// What is asked of a beta, and how it stands to that.
#[derive(Debug, Serialize, ToSchema)]
pub struct CriterionView {
    /// `installs`, `events` (both: at least) or `violationsPercent` (at most).
    #[schema(example = "installs")]
    name: &'static str,
    /// What is asked.
    #[schema(example = 3.0)]
    asked: f64,
    /// What is; absent while there is nothing to measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2.0)]
    measured: Option<f64>,
    /// Whether that is enough.
    met: bool,
}

/// A rule that is broken now and was kept in what was submitted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Regression {
    /// Its stable code.
    code: String,
    /// `error` or `warning`.
    severity: String,
    /// What is wrong.
    title: String,
    /// The page that explains it.
    docs: String,
    /// Messages that it was applied to.
    checked: u64,
    /// Messages that broke it.
    broken: u64,
}

/// A beta in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct BetaAnswer {
    /// The beta.
    beta: BetaView,
}

/// Get the beta
///
/// What customers' sources of it did since its approval, in counts: installs, events, how many
/// break the Spec, and what got worse since the submission.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/beta",
    operation_id = "getBeta",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses(
        (status = 200, description = "The beta", body = Data<BetaAnswer>),
        (status = 409, description = "It was not approved yet", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("integration")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "409": ["not_approved"],
            "503": ["log_unavailable", "no_data_plane"]
        }))
    )
)]
pub async fn beta(State(api): State<Api>, caller: Caller) -> Result<Data<BetaAnswer>, ApiError> {
    of(&api, caller.integration()?).await
}

/// Get an integration's beta
///
/// As its builders see it.
#[utoipa::path(
    get,
    path = "/operator/integrations/{integrationId}/beta",
    operation_id = "getBetaForOperator",
    tag = "Review",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses(
        (status = 200, description = "The beta", body = Data<BetaAnswer>),
        (status = 409, description = "It was not approved yet", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("operator")),
        ("x-requests-per-minute" = json!(60)),
        ("x-errors" = json!({
            "409": ["not_approved"],
            "503": ["log_unavailable", "no_data_plane"]
        }))
    )
)]
pub async fn for_operator(
    State(api): State<Api>,
    Path(named): Path<String>,
) -> Result<Data<BetaAnswer>, ApiError> {
    let row = integrations::find(&mut *api.db.read().await?, &named).await?;
    of(&api, &row.ok_or_else(|| ApiError::not_found("integration"))?).await
}

async fn of(api: &Api, row: &Integration) -> Result<Data<BetaAnswer>, ApiError> {
    Ok(data(BetaAnswer { beta: measured(api, row).await? }))
}

/// Notes which betas meet what is asked of them. Nothing to do where nothing is asked.
pub async fn settle(api: &Api) -> Result<(), ApiError> {
    if !api.beta_rules().criteria.any() || api.planes.is_none() {
        return Ok(());
    }
    let waiting = integrations::betas_unmet(&mut *api.db.read().await?).await?;
    for row in waiting {
        if !measured(api, &row).await?.criteria.iter().all(|criterion| criterion.met) {
            continue;
        }
        let mut write = api.db.write().await?;
        let found = integrations::find(&mut write, &row.id).await?;
        // Whoever changed it meanwhile is looked at with the next round.
        let Some(mut found) = found.filter(|found| found.version == row.version) else { continue };
        found.beta_met_at_ms = Some(api.now_ms());
        found.version += 1;
        integrations::update(&mut write, &found).await?;
        write.commit().await?;
        tracing::info!(integration = found.slug, "a beta met what is asked of it");
    }
    Ok(())
}

async fn measured(api: &Api, row: &Integration) -> Result<BetaView, ApiError> {
    let approved_at_ms = row.approved_at_ms.ok_or_else(|| {
        ApiError::conflict("not_approved", "there is no beta before the approval")
            .fix("submit it for review")
    })?;
    let mut db = api.db.read().await?;
    let own = evidence::test_sources(&mut db, &row.id).await?;
    let mut customers = submissions::installs(&mut db, &row.id).await?;
    customers.retain(|(source, _)| own.iter().all(|test| test.id != *source));
    let frozen = evidence::report_of(&mut db, &row.id).await?;
    drop(db);

    let sources: Vec<&str> = customers.iter().map(|(source, _)| source.as_str()).collect();
    let info = lifecycle::info(row.published.as_deref().unwrap_or("{}"))?;
    let wanted = json!({ "sources": sources, "sinceMs": approved_at_ms, "messages": MESSAGES_MAX });
    let body = json!({ "setup": Setup::of(&row.slug, &info), "wanted": wanted });
    let report: Report = ask(api, Method::POST, Target::new(&["checks"], None), Some(body)).await?;
    // Nothing that was handed in without evidence was kept then.
    let before: Option<Report> = frozen.and_then(|json| serde_json::from_str(&json).ok());
    let kept = |code: &str| {
        before.as_ref().is_some_and(|before| {
            before.rules.iter().any(|rule| rule.code == code && rule.passed() && rule.checked > 0)
        })
    };
    let worse = report.rules.iter().filter(|rule| !rule.passed() && kept(&rule.code));
    let regressions = worse.map(|rule| Regression {
        code: rule.code.clone(),
        severity: super::rules::word(&rule.severity),
        title: rule.title.clone(),
        docs: rule.docs.clone(),
        checked: rule.checked,
        broken: rule.broken,
    });
    let mut workspaces: Vec<&str> = customers.iter().map(|(_, of)| of.as_str()).collect();
    workspaces.sort_unstable();
    workspaces.dedup();
    let accepted = |source: &&str| api.activity.accepted(&SourceId((*source).into()));
    let rules = api.beta_rules();
    let (checked, with_errors) = (report.seen.messages, report.seen.with_errors);
    let (installs, events) = (workspaces.len() as u64, sources.iter().map(accepted).sum());
    let rate = (checked > 0).then(|| with_errors as f64 / checked as f64);
    let criteria = rules.criteria.of(installs, events, rate.map(|rate| rate * 100.0));
    let criterion = |one: Criterion| CriterionView {
        name: one.name,
        asked: one.asked,
        measured: one.measured,
        met: one.met,
    };
    Ok(BetaView {
        approved_at: answer::time(approved_at_ms),
        ends_at: answer::time(rules.ends_at_ms(approved_at_ms)),
        installs,
        events,
        checked,
        with_errors,
        violation_rate: rate,
        regressions: regressions.collect(),
        criteria: criteria.into_iter().map(criterion).collect(),
        criteria_met_at: row.beta_met_at_ms.map(answer::time),
    })
}
