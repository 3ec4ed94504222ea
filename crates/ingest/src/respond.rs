//! From a request to its answer: which route, may it, what does it say.

use std::{sync::Arc, time::Instant};

use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, ORIGIN, USER_AGENT},
    request::Parts,
};
use hyper::body::{Body as _, Incoming};
use spec::Kind;

use crate::{
    answer,
    auth::{Authorization, authorization, query_key},
    body::Body,
    cdn,
    client::{client_ip, is_trusted},
    collect::{Broken, collect, drain},
    cors,
    deadline::{Deadlines, Phase},
    fallback::{Peer, forward},
    inflate::{Coding, coding},
    pixel,
    prefer::Prefer,
    receive::{Ask, body_bytes_max, now_ms, receive},
    refused::{Refusal, refuse},
    reject::Reject,
    route::{Route, route},
    settings::{self, Origin},
    worker::Worker,
};

const URI_BYTES_MAX: usize = 8 << 10;

/// Answers one request. `peer` is the address at the other end of the connection.
pub(crate) async fn respond(
    worker: Arc<Worker>,
    peer: Peer,
    deadlines: Arc<Deadlines>,
    request: Request<Incoming>,
) -> Response<Body> {
    deadlines.enter(Phase::Serving);
    let started = worker.is_timed().then(Instant::now);
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let ours = match route(request.uri().path()) {
        _ if target.len() > URI_BYTES_MAX => Err(Reject::UriTooLong),
        Some(_) => Ok(()),
        None if request.uri().path().starts_with("/v1/") => Err(Reject::NotFound),
        None => {
            let peer = Peer { ip: client(&worker, peer, request.headers()), ..peer };
            let response = forward(&worker, peer, &deadlines, request).await;
            if !response.body().is_streamed() {
                deadlines.enter(Phase::Idle);
            }
            return response;
        }
    };
    let (parts, body) = request.into_parts();
    let mut response = match ours {
        Ok(()) => match ours_to_answer(&worker, peer, &deadlines, &parts, body).await {
            Some(response) => response,
            // Nobody is there to hear an answer; the connection ends with this one.
            None => answer::rejection(Reject::BadRequest),
        },
        Err(reject) => {
            drain(body);
            rejected(&worker, reject)
        }
    };
    cors::allow(response.headers_mut(), parts.headers.get(ORIGIN).cloned());
    deadlines.enter(Phase::Idle);
    if let Some(started) = started {
        worker.meters.took(started.elapsed());
    }
    response
}

/// `None` when the sender went away.
async fn ours_to_answer(
    worker: &Worker,
    peer: Peer,
    deadlines: &Deadlines,
    parts: &Parts,
    body: Incoming,
) -> Option<Response<Body>> {
    let path = parts.uri.path();
    let route = route(path).expect("the caller asked");
    if parts.method == Method::POST {
        match route {
            Route::Single(kind) => {
                return track(worker, peer, deadlines, parts, Some(kind), body).await;
            }
            Route::Batch => return track(worker, peer, deadlines, parts, None, body).await,
            _ => {}
        }
    }
    let reading = parts.method == Method::GET || parts.method == Method::HEAD;
    drain(body);
    let response = match route {
        _ if parts.method == Method::OPTIONS => cors::preflight(&parts.headers),
        Route::SdkMetrics if parts.method == Method::POST => {
            worker.meters.sdk_metrics();
            answer::success()
        }
        Route::Pixel(kind) if reading => pixel(worker, peer, parts, kind).await,
        Route::Single(kind) if parts.method == Method::GET => {
            jsonp(worker, peer, parts, kind).await
        }
        Route::Settings(key) if reading => settings(worker, peer, parts, key),
        Route::Script(key) if reading => match worker.shared.routing.current().source_of(key) {
            Some(_) => cdn::script(key, &origin(worker, peer, parts), &parts.headers),
            None => rejected(worker, Reject::UnknownSource),
        },
        Route::Chunk(file) if reading => cdn::chunk(file, &parts.headers),
        route => wrong_method(worker, route),
    };
    Some(response)
}

/// A single call or a batch.
async fn track(
    worker: &Worker,
    peer: Peer,
    deadlines: &Deadlines,
    parts: &Parts,
    kind: Option<Kind>,
    mut body: Incoming,
) -> Option<Response<Body>> {
    let prefer = Prefer::of(&parts.headers);
    let header_key = match authorization(parts.headers.get(AUTHORIZATION)) {
        Authorization::WriteKey(key) => Some(key),
        Authorization::Nothing => None,
        Authorization::Bearer => {
            drain(body);
            return Some(rejected(worker, Reject::Unauthorized));
        }
    };
    let coding = coding(parts.headers.get_all(CONTENT_ENCODING).iter());
    let ask = Ask {
        kind,
        coding: *coding.as_ref().unwrap_or(&Coding::Identity),
        header_key,
        query_key: query_key(parts.uri.query()),
        prefer,
        client_ip: client(worker, peer, &parts.headers),
        user_agent: None,
        pixel: false,
        path: parts.uri.path(),
    };
    let (expected, bytes_max) = (body.size_hint().lower() as usize, body_bytes_max(kind));
    let admitted = match coding {
        Err(reject) => Err(reject),
        Ok(_) if expected > bytes_max => Err(Reject::TooLarge),
        // Refused at once where it would not fit; what it takes is what has come of it, so that
        // senders who promise much and send little keep nobody out.
        Ok(_) if !worker.shared.in_flight.has_room(expected) => Err(Reject::Overloaded),
        Ok(_) => worker.shared.in_flight.enter(0).ok_or(Reject::Overloaded),
    };
    let read = match admitted {
        Err(reject) => Err(Broken::Refused(reject)),
        Ok(mut permit) => {
            collect(&mut body, bytes_max, &mut permit, deadlines).await.map(|raw| (raw, permit))
        }
    };
    let mut response = match read {
        Ok((raw, _permit)) => receive(worker, &ask, &raw).await,
        Err(Broken::Gone) => return None,
        Err(Broken::Refused(reject)) => {
            if reject != Reject::TooSlow {
                drain(body);
            }
            refuse_unread(worker, &ask, reject, expected).await
        }
    };
    prefer.applied(response.headers_mut());
    Some(response)
}

