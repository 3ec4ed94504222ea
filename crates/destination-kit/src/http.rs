//! The one outbound HTTP client.
//!
//! Every peer is taken for hostile: each call has a time limit, of each answer a little is kept
//! and a little more is read, redirects are followed only where the caller asks, and every new
//! connection passes the egress rule.

use std::{error::Error as _, fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, StatusCode, Uri,
    header::{
        ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER, USER_AGENT,
    },
};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper_util::{
    client::legacy::{Client, Error},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    Answer, Clock, DeliveryError, EXCERPT_BYTES_MAX, Fault, World,
    connect::{ConnectError, Connector, io_code},
    recorder::Recorder,
    signature,
};

/// Redirects that are followed, one after another.
pub const REDIRECTS_MAX: usize = 3;
/// The longest wait a partner can ask for with `Retry-After`.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Of an answer this much is read, so that its connection can be used again. A longer answer
/// costs its connection.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// What follows the head of an answer decides nothing, so it is not waited for longer than this.
const ANSWER_BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// Head of an answer and each read, in bytes.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
const IDLE_CONNECTIONS_MAX: usize = 128;
/// Shorter than what common servers allow, so that they rarely close what we are about to use.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Headers that follow a redirect to another origin. All others may hold credentials.
const HEADERS_FOR_ANY_ORIGIN: [HeaderName; 7] = [
    ACCEPT,
    CONTENT_ENCODING,
    CONTENT_TYPE,
    USER_AGENT,
    signature::ID_HEADER,
    signature::TIMESTAMP_HEADER,
    signature::SIGNATURE_HEADER,
];

/// An HTTP client with its own pool of connections. Cheap to clone; one per destination, so that
/// none uses up another's connections.
#[derive(Clone)]
pub struct HttpClient {
    inner: Client<Connector, Full<Bytes>>,
    clock: Clock,
    recorder: Option<Recorder>,
}

/// One request.
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Where to; absolute, `http` or `https`, without user name.
    pub uri: Uri,
    /// Its headers; `Host` and `Content-Length` come by themselves.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Everything from name look-up to the answer's head.
    pub timeout: Duration,
    /// Follow 307 and 308, which keep method and body, [`REDIRECTS_MAX`] times. Credentials stay
    /// with the first origin, and `https` never becomes `http`.
    pub follow_redirects: bool,
}

/// What the partner answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// The wait it asks for, at most [`RETRY_AFTER_MAX`].
    pub retry_after: Option<Duration>,
    /// The beginning of the answer when the status is no 2xx, at most [`EXCERPT_BYTES_MAX`].
    pub excerpt: String,
}

/// Why there was no answer, named for what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The egress rule forbids the target. Repeating helps only where the name's addresses change.
    #[error("target is forbidden: {}", .0.excerpt)]
    Forbidden(Fault),
    /// Try again.
    #[error("no answer: {}", .0.excerpt)]
    Failed(Fault),
}

impl HttpClient {
    /// A client under the rules of `world`.
    pub fn new(world: &World) -> Self {
        let inner = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(BUFFER_BYTES_MAX)
            .build(Connector::speaking(world, &[b"http/1.1"]));
        HttpClient { inner, clock: world.clock.clone(), recorder: world.recorder.clone() }
    }

    /// Sends `call` and reads the answer.
    ///
    /// Errors: [`HttpError`], when there is none.
    pub async fn send(&self, call: Call) -> Result<Reply, HttpError> {
        let deadline = Instant::now() + call.timeout;
        let timeout_ms = call.timeout.as_millis();
        let response = timeout_at(deadline, self.answer(call)).await.map_err(|_| {
            let sentence = format!("no answer within {timeout_ms} ms");
            HttpError::Failed(fault("ETIMEDOUT", sentence))
        })??;
        Ok(self.read(response, deadline).await)
    }

    /// Sends `request`, whose URI is absolute, and reads the whole answer, for those who speak a
    /// protocol on top of HTTP. Redirects are not followed.
    ///
    /// Errors: [`HttpError`], also when the answer has not ended after `timeout` or is longer than
    /// `answer_bytes_max`.
    pub async fn exchange(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
        answer_bytes_max: usize,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let whole = async {
            if let Some(recorder) = &self.recorder {
                let (method, uri) = (request.method(), request.uri());
                recorder.asked(method, uri, request.headers(), request.body());
            }
            let response = self.inner.request(request.map(Full::new)).await.map_err(no_answer)?;
            let (head, body) = response.into_parts();
            if let Some(recorder) = &self.recorder {
                recorder.heard(head.status, &head.headers);
            }
            let body = Limited::new(body, answer_bytes_max).collect().await;
            let body = body.map_err(|bad| broken_off(&*bad, answer_bytes_max))?.to_bytes();
            if let Some(recorder) = &self.recorder {
                recorder.heard_more(&body);
            }
            Ok(http::Response::from_parts(head, body))
        };
        tokio::time::timeout(timeout, whole).await.unwrap_or_else(|_| {
            let sentence = format!("no whole answer within {} ms", timeout.as_millis());
            Err(HttpError::Failed(fault("ETIMEDOUT", sentence)))
        })
    }

