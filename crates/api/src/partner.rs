//! The partner team: who builds, and who administers. To everybody else it is not there.

use axum::extract::{Path, State};
use catalog::TeamRole;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    Connection, Write, fresh,
    invitations::{self, Invitation, Place},
    partners,
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    answer::{self, Data, Done, data, done},
    body::{self, Body},
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    mailer,
    state::Api,
    version::{self, IfMatch, IfMatchHeader, Versioned},
};

/// An invitation is good for three days.
const OPEN_MS: i64 = 72 * 60 * 60 * 1000;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get))
        .routes(routes!(team))
        .routes(routes!(member, set_role, remove))
        .routes(routes!(invite))
        .routes(routes!(revoke))
}

/// A partner, as one of its team sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartnerView {
    /// Its id.
    #[schema(example = "ptn_5BKZVyYHdt1D7ZrtHyNR7W")]
    pub id: String,
    /// The company's name.
    #[schema(example = "Acme Labs")]
    pub name: String,
    /// What the caller is there: `admin` or `builder`.
    #[schema(value_type = TeamRole)]
    pub role: String,
}

/// A partner in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerAnswer {
    /// The partner.
    pub partner: PartnerView,
}

/// Somebody in a team.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamMemberView {
    /// The account's id.
    id: String,
    /// Address.
    email: String,
    /// Name for people.
    name: String,
    /// What they are there.
    #[schema(value_type = TeamRole)]
    role: String,
    /// Since when.
    joined_at: String,
}

impl TeamMemberView {
    fn of(member: partners::TeamMember) -> TeamMemberView {
        TeamMemberView {
            id: member.account_id,
            email: member.email,
            name: member.name,
            role: member.role,
            joined_at: answer::time(member.created_at_ms),
        }
    }
}

/// A member of the team in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamMemberAnswer {
    /// The member.
    member: TeamMemberView,
}

/// Somebody invited to a team.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamInvite {
    /// Address.
    email: String,
    /// What they will be there.
    #[schema(value_type = TeamRole)]
    role: String,
    /// When the invitation ends.
    expires_at: String,
    /// Whether it has ended.
    expired: bool,
}

/// A team in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamAnswer {
    /// By address.
    members: Vec<TeamMemberView>,
    /// Newest first.
    invitations: Vec<TeamInvite>,
}

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamInvite {
    /// Address; nobody else can accept.
    #[schema(example = "mia@acme.example", format = "email", min_length = 3, max_length = 254)]
    email: String,
    /// What they will be there.
    role: TeamRole,
}

/// A new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamRole {
    /// The role.
    role: TeamRole,
}

/// Get my partner team
#[utoipa::path(
    get,
    path = "/partner",
    operation_id = "getPartner",
    tag = "Partner team",
    responses((status = 200, description = "The partner", body = Data<PartnerAnswer>)),
    extensions(("x-access" = json!("partner")))
)]
async fn get(caller: Caller) -> Result<Data<PartnerAnswer>, ApiError> {
    let seat = caller.seat()?;
    let partner = PartnerView {
        id: seat.partner_id.clone(),
        name: seat.partner_name.clone(),
        role: seat.role.clone(),
    };
    Ok(data(PartnerAnswer { partner }))
}

/// List the team
///
/// Its members, and who was invited.
#[utoipa::path(
    get,
    path = "/partner/team",
    operation_id = "listTeam",
    tag = "Partner team",
    responses((status = 200, description = "The team", body = Data<TeamAnswer>)),
    extensions(("x-access" = json!("partner")))
)]
async fn team(State(api): State<Api>, caller: Caller) -> Result<Data<TeamAnswer>, ApiError> {
    let partner = &caller.seat()?.partner_id;
    let mut db = api.db.read().await?;
    let members = partners::team(&mut db, partner).await?.into_iter().map(TeamMemberView::of);
    let pending = invitations::pending(&mut db, &Place::Partner(partner.clone())).await?;
    let invitations = pending.into_iter().map(|open| TeamInvite {
        email: open.email,
        role: open.grants,
        expires_at: answer::time(open.expires_at_ms),
        expired: open.expires_at_ms <= caller.now_ms,
    });
    Ok(data(TeamAnswer { members: members.collect(), invitations: invitations.collect() }))
}

