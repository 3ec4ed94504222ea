//! The way into the partner programme: a company applies, operators decide, an invitation opens
//! the Developer Portal.

mod apply;
mod invitation;
mod mine;
mod operator;

use catalog::application::{self, Application as Answers, Side, Status, Tick, Versions};
use serde::Serialize;
use store::{
    Read, Write,
    applications::{self, Application, Step},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{answer, caller::Caller, error::ApiError, state::Api};

/// The agreements in force.
pub const AGREEMENTS: Versions<'static> =
    Versions { partner_agreement: "2026-11", privacy_policy: "2026-11" };

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(apply::form))
        .routes(routes!(apply::apply))
        .routes(routes!(mine::mine))
        .routes(routes!(mine::act))
        .routes(routes!(operator::list))
        .routes(routes!(operator::get))
        .routes(routes!(operator::decide))
        .routes(routes!(invitation::resend))
        .routes(routes!(invitation::revoke))
        .routes(routes!(invitation::accept))
}

/// An application, as both sides see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationView {
    /// Its id.
    #[schema(example = "app_5BKZVyYHdt1D7ZrtHyNR7W")]
    pub id: String,
    /// How it stands.
    pub status: Status,
    /// The same in words.
    #[schema(example = "In review")]
    pub status_label: &'static str,
    /// The answers.
    pub answers: Answers,
    /// When it was made.
    pub submitted_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// Questions, answers and the decision, in order.
    pub steps: Vec<StepView>,
    /// What the caller may do now.
    pub allowed: Vec<application::Step>,
    /// What only operators see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorPart>,
}

/// What only operators see of an application.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorPart {
    /// The account that applied.
    pub account_email: String,
    /// Whether the address belongs to the website's domain.
    pub email_at_company: bool,
    /// The criteria, ticked with notes.
    pub criteria: Vec<Tick>,
    /// The partner that came of it.
    pub partner_id: Option<String>,
    /// How the invitation stands: `none`, `pending`, `expired`, `accepted`, `revoked`.
    pub invitation: &'static str,
}

/// One step of an application.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// When.
    pub at: String,
    /// What: `submit`, `ask`, `answer`, `approve`, `decline`, `withdraw`.
    #[schema(example = "ask")]
    pub step: String,
    /// With these words.
    pub note: String,
}

/// An application in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationAnswer {
    /// The application.
    pub application: ApplicationView,
}

fn status_of(row: &Application) -> Result<Status, ApiError> {
    Status::parse(&row.status).ok_or_else(|| {
        let what = "applications.status";
        ApiError::unavailable(&store::StoreError::Unreadable { what, why: row.status.clone() })
    })
}

fn answers_of(row: &Application) -> Result<Answers, ApiError> {
    serde_json::from_str(&row.answers).map_err(|error| ApiError::unavailable(&error))
}

/// An application as `side` sees it.
async fn view(
    db: &mut Read,
    row: &Application,
    side: Side,
    now_ms: i64,
) -> Result<ApplicationView, ApiError> {
    let status = status_of(row)?;
    let answers = answers_of(row)?;
    let steps = applications::steps(db, &row.id).await?;
    let operator = match side {
        Side::Applicant => None,
        Side::Operator => {
            let account = store::accounts::get(db, &row.account_id).await?;
            Some(OperatorPart {
                account_email: account.map(|account| account.email).unwrap_or_default(),
                email_at_company: application::email_at_company(&answers),
                criteria: serde_json::from_str(&row.criteria).unwrap_or_default(),
                partner_id: row.partner_id.clone(),
                invitation: invitation::standing(db, row, now_ms).await?,
            })
        }
    };
    Ok(ApplicationView {
        id: row.id.clone(),
        status,
        status_label: status.label(),
        answers,
        submitted_at: answer::time(row.created_at_ms),
        decided_at: row.decided_at_ms.map(answer::time),
        steps: steps
            .into_iter()
            .map(|step| StepView { at: answer::time(step.at_ms), step: step.step, note: step.note })
            .collect(),
        allowed: application::allowed(status, side),
        operator,
    })
}

/// Takes a step: asked of the rules, written down, not yet committed.
async fn take(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    row: &mut Application,
    side: Side,
    step: application::Step,
    note: &str,
) -> Result<Status, ApiError> {
    let status = application::step(status_of(row)?, side, step).map_err(|refusal| {
        let allowed: Vec<&str> = refusal.allowed.iter().map(|step| step.as_str()).collect();
        let error = match refusal.code {
            "wrong_party" => ApiError::forbidden(refusal.code, refusal.message),
            code => ApiError::conflict(code, refusal.message),
        };
        if allowed.is_empty() {
            return error;
        }
        error.fix(format!("possible now: {}", allowed.join(", ")))
    })?;
    application::check_note(step, note)?;
    row.status = status.as_str().to_owned();
    row.version += 1;
    if !status.open() {
        row.decided_at_ms = Some(caller.now_ms);
    }
    applications::update(write, row).await?;
    let taken = Step {
        id: api.fresh.id("apst"),
        at_ms: caller.now_ms,
        account_id: caller.id().to_owned(),
        step: step.as_str().to_owned(),
        note: note.trim().to_owned(),
    };
    applications::stepped(write, &row.id, &taken).await?;
    Ok(status)
}

#[cfg(test)]
mod tests;