    /// The head of the final answer.
    async fn answer(&self, call: Call) -> Result<http::Response<Incoming>, HttpError> {
        let Call { method, mut uri, mut headers, body, follow_redirects, .. } = call;
        let mut hops_left = if follow_redirects { REDIRECTS_MAX } else { 0 };
        loop {
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = method.clone();
            *request.uri_mut() = uri.clone();
            // the usual call has no hop to come that would need them again
            *request.headers_mut() =
                if hops_left > 0 { headers.clone() } else { std::mem::take(&mut headers) };
            if let Some(recorder) = &self.recorder {
                recorder.asked(&method, &uri, request.headers(), &body);
            }
            let response = self.inner.request(request).await.map_err(no_answer)?;
            if let Some(recorder) = &self.recorder {
                recorder.heard(response.status(), response.headers());
            }
            let Some(target) = redirect(&uri, &response).filter(|_| hops_left > 0) else {
                return Ok(response);
            };
            if !same_origin(&uri, &target) {
                headers = HEADERS_FOR_ANY_ORIGIN
                    .into_iter()
                    .filter_map(|name| Some((name.clone(), headers.remove(&name)?)))
                    .collect();
            }
            uri = target;
            hops_left -= 1;
        }
    }

    /// Takes from `response` what is kept, and what is needed to use its connection again.
    async fn read(&self, response: http::Response<Incoming>, deadline: Instant) -> Reply {
        let status = response.status();
        let mut kept = Vec::new();
        let retry_after = if status.is_success() {
            None
        } else {
            if let Some(target) = unfollowed(&response) {
                kept.extend_from_slice(format!("redirects to {target}, not followed\n").as_bytes());
            }
            retry_after(response.headers(), self.clock.now_ms())
        };
        let kept_max = if status.is_success() { 0 } else { EXCERPT_BYTES_MAX };

        let mut body = response.into_body();
        if !body.is_end_stream() {
            let deadline = deadline.min(Instant::now() + ANSWER_BODY_TIMEOUT);
            let mut left = ANSWER_BYTES_MAX;
            // an answer that breaks off here has said what matters: its status
            while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
                let Some(data) = frame.data_ref() else { continue };
                if let Some(recorder) = &self.recorder {
                    recorder.heard_more(data);
                }
                let room = kept_max.saturating_sub(kept.len());
                kept.extend_from_slice(&data[..data.len().min(room)]);
                match left.checked_sub(data.len()) {
                    Some(rest) => left = rest,
                    None => break,
                }
            }
        }
        Reply { status: status.as_u16(), retry_after, excerpt: excerpt(&kept) }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

impl Reply {
    /// What the engine does after this answer, as HTTP means it: 2xx is a yes; 408, 425, 429 and
    /// 5xx may pass, except 501 and 505; 410 says that nobody listens any more; the rest is a no.
    pub fn verdict(self) -> Result<Answer, DeliveryError> {
        let Reply { status, retry_after, excerpt } = self;
        let fault = || Fault { status: Some(status), code: status.to_string(), excerpt };
        match status {
            200..=299 => Ok(Answer { status: Some(status) }),
            410 => Err(DeliveryError::Gone(fault())),
            501 | 505 => Err(DeliveryError::Refused(fault())),
            408 | 425 | 429 | 500.. => Err(DeliveryError::Retry(fault(), retry_after)),
            _ => Err(DeliveryError::Refused(fault())),
        }
    }
}

/// The beginning of `bytes` as text, at most [`EXCERPT_BYTES_MAX`].
pub fn excerpt(bytes: &[u8]) -> String {
    let mut text =
        String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT_BYTES_MAX)]).into_owned();
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES_MAX));
    text
}

/// `Retry-After` as seconds or as a date, at most [`RETRY_AFTER_MAX`].
pub fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        value.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs)
    } else {
        let now = std::time::UNIX_EPOCH + Duration::from_millis(now_ms.try_into().ok()?);
        httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Where `response` sends us, when it is a redirect that keeps method and body, to a place that is
/// no less safe than `from`.
fn redirect<B>(from: &Uri, response: &http::Response<B>) -> Option<Uri> {
    if !matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
    {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = url::Url::parse(&from.to_string()).ok()?.join(location).ok()?;
    let safe = target.scheme() == "https"
        || (target.scheme() == "http" && from.scheme_str() == Some("http"));
    let anonymous = target.username().is_empty() && target.password().is_none();
    let uri = target.as_str().parse::<Uri>().ok()?;
    (safe && anonymous && uri.host().is_some()).then_some(uri)
}

/// Where a final answer would have sent us.
fn unfollowed<B>(response: &http::Response<B>) -> Option<&str> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
    location?.to_str().ok()
}

fn same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |uri: &Uri| match uri.scheme_str() {
        Some("https") => uri.port_u16().unwrap_or(443),
        _ => uri.port_u16().unwrap_or(80),
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    a.scheme() == b.scheme() && host(a) == host(b) && port(a) == port(b)
}

fn fault(code: &str, sentence: String) -> Fault {
    Fault { status: None, code: code.to_owned(), excerpt: excerpt(sentence.as_bytes()) }
}

/// Why an answer did not come to its end.
fn broken_off(error: &(dyn std::error::Error + 'static), bytes_max: usize) -> HttpError {
    if error.is::<LengthLimitError>() {
        let sentence = format!("the answer is longer than {bytes_max} bytes");
        return HttpError::Failed(fault("EPROTO", sentence));
    }
    HttpError::Failed(fault("ECONNRESET", format!("the answer broke off: {error}")))
}

/// Finds in the chain of causes the one that says most.
fn no_answer(error: Error) -> HttpError {
    let mut cause = error.source();
    let mut sentence = error.to_string();
    let mut code = "ECONNRESET";
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<ConnectError>() {
            return match error {
                ConnectError::Forbidden(fault) => HttpError::Forbidden(fault.clone()),
                ConnectError::Failed(fault) => HttpError::Failed(fault.clone()),
            };
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            code = "EPROTO";
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            code = io_code(error);
        }
        sentence = format!("{sentence}: {error}");
        cause = error.source();
    }
    HttpError::Failed(fault(code, sentence))
}

#[cfg(test)]
mod tests;
