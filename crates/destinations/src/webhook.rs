//! Webhook: HTTP requests with messages as JSON, signed as Standard Webhooks.
//!
//! A body is the message's own bytes, or `[message,message,…]` where the settings ask for batches.
//! Nothing is rendered anew unless a mapping made it, and the bytes that are signed are the bytes
//! that are sent.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{BufMut as _, Bytes, BytesMut};
use destination_kit::{
    Action, Answer, BadSetting, Batching, Clock, Definition, DeliveryError, Destination,
    DestinationKind, Field, FieldKind, Parcel, Setting, SettingKind, Settings, World,
    http::{Call, HttpClient},
    signature::{self, Signer},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE, USER_AGENT,
    },
};
use serde_json::{Value, json};
use spec::DestinationId;

use crate::target::Target;

/// Headers that the client or the signature sets.
const RESERVED_HEADERS: [HeaderName; 11] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    signature::ID_HEADER,
    signature::SIGNATURE_HEADER,
    signature::TIMESTAMP_HEADER,
];

/// The catalog's webhook.
pub struct WebhookKind;

impl DestinationKind for WebhookKind {
    fn definition(&self) -> Definition {
        Definition {
            slug: "webhook".to_owned(),
            name: "Webhook".to_owned(),
            description: "Sends each message as JSON to a URL of yours, signed as Standard \
                          Webhooks, alone or in batches."
                .to_owned(),
            settings: settings(),
            actions: vec![send()],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _owner: &DestinationId,
        world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let settings = self.definition().check(settings)?;
        Ok(Arc::new(Webhook::new(&settings, world)?))
    }
}

struct Webhook {
    client: HttpClient,
    clock: Clock,
    method: Method,
    target: Target,
    headers: HeaderMap,
    signer: Option<Signer>,
    batch_size: usize,
    batch_bytes: usize,
    timeout: Duration,
    send: Action,
}

#[async_trait]
impl Destination for Webhook {
    fn batching(&self) -> Batching {
        let (messages_max, bytes_max) = (self.batch_size, self.batch_bytes);
        Batching { messages_max, bytes_max, ..Batching::default() }
    }

    fn can_rehearse(&self) -> bool {
        true
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let now_ms = self.clock.now_ms();
        let body = self.body(parcels)?;
        let call = Call {
            method: self.method.clone(),
            uri: self.target.uri.clone(),
            headers: self.headers(parcels, &body, now_ms / 1000),
            body,
            timeout: self.timeout,
            follow_redirects: true,
        };
        self.target.send(&self.client, call, now_ms).await?.verdict()
    }
}

impl Webhook {
    fn new(settings: &Settings, world: &World) -> Result<Webhook, Vec<BadSetting>> {
        let mut bad = Vec::new();
        let mut headers = headers(settings, &mut bad);
        let target = Target::parse(text(settings, "url").unwrap_or_default())
            .map_err(|problem| BadSetting { key: "url".to_owned(), problem });
        let signer = signer(settings).map_err(|problem| bad.push(problem)).ok().flatten();
        let target = target.map_err(|problem| bad.push(problem)).ok();
        let (Some(target), true) = (target, bad.is_empty()) else { return Err(bad) };
        if let Some(credentials) = &target.credentials {
            headers.entry(AUTHORIZATION).or_insert_with(|| credentials.clone());
        }
        let number = |key| settings.get(key).and_then(Value::as_u64).unwrap_or_default();
        let method = text(settings, "method").and_then(|word| word.parse().ok());
        Ok(Webhook {
            client: HttpClient::new(world),
            clock: world.clock.clone(),
            method: method.unwrap_or(Method::POST),
            target,
            headers,
            signer,
            batch_size: number("batch_size") as usize,
            batch_bytes: number("batch_bytes") as usize,
            timeout: Duration::from_millis(number("timeout_ms")),
            send: send(),
        })
    }

    fn body(&self, parcels: &[Parcel]) -> Result<Bytes, DeliveryError> {
        if let ([parcel], 1) = (parcels, self.batch_size) {
            return self.data(parcel);
        }
        let bytes: usize = parcels.iter().map(|parcel| parcel.message.raw().len() + 1).sum();
        let mut body = BytesMut::with_capacity(bytes + 2);
        for (n, parcel) in parcels.iter().enumerate() {
            body.put_u8(if n == 0 { b'[' } else { b',' });
            body.put_slice(&self.data(parcel)?);
        }
        body.put_u8(b']');
        Ok(body.freeze())
    }

