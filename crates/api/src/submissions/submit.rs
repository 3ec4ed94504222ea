use axum::extract::State;
use catalog::{
    Action,
    review::{Purpose, RoundStatus},
    state::{Editing, editing},
};
use http::StatusCode;
use serde::Serialize;
use store::{
    fresh, integrations,
    submissions::{self, Submission},
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    checks,
    error::{ApiError, Fault},
    lifecycle::{self, Frozen},
    mailer,
    state::Api,
    submissions::{BUILDER, SubmissionView, view},
    version::{IfMatch, IfMatchHeader},
};

/// A submission in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionAnswer {
    /// The submission.
    pub submission: SubmissionView,
}

/// Submit for review
///
/// Only when every line of the checklist is done. What is submitted is frozen: reviewers judge it,
/// and exactly it becomes public. After launch this submits an edit, while the published version
/// stays up.
#[utoipa::path(
    post,
    path = "/integrations/{integrationId}/submissions",
    operation_id = "submitIntegration",
    tag = "Submission",
    params(
        ("integrationId" = String, Path, description = "Its id or slug"),
        IfMatchHeader
    ),
    responses(
        (status = 201, description = "Submitted", body = Data<SubmissionAnswer>),
        (status = 422, description = "Lines of the checklist are open, every one of them named", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "403": ["wrong_party"],
            "409": ["already_submitted", "wrong_state"],
            "422": ["checklist_open"],
            "503": ["log_unavailable"]
        }))
    )
)]
pub async fn submit(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
) -> Result<(StatusCode, Data<SubmissionAnswer>), ApiError> {
    let id = &caller.integration()?.id;
    // What the builder sees now is what reviewers will judge.
    let gathered = checks::gather(&api, caller.integration()?).await?;
    let checklist = {
        let mut db = api.db.read().await?;
        let report = gathered.as_ref().map(|gathered| &gathered.report);
        lifecycle::checklist_of(&api, &mut db, caller.integration()?, report).await?
    };
    let mut write = api.db.write().await?;
    let row = integrations::find(&mut write, id).await?;
    let mut row = row.ok_or_else(|| ApiError::not_found("integration"))?;
    seen.check(row.version)?;
    if row.version != caller.integration()?.version {
        return Err(ApiError::stale());
    }
    let state = lifecycle::stored_state(&row)?;
    let earlier = submissions::of_integration(&mut write, id).await?;
    if earlier.iter().any(|earlier| earlier.status == RoundStatus::Open.as_str()) {
        return Err(ApiError::conflict("already_submitted", "a submission is waiting for review")
            .fix("withdraw it first"));
    }
    let purpose = match editing(state) {
        Editing::Reviewed => Purpose::Edit,
        _ => Purpose::Launch,
    };
    let party = lifecycle::party_of(&caller)?;
    // The state is asked first: a wrong state is no matter of the checklist.
    let (from, to) = match purpose {
        Purpose::Launch => lifecycle::step(&mut row, party, Action::Submit, caller.id(), None)?,
        // What customers read goes on; its next version waits.
        Purpose::Edit => (state, state),
    };
    if !checklist.ready() {
        let faults = checklist.open().map(|item| {
            let pointer = item.field.clone().unwrap_or_else(|| format!("/checklist/{}", item.key));
            Fault::at(pointer, "checklist_open", format!("{}: {}", item.label, item.detail))
                .expected("every line of the checklist done")
                .fix(item.fix.clone())
        });
        return Err(ApiError::invalid(faults.collect()));
    }
    let info = serde_json::value::RawValue::from_string(row.draft.clone());
    let info = info.map_err(|error| ApiError::unavailable(&error))?;
    let frozen = serde_json::to_string(&Frozen { name: row.name.clone(), info })
        .expect("what was read as JSON is JSON");
    let submission = Submission {
        id: api.fresh.id("sub"),
        integration_id: row.id.clone(),
        number: earlier.first().map_or(1, |last| last.number + 1),
        kind: purpose.as_str().to_owned(),
        status: RoundStatus::Open.as_str().to_owned(),
        content_hash: fresh::hash(&frozen),
        frozen,
        checklist: serde_json::to_string(&checklist).expect("a checklist is JSON"),
        submitted_by: caller.id().to_owned(),
        submitted_at_ms: caller.now_ms,
        decided_by: None,
        decided_at_ms: None,
    };
    submissions::insert(&mut write, &submission).await?;
    if let Some(gathered) = gathered.filter(|_| purpose == Purpose::Launch) {
        checks::freeze(&api, &mut write, &row, &submission, gathered).await?;
    }
    let moved = (party, Action::Submit, from, to);
    lifecycle::save(&api, &mut write, &caller, &mut row, moved, "").await?;
    let letter = mail::Letter::ReviewStarted {
        integration: row.name.clone(),
        answer_by_ms: catalog::review::age(caller.now_ms, caller.now_ms).due_at_ms,
        url: api.link(&format!("/dev-portal/integrations/{}", row.slug)),
    };
    if let Some(email) = caller.email() {
        mailer::post(&api, &mut write, caller.now_ms, email, &letter).await?;
    }
    write.commit().await?;
    api.mail.notify_one();
    let mut db = api.db.read().await?;
    let view = view(&mut db, &submission, BUILDER).await?;
    Ok((StatusCode::CREATED, data(SubmissionAnswer { submission: view })))
}
