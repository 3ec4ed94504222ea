//! One test message, sent now through a destination's real code, and everything that was said.
//! It is no delivery: the log and the books never hear of it, and the rules on where deliveries
//! may go hold for it as for any other.

use bytes::Bytes;
use destination_kit::{
    Answer, Definition, DeliveryError, History, Parcel, SettingKind, Settings, World,
    recorder::{Exchange, Recorder},
};
use http::{HeaderMap, header};
use routing::DestinationRoute;
use serde_json::{Map, Value, json};
use spec::{Head, Kind, Message, Span, limits::MESSAGE_BYTES_MAX};
use tokio::time::{Instant, timeout};

use crate::{Delivery, map::mapped, origins::Origins, send::send};

/// What stands where a secret stood.
const HIDDEN: &str = "…";
/// Tests stand beyond whatever a log can hold.
const TEST_POSITION: u64 = u64::MAX;
/// Shorter secrets are taken out of headers only: elsewhere they would take other words with them.
const SECRET_BYTES_MIN: usize = 4;

/// What came of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The last request, as JSON without secrets; `None` where the destination speaks no HTTP or
    /// was not called.
    pub request: Option<Value>,
    /// Its answer.
    pub response: Option<Value>,
    /// What the engine would do next.
    pub outcome: Outcome,
    /// In a sentence.
    pub detail: String,
    /// How long it took.
    pub took_ms: u32,
}

/// What the engine would do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing: the destination has it.
    Delivered,
    /// Nothing: the connection works, and no message was sent.
    Connected,
    /// Try again.
    Retry,
    /// Discard the message, or pause because nobody listens there any more.
    Refused,
    /// Pause until somebody edits the settings.
    BadSettings,
}

impl Outcome {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Delivered => "delivered",
            Outcome::Connected => "connected",
            Outcome::Retry => "retry",
            Outcome::Refused => "refused",
            Outcome::BadSettings => "badSettings",
        }
    }
}

/// What is wrong with a test message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMessage {
    /// Where, as a JSON pointer into the message.
    pub pointer: &'static str,
    /// What would be right.
    pub expected: String,
}

impl Delivery {
    /// Sends `message` as `route` would, but with `settings` where they are given.
    pub async fn try_out(
        &self,
        route: &DestinationRoute,
        settings: Option<&Settings>,
        message: Message,
    ) -> Trial {
        let inner = self.inner();
        let settings = settings.unwrap_or(&route.settings);
        let recorder = Recorder::default();
        let world = World { recorder: Some(recorder.clone()), ..inner.options.world.clone() };
        let destination = match inner.kinds.open(&route.kind, settings, &route.id, &world) {
            Ok((destination, _)) => destination,
            Err(problems) => {
                let problems: Vec<String> =
                    problems.iter().map(|bad| format!("{:?} {}", bad.key, bad.problem)).collect();
                return Trial {
                    request: None,
                    response: None,
                    outcome: Outcome::BadSettings,
                    detail: problems.join("; "),
                    took_ms: 0,
                };
            }
        };
        // As in the field: mappings hold for a test, filters do not.
        let mapped = match mapped(&message, route) {
            Ok(mapped) => mapped,
            Err(filtered) => {
                return Trial {
                    request: None,
                    response: None,
                    outcome: Outcome::Refused,
                    detail: filtered.reason,
                    took_ms: 0,
                };
            }
        };
        let stream = route.sources.first().map_or(0, |source| source.stream());
        let parcel = Parcel {
            message,
            position: TEST_POSITION,
            received_at_ms: world.clock.now_ms(),
            source: Origins::new(inner.routing.clone()).of(stream),
            mapped,
        };
        let began = Instant::now();
        let heard = send(&destination, &[parcel], inner.options.attempt_timeout).await;
        let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        destination.close().await;
        let answer = heard.into_iter().next().map(|(_, heard)| heard.answer);
        let definition = inner.kinds.definition(&route.kind);
        let exchanges = recorder.exchanges();
        let secrets = Secrets::of(definition.as_ref(), settings, &exchanges);
        let (outcome, detail) = match answer.expect("one message hears one answer") {
            Ok(Answer { status: Some(status) }) => {
                (Outcome::Delivered, format!("the destination answered {status}"))
            }
            Ok(Answer { status: None }) => {
                (Outcome::Delivered, went_to(definition.as_ref(), settings, &world))
            }
            Err(error) => failed(error),
        };
        let exchange = exchanges.last();
        Trial {
            request: exchange.map(|exchange| request_of(exchange, &secrets)),
            response: exchange.and_then(|exchange| response(exchange, &secrets)),
            outcome,
            detail: secrets.hide(&detail),
            took_ms,
        }
    }

