//! What browsers are served: the web app, whose one page stands under every address that nothing
//! else takes, its files, and a page that says what runs here where there is no app.
//!
//! The app is what `npm run build` wrote into `web/dist`, kept in the binary. In debug builds its
//! files are read when they are asked for. It is a client of the API and gets nothing else from
//! here: no rules, no data but the words that catalog pages show to other sites.

mod front;
mod page;

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

pub use front::front;

/// The app's page.
const PAGE: &str = "index.html";
/// Files below it carry a hash of their content in their names.
const HASHED: &str = "assets/";
/// First segments of paths that are other parts' to answer or to refuse.
const TAKEN: [&str; 6] = ["api", "v1", "health", "metrics", "analytics.js", "analytics-next"];
/// Hexadecimal digits of an entity tag.
const TAG_DIGITS: usize = 32;

/// Gives the content of a file by its path in the folder.
pub type Folder = Arc<dyn Fn(&str) -> Option<Cow<'static, [u8]>> + Send + Sync>;

/// Gives what other sites may show of the listed catalog entry with this slug.
pub type Cards = Arc<dyn Fn(String) -> BoxFuture<'static, Option<api::Card>> + Send + Sync>;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// The app that this binary was built with.
pub fn built() -> Folder {
    Arc::new(|path| Built::get(path).map(|file| file.data))
}

/// The web app. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    folder: Folder,
    cards: Cards,
}

impl Web {
    /// The app in `folder`.
    pub fn new(folder: Folder, cards: Cards) -> Web {
        Web { folder, cards }
    }

    /// Whether the app was built.
    pub fn is_there(&self) -> bool {
        (self.folder)(PAGE).is_some()
    }

    /// Answers a request that nothing else takes: with a file, or, to browsers, with the page.
    /// `None`: it is not for the app.
    pub async fn answer(&self, request: &Parts) -> Option<Response> {
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return None;
        }
        let path = request.uri.path().strip_prefix('/')?;
        let first = path.split('/').next().unwrap_or_default();
        if TAKEN.contains(&first) {
            return None;
        }
        if let Some(file) = self.file(path, &request.headers) {
            return Some(file);
        }
        if path.starts_with(HASHED) || !wants_page(&request.headers) {
            return None;
        }
        if let Some(page) = self.page(path, &request.headers).await {
            return Some(page);
        }
        Some((StatusCode::NOT_FOUND, front(&request.headers, false)).into_response())
    }

    /// The page, as it stands under `path`; `None` when the app was not built.
    pub async fn page(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let template = (self.folder)(PAGE)?;
        let template = std::str::from_utf8(&template).ok()?;
        let page = page::Page::new(template, self.card(path).await.as_ref());
        let tag = tag(page.text().as_bytes());
        let known = [
            (header::ETAG, tag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("Accept")),
        ];
        // What a cache holds keeps its nonce, and with it the policy that came with it.
        if is_known(headers, &tag) {
            return Some((StatusCode::NOT_MODIFIED, known).into_response());
        }
        Some(match page::nonce() {
            Ok(nonce) => (known, page.secured(&nonce)).into_response(),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a page cannot be served");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        })
    }

    async fn card(&self, path: &str) -> Option<api::Card> {
        match path.strip_prefix("catalog")?.trim_end_matches('/') {
            "" => Some(api::Card::catalog()),
            rest => (self.cards)(rest.strip_prefix('/')?.to_owned()).await,
        }
    }

    fn file(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let whole = path.split('/').all(|step| !matches!(step, "" | "." | ".."));
        if !whole || path == PAGE || path.ends_with(".br") {
            return None;
        }
        let small = takes_brotli(headers).then(|| (self.folder)(&format!("{path}.br"))).flatten();
        let (bytes, packed) = match small {
            Some(bytes) => (bytes, true),
            None => ((self.folder)(path)?, false),
        };
        let mut out = HeaderMap::new();
        let mut say = |name: HeaderName, value: &'static str| {
            out.insert(name, HeaderValue::from_static(value));
        };
        say(header::CONTENT_TYPE, content_type(path));
        say(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        say(header::VARY, "Accept-Encoding");
        if packed {
            say(header::CONTENT_ENCODING, "br");
        }
        if path.starts_with(HASHED) {
            say(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
        } else {
            say(header::CACHE_CONTROL, "no-cache");
            let tag = tag(&bytes);
            let known = is_known(headers, &tag);
            out.insert(header::ETAG, tag);
            if known {
                return Some((StatusCode::NOT_MODIFIED, out).into_response());
            }
        }
        let body = match bytes {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        Some((out, body).into_response())
    }
}

/// Whether a request comes from somebody who reads pages.
pub fn wants_page(headers: &HeaderMap) -> bool {
    words(headers, &header::ACCEPT).any(|word| word.eq_ignore_ascii_case("text/html"))
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    words(headers, &header::ACCEPT_ENCODING).any(|word| word.eq_ignore_ascii_case("br"))
}

/// The words of a list that are not ruled out (`q=0`), without their parameters.
fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(|item| {
        let (word, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.split(';').find_map(|p| p.trim().strip_prefix("q="));
        let ruled_out = weight.is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
        (!ruled_out).then_some(word.trim())
    })
}

fn tag(bytes: &[u8]) -> HeaderValue {
    let digest = store::fresh::hex(&Sha256::digest(bytes));
    let tag = format!("\"{}\"", &digest[..TAG_DIGITS]);
    HeaderValue::from_str(&tag).expect("digits between quotation marks")
}

/// Whether whoever asks has what `tag` names.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    let mut theirs = words(headers, &header::IF_NONE_MATCH);
    theirs.any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
