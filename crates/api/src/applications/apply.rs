use axum::extract::State;
use catalog::application::{Application as Answers, QUESTIONS, Side, Status, validate};
use http::StatusCode;
use serde::Serialize;
use store::{
    applications::{self, Application, Step},
    partners,
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    applications::{AGREEMENTS, ApplicationAnswer, status_of, view},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    mailer,
    state::Api,
};

/// A question of the form.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    /// Its field.
    #[schema(example = "companyName")]
    key: &'static str,
    /// What is asked.
    text: &'static str,
    /// What a good answer holds.
    help: &'static str,
}

/// The form in its envelope.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormAnswer {
    /// In order.
    questions: Vec<QuestionView>,
    /// Version of the partner agreement in force.
    partner_agreement: &'static str,
    /// Version of the privacy policy in force.
    privacy_policy: &'static str,
}

/// Get the application form
///
/// The six questions, and the versions of the two agreements to accept.
#[utoipa::path(
    get,
    path = "/applications/form",
    operation_id = "getApplicationForm",
    tag = "Partner programme",
    responses((status = 200, description = "The form", body = Data<FormAnswer>)),
    extensions(("x-access" = json!("public")))
)]
pub async fn form() -> Data<FormAnswer> {
    let questions = QUESTIONS.iter().map(|asked| QuestionView {
        key: asked.key,
        text: asked.text,
        help: asked.help,
    });
    data(FormAnswer {
        questions: questions.collect(),
        partner_agreement: AGREEMENTS.partner_agreement,
        privacy_policy: AGREEMENTS.privacy_policy,
    })
}

/// Apply to the partner programme
///
/// One application of an account is open at a time.
#[utoipa::path(
    post,
    path = "/applications",
    operation_id = "apply",
    tag = "Partner programme",
    request_body = Answers,
    responses((status = 201, description = "Submitted", body = Data<ApplicationAnswer>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-errors" = json!({
            "409": ["already_applied", "already_partner"],
            "422": [
                "agreement_not_accepted", "answer_missing", "bad_email", "bad_url",
                "control_character", "too_long"
            ]
        }))
    )
)]
pub async fn apply(
    State(api): State<Api>,
    caller: Caller,
    Body(answers): Body<Answers>,
) -> Result<(StatusCode, Data<ApplicationAnswer>), ApiError> {
    let problems = validate(&answers, &AGREEMENTS);
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems.into_iter().map(Fault::from).collect()));
    }
    let account = caller.account()?;
    let mut write = api.db.write().await?;
    if partners::seat(&mut write, &account.id).await?.is_some() {
        return Err(ApiError::conflict("already_partner", "you belong to a partner team already"));
    }
    for earlier in applications::of_account(&mut write, &account.id).await? {
        if status_of(&earlier)?.open() {
            return Err(ApiError::conflict("already_applied", "an application of yours is open")
                .fix("wait for its answer, or withdraw it"));
        }
    }
    let row = Application {
        id: api.fresh.id("app"),
        account_id: account.id.clone(),
        status: Status::Submitted.as_str().to_owned(),
        answers: serde_json::to_string(&answers).expect("answers are JSON"),
        criteria: "[]".to_owned(),
        partner_id: None,
        created_at_ms: caller.now_ms,
        decided_at_ms: None,
        version: 1,
    };
    applications::insert(&mut write, &row).await?;
    let step = Step {
        id: api.fresh.id("apst"),
        at_ms: caller.now_ms,
        account_id: account.id.clone(),
        step: "submit".to_owned(),
        note: String::new(),
    };
    applications::stepped(&mut write, &row.id, &step).await?;
    let letter = mail::Letter::ApplicationReceived {
        company: answers.company_name.clone(),
        url: api.link("/partner/application"),
    };
    mailer::post(&api, &mut write, caller.now_ms, &account.email, &letter).await?;
    let change =
        Change::new("Application Submitted", "APPLICATION", &row.id, &answers.company_name)
            .after(&answers);
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    api.mail.notify_one();
    let mut db = api.db.read().await?;
    let application = view(&mut db, &row, Side::Applicant, caller.now_ms).await?;
    Ok((StatusCode::CREATED, data(ApplicationAnswer { application })))
}
