//! What a source sends: its events and their properties, found in its newest messages. Nothing is
//! stored, and values are never shown, only their names and types.
//!
//! Source: Segment, "Schema": at most 4,000 events of a source and 300 properties of an event are
//! listed, nested ones included; items of arrays stand as one property with the ending `.$`.

use std::{borrow::Cow, collections::BTreeMap};

use event_log::{EventLog, LogError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use spec::Kind;

use crate::{
    opened::{Content, Opened},
    recent::{Reach, recent},
    row::iso,
};

/// Events that are told apart.
pub(crate) const EVENTS_MAX: usize = 4_000;
/// Properties of one event that are told apart.
pub(crate) const PROPERTIES_MAX: usize = 300;
/// Properties of all events together: what an answer can reasonably hold.
const PROPERTIES_IN_ALL_MAX: usize = 50_000;
/// Longer names are not listed.
const NAME_BYTES_MAX: usize = 512;
/// One request looks through at most this much of the log.
const SCAN_BYTES_MAX: usize = 32 * 1024 * 1024;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Of a longer time the series go by days.
const BY_HOURS_MAX_MS: i64 = 2 * DAY_MS;

/// What a source sends, as far as it was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schema {
    /// When the oldest message came that was looked at.
    from: Option<String>,
    /// How many were looked at.
    messages: usize,
    /// Whether these are all that are kept, or all of the time that was asked for.
    complete: bool,
    /// Whether there are events or properties beyond what is told apart.
    truncated: bool,
    limits: Limits,
    /// What a point of a series stands for: `hour` or `day`.
    interval: &'static str,
    events: Vec<EventView>,
}

/// How many are told apart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    events: usize,
    properties_of_event: usize,
    traits: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView {
    r#type: &'static str,
    name: Option<String>,
    count: u64,
    accepted: u64,
    discarded: u64,
    first_seen_at: String,
    last_seen_at: String,
    series: Vec<Point>,
    properties: Vec<PropertyView>,
}

/// The messages of one hour or day in which there were any.
#[derive(Debug, Serialize)]
struct Point {
    at: String,
    accepted: u64,
    discarded: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PropertyView {
    name: String,
    count: u64,
    accepted: u64,
    discarded: u64,
    last_seen_at: String,
    types: BTreeMap<&'static str, u64>,
}

/// Looks at so many of the newest messages of `stream`, at none before `since_ms`, and at fewer when
/// they are large.
pub(crate) async fn schema(
    log: &dyn EventLog,
    stream: u64,
    messages: usize,
    since_ms: Option<i64>,
) -> Result<Schema, LogError> {
    let mut sketch = Sketch::default();
    let reach = Reach { messages, since_ms, bytes: SCAN_BYTES_MAX };
    let looked = recent(log, stream, reach, |opened| sketch.take(opened)).await?;
    Ok(sketch.schema(looked.complete))
}

/// What was found so far.
#[derive(Debug, Default)]
struct Sketch {
    messages: usize,
    oldest_ms: Option<i64>,
    events: BTreeMap<(Kind, Option<String>), Event>,
    properties: usize,
    truncated: bool,
}

#[derive(Debug)]
struct Event {
    accepted: u64,
    discarded: u64,
    first_ms: i64,
    last_ms: i64,
    /// Accepted and discarded ones, by the first millisecond of their hour.
    hours: BTreeMap<i64, (u64, u64)>,
    properties: BTreeMap<String, Property>,
}

/// In how many messages a property stood, and with which types.
#[derive(Debug, Default)]
struct Property {
    any: Count,
    discarded: u64,
    last_ms: i64,
    types: [Count; TYPES.len()],
}

/// How many messages, each counted once however often it is noted.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    messages: u64,
    /// Number of the last one.
    last: usize,
}

const TYPES: [&str; 6] = ["array", "boolean", "null", "number", "object", "string"];

fn type_of(value: &Value) -> usize {
    match value {
        Value::Array(_) => 0,
        Value::Bool(_) => 1,
        Value::Null => 2,
        Value::Number(_) => 3,
        Value::Object(_) => 4,
        Value::String(_) => 5,
    }
}

impl Sketch {
    fn take(&mut self, opened: &Opened) {
        self.messages += 1;
        let at_ms = opened.received_at_ms;
        self.oldest_ms = Some(self.oldest_ms.map_or(at_ms, |oldest| oldest.min(at_ms)));
        let fields = opened.fields();
        let Some(kind) = fields.kind.and_then(|kind| kind.parse::<Kind>().ok()) else { return };
        let named = matches!(kind, Kind::Track | Kind::Page | Kind::Screen);
        let key = (kind, fields.name.filter(|_| named).map(Cow::into_owned));
        let room = key.1.as_ref().is_none_or(|name| name.len() <= NAME_BYTES_MAX)
            && (self.events.len() < EVENTS_MAX || self.events.contains_key(&key));
        if !room {
            self.truncated = true;
            return;
        }
        let event = self.events.entry(key).or_insert_with(|| Event::new(at_ms));
        let hour = event.hours.entry(at_ms - at_ms.rem_euclid(HOUR_MS)).or_default();
        let discarded = match &opened.content {
            Content::Discarded(discard, _) => {
                event.discarded += u64::from(discard.messages);
                hour.1 += u64::from(discard.messages);
                true
            }
            _ => {
                event.accepted += 1;
                hour.0 += 1;
                false
            }
        };
        event.first_ms = event.first_ms.min(at_ms);
        event.last_ms = event.last_ms.max(at_ms);
        if let Some(Value::Object(fields)) = described(kind, opened.body()) {
            let mut walk = Walk {
                properties: &mut event.properties,
                in_all: &mut self.properties,
                truncated: &mut self.truncated,
                message: self.messages,
                discarded,
                at_ms,
            };
            walk.object(&mut String::new(), &fields);
        }
    }

