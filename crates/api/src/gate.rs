//! The one door: who is calling, are they let in, and how often. Every operation passes here, and
//! what it asks for stands beside its handler (`x-access`).

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use catalog::{Label, Need, Permission, TeamRole};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use store::{
    Connection, accounts, destinations, fresh, integrations, members, partners, sessions, sources,
    tokens, tracking_plans, workspaces,
};

use crate::{
    access::Access,
    caller::{self, Caller},
    error::ApiError,
    limits::Count,
    openapi::OperationKey,
    origin,
    state::Api,
};

/// Names the workspace that a request is about, by id or slug.
pub const WORKSPACE: HeaderName = HeaderName::from_static("headwater-workspace");

/// Use is noted once in this time, so that reading writes little.
const NOTE_EVERY_MS: i64 = 60_000;

/// A session without a request ends after this time.
pub const SESSION_IDLE_MS: i64 = 12 * 60 * 60 * 1000;

/// Lets a request through to its handler, with its [`Caller`].
pub async fn admit(
    State(api): State<Api>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let key = OperationKey::of(&parts.method, parts.extensions.get::<MatchedPath>());
    let (access, own_limit, proof) = match api.operation(&key) {
        Some(operation) => (operation.access, operation.per_minute, operation.proof),
        None => return Err(ApiError::not_found("page")),
    };
    let now_ms = api.now_ms();
    let mut caller = identify(&api, &parts, now_ms, true).await?;
    if caller.session.is_some() {
        origin::check(&parts.method, &parts.headers, &api.options.public_url)?;
    }
    let count = api.limits.count(limit_key(&caller, &key), own_limit, now_ms);
    if !count.admitted {
        let refused = ApiError::too_many((count.reset_ms - now_ms + 999) / 1000);
        return Ok(counted(refused.into_response(), count));
    }
    authorise(&api, access, &mut caller, &parts).await?;
    if proof {
        caller.require_proof()?;
    }
    parts.extensions.insert(caller);
    let mut response = counted(next.run(Request::from_parts(parts, body)).await, count);
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Says in `response` what is left of the caller's minute.
fn counted(mut response: Response, count: Count) -> Response {
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-consumed", HeaderValue::from(count.consumed));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(count.remaining));
    let reset = std::time::UNIX_EPOCH
        + std::time::Duration::from_millis(u64::try_from(count.reset_ms).unwrap_or_default());
    if let Ok(reset) = HeaderValue::from_str(&httpdate::fmt_http_date(reset)) {
        headers.insert("x-ratelimit-reset", reset);
    }
    response
}

/// Whatever is no operation.
pub async fn unknown_path() -> ApiError {
    ApiError::not_found("page").fix("every path is listed in /api/docs")
}

/// An operation's path with a method that it does not know.
pub async fn unknown_method() -> ApiError {
    ApiError::unknown_method()
}

fn limit_key(caller: &Caller, operation: &OperationKey) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    match caller.id() {
        "anonymous" => hasher.hash_one((caller.address, operation)),
        id => hasher.hash_one((id, operation)),
    }
}

/// Whether whoever was let in with this request would be let in now: for answers that go on for
/// long. Asking is no use of their session or token.
pub async fn still_admitted(api: &Api, parts: &Parts) -> bool {
    let key = OperationKey::of(&parts.method, parts.extensions.get::<MatchedPath>());
    let Some(operation) = api.operation(&key) else { return false };
    let asked = async {
        let mut caller = identify(api, parts, api.now_ms(), false).await?;
        authorise(api, operation.access, &mut caller, parts).await
    };
    match asked.await {
        Ok(()) => true,
        // That nobody can say is no "no".
        Err(error) => error.status().is_server_error(),
    }
}

/// Who is calling. A credential that is shown must be good, even where none is needed. `noting`:
/// the time of this use is noted down.
async fn identify(api: &Api, parts: &Parts, now_ms: i64, noting: bool) -> Result<Caller, ApiError> {
    let mut caller = Caller {
        account: None,
        session: None,
        token: None,
        workspace: None,
        permissions: Vec::new(),
        seat: None,
        integration: None,
        source: None,
        destination: None,
        tracking_plan: None,
        address: caller::address_of(&parts.extensions),
        now_ms,
    };
    if let Some(bearer) = bearer(&parts.headers)? {
        by_token(api, bearer, &mut caller, noting).await?;
    } else if let Some(cookie) = session_cookie(&parts.headers) {
        by_session(api, cookie, &mut caller, noting).await?;
    }
    Ok(caller)
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => {
            Err(ApiError::unauthorized("invalid_token", "Authorization must be \"Bearer <token>\""))
        }
    }
}

