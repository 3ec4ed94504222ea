use axum::extract::{Path, RawQuery, State};
use catalog::application::{Side, Status, Step, Tick, check_criteria};
use serde::{Deserialize, Serialize};
use store::{applications, partners};
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::{Data, data},
    applications::{ApplicationAnswer, ApplicationView, answers_of, invitation, take, view},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    mailer,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
};

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the query, which is read by hand")]
struct ApplicationsParams {
    /// Those with this status; every one when left out.
    #[param(example = "submitted")]
    status: Option<String>,
}

/// Applications in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationsAnswer {
    /// The oldest first.
    applications: Vec<ApplicationView>,
    /// Where this page stands.
    pagination: Pagination,
}

/// What an operator does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorStep {
    /// Approve, decline or ask.
    step: OperatorStepKind,
    /// What the applicant reads: the question, or why it was declined.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
    /// To approve: each of the four criteria, ticked with a note.
    #[serde(default)]
    #[schema(max_items = 8)]
    criteria: Vec<Tick>,
}

/// What operators can do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OperatorStepKind {
    /// Let them in.
    Approve,
    /// Say no.
    Decline,
    /// Ask something.
    Ask,
}

/// List applications
#[utoipa::path(
    get,
    path = "/operator/applications",
    operation_id = "listApplications",
    tag = "Operations",
    params(ApplicationsParams, PageParams),
    responses((status = 200, description = "A page of them", body = Data<ApplicationsAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "422": ["not_allowed"]
        }))
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
    RawQuery(query): RawQuery,
) -> Result<Data<ApplicationsAnswer>, ApiError> {
    let status = page::value(query.as_deref().unwrap_or_default(), "status").unwrap_or_default();
    if !status.is_empty() && Status::parse(&status).is_none() {
        let names: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        let fault = Fault::at("/status", "not_allowed", format!("{status:?} is no status"));
        return Err(ApiError::invalid_field(
            fault.expected(names.join(", ")).fix("give one of these, or leave it out"),
        ));
    }
    let mut db = api.db.read().await?;
    let paged = applications::list(&mut db, &status, &page).await?;
    let pagination = Pagination::of(&page, &paged);
    let mut views = Vec::with_capacity(paged.rows.len());
    for row in &paged.rows {
        views.push(view(&mut db, row, Side::Operator, caller.now_ms).await?);
    }
    Ok(data(ApplicationsAnswer { applications: views, pagination }))
}

/// Get an application
#[utoipa::path(
    get,
    path = "/operator/applications/{applicationId}",
    operation_id = "getApplication",
    tag = "Operations",
    params(("applicationId" = String, Path, description = "Its id")),
    responses((status = 200, description = "The application", body = Data<ApplicationAnswer>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path(application_id): Path<String>,
) -> Result<Data<ApplicationAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let row = applications::get(&mut db, &application_id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("application"))?;
    let application = view(&mut db, &row, Side::Operator, caller.now_ms).await?;
    Ok(data(ApplicationAnswer { application }))
}

/// Decide on an application
///
/// Approval needs all four criteria ticked with a note; it makes the partner and mails an
/// invitation into the Developer Portal.
#[utoipa::path(
    post,
    path = "/operator/applications/{applicationId}/steps",
    operation_id = "decideApplication",
    tag = "Operations",
    params(("applicationId" = String, Path, description = "Its id")),
    request_body = OperatorStep,
    responses((status = 200, description = "Done", body = Data<ApplicationAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "403": ["wrong_party"],
            "409": ["wrong_state"],
            "422": ["criterion_missing", "criterion_not_met", "criterion_twice", "note_missing"]
        }))
    )
)]
pub async fn decide(
    State(api): State<Api>,
    caller: Caller,
    Path(application_id): Path<String>,
    Body(wanted): Body<OperatorStep>,
) -> Result<Data<ApplicationAnswer>, ApiError> {
    let step = match wanted.step {
        OperatorStepKind::Approve => Step::Approve,
        OperatorStepKind::Decline => Step::Decline,
        OperatorStepKind::Ask => Step::Ask,
    };
    if step == Step::Approve {
        let problems = check_criteria(&wanted.criteria);
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems.into_iter().map(Fault::from).collect()));
        }
    }
    let mut write = api.db.write().await?;
    let row = applications::get(&mut write, &application_id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("application"))?;
    let answers = answers_of(&row)?;
    let company = answers.company_name.clone();
    if !wanted.criteria.is_empty() {
        row.criteria = serde_json::to_string(&wanted.criteria).expect("ticks are JSON");
    }
    if step == Step::Approve {
        let partner = api.fresh.id("ptn");
        let website = &answers.company_website;
        partners::insert(&mut write, &partner, &company, website, caller.now_ms).await?;
        row.partner_id = Some(partner);
    }
    take(&api, &mut write, &caller, &mut row, Side::Operator, step, &wanted.note).await?;
    let account = store::accounts::get(&mut write, &row.account_id).await?;
    let account = account.ok_or_else(|| ApiError::not_found("account"))?;
    let note = wanted.note.trim().to_owned();
    let letter = match step {
        Step::Ask => Some(mail::Letter::ApplicationQuestion {
            company: company.clone(),
            question: note,
            url: api.link("/partner/application"),
        }),
        Step::Decline => {
            Some(mail::Letter::ApplicationDeclined { company: company.clone(), reason: note })
        }
        _ => None,
    };
    match letter {
        Some(letter) => {
            mailer::post(&api, &mut write, caller.now_ms, &account.email, &letter).await?;
        }
        None => {
            invitation::invite(&api, &mut write, &caller, &row, &company, &account.email).await?
        }
    }
    let change = Change::new("Application Decided", "APPLICATION", &row.id, &company).after(
        &serde_json::json!({ "step": step, "status": row.status, "criteria": wanted.criteria }),
    );
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    api.mail.notify_one();
    let mut db = api.db.read().await?;
    let application = view(&mut db, &row, Side::Operator, caller.now_ms).await?;
    Ok(data(ApplicationAnswer { application }))
}
