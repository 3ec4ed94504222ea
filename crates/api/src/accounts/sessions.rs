use axum::extract::{Path, State};
use serde::Serialize;
use store::sessions::{self, Session};
use utoipa::ToSchema;

use crate::{
    answer::{self, Data, Done, data, done},
    caller::Caller,
    error::ApiError,
    gate::SESSION_IDLE_MS,
    state::Api,
};

/// One logged-in browser.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Its id.
    #[schema(example = "ses_2bS0sNQyYtY4mCVLTsXCnU")]
    id: String,
    /// Whether it is the one that asks.
    #[schema(example = true)]
    current: bool,
    /// What the browser calls itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")]
    user_agent: String,
    /// From where it logged in.
    #[schema(example = "203.0.113.7")]
    address: String,
    /// When it logged in.
    #[schema(example = "2026-11-25T12:00:00.000Z")]
    created_at: String,
    /// Its last request, to the minute.
    #[schema(example = "2026-11-25T12:34:00.000Z")]
    seen_at: String,
    /// When it ends, whatever happens.
    #[schema(example = "2026-12-02T12:00:00.000Z")]
    expires_at: String,
}

/// Sessions in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionsAnswer {
    /// The last used first.
    sessions: Vec<SessionView>,
}

/// List my sessions
///
/// Every browser that is logged in now; fifty at most.
#[utoipa::path(
    get,
    path = "/sessions",
    operation_id = "listSessions",
    tag = "Account",
    responses((status = 200, description = "The sessions", body = Data<SessionsAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<SessionsAnswer>, ApiError> {
    let current = caller.session.as_ref().map(|session| &session.public_id);
    let mut db = api.db.read().await?;
    let rows = sessions::of_account(&mut db, &caller.account()?.id, caller.now_ms).await?;
    let live = |session: &&Session| {
        caller.now_ms - session.seen_at_ms < SESSION_IDLE_MS || Some(&session.public_id) == current
    };
    let view = |session: &Session| SessionView {
        id: session.public_id.clone(),
        current: Some(&session.public_id) == current,
        user_agent: session.user_agent.clone(),
        address: session.address.clone(),
        created_at: answer::time(session.created_at_ms),
        seen_at: answer::time(session.seen_at_ms),
        expires_at: answer::time(session.expires_at_ms),
    };
    Ok(data(SessionsAnswer { sessions: rows.iter().filter(live).map(view).collect() }))
}

/// End a session
///
/// That browser is logged out with its next request.
#[utoipa::path(
    delete,
    path = "/sessions/{sessionId}",
    operation_id = "revokeSession",
    tag = "Account",
    params(("sessionId" = String, Path, description = "Its id", example = "ses_2bS0sNQyYtY4mCVLTsXCnU")),
    responses((status = 200, description = "Ended", body = Data<Done>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(session_id): Path<String>,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    if !sessions::revoke(&mut write, &caller.account()?.id, &session_id).await? {
        return Err(ApiError::not_found("session"));
    }
    write.commit().await?;
    Ok(done())
}

/// End my other sessions
///
/// Every browser but this one is logged out; with a token, every browser.
#[utoipa::path(
    delete,
    path = "/sessions",
    operation_id = "revokeOtherSessions",
    tag = "Account",
    responses((status = 200, description = "Ended", body = Data<Done>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn revoke_others(State(api): State<Api>, caller: Caller) -> Result<Data<Done>, ApiError> {
    let except = caller.session.as_ref().map(|session| session.id.as_str()).unwrap_or_default();
    let mut write = api.db.write().await?;
    sessions::revoke_others(&mut write, &caller.account()?.id, except).await?;
    write.commit().await?;
    Ok(done())
}
