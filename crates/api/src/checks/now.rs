use axum::extract::State;
use proof::Report;
use serde::Serialize;
use store::evidence;
use utoipa::ToSchema;

use super::gather::{Wanted, report};
use crate::{
    answer::{self, Data, Done, data, done},
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    state::Api,
};

/// How an integration's test sources follow the Spec now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChecksView {
    /// From when on messages count; absent when all do.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// The sources whose messages count: made from it, in workspaces that somebody of the team
    /// belongs to.
    sources: Vec<TestSourceView>,
    /// What the checks find.
    report: Report,
}

/// A source by which a partner tries an integration.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestSourceView {
    /// Its id.
    #[schema(example = "src_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
    /// Its workspace's slug.
    workspace: String,
}

/// Checks in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChecksAnswer {
    /// The checks.
    checks: ChecksView,
}

/// Check an integration
///
/// Holds the newest messages of its test sources (100,000 at most) against the Spec, the rules for
/// partners, and what its catalog info declares: per rule and per event, with the messages that
/// show it. A submission freezes exactly this.
#[utoipa::path(
    get,
    path = "/integrations/{integrationId}/checks",
    operation_id = "getChecks",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "The checks", body = Data<ChecksAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-requests-per-minute" = json!(120)),
        ("x-errors" = json!({ "503": ["log_unavailable", "no_data_plane"] }))
    )
)]
pub async fn checks(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<ChecksAnswer>, ApiError> {
    let row = caller.integration()?;
    let wanted = Wanted::of(&mut api.db.read().await?, row).await?;
    let report = report(&api, &wanted).await?.ok_or_else(|| {
        ApiError::not_ready("no_data_plane", "this server runs without a data plane")
            .fix("ask the one that ingests and delivers")
    })?;
    let sources = wanted.sources.into_iter().map(|source| TestSourceView {
        id: source.id,
        slug: source.slug,
        name: source.name,
        workspace: source.workspace,
    });
    let since = (wanted.since_ms > 0).then(|| answer::time(wanted.since_ms));
    Ok(data(ChecksAnswer { checks: ChecksView { since, sources: sources.collect(), report } }))
}

/// Start the checks over
///
/// Messages that came before now do not count any more: for after a mistake was mended.
#[utoipa::path(
    post,
    path = "/integrations/{integrationId}/checks/restart",
    operation_id = "restartChecks",
    tag = "Submission",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    responses((status = 200, description = "Only what comes from now on counts", body = Data<Done>)),
    extensions(("x-access" = json!("integration")))
)]
pub async fn restart(State(api): State<Api>, caller: Caller) -> Result<Data<Done>, ApiError> {
    let row = caller.integration()?;
    let mut write = api.db.write().await?;
    evidence::set_since_ms(&mut write, &row.id, caller.now_ms).await?;
    let scope = row.partner_id.as_deref().unwrap_or(PLATFORM);
    let change = Change::new("Integration Checks Restarted", "INTEGRATION", &row.id, &row.name);
    record(&api, &mut write, &caller, scope, change).await?;
    write.commit().await?;
    Ok(done())
}