/// Refuses a request by its head alone.
async fn refuse_unread(
    worker: &Worker,
    ask: &Ask<'_>,
    reject: Reject,
    expected: usize,
) -> Response<Body> {
    let refusal = Refusal::new(reject, named_stream(worker, ask), &[], now_ms()).unread(expected);
    refuse(worker, *refusal, ask.path).await
}

/// The stream of the source that a request names outside its body; 0 when it names none.
fn named_stream(worker: &Worker, ask: &Ask<'_>) -> u64 {
    let key = ask.header_key.as_deref().or(ask.query_key.as_deref());
    let snapshot = worker.shared.routing.current();
    key.and_then(|key| snapshot.source_of(key)).map_or(0, |source| source.id.stream())
}

/// What a `GET` carries in its query, sent on as a body.
async fn from_query(worker: &Worker, peer: Peer, parts: &Parts, kind: Kind) -> Response<Body> {
    let query = parts.uri.query().unwrap_or_default();
    let ask = Ask {
        kind: Some(kind),
        coding: Coding::Identity,
        header_key: None,
        query_key: query_key(parts.uri.query()),
        prefer: Prefer::default(),
        client_ip: client(worker, peer, &parts.headers),
        user_agent: parts.headers.get(USER_AGENT),
        pixel: true,
        path: parts.uri.path(),
    };
    match pixel::body(query) {
        Some(body) => receive(worker, &ask, &body).await,
        None => {
            let stream = named_stream(worker, &ask);
            let refusal = Refusal::new(Reject::Malformed, stream, query.as_bytes(), now_ms());
            refuse(worker, *refusal, ask.path).await
        }
    }
}

async fn pixel(worker: &Worker, peer: Peer, parts: &Parts, kind: Kind) -> Response<Body> {
    // Who asks with HEAD wants to know of the image, and tells nothing.
    if parts.method == Method::GET {
        from_query(worker, peer, parts, kind).await;
    }
    // Whatever becomes of the message: an image must not look broken.
    answer::pixel()
}

async fn jsonp(worker: &Worker, peer: Peer, parts: &Parts, kind: Kind) -> Response<Body> {
    let query = parts.uri.query().unwrap_or_default();
    if pixel::parameter(query, "data").is_none() {
        return wrong_method(worker, Route::Single(kind));
    }
    let callback = match pixel::parameter(query, "callback") {
        Some(name) if !pixel::is_callback(&name) => return rejected(worker, Reject::BadRequest),
        callback => callback,
    };
    let response = from_query(worker, peer, parts, kind).await;
    let Some(name) = callback else { return response };
    // Only a script that runs can be heard, so the status is 200 whatever it says.
    let body = match response.status() {
        StatusCode::OK => std::str::from_utf8(answer::SUCCESS).expect("it is ASCII").to_owned(),
        _ => Reject::Malformed.body(),
    };
    answer::jsonp(&String::from_utf8_lossy(&name), &body)
}

fn settings(worker: &Worker, peer: Peer, parts: &Parts, key: &str) -> Response<Body> {
    if worker.shared.routing.current().source_of(key).is_none() {
        return rejected(worker, Reject::UnknownSource);
    }
    let body = settings::settings(key, &origin(worker, peer, parts)).to_string();
    let mut response = answer::json(StatusCode::OK, body);
    let cache = HeaderValue::from_static("public, max-age=120");
    response.headers_mut().insert(CACHE_CONTROL, cache);
    response
}

fn wrong_method(worker: &Worker, route: Route<'_>) -> Response<Body> {
    let allowed = match route {
        Route::Single(_) | Route::Batch | Route::SdkMetrics => "POST, OPTIONS",
        _ => "GET, HEAD, OPTIONS",
    };
    let mut response = rejected(worker, Reject::WrongMethod);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn rejected(worker: &Worker, reject: Reject) -> Response<Body> {
    worker.meters.rejected(reject);
    answer::rejection(reject)
}

fn client(worker: &Worker, peer: Peer, headers: &http::HeaderMap) -> std::net::IpAddr {
    client_ip(peer.ip, headers, &worker.shared.options.trusted_proxies)
}

fn origin(worker: &Worker, peer: Peer, parts: &Parts) -> Origin {
    let trusted = is_trusted(peer.ip, &worker.shared.options.trusted_proxies);
    Origin::of(&parts.headers, trusted, peer.secure, &worker.shared.local)
}
