//! Who is calling, and what they were let in to.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use catalog::access::Permission;
use http::request::Parts;
use store::{accounts::Account, sessions::Session, tokens::Token, workspaces::Workspace};

use crate::error::ApiError;

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

    /// The workspace. Only for operations in one.
    pub fn workspace(&self) -> Result<&Workspace, ApiError> {
        self.workspace.as_ref().ok_or_else(|| ApiError::not_found("workspace"))
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