    fn schema(self, complete: bool) -> Schema {
        let times = self.events.values().map(|event| (event.first_ms, event.last_ms));
        let span = times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let by_hours = span.is_none_or(|(first, last)| last - first <= BY_HOURS_MAX_MS);
        let (interval, step_ms) = if by_hours { ("hour", HOUR_MS) } else { ("day", DAY_MS) };
        let events = self.events.into_iter().map(|((kind, name), event)| EventView {
            r#type: kind.as_str(),
            name,
            count: event.accepted + event.discarded,
            accepted: event.accepted,
            discarded: event.discarded,
            first_seen_at: iso(event.first_ms),
            last_seen_at: iso(event.last_ms),
            series: series(&event.hours, step_ms),
            properties: event.properties.into_iter().map(PropertyView::of).collect(),
        });
        Schema {
            from: self.oldest_ms.map(iso),
            messages: self.messages,
            complete,
            truncated: self.truncated,
            limits: Limits {
                events: EVENTS_MAX,
                properties_of_event: PROPERTIES_MAX,
                traits: PROPERTIES_MAX,
            },
            interval,
            events: events.collect(),
        }
    }
}

/// Hours put together to steps.
fn series(hours: &BTreeMap<i64, (u64, u64)>, step_ms: i64) -> Vec<Point> {
    let mut steps: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (hour_ms, (accepted, discarded)) in hours {
        let step = steps.entry(hour_ms - hour_ms.rem_euclid(step_ms)).or_default();
        *step = (step.0 + accepted, step.1 + discarded);
    }
    let point = |(at, (accepted, discarded))| Point { at: iso(at), accepted, discarded };
    steps.into_iter().map(point).collect()
}

impl Event {
    fn new(at_ms: i64) -> Event {
        Event {
            accepted: 0,
            discarded: 0,
            first_ms: at_ms,
            last_ms: at_ms,
            hours: BTreeMap::new(),
            properties: BTreeMap::new(),
        }
    }
}

impl PropertyView {
    fn of((name, property): (String, Property)) -> PropertyView {
        let types = TYPES.into_iter().zip(property.types);
        let types = types.filter(|(_, count)| count.messages > 0);
        PropertyView {
            name,
            count: property.any.messages,
            accepted: property.any.messages - property.discarded,
            discarded: property.discarded,
            last_seen_at: iso(property.last_ms),
            types: types.map(|(word, count)| (word, count.messages)).collect(),
        }
    }
}

/// `properties` of a track, page or screen call, `traits` of an identify or group call.
fn described(kind: Kind, message: &[u8]) -> Option<Value> {
    #[derive(Deserialize)]
    struct Parts<'a> {
        #[serde(borrow)]
        properties: Option<&'a RawValue>,
        #[serde(borrow)]
        traits: Option<&'a RawValue>,
    }
    let parts: Parts<'_> = serde_json::from_slice(message).ok()?;
    let raw = match kind {
        Kind::Track | Kind::Page | Kind::Screen => parts.properties,
        Kind::Identify | Kind::Group => parts.traits,
        Kind::Alias => None,
    };
    serde_json::from_str(raw?.get()).ok()
}

/// One message's properties on their way into the sketch.
struct Walk<'a> {
    properties: &'a mut BTreeMap<String, Property>,
    in_all: &'a mut usize,
    truncated: &'a mut bool,
    message: usize,
    discarded: bool,
    at_ms: i64,
}

impl Walk<'_> {
    fn object(&mut self, path: &mut String, fields: &serde_json::Map<String, Value>) {
        let length = path.len();
        for (name, value) in fields {
            if length > 0 {
                path.push('.');
            }
            path.push_str(name);
            self.value(path, value);
            path.truncate(length);
        }
    }

    fn value(&mut self, path: &mut String, value: &Value) {
        self.note(path, value);
        match value {
            Value::Object(fields) => self.object(path, fields),
            Value::Array(items) => {
                let length = path.len();
                path.push_str(".$");
                for item in items {
                    self.value(path, item);
                }
                path.truncate(length);
            }
            _ => {}
        }
    }

    fn note(&mut self, path: &str, value: &Value) {
        let property = match self.properties.get_mut(path) {
            Some(property) => property,
            None => {
                let room = self.properties.len() < PROPERTIES_MAX
                    && *self.in_all < PROPERTIES_IN_ALL_MAX
                    && path.len() <= NAME_BYTES_MAX;
                if !room {
                    *self.truncated = true;
                    return;
                }
                *self.in_all += 1;
                self.properties.entry(path.to_owned()).or_default()
            }
        };
        if property.any.note(self.message) {
            property.discarded += u64::from(self.discarded);
            property.last_ms = property.last_ms.max(self.at_ms);
        }
        property.types[type_of(value)].note(self.message);
    }
}

impl Count {
    /// Whether it is counted now for the first time.
    fn note(&mut self, message: usize) -> bool {
        let first = self.last != message;
        if first {
            *self = Count { messages: self.messages + 1, last: message };
        }
        first
    }
}
