//! Batches from a stream of JSON. Pure but for the reading.
//!
//! Takes JSON values one after the other, however they are spaced (so also one per line): a
//! message, a list of messages, or a request of the batch API, whose shared members go along.
//! Messages stay as they are written, byte for byte; those without a `messageId` get one in front.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
    io::Read,
    rc::Rc,
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{StreamDeserializer, de::IoRead, value::RawValue};
use uuid::Uuid;

/// Messages of one batch.
const MESSAGES_MAX: usize = 100;
/// Bytes of one batch, unless a single message is larger.
const BYTES_MAX: usize = 500 * 1024;

/// One request to the batch API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) body: String,
    pub(super) messages: usize,
    /// Number of the first message among all, from 1.
    pub(super) first: u64,
}

impl Batch {
    /// A batch of one message.
    pub(super) fn of(message: &str) -> Batch {
        Batch { body: format!(r#"{{"batch":[{message}]}}"#), messages: 1, first: 1 }
    }
}

/// A message and what its request said for all of its messages, as JSON members with commas.
struct Item {
    json: String,
    shared: Rc<str>,
}

/// Batches of whatever a reader gives.
pub(super) struct Batches<R: Read> {
    values: StreamDeserializer<'static, IoRead<R>, Box<RawValue>>,
    waiting: VecDeque<Item>,
    taken: u64,
    nothing: Rc<str>,
    /// What ended the reading, until it is told.
    fault: Option<String>,
}

impl<R: Read> Batches<R> {
    pub(super) fn new(reader: R) -> Batches<R> {
        let values = serde_json::Deserializer::from_reader(reader).into_iter();
        Batches { values, waiting: VecDeque::new(), taken: 0, nothing: "".into(), fault: None }
    }

    /// The next batch; `None` at the end. What could be read before an error comes first.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, String> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let mut body = String::new();
        let mut batch = Batch { body: String::new(), messages: 0, first: self.taken + 1 };
        let mut shared: Option<Rc<str>> = None;
        loop {
            if self.waiting.is_empty() {
                match self.fill() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(what) if batch.messages == 0 => return Err(what),
                    Err(what) => {
                        self.fault = Some(what);
                        break;
                    }
                }
                continue;
            }
            let next = self.waiting.front().expect("it is not empty");
            let is_full = batch.messages == MESSAGES_MAX
                || body.len() + next.shared.len() + next.json.len() > BYTES_MAX;
            let fits = shared.as_ref().is_none_or(|shared| **shared == *next.shared);
            if batch.messages > 0 && (is_full || !fits) {
                break;
            }
            let item = self.waiting.pop_front().expect("it is not empty");
            if batch.messages > 0 {
                body.push(',');
            }
            body.push_str(&item.json);
            shared = Some(item.shared);
            batch.messages += 1;
            self.taken += 1;
        }
        let Some(shared) = shared else { return Ok(None) };
        batch.body = format!(r#"{{{shared}"batch":[{body}]}}"#);
        Ok(Some(batch))
    }

    /// Reads one more value; `false` at the end.
    fn fill(&mut self) -> Result<bool, String> {
        let Some(value) = self.values.next() else { return Ok(false) };
        let value = value.map_err(|error| error.to_string())?;
        if value.get().starts_with('[') {
            self.push_all(value.get(), self.nothing.clone())?;
            return Ok(true);
        }
        let members: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(value.get()).map_err(|_| self.not_a_message(value.get()))?;
        match members.get("batch") {
            Some(list) if list.get().starts_with('[') && !members.contains_key("type") => {
                let mut shared = String::new();
                // The time of sending is ours now, and so is who we are.
                let goes_along = |name: &str| !matches!(name, "batch" | "sentAt" | "writeKey");
                for (name, value) in members.iter().filter(|(name, _)| goes_along(name)) {
                    let name = serde_json::to_string(name).expect("text is always JSON");
                    shared.push_str(&format!("{name}:{},", value.get()));
                }
                self.push_all(list.get(), shared.into())?;
            }
            _ => self.push(value.get(), self.nothing.clone())?,
        }
        Ok(true)
    }

    fn push_all(&mut self, list: &str, shared: Rc<str>) -> Result<(), String> {
        let list: Vec<&RawValue> = serde_json::from_str(list).map_err(|error| error.to_string())?;
        list.iter().try_for_each(|item| self.push(item.get(), shared.clone()))
    }

    fn push(&mut self, json: &str, shared: Rc<str>) -> Result<(), String> {
        let json = with_id(json).ok_or_else(|| self.not_a_message(json))?;
        self.waiting.push_back(Item { json, shared });
        Ok(())
    }

    fn not_a_message(&self, json: &str) -> String {
        let number = self.taken + self.waiting.len() as u64 + 1;
        let begins: String = json.chars().take(40).collect();
        format!("message {number} is not a JSON object: {begins}")
    }
}

/// The message with an id in front if it has none; `None` when it is no object.
fn with_id(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Members<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, IgnoredAny>);
    let Members(members) = serde_json::from_str(json).ok()?;
    if members.contains_key("messageId") {
        return Some(json.to_owned());
    }
    let rest = json.trim_start().strip_prefix('{')?;
    let comma = if members.is_empty() { "" } else { "," };
    Some(format!(r#"{{"messageId":"{}"{comma}{rest}"#, Uuid::new_v4()))
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, Batches, MESSAGES_MAX};

    fn bodies(text: &str) -> Vec<String> {
        let mut batches = Batches::new(text.as_bytes());
        let mut bodies = Vec::new();
        loop {
            match batches.next() {
                Ok(Some(batch)) => bodies.push(batch.body),
                Ok(None) => return bodies,
                Err(what) => {
                    bodies.push(what);
                    return bodies;
                }
            }
        }
    }

    #[test]
    fn every_way_of_writing_messages_is_read() {
        let one = r#"{"messageId":"1","n":1.50}"#;
        let two = r#"{ "messageId" : "2" }"#;
        let both = vec![format!(r#"{{"batch":[{one},{two}]}}"#)];
        assert_eq!(bodies(&format!("{one}\n{two}\n")), both);
        assert_eq!(bodies(&format!("\n [ {one} , {two} ]")), both);
        assert_eq!(bodies(&format!(r#"{{"batch":[{one},{two}],"sentAt":"then"}}"#)), both);
        assert_eq!(bodies(""), Vec::<String>::new());
        assert_eq!(bodies("[]"), Vec::<String>::new());
    }

    #[test]
    fn what_a_request_says_for_all_goes_along_with_its_messages_only() {
        let text = r#"{"batch":[{"messageId":"1"}],"context":{"a":1e2},"writeKey":"k"}
            {"messageId":"2"}"#;
        let expected = [
            r#"{"context":{"a":1e2},"batch":[{"messageId":"1"}]}"#,
            r#"{"batch":[{"messageId":"2"}]}"#,
        ];
        assert_eq!(bodies(text), expected);
    }

    #[test]
    fn messages_without_an_id_get_one() {
        for text in ["{}", r#"{"type":"track","properties":{"messageId":"inner"}}"#] {
            let body = &bodies(text)[0];
            let parsed: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
            let id = parsed["batch"][0]["messageId"].as_str().expect("it has one");
            assert_eq!(id.len(), 36);
        }
    }

    #[test]
    fn batches_are_bounded() {
        let many = r#"{"messageId":"1"}"#.repeat(MESSAGES_MAX * 2 + 1);
        assert_eq!(bodies(&many).len(), 3);
        let big = format!(r#"{{"messageId":"{}"}}"#, "x".repeat(BYTES_MAX / 2));
        assert_eq!(bodies(&big.repeat(3)).len(), 3);
    }

    #[test]
    fn a_fault_is_told_after_what_stands_before_it() {
        let told = bodies("{\"messageId\":\"1\"}\n{\"messageId\":");
        assert_eq!(told[0], r#"{"batch":[{"messageId":"1"}]}"#);
        assert!(told[1].contains("EOF"), "{}", told[1]);
        let told = bodies("{\"messageId\":\"1\"}\n7");
        assert_eq!(told[1], "message 2 is not a JSON object: 7");
    }
}
