//! `Idempotency-Key`: a repeated request is answered as the first was, and not done again.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use store::{StoreError, fresh, idempotency};

use crate::{body::BODY_MAX, caller::Caller, error::ApiError, gate::WORKSPACE, state::Api};

/// Characters of a key at most.
const KEY_MAX: usize = 255;

/// Bytes of a body that are held: what the handler takes at most, be it JSON or a picture.
const HELD_MAX: usize =
    if BODY_MAX > content::image::MAX_BYTES { BODY_MAX } else { content::image::MAX_BYTES };

/// Answers a repeated request from memory. Keys belong to their caller and are kept for a day.
pub async fn answer_once(
    State(api): State<Api>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(key) = request.headers().get("idempotency-key") else {
        return Ok(next.run(request).await);
    };
    let key = key.to_str().unwrap_or_default().to_owned();
    let caller = request.extensions().get::<Caller>();
    let known = caller.filter(|caller| caller.account.is_some() || caller.token.is_some());
    let Some(caller) = known.filter(|_| request.method() == Method::POST) else {
        return Ok(next.run(request).await);
    };
    if key.is_empty() || key.len() > KEY_MAX {
        return Err(ApiError::malformed(
            "invalid_idempotency_key",
            "Idempotency-Key must have 1 to 255 characters",
        )
        .fix("use a new UUID for each thing you want done"));
    }
    let (actor, now_ms) = (caller.id().to_owned(), caller.now_ms);
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, HELD_MAX).await.map_err(|_| ApiError::too_large(HELD_MAX))?;
    let workspace = parts.headers.get(WORKSPACE).map(HeaderValue::as_bytes).unwrap_or_default();
    let request_hash =
        fresh::hash(&format!("{} {} {:?} {:?}", parts.method, parts.uri, workspace, bytes));

    let mut write = api.db.write().await?;
    if let Some(answer) = idempotency::get(&mut write, &actor, &key).await? {
        drop(write);
        return again(&api, &actor, &key, answer, &request_hash);
    }
    match idempotency::claim(&mut write, &actor, &key, &request_hash, now_ms).await {
        Err(StoreError::Taken) => return Err(under_way()),
        claimed => claimed?,
    }
    write.commit().await?;

    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut write = api.db.write().await?;
    if parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS {
        idempotency::release(&mut write, &actor, &key).await?;
    } else {
        // Sealed: an answer may hold what is shown once.
        let sealed = api.sealer.seal(&api.fresh, &owner(&actor, &key), &body);
        idempotency::answer(&mut write, &actor, &key, parts.status.as_u16(), &sealed).await?;
    }
    write.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn again(
    api: &Api,
    actor: &str,
    key: &str,
    answer: idempotency::Answer,
    request_hash: &str,
) -> Result<Response, ApiError> {
    if answer.request_hash != request_hash {
        return Err(ApiError::conflict(
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request",
        )
        .fix("use a new key for each thing you want done"));
    }
    let Some(status) = u16::try_from(answer.status).ok().filter(|status| *status > 0) else {
        return Err(under_way());
    };
    let body = api.sealer.open(&owner(actor, key), &answer.body);
    let body = body.map_err(|error| ApiError::unavailable(&error))?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    Ok(response)
}

fn owner(actor: &str, key: &str) -> String {
    format!("idempotency/{actor}/{key}")
}

fn under_way() -> ApiError {
    ApiError::conflict("under_way", "a request with this Idempotency-Key is being worked on")
        .fix("wait a moment and send it again")
}
