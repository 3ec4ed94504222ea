//! The session cookie, and the secret in it.

use http::{HeaderMap, HeaderValue, header};
use store::{
    Write, fresh,
    sessions::{self, Session},
};

use crate::{caller::Caller, error::ApiError, state::Api};

/// A session ends after seven days, whatever happens.
pub const SESSION_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Sessions of one person at most; one more ends the one that was not used the longest.
const SESSIONS_MAX: i64 = 50;

/// Characters of a browser's name for itself.
const USER_AGENT_MAX: usize = 200;

/// Starts a session, in which the password has just been shown, and ends the one that the browser
/// had before. What comes back sets the cookie.
pub async fn start(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    account_id: &str,
    headers: &HeaderMap,
) -> Result<HeaderValue, ApiError> {
    if let Some(old) = &caller.session {
        sessions::revoke(write, &old.account_id, &old.public_id).await?;
    }
    let secret = api.fresh.token("hws");
    let session = Session {
        id: fresh::hash(&secret),
        public_id: api.fresh.id("ses"),
        account_id: account_id.to_owned(),
        created_at_ms: caller.now_ms,
        seen_at_ms: caller.now_ms,
        expires_at_ms: caller.now_ms + SESSION_MS,
        proved_at_ms: caller.now_ms,
        user_agent: browser(headers),
        address: caller.address.to_string(),
    };
    sessions::insert(write, &session).await?;
    sessions::revoke_oldest(write, account_id, SESSIONS_MAX).await?;
    Ok(cookie(api, &secret, SESSION_MS / 1000))
}

/// What a browser calls itself, cut to a sane length.
pub fn browser(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.unwrap_or_default().chars().take(USER_AGENT_MAX).collect()
}

/// Gives the caller's session a new secret, for whatever somebody learned of the old one must not
/// gain what is allowed from now on. What comes back sets the cookie; `None` without a session.
pub async fn rotate(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    proved: bool,
) -> Result<Option<(String, HeaderValue)>, ApiError> {
    let Some(session) = &caller.session else { return Ok(None) };
    let secret = api.fresh.token("hws");
    let hash = fresh::hash(&secret);
    sessions::rotate(write, &session.id, &hash, proved.then_some(caller.now_ms)).await?;
    let seconds = (session.expires_at_ms - caller.now_ms) / 1000;
    Ok(Some((hash, cookie(api, &secret, seconds))))
}

/// Takes the cookie away.
pub fn ended(api: &Api) -> HeaderValue {
    cookie(api, "", 0)
}

/// `__Host-` ties it to this host and to TLS; browsers count loopback as safe.
fn cookie(api: &Api, value: &str, seconds: i64) -> HeaderValue {
    let url = &api.options.public_url;
    let safe = url.starts_with("https://")
        || ["http://127.", "http://localhost", "http://[::1]"]
            .iter()
            .any(|own| url.starts_with(own));
    let (name, secure) = if safe { ("__Host-headwater", "; Secure") } else { ("headwater", "") };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("a cookie of ours is ASCII")
}
