//! How the store's client speaks HTTP: through the kit's client, so that the egress rule holds for
//! endpoints, redirects to tokens and whatever else a store's protocol asks for.

use std::time::Duration;

use async_trait::async_trait;
use destination_kit::http::{HttpClient, HttpError, retry_after};
use destination_kit::{Clock, World};
use http::{HeaderValue, StatusCode, header::USER_AGENT};
use http_body_util::BodyExt as _;
use object_store::{
    ClientOptions,
    client::{self, HttpConnector, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
};

/// One request, from name look-up to the end of its answer: an object may be large, a line slow.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// Nothing that we keep in a store is larger: a full segment of the log is the largest.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Makes clients of the object store library that keep the rules of a [`World`].
#[derive(Debug, Clone)]
pub(super) struct Connector {
    client: HttpClient,
    clock: Clock,
}

/// A store's no to a request.
#[derive(Debug, thiserror::Error)]
#[error("the store answers {status}: {body}")]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    pub body: String,
}

impl Connector {
    pub(super) fn new(world: &World) -> Self {
        Connector { client: HttpClient::new(world), clock: world.clock.clone() }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<client::HttpClient> {
        Ok(client::HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, client::HttpError> {
        let (mut head, body) = request.into_parts();
        let user_agent = concat!("Headwater/", env!("CARGO_PKG_VERSION"));
        head.headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(user_agent));
        let body = body.collect().await?.to_bytes();
        let request = http::Request::from_parts(head, body);
        let sent = self.client.exchange(request, REQUEST_TIMEOUT, ANSWER_BYTES_MAX).await;
        let response = sent.map_err(|error| client::HttpError::new(kind(&error), error))?;
        if is_for_the_client(&response) {
            return Ok(response.map(Into::into));
        }
        let refusal = Refusal {
            status: response.status(),
            retry_after: retry_after(response.headers(), self.clock.now_ms()),
            body: String::from_utf8_lossy(response.body()).into_owned(),
        };
        // what may pass is asked once more at once, as a broken connection is
        let passes = refusal.status.is_server_error() || refusal.status.as_u16() == 429;
        let kind = if passes { HttpErrorKind::Interrupted } else { HttpErrorKind::Unknown };
        Err(client::HttpError::new(kind, refusal))
    }
}

/// Answers that are part of the protocol: an object that is not there, or is there already.
fn is_for_the_client(response: &http::Response<bytes::Bytes>) -> bool {
    match response.status() {
        StatusCode::NOT_FOUND => !names_no_bucket(response.body()),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED | StatusCode::NOT_MODIFIED => true,
        status => status.is_success(),
    }
}

/// Whether a 404 means that the bucket is missing, not an object in it.
fn names_no_bucket(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    ["NoSuchBucket", "ContainerNotFound", "specified bucket does not exist"]
        .iter()
        .any(|word| body.contains(word))
}

fn kind(error: &HttpError) -> HttpErrorKind {
    let HttpError::Failed(fault) = error else { return HttpErrorKind::Unknown };
    match fault.code.as_str() {
        "ETIMEDOUT" => HttpErrorKind::Timeout,
        "ECONNREFUSED" | "ENOTFOUND" | "EHOSTUNREACH" | "ENETUNREACH" => HttpErrorKind::Connect,
        "ECONNRESET" => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    }
}
