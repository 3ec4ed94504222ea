//! One batch to the server, tried again as long as it makes sense.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, DATE, RETRY_AFTER},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use super::gather::Batch;
use crate::{Client, Failure};

/// Tries of one batch.
const TRIES_MAX: u32 = 10;
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest wish of a server that is granted.
const WISH_MAX: Duration = Duration::from_secs(300);

/// Sends batches to one source.
pub(super) struct Poster<'a> {
    client: &'a Client,
    url: Url,
    authorization: String,
    strict: bool,
    /// Whether anybody has ever answered: if not, the address is wrong or nobody is there.
    answered: bool,
    pub(super) retries: u64,
}

/// What the server said in the end.
pub(super) enum Outcome {
    Taken,
    /// A strict request with faults: none of its messages was taken.
    Refused(Vec<Refusal>),
}

/// One message that cannot be used, as a strict server explains it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    /// Index in the request as it comes from the server.
    #[serde(default, skip_serializing)]
    index: u64,
    /// Number among all messages, from 1.
    #[serde(default)]
    pub(super) number: u64,
    pub(super) message_id: Option<String>,
    pub(super) code: String,
    #[serde(default)]
    pub(super) pointer: String,
    #[serde(default)]
    expected: Option<String>,
    #[serde(default)]
    pub(super) detail: String,
    #[serde(default)]
    pub(super) example: Option<Box<RawValue>>,
}

impl Refusal {
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("it came as JSON")
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Refusal>,
}

impl<'a> Poster<'a> {
    pub(super) fn new(client: &'a Client, write_key: &str, strict: bool) -> Poster<'a> {
        Poster {
            client,
            url: client.address(&["v1", "batch"], &[]),
            authorization: format!("Basic {}", STANDARD.encode(format!("{write_key}:"))),
            strict,
            answered: false,
            retries: 0,
        }
    }

    /// Sends `batch` until the server has it; `waiting` hears for how many seconds it waits.
    pub(super) async fn post(
        &mut self,
        batch: &Batch,
        waiting: &(dyn Fn(f64) + Sync),
    ) -> Result<Outcome, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (failure, wish) = match self.try_once(batch).await {
                Ok(outcome) => return Ok(outcome),
                Err(Missed::ForGood(failure)) => return Err(failure),
                Err(Missed::ForNow(failure, wish)) => (failure, wish),
            };
            if tries == TRIES_MAX || !self.answered {
                return Err(failure);
            }
            self.retries += 1;
            let pause = wish.unwrap_or_else(|| backoff(tries));
            waiting(pause.as_secs_f64());
            tokio::time::sleep(pause).await;
        }
    }

    async fn try_once(&mut self, batch: &Batch) -> Result<Outcome, Missed> {
        let mut request = Request::post(self.url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, &self.authorization);
        if self.strict {
            request = request.header("prefer", "strict");
        }
        let body = batch.body.clone().into();
        let for_now = |failure| Missed::ForNow(failure, None);
        let response = self.client.call(request, body).await.map_err(for_now)?;
        self.answered = true;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.client.body(response).await.map_err(for_now)?;
        if status.is_success() {
            return Ok(Outcome::Taken);
        }
        let answer: Result<Answer, _> = serde_json::from_slice(&body);
        let (said, errors) = match answer {
            Ok(answer) => (answer.message, answer.errors),
            Err(_) => (format!("status {status}"), Vec::new()),
        };
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let message = format!("the server takes nothing: {said} ({status})");
            let fix = "try again later; `headwater trace` tells what has arrived".to_owned();
            return Err(Missed::ForNow(Failure::refused(message, Some(fix)), wish(&headers)));
        }
        if errors.is_empty() {
            let fix = match said.as_str() {
                "An invalid write key was provided" => Some("check --write-key".to_owned()),
                _ => None,
            };
            let message = format!("the server refused a request: {said} ({status})");
            return Err(Missed::ForGood(Failure::refused(message, fix)));
        }
        let numbered = errors
            .into_iter()
            .map(|refusal| Refusal { number: batch.first + refusal.index, ..refusal });
        Ok(Outcome::Refused(numbered.collect()))
    }
}

/// Why a try did not do.
enum Missed {
    ForGood(Failure),
    /// With how long the server wishes us to wait.
    ForNow(Failure, Option<Duration>),
}

fn backoff(tries: u32) -> Duration {
    PAUSE_FIRST.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(PAUSE_MAX)
}

/// `Retry-After` in seconds, or as a date, which counts from the answer's own date.
fn wish(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wish = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = headers.get(DATE)?.to_str().ok()?;
            let from = httpdate::parse_http_date(date).ok()?;
            httpdate::parse_http_date(text).ok()?.duration_since(from).unwrap_or_default()
        }
    };
    Some(wish.min(WISH_MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::{backoff, wish};

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let seconds = [1, 2, 3, 7, 30].map(|tries| backoff(tries).as_secs_f64());
        assert_eq!(seconds, [0.5, 1.0, 2.0, 30.0, 30.0]);
    }

    #[test]
    fn a_servers_wish_is_read_in_both_spellings() {
        let check = |retry_after: &str, expected: Option<u64>| {
            let mut headers = HeaderMap::new();
            let value = |text: &str| text.parse().expect("it is a header value");
            headers.insert("date", value("Thu, 13 Nov 2025 02:13:20 GMT"));
            headers.insert("retry-after", value(retry_after));
            assert_eq!(wish(&headers), expected.map(Duration::from_secs), "{retry_after}");
        };
        check("0", Some(0));
        check("7", Some(7));
        check("99999", Some(300));
        check("Thu, 13 Nov 2025 02:13:29 GMT", Some(9));
        check("Thu, 13 Nov 2025 02:13:00 GMT", Some(0));
        check("soon", None);
        assert_eq!(wish(&HeaderMap::new()), None);
    }
}
