//! Who is calling, and what they were let in to.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use catalog::{Label, Need, Permission};
use http::request::Parts;
use store::{
    accounts::Account, destinations::Destination, integrations::Integration, partners::Seat,
    sessions::Session, sources::Source, tokens::Token, tracking_plans::TrackingPlan,
    workspaces::Workspace,
};

use crate::error::ApiError;

/// A password that was shown proves who it is for this long.
pub const PROOF_MS: i64 = 10 * 60 * 1000;

/// The caller of an operation, after [`crate::gate`] let them in.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person, by session or by personal token.
    pub account: Option<Account>,
    /// The browser's session.
    pub session: Option<Session>,
    /// The token that was shown.
    pub token: Option<Token>,
    /// The workspace that this is about, when the operation is in one.
    pub workspace: Option<Workspace>,
    /// What they may do in that workspace.
    pub permissions: Vec<Permission>,
    /// Their seat in a partner team, when the operation is the portal's.
    pub seat: Option<Seat>,
    /// The integration in the path, when access was asked for it.
    pub integration: Option<Integration>,
    /// The source in the path, when access was asked for it.
    pub source: Option<Source>,
    /// The destination in the path, when access was asked for it.
    pub destination: Option<Destination>,
    /// The tracking plan in the path, when access was asked for it.
    pub tracking_plan: Option<TrackingPlan>,
    /// Where the request came from.
    pub address: IpAddr,
    /// When the request came in, Unix milliseconds: one time for all that it does.
    pub now_ms: i64,
}

impl Caller {
    /// The person. Only for operations that somebody must have logged in for.
    pub fn account(&self) -> Result<&Account, ApiError> {
        self.account.as_ref().ok_or_else(|| {
            ApiError::unauthorized("login_needed", "this needs a person, not a workspace's token")
                .fix("log in, or use a personal token")
        })
    }

    /// Fails with 403 unless they showed their password in this session shortly before. A token
    /// shows no password, so it never does: what it does not open cannot be opened by its thief.
    pub fn require_proof(&self) -> Result<(), ApiError> {
        let session = self.session.as_ref().ok_or_else(|| {
            ApiError::forbidden("session_needed", "this needs a session, not a token")
                .fix("log in with the password")
        })?;
        if self.now_ms - session.proved_at_ms > PROOF_MS {
            return Err(ApiError::forbidden(
                "proof_needed",
                "this needs the password once more: it was last shown more than 10 minutes ago",
            )
            .fix("send it to POST /sessions/current/proof, then repeat the request"));
        }
        Ok(())
    }

    /// The workspace. Only for operations in one.
    pub fn workspace(&self) -> Result<&Workspace, ApiError> {
        self.workspace.as_ref().ok_or_else(|| ApiError::not_found("workspace"))
    }

    /// The seat in a partner team. Only for operations of the portal.
    pub fn seat(&self) -> Result<&Seat, ApiError> {
        self.seat.as_ref().ok_or_else(|| ApiError::not_found("page"))
    }

    /// The integration in the path. Only for operations with access `integration`.
    pub fn integration(&self) -> Result<&Integration, ApiError> {
        self.integration.as_ref().ok_or_else(|| ApiError::not_found("integration"))
    }

    /// The source in the path. Only for operations with access to it.
    pub fn source(&self) -> Result<&Source, ApiError> {
        self.source.as_ref().ok_or_else(|| ApiError::not_found("source"))
    }

    /// The destination in the path. Only for operations with access to it.
    pub fn destination(&self) -> Result<&Destination, ApiError> {
        self.destination.as_ref().ok_or_else(|| ApiError::not_found("destination"))
    }

    /// The tracking plan in the path. Only for operations with access to it.
    pub fn tracking_plan(&self) -> Result<&TrackingPlan, ApiError> {
        self.tracking_plan.as_ref().ok_or_else(|| ApiError::not_found("tracking plan"))
    }

    /// Whether their role in the workspace gives `need`.
    pub fn may(&self, need: &Need<'_>, labels: &[Label]) -> bool {
        catalog::access::may(&self.permissions, need, labels)
    }

    /// Fails with 403 unless their role in the workspace gives `need`.
    pub fn require(&self, need: &Need<'_>, labels: &[Label]) -> Result<(), ApiError> {
        if self.may(need, labels) {
            return Ok(());
        }
        Err(ApiError::forbidden("role_needed", "your role in this workspace does not allow this")
            .fix("ask an owner of the workspace"))
    }

    /// Who it is, in audit entries and idempotency keys: an account's or a token's id.
    pub fn id(&self) -> &str {
        match (&self.account, &self.token) {
            (Some(account), _) => &account.id,
            (None, Some(token)) => &token.id,
            (None, None) => "anonymous",
        }
    }

    /// Their address, when it is a person.
    pub fn email(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.email.as_str())
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| ApiError::not_found("page"))
    }
}

/// The other end of a connection, as the server puts it into a request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The address of a request's sender.
pub fn address_of(extensions: &http::Extensions) -> IpAddr {
    extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}
