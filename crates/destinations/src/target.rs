//! Where HTTP requests of a destination go, and how patient it is when the egress rule forbids it.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use destination_kit::{
    DeliveryError,
    http::{Call, HttpClient, HttpError, Reply},
};
use http::{HeaderValue, Uri};
use url::Url;

/// A name whose addresses are all forbidden may have been looked up at a bad moment: it is asked
/// again for so long before the destination is paused.
const FORBIDDEN_NAME_PATIENCE_MS: i64 = 5 * 60 * 1000;
/// Between two such attempts.
pub(crate) const FORBIDDEN_NAME_DELAY: Duration = Duration::from_secs(15);

/// A URL to send to.
#[derive(Debug)]
pub(crate) struct Target {
    /// Without user name, password and fragment.
    pub(crate) uri: Uri,
    /// The host can lead elsewhere tomorrow.
    pub(crate) host_is_name: bool,
    /// The user name and password in the URL, as `Authorization`.
    pub(crate) credentials: Option<HeaderValue>,
    /// When the egress rule began to forbid every attempt, Unix milliseconds; 0 when it does not.
    forbidden_since_ms: AtomicI64,
}

impl Target {
    /// Reads the URL.
    ///
    /// Errors: what is wrong with it.
    pub(crate) fn parse(url: &str) -> Result<Target, String> {
        let mut url = Url::parse(url).map_err(|bad| format!("is no URL: {bad}"))?;
        let credentials = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let decode =
                |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
            basic(&decode(url.username()), &decode(url.password().unwrap_or_default()))
        });
        let stripped = url.set_username("").and_then(|()| url.set_password(None));
        stripped.map_err(|()| "cannot hold a user name".to_owned())?;
        url.set_fragment(None);
        let host_is_name = url.domain().is_some_and(|name| {
            let name = name.trim_end_matches('.');
            name != "localhost" && !name.ends_with(".localhost")
        });
        let uri = url.as_str().parse().map_err(|bad| format!("cannot be called: {bad}"))?;
        let forbidden_since_ms = AtomicI64::new(0);
        Ok(Target { uri, host_is_name, credentials, forbidden_since_ms })
    }

    /// Sends `call`, which goes here, at `now_ms`.
    ///
    /// Errors: there was no answer.
    pub(crate) async fn send(
        &self,
        client: &HttpClient,
        call: Call,
        now_ms: i64,
    ) -> Result<Reply, DeliveryError> {
        let sent = client.send(call).await;
        if !matches!(sent, Err(HttpError::Forbidden(_))) {
            self.forbidden_since_ms.store(0, Relaxed);
        }
        sent.map_err(|error| match error {
            HttpError::Failed(fault) => DeliveryError::Retry(fault, None),
            HttpError::Forbidden(fault) if self.may_change_its_mind(now_ms) => {
                DeliveryError::Retry(fault, Some(FORBIDDEN_NAME_DELAY))
            }
            HttpError::Forbidden(fault) => DeliveryError::BadSettings(fault),
        })
    }

    fn may_change_its_mind(&self, now_ms: i64) -> bool {
        let began = self.forbidden_since_ms.compare_exchange(0, now_ms, Relaxed, Relaxed);
        let since_ms = began.map_or_else(|earlier| earlier, |_| now_ms);
        self.host_is_name && now_ms - since_ms < FORBIDDEN_NAME_PATIENCE_MS
    }
}

/// `Authorization` with a user name and a password.
pub(crate) fn basic(username: &[u8], password: &[u8]) -> HeaderValue {
    let value = format!("Basic {}", STANDARD.encode([username, b":", password].concat()));
    let mut value = HeaderValue::try_from(value).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}
