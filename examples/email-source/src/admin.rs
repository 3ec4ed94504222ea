//! What whoever sends mail reaches, on an address of its own that only this machine has: the page,
//! campaigns, and reports that a mail server passes on.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Form, Path, Query, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, HOST, ORIGIN},
    },
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::{
    campaign::{Draft, Planned},
    event::{Happening, Visitor},
    mailer::words,
    pages, report,
    service::{NoCampaign, Overview, Progress, Service},
};

/// Room for ten thousand recipients.
const BODY_MAX: usize = 2 * 1024 * 1024;

/// The pages of whoever sends mail.
pub fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/style.css", get(pages::style))
        .route("/campaigns", post(create))
        .route("/campaigns/{id}", get(show))
        .route("/reports", post(take_report))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn(only_from_here))
        .with_state(service)
}

/// Other pages in the same browser can send requests here too. They cannot hide where they come
/// from, nor, when their name leads here, what name they called us by.
async fn only_from_here(request: Request, next: Next) -> Response {
    if !is_from_here(request.headers()) {
        return (StatusCode::FORBIDDEN, "only from this machine's own pages\n").into_response();
    }
    next.run(request).await
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let Some(host) = text(HOST) else { return false };
    let called_by_number = Url::parse(&format!("http://{host}")).is_ok_and(|url| {
        url.username().is_empty()
            && url.path() == "/"
            && match url.host() {
                Some(url::Host::Domain(name)) => name == "localhost",
                Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
                None => false,
            }
    });
    called_by_number && text(ORIGIN).is_none_or(|origin| origin == format!("http://{host}"))
}

/// What became of the form before it led back here.
#[derive(Default, Deserialize)]
struct Arrival {
    /// How many recipients got nothing.
    #[serde(default)]
    left_out: usize,
}

async fn home(State(service): State<Arc<Service>>, Query(arrival): Query<Arrival>) -> Response {
    let content = html! {
        @if arrival.left_out > 0 {
            p.trouble role="status" {
                "Recipients left out because they want no more mail: " (arrival.left_out)
            }
        }
        (home_page(&service, None, None))
    };
    pages::page("E-mail campaigns", content).into_response()
}