/// What the session cookie holds, under either of its names.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(name, _)| matches!(name.trim(), "__Host-headwater" | "headwater"))
        .map(|(_, value)| value.trim())
}

async fn by_token(
    api: &Api,
    secret: &str,
    caller: &mut Caller,
    noting: bool,
) -> Result<(), ApiError> {
    let bad = || {
        ApiError::unauthorized(
            "invalid_token",
            "the token is not valid: unknown, expired or revoked",
        )
        .fix("make a new token and check that all of it was copied; a write key is no token")
    };
    if !fresh::token_is_whole(secret) {
        return Err(bad());
    }
    let mut db = api.db.read().await?;
    let token = tokens::by_hash(&mut db, &fresh::hash(secret)).await?.ok_or_else(bad)?;
    let ended = token.revoked_at_ms.is_some()
        || token.expires_at_ms.is_some_and(|ends| ends <= caller.now_ms);
    if ended {
        return Err(bad());
    }
    if token.workspace_id.is_none() {
        let id = token.account_id.as_deref().ok_or_else(bad)?;
        caller.account = Some(accounts::get(&mut db, id).await?.ok_or_else(bad)?);
    }
    drop(db);
    if noting && token.used_at_ms.is_none_or(|used| caller.now_ms - used >= NOTE_EVERY_MS) {
        let mut write = api.db.write().await?;
        tokens::touch(&mut write, &token.id, caller.now_ms).await?;
        write.commit().await?;
    }
    caller.token = Some(token);
    Ok(())
}

async fn by_session(
    api: &Api,
    cookie: &str,
    caller: &mut Caller,
    noting: bool,
) -> Result<(), ApiError> {
    let mut db = api.db.read().await?;
    let Some(session) = sessions::get(&mut db, &fresh::hash(cookie)).await? else { return Ok(()) };
    let idle = caller.now_ms - session.seen_at_ms;
    if session.expires_at_ms <= caller.now_ms || idle >= SESSION_IDLE_MS {
        return Ok(());
    }
    caller.account = accounts::get(&mut db, &session.account_id).await?;
    drop(db);
    if noting && idle >= NOTE_EVERY_MS {
        let mut write = api.db.write().await?;
        sessions::touch(&mut write, &session.id, caller.now_ms, false).await?;
        write.commit().await?;
    }
    caller.session = Some(session);
    Ok(())
}

async fn authorise(
    api: &Api,
    access: Access,
    caller: &mut Caller,
    parts: &Parts,
) -> Result<(), ApiError> {
    if access == Access::Public {
        return Ok(());
    }
    if caller.account.is_none() && caller.token.is_none() {
        return Err(ApiError::login_needed());
    }
    if access.in_workspace() {
        return in_workspace(api, access, caller, parts).await;
    }
    let account = caller.account()?;
    if access == Access::SignedIn {
        return Ok(());
    }
    if account.email_verified_at_ms.is_none() {
        return Err(ApiError::forbidden("email_not_verified", "verify your e-mail address first")
            .fix("follow the link in the mail we sent, or ask for another one"));
    }
    if access.hides() {
        return in_portal(api, access, caller, parts).await;
    }
    if access == Access::Operator && account.operator_since_ms.is_none() {
        return Err(ApiError::forbidden(
            "operators_only",
            "this is for operators of the installation",
        )
        .fix("ask one of them, or have `headwater admin create-operator` run on the server"));
    }
    Ok(())
}

/// The portal is not there for whoever has no seat in a partner team.
async fn in_portal(
    api: &Api,
    access: Access,
    caller: &mut Caller,
    parts: &Parts,
) -> Result<(), ApiError> {
    let missing = || ApiError::not_found("page");
    let mut db = api.db.read().await?;
    let seat = partners::seat(&mut db, &caller.account()?.id).await?.ok_or_else(missing)?;
    if access == Access::PartnerAdmin && seat.role != TeamRole::Admin.as_str() {
        return Err(ApiError::forbidden("role_needed", "this is for admins of the partner team")
            .fix("ask an admin of your team"));
    }
    if access == Access::Integration {
        let missing = || ApiError::not_found("integration");
        let id = path_value(parts, "integrationId").ok_or_else(missing)?;
        let row = integrations::find(&mut db, &id).await?.ok_or_else(missing)?;
        if row.partner_id.as_ref() != Some(&seat.partner_id) {
            return Err(missing());
        }
        caller.integration = Some(row);
    }
    caller.seat = Some(seat);
    Ok(())
}