/// Invite somebody to the team
///
/// They get a mail with a link that is good once, for three days, and for their address only.
#[utoipa::path(
    post,
    path = "/partner/invitations",
    operation_id = "inviteToTeam",
    tag = "Partner team",
    request_body = NewTeamInvite,
    responses((status = 201, description = "Invited", body = Data<Done>)),
    extensions(("x-access" = json!("partner_admin")))
)]
async fn invite(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewTeamInvite>,
) -> Result<(StatusCode, Data<Done>), ApiError> {
    let email = new.email.trim().to_lowercase();
    if !mailer::is_address(&email) {
        return Err(ApiError::invalid_field(body::no_email("/email".to_owned())));
    }
    let seat = caller.seat()?;
    let secret = api.fresh.token("hwi");
    let invitation = Invitation {
        id: api.fresh.id("inv"),
        token_hash: fresh::hash(&secret),
        into: Place::Partner(seat.partner_id.clone()),
        email: email.clone(),
        grants: new.role.as_str().to_owned(),
        invited_by: caller.id().to_owned(),
        created_at_ms: caller.now_ms,
        expires_at_ms: caller.now_ms + OPEN_MS,
        accepted_at_ms: None,
        revoked_at_ms: None,
    };
    let letter = mail::Letter::PartnerTeamInvitation {
        company: seat.partner_name.clone(),
        inviter: caller.email().unwrap_or_default().to_owned(),
        role: new.role.label().to_owned(),
        url: api.link(&format!("/dev-portal/accept?token={secret}")),
        expires_at_ms: invitation.expires_at_ms,
    };
    let mut write = api.db.write().await?;
    invitations::insert(&mut write, &invitation).await?;
    mailer::post(&api, &mut write, caller.now_ms, &email, &letter).await?;
    let change = Change::new("Invite Sent", "PARTNER", &seat.partner_id, &seat.partner_name)
        .after(&serde_json::json!({ "email": email, "role": new.role }));
    record(&api, &mut write, &caller, &seat.partner_id, change).await?;
    write.commit().await?;
    api.mail.notify_one();
    Ok((StatusCode::CREATED, done()))
}

/// Revoke an invitation to the team
#[utoipa::path(
    delete,
    path = "/partner/invitations/{email}",
    operation_id = "revokeTeamInvitation",
    tag = "Partner team",
    params(("email" = String, Path, description = "The invited address")),
    responses((status = 200, description = "Revoked", body = Data<Done>)),
    extensions(("x-access" = json!("partner_admin")))
)]
async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(email): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let seat = caller.seat()?;
    let email = email.trim().to_lowercase();
    let mut write = api.db.write().await?;
    let place = Place::Partner(seat.partner_id.clone());
    if !invitations::revoke(&mut write, &place, &email, caller.now_ms).await? {
        return Err(ApiError::not_found("invitation"));
    }
    let change = Change::new("Invite Deleted", "PARTNER", &seat.partner_id, &email);
    record(&api, &mut write, &caller, &seat.partner_id, change).await?;
    write.commit().await?;
    Ok(done())
}

