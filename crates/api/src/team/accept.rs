use axum::extract::State;
use serde::Deserialize;
use store::{
    accounts, fresh,
    invitations::{self, Place},
    members, workspaces,
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    team,
    workspaces::{WorkspaceAnswer, WorkspaceView},
};

/// An invitation to accept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// From the link in the mail.
    #[schema(example = "hwi_…", min_length = 1, max_length = 200)]
    token: String,
}

/// Accept an invitation to a workspace
///
/// By the account with the invited address. The link came to that address, so accepting also
/// verifies it.
#[utoipa::path(
    post,
    path = "/invites/accept",
    operation_id = "acceptInvite",
    tag = "Team",
    request_body = Acceptance,
    responses(
        (status = 200, description = "Accepted", body = Data<WorkspaceAnswer>),
        (status = 404, description = "It was used, taken back or has expired", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-errors" = json!({
            "403": ["other_address"],
            "404": ["expired"]
        }))
    )
)]
pub async fn accept(
    State(api): State<Api>,
    caller: Caller,
    Body(acceptance): Body<Acceptance>,
) -> Result<Data<WorkspaceAnswer>, ApiError> {
    let worthless = || {
        ApiError::not_found("invitation")
            .fix("it was used, taken back or has expired: ask for a new one")
    };
    let mut account = caller.account()?.clone();
    let mut write = api.db.write().await?;
    let hash = fresh::hash(&acceptance.token);
    let invitation = invitations::by_hash(&mut write, &hash).await?.ok_or_else(worthless)?;
    let Place::Workspace(workspace_id) = &invitation.into else { return Err(worthless()) };
    if invitation.email != account.email {
        return Err(ApiError::forbidden("other_address", "this invitation is for another address")
            .fix("log in with the account that has the invited address"));
    }
    if !invitations::accept(&mut write, &invitation.id, caller.now_ms).await? {
        if invitation.expired(caller.now_ms) {
            return Err(ApiError::expired("invitation"));
        }
        return Err(worthless());
    }
    let workspace = workspaces::find(&mut write, workspace_id).await?.ok_or_else(worthless)?;
    if account.email_verified_at_ms.is_none() {
        account.email_verified_at_ms = Some(caller.now_ms);
        accounts::update(&mut write, &account).await?;
    }
    if members::get(&mut write, &workspace.id, &account.id).await?.is_none() {
        let grants = &invitation.grants;
        members::insert(&mut write, &workspace.id, &account.id, grants, caller.now_ms).await?;
        let permissions = crate::gate::read_permissions(grants)?;
        let change = Change::new("Invite Accepted", "USER", &account.id, &account.email)
            .after(&team::views(&permissions));
        record(&api, &mut write, &caller, &workspace.id, change).await?;
    }
    write.commit().await?;
    Ok(data(WorkspaceAnswer { workspace: WorkspaceView::of(&workspace) }))
}
