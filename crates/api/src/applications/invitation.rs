use axum::extract::{Path, State};
use catalog::TeamRole;
use serde::Deserialize;
use store::{
    Read, Write,
    applications::{self, Application},
    fresh,
    invitations::{self, Invitation, Place},
    partners,
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, Done, data, done},
    applications::answers_of,
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    mailer,
    partner::{PartnerAnswer, PartnerView},
    state::Api,
};

/// An invitation is good for three days.
const OPEN_MS: i64 = 72 * 60 * 60 * 1000;

/// An invitation to accept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalAcceptance {
    /// From the link in the mail.
    #[schema(example = "hwi_…", min_length = 1, max_length = 200)]
    token: String,
}

/// Mails the first invitation into a partner's team: whoever applied becomes its admin.
pub async fn invite(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    row: &Application,
    company: &str,
    email: &str,
) -> Result<(), ApiError> {
    let Some(partner) = row.partner_id.clone() else {
        return Err(ApiError::conflict("wrong_state", "the application was not approved"));
    };
    let secret = api.fresh.token("hwi");
    let invitation = Invitation {
        id: api.fresh.id("inv"),
        token_hash: fresh::hash(&secret),
        into: Place::Partner(partner.clone()),
        email: email.to_owned(),
        grants: TeamRole::Admin.as_str().to_owned(),
        invited_by: caller.id().to_owned(),
        created_at_ms: caller.now_ms,
        expires_at_ms: caller.now_ms + OPEN_MS,
        accepted_at_ms: None,
        revoked_at_ms: None,
    };
    invitations::insert(write, &invitation).await?;
    let letter = mail::Letter::PartnerInvitation {
        company: company.to_owned(),
        url: api.link(&format!("/dev-portal/accept?token={secret}")),
        expires_at_ms: invitation.expires_at_ms,
    };
    mailer::post(api, write, caller.now_ms, email, &letter).await?;
    let change = Change::new("Invite Sent", "PARTNER", &partner, company)
        .after(&serde_json::json!({ "email": email, "role": TeamRole::Admin }));
    record(api, write, caller, &partner, change).await
}

/// How the invitation that came of an application stands.
pub async fn standing(
    db: &mut Read,
    row: &Application,
    now_ms: i64,
) -> Result<&'static str, ApiError> {
    let Some(partner) = &row.partner_id else { return Ok("none") };
    if partners::seat(db, &row.account_id).await?.is_some() {
        return Ok("accepted");
    }
    let pending = invitations::pending(db, &Place::Partner(partner.clone())).await?;
    Ok(match pending.first() {
        Some(open) if open.expires_at_ms > now_ms => "pending",
        Some(_) => "expired",
        None => "revoked",
    })
}

/// Send the invitation again
///
/// A new link; the one before is worth nothing from now on.
#[utoipa::path(
    post,
    path = "/operator/applications/{applicationId}/invitation",
    operation_id = "resendPartnerInvitation",
    tag = "Operations",
    params(("applicationId" = String, Path, description = "The application's id")),
    responses((status = 200, description = "Sent", body = Data<Done>)),
    extensions(
        ("x-access" = json!("operator")),
        ("x-errors" = json!({
            "409": ["already_partner", "wrong_state"]
        }))
    )
)]
pub async fn resend(
    State(api): State<Api>,
    caller: Caller,
    Path(application_id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let (row, email) = applicant(&mut write, &application_id).await?;
    if partners::seat(&mut write, &row.account_id).await?.is_some() {
        return Err(ApiError::conflict("already_partner", "the invitation was accepted"));
    }
    let company = answers_of(&row)?.company_name;
    invite(&api, &mut write, &caller, &row, &company, &email).await?;
    write.commit().await?;
    api.mail.notify_one();
    Ok(done())
}

/// Revoke the invitation
///
/// Its link is worth nothing from now on.
#[utoipa::path(
    delete,
    path = "/operator/applications/{applicationId}/invitation",
    operation_id = "revokePartnerInvitation",
    tag = "Operations",
    params(("applicationId" = String, Path, description = "The application's id")),
    responses((status = 200, description = "Revoked", body = Data<Done>)),
    extensions(("x-access" = json!("operator")))
)]
pub async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(application_id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let (row, email) = applicant(&mut write, &application_id).await?;
    let missing = || ApiError::not_found("invitation");
    let partner = row.partner_id.ok_or_else(missing)?;
    let place = Place::Partner(partner.clone());
    if !invitations::revoke(&mut write, &place, &email, caller.now_ms).await? {
        return Err(missing());
    }
    let change = Change::new("Invite Deleted", "PARTNER", &partner, &email);
    record(&api, &mut write, &caller, &partner, change).await?;
    write.commit().await?;
    Ok(done())
}

async fn applicant(write: &mut Write, id: &str) -> Result<(Application, String), ApiError> {
    let missing = || ApiError::not_found("application");
    let row = applications::get(write, id).await?.ok_or_else(missing)?;
    let account = store::accounts::get(write, &row.account_id).await?.ok_or_else(missing)?;
    Ok((row, account.email))
}

/// Accept an invitation into a partner team
///
/// By the account with the invited address; opens the Developer Portal.
#[utoipa::path(
    post,
    path = "/partner/accept",
    operation_id = "acceptPartnerInvitation",
    tag = "Partner programme",
    request_body = PortalAcceptance,
    responses(
        (status = 200, description = "Accepted", body = Data<PartnerAnswer>),
        (status = 404, description = "It was used, taken back or has expired", body = crate::error::Errors)
    ),
    extensions(
        ("x-access" = json!("verified")),
        ("x-errors" = json!({
            "403": ["other_address"],
            "404": ["expired"],
            "409": ["already_partner"]
        }))
    )
)]
pub async fn accept(
    State(api): State<Api>,
    caller: Caller,
    Body(acceptance): Body<PortalAcceptance>,
) -> Result<Data<PartnerAnswer>, ApiError> {
    let worthless = || {
        ApiError::not_found("invitation")
            .fix("it was used, taken back or has expired: ask for a new one")
    };
    let account = caller.account()?;
    let mut write = api.db.write().await?;
    let hash = fresh::hash(&acceptance.token);
    let invitation = invitations::by_hash(&mut write, &hash).await?.ok_or_else(worthless)?;
    let Place::Partner(partner) = &invitation.into else { return Err(worthless()) };
    if invitation.email != account.email {
        return Err(ApiError::forbidden("other_address", "this invitation is for another address")
            .fix("log in with the account that has the invited address"));
    }
    if partners::seat(&mut write, &account.id).await?.is_some() {
        return Err(ApiError::conflict("already_partner", "you belong to a partner team already")
            .fix("leave that team first"));
    }
    if !invitations::accept(&mut write, &invitation.id, caller.now_ms).await? {
        if invitation.expired(caller.now_ms) {
            return Err(ApiError::expired("invitation"));
        }
        return Err(worthless());
    }
    partners::seat_at(&mut write, partner, &account.id, &invitation.grants, caller.now_ms).await?;
    let change = Change::new("Invite Accepted", "PARTNER", partner, &account.email)
        .after(&serde_json::json!({ "role": invitation.grants }));
    record(&api, &mut write, &caller, partner, change).await?;
    let name = partners::name(&mut write, partner).await?.ok_or_else(worthless)?;
    write.commit().await?;
    let partner = PartnerView { id: partner.clone(), name, role: invitation.grants };
    Ok(data(PartnerAnswer { partner }))
}
