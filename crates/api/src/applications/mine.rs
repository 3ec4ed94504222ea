use axum::extract::State;
use catalog::application::{Side, Step};
use serde::{Deserialize, Serialize};
use store::applications;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    applications::{ApplicationAnswer, ApplicationView, take, view},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::ApiError,
    state::Api,
};

/// Applications in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct MineAnswer {
    /// Newest first.
    applications: Vec<ApplicationView>,
}

/// What an applicant does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantStep {
    /// Answer a question, or take the application back.
    step: ApplicantStepKind,
    /// The answer; to a withdrawal it may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
}

/// What applicants can do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApplicantStepKind {
    /// Answer what was asked.
    Answer,
    /// Take it back.
    Withdraw,
}

/// List my applications
///
/// With their status and everything that was asked.
#[utoipa::path(
    get,
    path = "/applications/mine",
    operation_id = "listMyApplications",
    tag = "Partner programme",
    responses((status = 200, description = "The applications", body = Data<MineAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn mine(State(api): State<Api>, caller: Caller) -> Result<Data<MineAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let mut views = Vec::new();
    for row in applications::of_account(&mut db, &caller.account()?.id).await? {
        views.push(view(&mut db, &row, Side::Applicant, caller.now_ms).await?);
    }
    Ok(data(MineAnswer { applications: views }))
}

/// Answer or withdraw my application
///
/// The open one.
#[utoipa::path(
    post,
    path = "/applications/mine/steps",
    operation_id = "stepMyApplication",
    tag = "Partner programme",
    request_body = ApplicantStep,
    responses(
        (status = 200, description = "Done", body = Data<ApplicationAnswer>),
        (status = 404, description = "You never applied", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("verified")),
        ("x-errors" = json!({
            "403": ["wrong_party"],
            "409": ["wrong_state"],
            "422": ["note_missing"]
        }))
    )
)]
pub async fn act(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<ApplicantStep>,
) -> Result<Data<ApplicationAnswer>, ApiError> {
    let step = match wanted.step {
        ApplicantStepKind::Answer => Step::Answer,
        ApplicantStepKind::Withdraw => Step::Withdraw,
    };
    let mut write = api.db.write().await?;
    let newest = applications::of_account(&mut write, &caller.account()?.id).await?;
    let newest = newest.into_iter().next();
    let mut row = newest.ok_or_else(|| ApiError::not_found("application"))?;
    take(&api, &mut write, &caller, &mut row, Side::Applicant, step, &wanted.note).await?;
    let change = Change::new("Application Changed", "APPLICATION", &row.id, &row.id)
        .after(&serde_json::json!({ "step": step, "status": row.status }));
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    let mut db = api.db.read().await?;
    let application = view(&mut db, &row, Side::Applicant, caller.now_ms).await?;
    Ok(data(ApplicationAnswer { application }))
}