/// Makes a campaign of the form. A program that accepts JSON hears what became of it.
async fn create(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Form(draft): Form<Draft>,
) -> Response {
    let json = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes() == b"application/json");
    let shared = (service.clone(), draft.clone());
    let planned =
        tokio::task::spawn_blocking(move || shared.0.plan(&shared.1, Timestamp::now())).await;
    match planned {
        Ok(Ok(Planned { campaign, left_out })) if json => {
            let answer = json!({ "id": campaign.id, "leftOut": left_out });
            (StatusCode::CREATED, Json(answer)).into_response()
        }
        Ok(Ok(Planned { left_out, .. })) if left_out.is_empty() => {
            Redirect::to("/").into_response()
        }
        Ok(Ok(Planned { left_out, .. })) => {
            Redirect::to(&format!("/?left_out={}", left_out.len())).into_response()
        }
        Ok(Err(NoCampaign::Draft(fault))) if json => {
            let answer = json!({ "message": fault.to_string() });
            (StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response()
        }
        Ok(Err(NoCampaign::Draft(fault))) => {
            let content = home_page(&service, Some(&draft), Some(&fault.to_string()));
            let page = pages::page("E-mail campaigns", content);
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Ok(Err(error)) => unavailable(&error),
        Err(error) => unavailable(&error),
    }
}

/// What became of a campaign.
async fn show(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Response {
    let Some((campaign, happened)) = service.progress(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mails = campaign.mails.iter().zip(happened).map(|(mail, happened)| {
        let events: Vec<&str> = happened.into_iter().map(Happening::event).collect();
        json!({ "id": mail.id, "userId": mail.user_id, "email": mail.email, "events": events })
    });
    let mails: Vec<Value> = mails.collect();
    Json(json!({ "id": campaign.id, "name": campaign.name, "mails": mails })).into_response()
}

/// A complaint or a failed delivery, as mail: pipe what arrives at the sender's address to here.
async fn take_report(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let kept = tokio::task::spawn_blocking(move || {
        let Some((happening, mail)) = report::read(&body, &service.signer) else {
            return Ok(None);
        };
        let Some(letter) = service.letter(&mail) else { return Ok(None) };
        // the report tells of no person's address, and the reporter's is none
        service.record(happening, &letter, &Visitor::default(), Timestamp::now())?;
        Ok::<_, std::io::Error>(Some(happening))
    });
    match kept.await {
        Ok(Ok(Some(happening))) => Json(json!({ "event": happening.event() })).into_response(),
        Ok(Ok(None)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "no report about a mail of ours\n").into_response()
        }
        Ok(Err(error)) => unavailable(&error),
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error = words(error), "cannot be kept");
    (StatusCode::SERVICE_UNAVAILABLE, "it could not be kept; try again\n").into_response()
}

fn home_page(service: &Service, draft: Option<&Draft>, fault: Option<&str>) -> Markup {
    let Overview { campaigns, messages, suppressed, trouble } = service.overview();
    html! {
        @for trouble in trouble { p.trouble role="alert" { (trouble) } }
        (form(draft, fault))
        h2 { "Campaigns" }
        p { a href="/" { "Refresh" } }
        @if campaigns.is_empty() { p.note { "Nothing was sent yet." } }
        @for progress in &campaigns { (campaign(progress)) }
        @if suppressed > 0 { p.note { "People who want no more mail: " (suppressed) } }
        h2 { "Messages to Headwater" }
        @if messages.is_empty() { p.note { "None yet." } }
        @else {
            table {
                thead { tr { th { "Event" } th { "User" } th { "When" } th { "State" } } }
                tbody {
                    @for (message, sent) in &messages { (row(message, *sent)) }
                }
            }
        }
    }
}

fn form(draft: Option<&Draft>, fault: Option<&str>) -> Markup {
    let value = |of: fn(&Draft) -> &str| draft.map(of).unwrap_or_default();
    html! {
        form method="post" action="/campaigns" {
            @if let Some(fault) = fault { p.trouble role="alert" { "Not sent: " (fault) "." } }
            label for="name" { "Name" }
            input id="name" name="name" required maxlength="200" value=(value(|it| &it.name));
            label for="subject" { "Subject" }
            input id="subject" name="subject" required maxlength="200"
                value=(value(|it| &it.subject));
            label for="text" { "Text" }
            textarea id="text" name="text" rows="4" { (value(|it| &it.text)) }
            label for="link" { "Link" }
            input id="link" name="link" type="url" required placeholder="https://acme.example/spring"
                value=(value(|it| &it.link));
            label for="recipients" { "Recipients" }
            p.note id="recipients-note" {
                "One a line, as userId=address. The user id is the one your own database has."
            }
            textarea id="recipients" name="recipients" rows="4" required
                aria-describedby="recipients-note" placeholder="97980cfea0067=ada@acme.example" {
                (value(|it| &it.recipients))
            }
            button { "Send" }
        }
    }
}

fn campaign((campaign, happened): &Progress) -> Markup {
    let mails = campaign.mails.iter().zip(happened);
    html! {
        h3 { (campaign.name) }
        p { (campaign.subject) " · " a href=(campaign.link.url) rel="noreferrer" { (campaign.link.url) } }
        table {
            thead { tr { th { "User" } th { "Address" } th { "What happened" } } }
            tbody {
                @for (mail, happened) in mails.take(50) {
                    tr {
                        td { (mail.user_id) }
                        td { (mail.email) }
                        td {
                            @if happened.is_empty() { "On its way" }
                            @for (at, happening) in happened.iter().enumerate() {
                                @if at > 0 { ", " }
                                (happening.event())
                            }
                        }
                    }
                }
            }
        }
        @if campaign.mails.len() > 50 { p.note { "The first 50 of " (campaign.mails.len()) "." } }
    }
}

fn row(message: &Value, sent: bool) -> Markup {
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    html! {
        tr {
            td {
                details {
                    summary { (text("event")) }
                    pre { (serde_json::to_string_pretty(message).unwrap_or_default()) }
                }
            }
            td { (text("userId")) }
            td { (text("timestamp")) }
            td { @if sent { "Sent" } @else { "Waiting" } }
        }
    }
}