    /// The message's own bytes or, where it was mapped, what was made of it.
    fn data(&self, parcel: &Parcel) -> Result<Bytes, DeliveryError> {
        let Some(mapped) = &parcel.mapped else { return Ok(parcel.message.raw().clone()) };
        let fields = self.send.check(mapped)?;
        let data = fields.get("data").unwrap_or(&Value::Null);
        Ok(data.to_string().into())
    }

    fn headers(&self, parcels: &[Parcel], body: &[u8], now_s: i64) -> HeaderMap {
        let id = signature::request_id(parcels);
        let timestamp = now_s.to_string();
        let mut headers = self.headers.clone();
        if let Some(signer) = &self.signer {
            headers.insert(signature::SIGNATURE_HEADER, signer.sign(&id, &timestamp, body));
        }
        let value = |text: String| HeaderValue::try_from(text).expect("visible ASCII");
        headers.insert(signature::ID_HEADER, value(id));
        headers.insert(signature::TIMESTAMP_HEADER, value(timestamp));
        headers
    }
}

fn headers(settings: &Settings, bad: &mut Vec<BadSetting>) -> HeaderMap {
    let user_agent = concat!("Headwater/", env!("CARGO_PKG_VERSION"));
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(user_agent)),
    ]);
    let given = settings.get("headers").and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        match header(name, value.as_str().unwrap_or_default()) {
            Ok((name, value)) => drop(headers.insert(name, value)),
            Err(problem) => bad.push(BadSetting { key: "headers".to_owned(), problem }),
        }
    }
    headers
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let header: HeaderName =
        name.parse().map_err(|_| format!("{name:?} cannot be the name of a header"))?;
    if RESERVED_HEADERS.contains(&header) {
        return Err(format!("{name:?} is set by Headwater and cannot be given"));
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of {name:?} holds characters that no header can hold"))?;
    value.set_sensitive(true);
    Ok((header, value))
}

fn signer(settings: &Settings) -> Result<Option<Signer>, BadSetting> {
    let problem = |key: &str, problem: String| BadSetting { key: key.to_owned(), problem };
    let secrets = match (text(settings, "secret"), text(settings, "previous_secret")) {
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            let sentence = "is given without secret, which it once was".to_owned();
            return Err(problem("previous_secret", sentence));
        }
        (Some(secret), None) => vec![secret],
        (Some(secret), Some(previous)) => vec![secret, previous],
    };
    Signer::new(&secrets)
        .map(Some)
        .map_err(|(at, bad)| problem(["secret", "previous_secret"][at], bad.to_string()))
}

fn text<'a>(settings: &'a Settings, key: &str) -> Option<&'a str> {
    settings.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// What mappings can ask for.
fn send() -> Action {
    Action {
        slug: "send".to_owned(),
        name: "Send".to_owned(),
        description: "Sends what the mapping makes of a message, in place of the message."
            .to_owned(),
        trigger: "all".to_owned(),
        fields: vec![
            Field::new("data", "Data", FieldKind::Json, "The body, or its part of a batch.")
                .required()
                .or(json!({ "@path": "$." })),
        ],
    }
}

fn settings() -> Vec<Setting> {
    let methods = ["POST", "PUT", "PATCH"].map(str::to_owned).to_vec();
    vec![
        Setting::new("url", "URL", SettingKind::Url, "Where requests go.").required(),
        Setting::new(
            "method",
            "Method",
            SettingKind::Choice { of: methods },
            "The method of each request.",
        )
        .or(json!("POST")),
        Setting::new(
            "headers",
            "Headers",
            SettingKind::TextMap,
            "Headers added to each request, such as Authorization.",
        )
        .secret(),
        Setting::new(
            "secret",
            "Signing secret",
            SettingKind::Text,
            "Signs each request as Standard Webhooks: whsec_ followed by the base64 of 24 to 64 \
             random bytes.",
        )
        .secret(),
        Setting::new(
            "previous_secret",
            "Previous signing secret",
            SettingKind::Text,
            "Signs too, until every receiver knows the new secret.",
        )
        .secret(),
        Setting::new(
            "batch_size",
            "Batch size",
            SettingKind::Number { min: 1, max: 1000 },
            "The most messages in one request; above 1 each body is a JSON array, even of one.",
        )
        .or(json!(1)),
        Setting::new(
            "batch_bytes",
            "Batch bytes",
            SettingKind::Number { min: 1024, max: 4 * 1024 * 1024 },
            "The most bytes in one batch, unless a single message is larger.",
        )
        .or(json!(512 * 1024)),
        Setting::new(
            "timeout_ms",
            "Time limit",
            SettingKind::Number { min: 50, max: 30_000 },
            "How long one request may take until its answer begins, in milliseconds.",
        )
        .or(json!(5000)),
    ]
}

#[cfg(test)]
mod tests;