async fn in_workspace(
    api: &Api,
    access: Access,
    caller: &mut Caller,
    parts: &Parts,
) -> Result<(), ApiError> {
    let named = named_workspace(parts);
    let mut db = api.db.read().await?;
    let missing = || ApiError::not_found("workspace");
    if let Some(token) = caller.token.as_ref().filter(|token| token.workspace_id.is_some()) {
        let id = token.workspace_id.as_deref().unwrap_or_default();
        let workspace = workspaces::find(&mut db, id).await?.ok_or_else(missing)?;
        if named.is_some_and(|named| named != workspace.id && named != workspace.slug) {
            return Err(missing());
        }
        caller.permissions = read_permissions(&token.permissions)?;
        caller.workspace = Some(workspace);
    } else {
        let account = caller.account()?;
        if account.email_verified_at_ms.is_none() {
            return Err(ApiError::forbidden(
                "email_not_verified",
                "verify your e-mail address first",
            ));
        }
        let named = named.ok_or_else(|| {
            ApiError::malformed("workspace_needed", "which workspace is this about?")
                .fix("name it in the header Headwater-Workspace, by slug or id")
        })?;
        let workspace = workspaces::find(&mut db, &named).await?.ok_or_else(missing)?;
        let member = members::get(&mut db, &workspace.id, &account.id).await?;
        caller.permissions = read_permissions(&member.ok_or_else(missing)?.permissions)?;
        caller.workspace = Some(workspace);
    }
    let id = caller.workspace()?.id.clone();
    match access {
        Access::SourceRead | Access::SourceAdmin => {
            let missing = || ApiError::not_found("source");
            let named = path_value(parts, "sourceId").ok_or_else(missing)?;
            let row = sources::find(&mut db, &id, &named).await?.ok_or_else(missing)?;
            let labels = labels_of(&mut db, &row.id).await?;
            // What one may not even see is not there.
            if !caller.may(&Need::SourceRead(&row.id), &labels) {
                return Err(missing());
            }
            if access == Access::SourceAdmin {
                caller.require(&Need::SourceAdmin(&row.id), &labels)?;
            }
            caller.source = Some(row);
        }
        Access::DestinationRead | Access::DestinationAdmin => {
            let missing = || ApiError::not_found("destination");
            let named = path_value(parts, "destinationId").ok_or_else(missing)?;
            let row = destinations::find(&mut db, &id, &named).await?.ok_or_else(missing)?;
            let labels = labels_of(&mut db, &row.source_id).await?;
            let (id, source) = (row.id.as_str(), row.source_id.as_str());
            if !caller.may(&Need::DestinationRead { id, source }, &labels) {
                return Err(missing());
            }
            if access == Access::DestinationAdmin {
                caller.require(&Need::DestinationAdmin { id, source }, &labels)?;
            }
            caller.destination = Some(row);
        }
        Access::TrackingPlanRead | Access::TrackingPlanAdmin => {
            caller.require(&Need::TrackingPlanRead, &[])?;
            if access == Access::TrackingPlanAdmin {
                caller.require(&Need::TrackingPlanAdmin, &[])?;
            }
            if let Some(named) = path_value(parts, "trackingPlanId") {
                let row = tracking_plans::find(&mut db, &id, &named).await?;
                let missing = || ApiError::not_found("tracking plan");
                caller.tracking_plan = Some(row.ok_or_else(missing)?);
            }
        }
        Access::Owner => caller.require(&Need::Owner, &[])?,
        Access::SourceCreate => caller.require(&Need::SourceCreate, &[])?,
        _ => caller.require(&Need::Member, &[])?,
    }
    Ok(())
}

/// The labels of a source, as permissions ask for them.
pub async fn labels_of(db: &mut Connection, source_id: &str) -> Result<Vec<Label>, ApiError> {
    let pairs = sources::labels(db, source_id).await?;
    Ok(pairs.into_iter().map(|(key, value)| Label::new(key, value)).collect())
}

/// A value of the path, by its name in the route.
fn path_value(parts: &Parts, name: &str) -> Option<String> {
    let matched = parts.extensions.get::<MatchedPath>()?.as_str();
    // Segments are compared from the end: a nested router sees the path without its front.
    let place = format!("{{{name}}}");
    let from_end = matched.split('/').rev().position(|segment| segment == place)?;
    let segment = parts.uri.path().split('/').rev().nth(from_end)?;
    percent_encoding::percent_decode_str(segment).decode_utf8().ok().map(Into::into)
}

/// The workspace that a request names: in the header, or, for streams, in the query.
fn named_workspace(parts: &Parts) -> Option<String> {
    if let Some(value) = parts.headers.get(WORKSPACE) {
        return value.to_str().ok().map(str::to_owned);
    }
    let query = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "workspace")
        .map(|(_, value)| value.into_owned())
}

/// Reads permissions as they are stored.
pub fn read_permissions(json: &str) -> Result<Vec<Permission>, ApiError> {
    serde_json::from_str(json).map_err(|error| ApiError::unavailable(&error))
}
