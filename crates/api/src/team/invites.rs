use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    fresh,
    invitations::{self, Invitation, Place},
};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, Done, data, done},
    body::{self, Body},
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    gate, mailer,
    page::{self, PageParams, PageQuery, Pagination},
    state::Api,
    team::{self, NewPermission, PermissionView},
};

/// An invitation is good for three days.
const OPEN_MS: i64 = 72 * 60 * 60 * 1000;

/// People to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvites {
    /// At most 50 at a time.
    #[schema(min_items = 1, max_items = 50)]
    invites: Vec<NewInvite>,
}

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvite {
    /// Address; nobody else can accept.
    #[schema(example = "grace@example.com", min_length = 3, max_length = 254)]
    email: String,
    /// What they may do once they have accepted; the least when left out.
    #[serde(default)]
    #[schema(max_items = 200)]
    permissions: Vec<NewPermission>,
}

/// Addresses in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailsAnswer {
    /// Who was invited.
    emails: Vec<String>,
}

/// Invited addresses in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitesAnswer {
    /// Addresses that have not answered.
    invites: Vec<String>,
    /// Where this page stands.
    pagination: Pagination,
}

/// An invitation that was not answered yet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingInvite {
    /// Its id.
    #[schema(example = "inv_5BKZVyYHdt1D7ZrtHyNR7W")]
    id: String,
    /// Address.
    #[schema(example = "grace@example.com")]
    email: String,
    /// What they may do once they have accepted.
    permissions: Vec<PermissionView>,
    /// When it was sent.
    created_at: String,
    /// When it ends.
    expires_at: String,
    /// Whether it has ended: invite again.
    expired: bool,
}

/// Invitations in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingAnswer {
    /// Newest first.
    invitations: Vec<PendingInvite>,
}

/// Invite people
///
/// Each gets a mail with a link that is good once, for three days, and for their address only.
/// Inviting again replaces the earlier invitation.
#[utoipa::path(
    post,
    path = "/invites",
    operation_id = "createInvites",
    tag = "Team",
    request_body = NewInvites,
    responses((status = 201, description = "Invited", body = Data<EmailsAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": [
                "bad_email", "labels_without_meaning", "no_permissions", "no_resources",
                "unknown", "unknown_resource", "unknown_role", "wrong_resource_type"
            ]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewInvites>,
) -> Result<(StatusCode, Data<EmailsAnswer>), ApiError> {
    let workspace = caller.workspace()?.clone();
    let mut checked = Vec::with_capacity(new.invites.len());
    let mut faults = Vec::new();
    let mut write = api.db.write().await?;
    for (at, invite) in new.invites.into_iter().enumerate() {
        let pointer = format!("/invites/{at}");
        let email = invite.email.trim().to_lowercase();
        if !mailer::is_address(&email) {
            faults.push(body::no_email(format!("{pointer}/email")));
        }
        let under = format!("{pointer}/permissions");
        let permissions = team::checked(invite.permissions, &workspace.id, &under);
        if let Some(permissions) = ApiError::gather(permissions, &mut faults)? {
            let known = team::exist(&mut write, &permissions, &workspace.id, &under).await;
            ApiError::gather(known, &mut faults)?;
            checked.push((email, permissions));
        }
    }
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    let inviter = caller.email().unwrap_or("An owner").to_owned();
    let mut emails = Vec::with_capacity(checked.len());
    for (email, permissions) in checked {
        let secret = api.fresh.token("hwi");
        let invitation = Invitation {
            id: api.fresh.id("inv"),
            token_hash: fresh::hash(&secret),
            into: Place::Workspace(workspace.id.clone()),
            email: email.clone(),
            grants: team::stored(&permissions),
            invited_by: caller.id().to_owned(),
            created_at_ms: caller.now_ms,
            expires_at_ms: caller.now_ms + OPEN_MS,
            accepted_at_ms: None,
            revoked_at_ms: None,
        };
        invitations::insert(&mut write, &invitation).await?;
        let letter = mail::Letter::WorkspaceInvitation {
            workspace: workspace.name.clone(),
            inviter: inviter.clone(),
            role: role_names(&permissions),
            url: api.link(&format!("/invitations/accept?token={secret}")),
            expires_at_ms: invitation.expires_at_ms,
        };
        mailer::post(&api, &mut write, caller.now_ms, &email, &letter).await?;
        let change = Change::new("Invite Sent", "USER", &invitation.id, &email)
            .after(&team::views(&permissions));
        record(&api, &mut write, &caller, &workspace.id, change).await?;
        emails.push(email);
    }
    write.commit().await?;
    api.mail.notify_one();
    Ok((StatusCode::CREATED, data(EmailsAnswer { emails })))
}

