//! What recipients reach: the picture, the link, the way out. Knows nothing of who sends what.
//!
//! A token that we did not sign does nothing, and the link leads only to where its campaign does.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Path, State},
    http::{
        HeaderMap, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, REFERRER_POLICY, USER_AGENT},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use maud::html;

use crate::{
    event::{Happening, Visitor},
    pages,
    service::{Letter, Service},
    token::Purpose,
};

/// A transparent picture of one by one.
const PICTURE: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\
    \x21\xf9\x04\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
const BODY_MAX: usize = 16 * 1024;

#[derive(Clone)]
struct Public {
    service: Arc<Service>,
    behind_proxy: bool,
}

/// The pages of recipients. `behind_proxy` says that the last address of `X-Forwarded-For` is the
/// visitor's, because a proxy of ours wrote it.
pub fn router(service: Arc<Service>, behind_proxy: bool) -> Router {
    // Whoever only asks for the head of a page has not seen it.
    let head = || async { StatusCode::NO_CONTENT };
    Router::new()
        .route("/open/{token}", get(open).head(head))
        .route("/click/{token}", get(click).head(head))
        .route("/unsubscribe/{token}", get(unsubscribe).head(head).post(unsubscribed))
        .route("/style.css", get(pages::style))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(Public { service, behind_proxy })
}

/// The picture was loaded. Whoever asks gets it, whatever we make of it.
async fn open(
    State(public): State<Public>,
    Path(token): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if let Some(letter) = public.letter(Purpose::Open, &token) {
        public.keep(Happening::Opened, letter, &headers, peer).await;
    }
    ([(CONTENT_TYPE, "image/gif"), (CACHE_CONTROL, "no-store")], PICTURE).into_response()
}

/// The link was followed. The person comes first: they go on even if we cannot keep that they did.
async fn click(
    State(public): State<Public>,
    Path(token): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let Some(letter) = public.letter(Purpose::Click, &token) else { return unknown() };
    let url = letter.campaign.link.url.clone();
    public.keep(Happening::LinkClicked, letter, &headers, peer).await;
    let headers = [
        (LOCATION, url.as_str()),
        (CACHE_CONTROL, "no-store"),
        // where they go must not learn the token
        (REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::FOUND, headers).into_response()
}

/// Asks. Programs that look at every link of a mail come by here as well, and must not decide.
async fn unsubscribe(State(public): State<Public>, Path(token): Path<String>) -> Response {
    let Some(letter) = public.letter(Purpose::Unsubscribe, &token) else { return unknown() };
    let (email, list) = (&letter.mail.email, &letter.campaign.list.name);
    if public.service.is_suppressed(email) {
        return gone(email);
    }
    pages::page(
        "Unsubscribe",
        html! {
            p { "Stop all mail from the list " (list) " to " (email) "?" }
            form method="post" { button { "Unsubscribe" } }
        },
    )
    .into_response()
}

/// They want no more: by the button of our page, or by that of their mail program (RFC 8058).
async fn unsubscribed(
    State(public): State<Public>,
    Path(token): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let Some(letter) = public.letter(Purpose::Unsubscribe, &token) else { return unknown() };
    let email = letter.mail.email.clone();
    if !public.keep(Happening::Unsubscribed, letter, &headers, peer).await {
        let page = pages::page(
            "Please try again",
            html! {
                p { "We could not keep your choice just now." }
            },
        );
        return (StatusCode::SERVICE_UNAVAILABLE, page).into_response();
    }
    gone(&email)
}

fn gone(email: &str) -> Response {
    pages::page("Unsubscribed", html! { p { (email) " gets no more mail from us." } })
        .into_response()
}

fn unknown() -> Response {
    let page = pages::page("Not found", html! { p { "This address is not one of ours." } });
    (StatusCode::NOT_FOUND, page).into_response()
}

impl Public {
    /// The mail that a token stands for.
    fn letter(&self, purpose: Purpose, token: &str) -> Option<Letter> {
        self.service.letter(self.service.signer.read(purpose, token)?)
    }

    /// Whether it could be kept.
    async fn keep(
        &self,
        happening: Happening,
        letter: Letter,
        headers: &HeaderMap,
        peer: SocketAddr,
    ) -> bool {
        let visitor = visitor(headers, peer, self.behind_proxy);
        let service = self.service.clone();
        let kept = tokio::task::spawn_blocking(move || {
            service.record(happening, &letter, &visitor, Timestamp::now())
        });
        match kept.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, event = happening.event(), "cannot be kept");
                false
            }
            Err(error) => {
                tracing::error!(%error, event = happening.event(), "cannot be kept");
                false
            }
        }
    }
}

/// Who asks. What a request says of itself is believed only as far as a proxy of ours wrote it.
fn visitor(headers: &HeaderMap, peer: SocketAddr, behind_proxy: bool) -> Visitor {
    let text = |name| headers.get_all(name).iter().next_back()?.to_str().ok();
    let ip = match behind_proxy {
        true => text("x-forwarded-for")
            .and_then(|chain| chain.rsplit(',').next()?.trim().parse::<IpAddr>().ok()),
        false => Some(peer.ip()),
    };
    let user_agent = text(USER_AGENT.as_str()).map(str::to_owned).filter(|it| !it.is_empty());
    Visitor { ip: ip.map(|ip| ip.to_canonical()), user_agent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(forwarded: &[&str], peer: &str, behind_proxy: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("it is a header"));
        }
        let peer: IpAddr = peer.parse().expect("it is an address");
        let visitor = visitor(&headers, SocketAddr::new(peer, 1), behind_proxy);
        visitor.ip.map(|ip| ip.to_string())
    }

    #[test]
    fn a_visitor_cannot_choose_an_address() {
        let peer = "::ffff:203.0.113.7";
        assert_eq!(ip(&["198.51.100.1"], peer, false).as_deref(), Some("203.0.113.7"));
        let forged = ["198.51.100.1, 198.51.100.2", "198.51.100.3,2001:db8::1"];
        assert_eq!(ip(&forged, peer, true).as_deref(), Some("2001:db8::1"));
        // never the proxy's own
        assert_eq!(ip(&[], peer, true), None);
        assert_eq!(ip(&["unknown"], peer, true), None);
    }
}