    /// Tries the connection as `route` would make it, but with `settings` where they are given, and
    /// without a message. `None`: only a message could try it.
    pub async fn try_connection(
        &self,
        route: &DestinationRoute,
        settings: Option<&Settings>,
    ) -> Option<Trial> {
        let inner = self.inner();
        let settings = settings.unwrap_or(&route.settings);
        let recorder = Recorder::default();
        let world = World { recorder: Some(recorder.clone()), ..inner.options.world.clone() };
        let none = |outcome, detail, took_ms| {
            Some(Trial { request: None, response: None, outcome, detail, took_ms })
        };
        let destination = match inner.kinds.open(&route.kind, settings, &route.id, &world) {
            Ok((destination, _)) => destination,
            Err(problems) => {
                let problems: Vec<String> =
                    problems.iter().map(|bad| format!("{:?} {}", bad.key, bad.problem)).collect();
                return none(Outcome::BadSettings, problems.join("; "), 0);
            }
        };
        let began = Instant::now();
        let tried = timeout(inner.options.attempt_timeout, destination.test_connection()).await;
        let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        destination.close().await;
        let definition = inner.kinds.definition(&route.kind);
        let secrets = Secrets::of(definition.as_ref(), settings, &recorder.exchanges());
        let (outcome, detail) = match tried {
            Err(_) => (Outcome::Retry, "there was no answer in time".to_owned()),
            Ok(None) => return None,
            Ok(Some(Ok(found))) => (Outcome::Connected, found),
            Ok(Some(Err(fault))) => {
                let said = if fault.excerpt.is_empty() { &fault.code } else { &fault.excerpt };
                (Outcome::BadSettings, format!("{said} ({})", fault.code))
            }
        };
        none(outcome, secrets.hide(&detail), took_ms)
    }

    /// What the last loads of `route` brought, where its kind keeps that.
    ///
    /// Errors: the partner's, in words.
    pub async fn history(
        &self,
        route: &DestinationRoute,
        limit: usize,
    ) -> Result<Option<History>, String> {
        let inner = self.inner();
        let lent = inner.lend(&route.id).await;
        let destination = match lent {
            Some(destination) => destination,
            None => {
                let world = &inner.options.world;
                let opened = inner.kinds.open(&route.kind, &route.settings, &route.id, world);
                match opened {
                    Ok((destination, _)) => destination,
                    Err(_) => return Ok(None),
                }
            }
        };
        match timeout(inner.options.attempt_timeout, destination.history(limit)).await {
            Err(_) => Err("there was no answer in time".to_owned()),
            Ok(None) => Ok(None),
            Ok(Some(read)) => read.map(Some).map_err(|fault| fault.excerpt),
        }
    }

    /// The message that a test sends: what was given, and around it what every message has.
    ///
    /// Errors: what was given is no message.
    pub fn test_message(&self, given: Option<Map<String, Value>>) -> Result<Message, BadMessage> {
        let options = &self.inner().options;
        let id = ((options.jitter)() * f64::from(u32::MAX)) as u32;
        let now_ms = options.world.clock.now_ms();
        message(given.unwrap_or_else(default_message), now_ms, &format!("test-{now_ms}-{id:08x}"))
    }
}