/// Get a member of the team
///
/// With an `ETag`, for changing the role.
#[utoipa::path(
    get,
    path = "/partner/team/{userId}",
    operation_id = "getTeamMember",
    tag = "Partner team",
    params(("userId" = String, Path, description = "The account's id")),
    responses((status = 200, description = "The member", body = Data<TeamMemberAnswer>)),
    extensions(("x-access" = json!("partner")))
)]
async fn member(
    State(api): State<Api>,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Result<Versioned<Data<TeamMemberAnswer>>, ApiError> {
    let mut db = api.db.read().await?;
    let member = TeamMemberView::of(seated(&mut db, &caller.seat()?.partner_id, &user_id).await?);
    Ok(Versioned(version::of_text(&member.role), data(TeamMemberAnswer { member })))
}

/// Change somebody's role in the team
///
/// A team keeps an admin.
#[utoipa::path(
    put,
    path = "/partner/team/{userId}",
    operation_id = "setTeamRole",
    tag = "Partner team",
    params(
        ("userId" = String, Path, description = "The account's id"),
        IfMatchHeader
    ),
    request_body = NewTeamRole,
    responses((status = 200, description = "Changed", body = Data<Done>)),
    extensions(
        ("x-access" = json!("partner_admin")),
        ("x-errors" = json!({
            "409": ["last_admin"]
        }))
    )
)]
async fn set_role(
    State(api): State<Api>,
    caller: Caller,
    Path(user_id): Path<String>,
    seen: IfMatch,
    Body(new): Body<NewTeamRole>,
) -> Result<Versioned<Data<Done>>, ApiError> {
    let partner = &caller.seat()?.partner_id;
    let mut write = api.db.write().await?;
    let before = seated(&mut write, partner, &user_id).await?;
    seen.check(version::of_text(&before.role))?;
    if new.role != TeamRole::Admin {
        keep_an_admin(&mut write, partner, &user_id).await?;
    }
    let role = new.role.as_str();
    partners::set_role(&mut write, partner, &user_id, role).await?;
    let change = Change::new("Team Role Changed", "PARTNER", partner, &user_id)
        .before(&serde_json::json!({ "user": user_id, "role": before.role }))
        .after(&serde_json::json!({ "user": user_id, "role": role }));
    record(&api, &mut write, &caller, partner, change).await?;
    write.commit().await?;
    Ok(Versioned(version::of_text(role), done()))
}

/// Remove somebody from the team
///
/// Or oneself. A team keeps an admin.
#[utoipa::path(
    delete,
    path = "/partner/team/{userId}",
    operation_id = "removeFromTeam",
    tag = "Partner team",
    params(("userId" = String, Path, description = "The account's id")),
    responses((status = 200, description = "Removed", body = Data<Done>)),
    extensions(
        ("x-access" = json!("partner")),
        ("x-errors" = json!({
            "403": ["role_needed"],
            "409": ["last_admin"]
        }))
    )
)]
async fn remove(
    State(api): State<Api>,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let seat = caller.seat()?;
    if user_id != caller.id() && seat.role != TeamRole::Admin.as_str() {
        return Err(ApiError::forbidden("role_needed", "this is for admins of the partner team")
            .fix("ask an admin of your team"));
    }
    let mut write = api.db.write().await?;
    keep_an_admin(&mut write, &seat.partner_id, &user_id).await?;
    if !partners::unseat(&mut write, &seat.partner_id, &user_id).await? {
        return Err(ApiError::not_found("user"));
    }
    let change = Change::new("Removed From Team", "PARTNER", &seat.partner_id, &user_id);
    record(&api, &mut write, &caller, &seat.partner_id, change).await?;
    write.commit().await?;
    Ok(done())
}

/// Somebody in the team.
async fn seated(
    db: &mut Connection,
    partner_id: &str,
    account_id: &str,
) -> Result<partners::TeamMember, ApiError> {
    let team = partners::team(db, partner_id).await?;
    let member = team.into_iter().find(|member| member.account_id == account_id);
    member.ok_or_else(|| ApiError::not_found("user"))
}

/// Fails when nobody would administer the team any more without `account_id`.
async fn keep_an_admin(
    write: &mut Write,
    partner_id: &str,
    account_id: &str,
) -> Result<(), ApiError> {
    let team = partners::team(write, partner_id).await?;
    let admin = |member: &&partners::TeamMember| member.role == TeamRole::Admin.as_str();
    if team.iter().filter(admin).any(|member| member.account_id != account_id)
        || !team.iter().any(|member| member.account_id == account_id)
    {
        return Ok(());
    }
    Err(ApiError::conflict("last_admin", "a team needs an admin, and this is the last one")
        .fix("make somebody else an admin first"))
}

#[cfg(test)]
mod tests;
