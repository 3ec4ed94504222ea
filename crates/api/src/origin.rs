//! Writes by cookie come from our own pages only.

use http::{HeaderMap, Method, header};

use crate::error::ApiError;

/// Refuses a write that another site's page may have made.
///
/// A browser names the page's origin in every cross-site write, and a page cannot forge it. The
/// cookie is `SameSite=Lax` besides.
pub fn check(method: &Method, headers: &HeaderMap, public_url: &str) -> Result<(), ApiError> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    if let Some(origin) = text(header::ORIGIN) {
        let ours = origin == origin_of(public_url)
            || text(header::HOST).is_some_and(|host| {
                origin.split_once("://").is_some_and(|(_, authority)| authority == host)
            });
        if ours {
            return Ok(());
        }
    }
    Err(ApiError::forbidden(
        "foreign_origin",
        "a write with a session cookie must come from our own pages",
    )
    .fix("send the Origin header of this installation, or use a token in Authorization"))
}

/// Scheme and authority of a URL.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}
