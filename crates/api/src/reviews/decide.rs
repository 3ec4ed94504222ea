use axum::extract::{Path, State};
use catalog::{
    Action, Party,
    review::{Purpose, RoundStatus, check_action, close},
};
use serde::Deserialize;
use store::{
    Write,
    integrations::Integration,
    submissions::{self, Comment},
};
use utoipa::ToSchema;

use crate::{
    answer::Data,
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    lifecycle, mailer,
    reviews::{get, open},
    state::Api,
    submissions::{BUILDER, parts},
};

/// A decision on a submission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// What to do.
    action: DecisionAction,
    /// Why, for the history; the comments say the rest.
    #[serde(default)]
    #[schema(max_length = 2000)]
    reason: String,
    /// The hash of what was reviewed, from the review: nothing else becomes public.
    #[schema(min_length = 64, max_length = 64)]
    content_hash: Option<String>,
}

/// What can be decided.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DecisionAction {
    /// Send it back with the comments.
    RequestChanges,
    /// List it, with a beta badge; or publish the edit.
    Approve,
    /// Let invited customers add it by its link, without listing it.
    ApprovePrivateBeta,
}

/// Decide
///
/// To approve, every part must have passed; to request changes, a part must ask for them and say
/// which. Who submitted never approves. Approval publishes exactly what was frozen and starts the
/// beta, which ends by the clock.
#[utoipa::path(
    post,
    path = "/reviews/{submissionId}/decision",
    operation_id = "decideReview",
    tag = "Review",
    params(("submissionId" = String, Path, description = "The submission's id")),
    request_body = Decision,
    responses((status = 200, description = "Decided", body = Data<get::ReviewAnswer>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "403": ["own_submission", "wrong_party"],
            "409": ["wrong_state"],
            "422": [
                "changed_meanwhile", "no_changes_asked", "part_not_passed",
                "part_without_comment"
            ]
        }))
    )
)]
pub async fn decide(
    State(api): State<Api>,
    caller: Caller,
    Path(submission_id): Path<String>,
    Body(decision): Body<Decision>,
) -> Result<Data<get::ReviewAnswer>, ApiError> {
    let action = match decision.action {
        DecisionAction::RequestChanges => Action::RequestChanges,
        DecisionAction::Approve => Action::Approve,
        DecisionAction::ApprovePrivateBeta => Action::ApprovePrivateBeta,
    };
    let mut write = api.db.write().await?;
    let (submission, mut row) = open(&mut write, &submission_id).await?;
    if decision.content_hash.as_ref().is_some_and(|hash| *hash != submission.content_hash) {
        let fault =
            Fault::at("/contentHash", "changed_meanwhile", "this is not what was handed in");
        return Err(ApiError::invalid_field(
            fault.expected("the contentHash of the submission").fix("look at the review again"),
        ));
    }
    let purpose = Purpose::parse(&submission.kind).unwrap_or(Purpose::Launch);
    let (open, reviewer) = (RoundStatus::Open, Party::Reviewer);
    let after = close(purpose, open, reviewer, action, caller.id(), &submission.submitted_by)
        .map_err(|refusal| lifecycle::refused(&refusal))?;
    let comments = submissions::comments(&mut write, &submission.id).await?;
    let verdicts = submissions::verdicts(&mut write, &submission.id).await?;
    let problems = check_action(action, &parts(&verdicts, &comments));
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems.into_iter().map(Fault::from).collect()));
    }
    submissions::close(&mut write, &submission.id, after.as_str(), caller.id(), caller.now_ms)
        .await?;
    if action.approves() {
        lifecycle::publish(&mut row, &submission, caller.now_ms)?;
    }
    let by = Some(submission.submitted_by.as_str());
    let moved = match purpose {
        Purpose::Launch => {
            let (from, to) = lifecycle::step(&mut row, reviewer, action, caller.id(), by)?;
            if action == Action::Approve {
                row.approved_at_ms = Some(caller.now_ms);
                row.beta_met_at_ms = None;
                row.listed_at_ms.get_or_insert(caller.now_ms);
            }
            (reviewer, action, from, to)
        }
        Purpose::Edit => {
            let state = lifecycle::stored_state(&row)?;
            (reviewer, action, state, state)
        }
    };
    lifecycle::save(&api, &mut write, &caller, &mut row, moved, &decision.reason).await?;
    tell_team(&api, &mut write, &caller, &row, purpose, action, &comments).await?;
    let change = Change::new("Review Decided", "SUBMISSION", &submission.id, &row.name)
        .after(&serde_json::json!({ "action": action, "contentHash": submission.content_hash }));
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    api.nudge();
    api.mail.notify_one();
    get::record(&api, &caller, &submission_id).await
}

async fn tell_team(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    row: &Integration,
    purpose: Purpose,
    action: Action,
    comments: &[Comment],
) -> Result<(), ApiError> {
    let Some(partner) = &row.partner_id else { return Ok(()) };
    let letter = match action {
        Action::RequestChanges => mail::Letter::ChangesRequested {
            integration: row.name.clone(),
            comments: comments.iter().filter(|c| c.audience == BUILDER).map(said).collect(),
            url: api.link(&format!("/dev-portal/integrations/{}", row.slug)),
        },
        Action::ApprovePrivateBeta => mail::Letter::InPrivateBeta {
            integration: row.name.clone(),
            url: api.link(&format!("/goto-my-workspace/sources/catalog/{}", row.slug)),
        },
        _ if purpose == Purpose::Edit => mail::Letter::EditPublished {
            integration: row.name.clone(),
            url: api.link(&format!("/catalog/{}", row.slug)),
        },
        _ => lifecycle::listed_letter(api, row),
    };
    for email in submissions::team_emails(write, partner).await? {
        mailer::post(api, write, caller.now_ms, &email, &letter).await?;
    }
    Ok(())
}

fn said(comment: &Comment) -> mail::Comment {
    let about = comment.pointer.as_deref().or(comment.event.as_deref()).unwrap_or_default();
    mail::Comment { about: about.to_owned(), text: comment.text.clone() }
}