fn default_message() -> Map<String, Value> {
    let message = json!({
        "type": "track",
        "event": "Test Event",
        "userId": "test-user",
        "properties": { "test": true },
    });
    let Value::Object(message) = message else { unreachable!("it was written as one") };
    message
}

fn message(mut fields: Map<String, Value>, now_ms: i64, id: &str) -> Result<Message, BadMessage> {
    let bad = |pointer, expected: &str| BadMessage { pointer, expected: expected.to_owned() };
    let kind = fields.entry("type").or_insert_with(|| json!("track"));
    let kind = kind.as_str().and_then(|kind| kind.parse::<Kind>().ok());
    let kind = kind.ok_or_else(|| bad("/type", "track, identify, page, screen, group or alias"))?;
    let text = |fields: &Map<String, Value>, key: &str| {
        fields.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    };
    if kind == Kind::Track && !text(&fields, "event") {
        return Err(bad("/event", "the name of an event, for a track call has one"));
    }
    for key in ["messageId", "userId", "anonymousId"] {
        if fields.get(key).is_some_and(|value| !value.is_null()) && !text(&fields, key) {
            let pointer = match key {
                "messageId" => "/messageId",
                "userId" => "/userId",
                _ => "/anonymousId",
            };
            return Err(bad(pointer, "text that is not empty"));
        }
    }
    if !text(&fields, "messageId") {
        fields.insert("messageId".to_owned(), json!(id));
    }
    if !text(&fields, "userId") && !text(&fields, "anonymousId") {
        fields.insert("anonymousId".to_owned(), json!("test-visitor"));
    }
    let mut now = Vec::with_capacity(24);
    spec::format_iso(now_ms, &mut now);
    let now = String::from_utf8(now).expect("times are ASCII");
    for key in ["originalTimestamp", "timestamp", "sentAt", "receivedAt"] {
        fields.entry(key).or_insert_with(|| json!(now));
    }
    fields.entry("context").or_insert_with(
        || json!({ "library": { "name": "headwater", "version": env!("CARGO_PKG_VERSION") } }),
    );
    fields.entry("integrations").or_insert_with(|| json!({}));
    let message = encoded(kind, &fields);
    if message.raw().len() > MESSAGE_BYTES_MAX {
        return Err(BadMessage {
            pointer: "",
            expected: format!("at most {MESSAGE_BYTES_MAX} bytes of JSON"),
        });
    }
    Ok(message)
}

/// The message as it would stand in the log.
fn encoded(kind: Kind, fields: &Map<String, Value>) -> Message {
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    let json = out.len();
    let none = Span::default();
    let mut head = Head {
        kind,
        message_id: none,
        name: none,
        user_id: none,
        anonymous_id: none,
        integrations: none,
    };
    let name = if kind == Kind::Track { "event" } else { "name" };
    out.push(b'{');
    for (n, (key, value)) in fields.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        write(&mut out, key);
        out.push(b':');
        let start = out.len() - json;
        write(&mut out, value);
        let len = out.len() - json - start;
        let quotes = usize::from(value.is_string());
        let span = Span { start: (start + quotes) as u32, len: (len - 2 * quotes) as u32 };
        match key.as_str() {
            "messageId" if quotes > 0 => head.message_id = span,
            "userId" if quotes > 0 => head.user_id = span,
            "anonymousId" if quotes > 0 => head.anonymous_id = span,
            "integrations" if value.as_object().is_some_and(|o| !o.is_empty()) => {
                head.integrations = span;
            }
            key if key == name && quotes > 0 => head.name = span,
            _ => {}
        }
    }
    out.push(b'}');
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).expect("it was just written")
}

fn write(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(out, value).expect("a vector takes any amount of JSON");
}