/// List invites
///
/// Addresses that were invited and have not answered.
#[utoipa::path(
    get,
    path = "/invites",
    operation_id = "listInvites",
    tag = "Team",
    params(PageParams),
    responses((status = 200, description = "A page of them", body = Data<InvitesAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    PageQuery(page): PageQuery,
) -> Result<Data<InvitesAnswer>, ApiError> {
    let open = open(&api, &caller).await?;
    let paged = page.cut_all(open.into_iter().map(|invitation| invitation.email).collect());
    let pagination = Pagination::of(&page, &paged);
    Ok(data(InvitesAnswer { invites: paged.rows, pagination }))
}

/// List invitations with their details
#[utoipa::path(
    get,
    path = "/invites/pending",
    operation_id = "listPendingInvites",
    tag = "Team",
    responses((status = 200, description = "The invitations", body = Data<PendingAnswer>)),
    extensions(("x-access" = json!("owner")))
)]
pub async fn pending(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<PendingAnswer>, ApiError> {
    let view = |invitation: Invitation| {
        Ok(PendingInvite {
            permissions: team::views(&gate::read_permissions(&invitation.grants)?),
            id: invitation.id,
            email: invitation.email,
            created_at: answer::time(invitation.created_at_ms),
            expires_at: answer::time(invitation.expires_at_ms),
            expired: invitation.expires_at_ms <= caller.now_ms,
        })
    };
    let open = open(&api, &caller).await?;
    let invitations = open.into_iter().map(view).collect::<Result<_, ApiError>>()?;
    Ok(data(PendingAnswer { invitations }))
}

/// Revoke invites
///
/// Their links are worth nothing from now on.
#[utoipa::path(
    delete,
    path = "/invites",
    operation_id = "deleteInvites",
    tag = "Team",
    params(("emails.0" = String, Query, description = "Address of the first; `emails.1` and so on for more")),
    responses((status = 200, description = "Revoked", body = Data<Done>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": ["required"]
        }))
    )
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Data<Done>, ApiError> {
    let emails = page::array(query.as_deref().unwrap_or_default(), "emails");
    if emails.is_empty() {
        let fault = Fault::at("/emails", "required", "\"emails\" is required");
        return Err(ApiError::invalid_field(
            fault.expected("an invited address").fix("add emails.0=<address>"),
        ));
    }
    let workspace = caller.workspace()?.id.clone();
    let place = Place::Workspace(workspace.clone());
    let mut write = api.db.write().await?;
    for email in &emails {
        let email = email.trim().to_lowercase();
        if !invitations::revoke(&mut write, &place, &email, caller.now_ms).await? {
            return Err(ApiError::not_found("invite"));
        }
        let change = Change::new("Invite Deleted", "USER", &email, &email);
        record(&api, &mut write, &caller, &workspace, change).await?;
    }
    write.commit().await?;
    Ok(done())
}

/// The roles among `permissions`, for people.
fn role_names(permissions: &[catalog::Permission]) -> String {
    let mut names: Vec<String> =
        team::views(permissions).into_iter().map(|view| view.role_name).collect();
    names.dedup();
    names.join(", ")
}

async fn open(api: &Api, caller: &Caller) -> Result<Vec<Invitation>, ApiError> {
    let mut db = api.db.read().await?;
    let place = Place::Workspace(caller.workspace()?.id.clone());
    Ok(invitations::pending(&mut db, &place).await?)
}
