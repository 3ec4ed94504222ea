//! Brings messages from the journal to Headwater: plain HTTP, `POST /v1/batch`.
//!
//! A client library would do as well. We use HTTP because our queue is on disk, and so that this
//! can be read by people who write in another language.
//!
//! A batch that is not answered 200 stays in the queue and is sent again, with the same
//! `messageId`s, so that Headwater knows what it has. Nothing is ever given up: every message here
//! is small and well formed, so a refusal means that the settings are wrong, and is shown.

use std::{io, sync::Arc, time::Duration};

use axum::http::{
    Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::{
    backoff,
    http::{self, Client},
    mailer::words,
    service::{Service, Worker},
};

/// Messages of one request; Headwater takes 2500.
const BATCH_MAX: usize = 100;
/// Bytes of one request; Headwater takes 500 KB.
const BATCH_BYTES_MAX: usize = 400_000;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// At most 50 requests in a second, as partners are asked to.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest wait that we let somebody ask of us.
const RETRY_AFTER_MAX: u64 = 300;
/// How much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// Brings messages to Headwater.
pub struct Courier {
    client: Client,
    batch: String,
    authorization: String,
}

/// Why a request did not do.
struct Failed {
    reason: String,
    after: Option<Duration>,
}

impl Courier {
    /// To the Headwater at `url`, for the source that `write_key` belongs to. Both are the
    /// customer's choice.
    pub fn new(url: &Url, write_key: &str) -> Courier {
        let name_and_password = format!("{write_key}:");
        Courier {
            client: http::client(),
            batch: format!("{}/v1/batch", url.as_str().trim_end_matches('/')),
            authorization: format!("Basic {}", BASE64_STANDARD.encode(name_and_password)),
        }
    }

    /// Sends what is there and what comes, for ever.
    ///
    /// # Errors
    /// The journal cannot be read, or how far we got cannot be kept.
    pub async fn run(self, service: Arc<Service>) -> io::Result<()> {
        let mut failed = 0;
        loop {
            let unsent = on_disk(&service, |it| it.unsent(BATCH_MAX, BATCH_BYTES_MAX)).await?;
            if unsent.messages.is_empty() {
                service.messages.notified().await;
                continue;
            }
            match self.send(&unsent.messages).await {
                Ok(()) => {
                    on_disk(&service, move |it| it.sent(unsent.next)).await?;
                    service.held_up(Worker::Courier, None);
                    failed = 0;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(Failed { reason, after }) => {
                    service.held_up(Worker::Courier, Some(reason));
                    tokio::time::sleep(after.unwrap_or_else(|| backoff::delay(failed))).await;
                    failed += 1;
                }
            }
        }
    }

    async fn send(&self, messages: &[Value]) -> Result<(), Failed> {
        let body = json!({ "batch": messages, "sentAt": format!("{:.3}", Timestamp::now()) });
        let request = Request::post(&self.batch)
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())));
        let request = request.map_err(|error| Failed { reason: error.to_string(), after: None })?;
        let unreachable = |reason: String| Failed {
            reason: format!("{} cannot be reached: {reason}", self.batch),
            after: None,
        };
        let exchange = async {
            let answer =
                self.client.request(request).await.map_err(|error| unreachable(words(&error)))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER_MAX).collect().await;
            let body = body.map_err(|error| unreachable(words(&*error)))?.to_bytes();
            Ok((head, body))
        };
        let answered = tokio::time::timeout(TIMEOUT, exchange).await;
        let (head, body) =
            answered.unwrap_or_else(|_| Err(unreachable("it does not answer".to_owned())))?;
        if head.status == StatusCode::OK {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        let after = head.headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
        Err(Failed {
            reason: format!("{} answers {}: {said}", self.batch, head.status.as_u16()),
            after: after
                .map(|seconds: u64| Duration::from_secs(seconds.min(RETRY_AFTER_MAX)).max(PAUSE)),
        })
    }
}

async fn on_disk<T: Send + 'static>(
    service: &Arc<Service>,
    work: impl FnOnce(&Service) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let service = service.clone();
    tokio::task::spawn_blocking(move || work(&service)).await.map_err(io::Error::other)?
}