fn failed(error: DeliveryError) -> (Outcome, String) {
    let (outcome, fault, what) = match error {
        DeliveryError::Retry(fault, _) => (Outcome::Retry, fault, "it would be tried again"),
        DeliveryError::Refused(fault) => (Outcome::Refused, fault, "the message was refused"),
        DeliveryError::BadSettings(fault) => {
            (Outcome::BadSettings, fault, "the settings are not accepted")
        }
        DeliveryError::Gone(fault) => {
            (Outcome::Refused, fault, "nobody listens there any more: it would be paused")
        }
    };
    let said =
        if fault.excerpt.is_empty() { String::new() } else { format!(": {}", fault.excerpt) };
    (outcome, format!("{what} ({}){said}", fault.code))
}

/// Where a message went that needed no HTTP.
fn went_to(definition: Option<&Definition>, settings: &Settings, world: &World) -> String {
    let paths = definition.into_iter().flat_map(|definition| &definition.settings);
    let mut paths = paths.filter(|setting| setting.kind == SettingKind::Path);
    let path = paths.find_map(|setting| settings.get(&setting.key)?.as_str());
    match path {
        Some(path) => format!("it was written below {}", world.base_dir.join(path).display()),
        None => "the destination took it".to_owned(),
    }
}

/// A request as it is shown.
pub(crate) fn request_of(exchange: &Exchange, secrets: &Secrets) -> Value {
    json!({
        "method": exchange.method.as_str(),
        "url": secrets.hide(&exchange.uri.to_string()),
        "headers": headers(&exchange.headers, secrets),
        "body": secrets.hide(&String::from_utf8_lossy(&exchange.body)),
    })
}

fn response(exchange: &Exchange, secrets: &Secrets) -> Option<Value> {
    let heard = exchange.answer.as_ref()?;
    Some(json!({
        "status": heard.status,
        "headers": headers(&heard.headers, secrets),
        "body": secrets.hide(&String::from_utf8_lossy(&heard.body)),
    }))
}

fn headers(headers: &HeaderMap, secrets: &Secrets) -> Value {
    let mut shown: Map<String, Value> = Map::new();
    for (name, value) in headers {
        let private = value.is_sensitive()
            || [header::AUTHORIZATION, header::COOKIE, header::SET_COOKIE].contains(name);
        let text = match private {
            true => HIDDEN.to_owned(),
            false => secrets.hide(&String::from_utf8_lossy(value.as_bytes())),
        };
        match shown.get_mut(name.as_str()) {
            // Several of one name, as they may stand in one line.
            Some(Value::String(before)) => before.push_str(&format!(", {text}")),
            _ => drop(shown.insert(name.to_string(), Value::String(text))),
        }
    }
    Value::Object(shown)
}

/// What must not be shown, longest first.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub fn of(
        definition: Option<&Definition>,
        settings: &Settings,
        exchanges: &[Exchange],
    ) -> Secrets {
        let mut all = Vec::new();
        let known = definition.into_iter().flat_map(|definition| &definition.settings);
        for setting in known.filter(|setting| setting.secret) {
            texts(settings.get(&setting.key), &mut all);
        }
        for value in exchanges.iter().flat_map(|exchange| exchange.headers.values()) {
            if value.is_sensitive() {
                all.push(String::from_utf8_lossy(value.as_bytes()).into_owned());
            }
        }
        // A receiver may repeat credentials without their scheme.
        let bare = all.iter().filter_map(|text| Some(text.split_once(' ')?.1.trim().to_owned()));
        let bare: Vec<String> = bare.collect();
        all.extend(bare);
        // And text as it stands in JSON.
        let quoted = all.iter().map(|text| {
            let json = Value::String(text.clone()).to_string();
            json[1..json.len() - 1].to_owned()
        });
        let quoted: Vec<String> = quoted.collect();
        all.extend(quoted);
        all.retain(|text| text.len() >= SECRET_BYTES_MIN);
        all.sort_by_key(|text| std::cmp::Reverse(text.len()));
        all.dedup();
        Secrets(all)
    }

    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }
}

fn texts(value: Option<&Value>, into: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => into.push(text.clone()),
        Some(Value::Array(items)) => items.iter().for_each(|item| texts(Some(item), into)),
        Some(Value::Object(fields)) => fields.values().for_each(|item| texts(Some(item), into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
