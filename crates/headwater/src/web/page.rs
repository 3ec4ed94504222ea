//! The app's page: what other sites show of it, and the policy that it runs under.

use anyhow::Result;
use api::Card;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};

use crate::token;

/// Where the template wants the nonce.
const NONCE: &str = "%HEADWATER_NONCE%";
/// Where the template wants what is said of a catalog page.
const HEAD: &str = "<!--HEADWATER_HEAD-->";
/// Characters of a nonce: 190 bits.
const NONCE_CHARS: usize = 32;

/// The page of one address, before it has its nonce.
pub struct Page {
    before: String,
    head: String,
    after: String,
}

/// A nonce: good for one page.
///
/// Errors: the system has no randomness to give.
pub fn nonce() -> Result<String> {
    token::random(NONCE_CHARS)
}

impl Page {
    /// The page that `template` makes; a card's title takes the place of the template's.
    pub fn new(template: &str, card: Option<&Card>) -> Page {
        let head = card.map(head).unwrap_or_default();
        let without_title = card.and_then(|_| without_title(template));
        let template = without_title.as_deref().unwrap_or(template);
        let (before, after) = template.split_once(HEAD).unwrap_or((template, ""));
        Page { before: before.to_owned(), head, after: after.to_owned() }
    }

    /// Everything but the nonce.
    pub fn text(&self) -> String {
        [&*self.before, &*self.head, &*self.after].concat()
    }

    /// The page and what a browser may do with it. What a card says is not searched for the
    /// nonce's place.
    pub fn secured(&self, nonce: &str) -> Response {
        let with = |part: &str| part.replace(NONCE, nonce);
        let html = [&*with(&self.before), &*self.head, &*with(&self.after)].concat();
        let policy = HeaderValue::from_str(&policy(nonce)).expect("a nonce is letters and digits");
        let rules = [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
        ];
        (rules, Html(html)).into_response()
    }
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

fn without_title(template: &str) -> Option<String> {
    let (before, rest) = template.split_once("<title>")?;
    let (_, after) = rest.split_once("</title>")?;
    Some([before, after].concat())
}

/// The card as elements of a page's head.
fn head(card: &Card) -> String {
    let Card { title, description, url, image } = card;
    let mut out = format!("<title>{}</title>", escaped(title));
    let mut say = |attribute: &str, name: &str, content: &str| {
        out.push_str(&format!(
            "\n    <meta {attribute}=\"{name}\" content=\"{}\">",
            escaped(content)
        ));
    };
    say("name", "description", description);
    say("property", "og:type", "website");
    say("property", "og:site_name", "Headwater");
    say("property", "og:title", title);
    say("property", "og:description", description);
    if let Some(url) = url {
        say("property", "og:url", url);
    }
    if let Some(image) = image {
        say("property", "og:image", image);
    }
    say("name", "twitter:card", "summary");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
