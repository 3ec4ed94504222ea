//! Segment-compatible endpoint: messages as batches of the tracking API, as an SDK would send
//! them, to whoever speaks it.
//!
//! A message goes as its sender wrote it, byte for byte, but for what an endpoint says itself:
//! `receivedAt`, `originalTimestamp`, `projectId`, `version`, and `sentAt`, which stands in the
//! batch. `timestamp` is the one with the sender's clock taken out of it.
//!
//! Endpoints that forward to each other would do so for ever. Each write key that a message was
//! sent to is noted in `context.repeatChain`, and no message goes to one that stands there.

mod rewrite;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use destination_kit::{
    Answer, BadSetting, Batching, Clock, Definition, DeliveryError, Destination, DestinationKind,
    Fault, Parcel, Setting, SettingKind, Settings, World,
    http::{Call, HttpClient},
};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use spec::DestinationId;
use url::Url;

use self::rewrite::{Rewritten, rewritten};
use crate::target::{Target, basic};

/// What the tracking API takes in one request.
const BATCH_BYTES_MAX: usize = 500_000;
/// And in one message.
const MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// Bytes of messages that are put into one batch: what we add to each must fit beside them.
const BATCH_BYTES: usize = 400_000;

/// The catalog's Segment-compatible endpoint.
pub struct SegmentKind;

impl DestinationKind for SegmentKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "segment".to_owned(),
            name: "Segment-compatible endpoint".to_owned(),
            description: "Forwards each message to whatever speaks the tracking API: another \
                          Headwater, Segment, or a tool that takes Segment's SDKs."
                .to_owned(),
            settings: settings(),
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let settings = self.definition().check(settings)?;
        Ok(Arc::new(Endpoint::new(&settings, world)?))
    }
}

struct Endpoint {
    client: HttpClient,
    clock: Clock,
    target: Target,
    headers: HeaderMap,
    /// How its write key stands in `context.repeatChain`.
    link: String,
    batch_size: usize,
    timeout: Duration,
}

#[async_trait]
impl Destination for Endpoint {
    fn batching(&self) -> Batching {
        Batching { messages_max: self.batch_size, bytes_max: BATCH_BYTES, ..Batching::default() }
    }

    fn can_rehearse(&self) -> bool {
        true
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let now_ms = self.clock.now_ms();
        let call = Call {
            method: Method::POST,
            uri: self.target.uri.clone(),
            headers: self.headers.clone(),
            body: self.body(parcels, now_ms)?,
            timeout: self.timeout,
            follow_redirects: true,
        };
        let reply = self.target.send(&self.client, call, now_ms).await?;
        match reply.status {
            // no message is to blame for the write key
            401 | 403 => {
                let excerpt = format!("the write key is not accepted: {}", reply.excerpt);
                let fault = fault(&reply.status.to_string(), &excerpt);
                Err(DeliveryError::BadSettings(Fault { status: Some(reply.status), ..fault }))
            }
            _ => reply.verdict(),
        }
    }
}

impl Endpoint {
    fn new(settings: &Settings, world: &World) -> Result<Endpoint, Vec<BadSetting>> {
        let problem = |key: &str, problem: String| BadSetting { key: key.to_owned(), problem };
        let text = |key| settings.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key| settings.get(key).and_then(Value::as_u64).unwrap_or_default();
        let mut bad = Vec::new();
        let target = batch_url(text("url")).and_then(|url| Target::parse(&url));
        let target = target.map_err(|sentence| bad.push(problem("url", sentence))).ok();
        let write_key = text("write_key").trim();
        if write_key.is_empty() {
            bad.push(problem("write_key", "must not be empty".to_owned()));
        }
        if target.as_ref().is_some_and(|target| target.credentials.is_some()) {
            let sentence = "must not hold a user name: the write key is sent in its place";
            bad.push(problem("url", sentence.to_owned()));
        }
        let (Some(target), true) = (target, bad.is_empty()) else { return Err(bad) };
        let user_agent = concat!("Headwater/", env!("CARGO_PKG_VERSION"));
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, basic(write_key.as_bytes(), b"")),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (USER_AGENT, HeaderValue::from_static(user_agent)),
        ]);
        let digest = Md5::digest(write_key.as_bytes());
        Ok(Endpoint {
            client: HttpClient::new(world),
            clock: world.clock.clone(),
            target,
            headers,
            link: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            batch_size: number("batch_size") as usize,
            timeout: Duration::from_millis(number("timeout_ms")),
        })
    }

    /// `{"batch":[…],"sentAt":"…"}`.
    ///
    /// Errors: a message among them cannot be sent; the engine finds out which one.
    fn body(&self, parcels: &[Parcel], now_ms: i64) -> Result<Bytes, DeliveryError> {
        let mut body = b"{\"batch\":[".to_vec();
        for (at, parcel) in parcels.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            let began = body.len();
            match rewritten(parcel.message.raw(), &self.link, &mut body) {
                Some(Rewritten::Done) => {}
                Some(Rewritten::BeenThere) => {
                    let sentence = "the message has been sent to this write key before: \
                                    context.repeatChain names it";
                    return Err(DeliveryError::Refused(fault("LOOP", sentence)));
                }
                None => {
                    let sentence = "the message is no JSON object";
                    return Err(DeliveryError::Refused(fault("UNREADABLE", sentence)));
                }
            }
            if body.len() - began > MESSAGE_BYTES_MAX {
                let sentence = "the tracking API takes no message larger than 32 KB";
                return Err(DeliveryError::Refused(fault("MESSAGE_TOO_LARGE", sentence)));
            }
        }
        body.extend_from_slice(b"],\"sentAt\":\"");
        spec::format_iso(now_ms, &mut body);
        body.extend_from_slice(b"\"}");
        if body.len() > BATCH_BYTES_MAX {
            let sentence = "the tracking API takes no batch larger than 500 KB";
            return Err(DeliveryError::Refused(fault("BATCH_TOO_LARGE", sentence)));
        }
        Ok(Bytes::from(body))
    }
}

/// Where batches go on the endpoint at `url`.
fn batch_url(url: &str) -> Result<String, String> {
    let mut url = Url::parse(url).map_err(|bad| format!("is no URL: {bad}"))?;
    let path = url.path().trim_end_matches('/').to_owned();
    let path = match path.rsplit('/').next().unwrap_or_default() {
        "batch" | "b" | "import" => path,
        "v1" => format!("{path}/batch"),
        _ => format!("{path}/v1/batch"),
    };
    url.set_path(&path);
    Ok(url.into())
}

fn fault(code: &str, sentence: &str) -> Fault {
    let excerpt = destination_kit::http::excerpt(sentence.as_bytes());
    Fault { status: None, code: code.to_owned(), excerpt }
}

fn settings() -> Vec<Setting> {
    vec![
        Setting::new(
            "url",
            "URL",
            SettingKind::Url,
            "The endpoint; /v1/batch is added where the URL does not end in a path for batches.",
        )
        .required(),
        Setting::new(
            "write_key",
            "Write key",
            SettingKind::Text,
            "The write key of the source there that takes the messages.",
        )
        .required()
        .secret(),
        Setting::new(
            "batch_size",
            "Batch size",
            SettingKind::Number { min: 1, max: 1000 },
            "The most messages in one request.",
        )
        .or(json!(100)),
        Setting::new(
            "timeout_ms",
            "Time limit",
            SettingKind::Number { min: 50, max: 30_000 },
            "How long one request may take until its answer begins, in milliseconds.",
        )
        .or(json!(10_000)),
    ]
}

#[cfg(test)]
mod tests;
