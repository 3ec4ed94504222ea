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
    history::{Stretch, stretch},
    opened::{Content, Opened, Verdict},
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

/// What a source sends, as far as it was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schema {
    /// When the oldest message came that was looked at.
    from: Option<String>,
    /// How many were looked at.
    messages: usize,
    /// Whether these are all that are kept.
    complete: bool,
    /// Whether there are events or properties beyond what is told apart.
    truncated: bool,
    events: Vec<EventView>,
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
    properties: Vec<PropertyView>,
}

#[derive(Debug, Serialize)]
struct PropertyView {
    name: String,
    count: u64,
    types: BTreeMap<&'static str, u64>,
}

/// Looks at the newest `wanted` messages of `stream`, or at fewer when they are large.
pub(crate) async fn schema(
    log: &dyn EventLog,
    stream: u64,
    wanted: usize,
) -> Result<Schema, LogError> {
    let mut before = *log.end().borrow();
    let mut sketch = Sketch::default();
    let mut scanned = 0;
    let complete = loop {
        let Some(block) = log.block_before(before, Some(stream)) else { break true };
        let end = block.end.min(before);
        let of = |verdict| matches!(verdict, Verdict::Accepted | Verdict::Discarded);
        let read = stretch(log, block.start..end, Some(stream), of).await?;
        let Some(Stretch { entries, bytes }) = read else { break true };
        scanned += bytes;
        let left = wanted - sketch.messages;
        let whole = entries.len() <= left;
        for entry in entries.iter().rev().take(left) {
            if let Some(opened) = Opened::open(entry) {
                sketch.take(&opened);
            }
        }
        before = block.start;
        if !whole {
            break false;
        }
        if sketch.messages == wanted || scanned >= SCAN_BYTES_MAX {
            break log.block_before(before, Some(stream)).is_none();
        }
        tokio::task::yield_now().await;
    };
    Ok(sketch.schema(complete))
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
    properties: BTreeMap<String, Property>,
}

/// In how many messages a property stood, and with which types.
#[derive(Debug, Default)]
struct Property {
    any: Count,
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
        match &opened.content {
            Content::Discarded(discard, _) => event.discarded += u64::from(discard.messages),
            _ => event.accepted += 1,
        }
        event.first_ms = event.first_ms.min(at_ms);
        event.last_ms = event.last_ms.max(at_ms);
        if let Some(Value::Object(fields)) = described(kind, opened.body()) {
            let mut walk = Walk {
                properties: &mut event.properties,
                in_all: &mut self.properties,
                truncated: &mut self.truncated,
                message: self.messages,
            };
            walk.object(&mut String::new(), &fields);
        }
    }

    fn schema(self, complete: bool) -> Schema {
        let events = self.events.into_iter().map(|((kind, name), event)| EventView {
            r#type: kind.as_str(),
            name,
            count: event.accepted + event.discarded,
            accepted: event.accepted,
            discarded: event.discarded,
            first_seen_at: iso(event.first_ms),
            last_seen_at: iso(event.last_ms),
            properties: event.properties.into_iter().map(PropertyView::of).collect(),
        });
        Schema {
            from: self.oldest_ms.map(iso),
            messages: self.messages,
            complete,
            truncated: self.truncated,
            events: events.collect(),
        }
    }
}

impl Event {
    fn new(at_ms: i64) -> Event {
        let properties = BTreeMap::new();
        Event { accepted: 0, discarded: 0, first_ms: at_ms, last_ms: at_ms, properties }
    }
}

impl PropertyView {
    fn of((name, property): (String, Property)) -> PropertyView {
        let types = TYPES.into_iter().zip(property.types);
        let types = types.filter(|(_, count)| count.messages > 0);
        PropertyView {
            name,
            count: property.any.messages,
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
        property.any.note(self.message);
        property.types[type_of(value)].note(self.message);
    }
}

impl Count {
    fn note(&mut self, message: usize) {
        if self.last != message {
            *self = Count { messages: self.messages + 1, last: message };
        }
    }
}
