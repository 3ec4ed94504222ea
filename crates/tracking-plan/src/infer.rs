//! A plan from what a source really sent.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use spec::Kind;

use crate::{
    plan::{Plan, RULES_MAX, Rule, RuleName, RuleType},
    text,
};

/// Properties of one rule, nested ones counted. Source: Segment, "Schema", limits.
const PROPERTIES_MAX: usize = 300;
/// Bytes of a name; what has a longer one is not looked at.
const NAME_BYTES_MAX: usize = 256;
/// Objects within objects that are looked into.
const DEPTH_MAX: usize = 8;
/// An enum has at most so many values, each at most so long …
const VALUES_MAX: usize = 8;
const VALUE_CHARS_MAX: usize = 40;
/// … was seen so often, and each of its values so often.
const ENUM_SEEN_MIN: u64 = 20;
const ENUM_VALUE_SEEN_MIN: u64 = 3;

/// Takes messages in and makes a plan of them. Memory is bounded by the limits of a plan.
#[derive(Debug, Clone, Default)]
pub struct Inference {
    messages: u64,
    unread: u64,
    rules: BTreeMap<(RuleType, Option<String>), Seen>,
}

/// A plan, and how much there is behind each part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inferred {
    /// The plan: one rule, version 1, for each event and kind of call that was seen.
    pub plan: Plan,
    /// What the rules rest on, in their order.
    pub rules: Vec<SeenRule>,
    /// Messages that were read.
    pub messages: u64,
    /// What was no message, or more than a plan can hold.
    pub unread: u64,
}

/// What one rule rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenRule {
    /// The rule.
    pub rule: RuleName,
    /// Messages of this event or kind.
    pub messages: u64,
    /// Its properties or traits, nested ones behind what holds them.
    pub properties: Vec<SeenProperty>,
    /// There were more properties than are kept.
    pub truncated: bool,
}

/// What is known of one property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenProperty {
    /// Where: `properties.products.$.sku`.
    pub path: String,
    /// How often it was there.
    pub seen: u64,
    /// How often it could have been: what holds it was there.
    pub of: u64,
    /// Its types, as JSON Schema names them.
    pub types: Vec<&'static str>,
    /// Whether the rule requires it: it was always there.
    pub required: bool,
    /// How likely the next message conforms in this: `(seen + 1) / (seen + 2)`, after Laplace.
    pub confidence: f64,
}

/// What was seen at one place.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// How often there was a value.
    seen: u64,
    types: BTreeMap<&'static str, u64>,
    /// Every text so far was a point in time.
    all_times: bool,
    /// Texts and how often; `None` when they are too many or too long.
    texts: Option<BTreeMap<String, u64>>,
    members: BTreeMap<String, Seen>,
    element: Option<Box<Seen>>,
    /// Places below a rule, counted at its root.
    places: usize,
    truncated: bool,
}

impl Inference {
    /// Nothing seen yet.
    pub fn new() -> Inference {
        Inference::default()
    }

    /// Takes in one message, as it is stored.
    pub fn add(&mut self, message: &[u8]) {
        if self.read(message).is_none() {
            self.unread += 1;
        }
    }

    fn read(&mut self, message: &[u8]) -> Option<()> {
        let value = text::object(message)?;
        let kind = Kind::from_wire(value.get("type")?.as_str()?.as_bytes())?;
        let on = RuleType::of(kind)?;
        let key = match on {
            RuleType::Track => {
                let event = value.get("event")?.as_str()?;
                Some(event.to_owned()).filter(|event| event.len() <= NAME_BYTES_MAX)?.into()
            }
            _ => None,
        };
        let full = self.rules.len() >= RULES_MAX;
        let rule = match self.rules.get_mut(&(on, key.clone())) {
            Some(rule) => rule,
            None if full => return None,
            None => self.rules.entry((on, key)).or_default(),
        };
        let empty = json!({});
        let body = value.get(on.body()).filter(|body| body.is_object()).unwrap_or(&empty);
        let mut places = rule.places;
        let whole = rule.add(body, 0, &mut places);
        rule.places = places;
        rule.truncated |= !whole;
        self.messages += 1;
        Some(())
    }

    /// The plan that everything so far conforms to.
    pub fn finish(self) -> Inferred {
        let mut plan = Plan::default();
        let mut rules = Vec::new();
        for ((on, key), seen) in self.rules {
            let body = on.body();
            let mut properties = Vec::new();
            seen.describe(body, &mut properties);
            let mut schema = json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": { body: seen.schema() },
            });
            if seen.members.values().any(|member| member.seen == seen.seen) {
                schema["required"] = json!([body]);
            }
            let rule = Rule { on, key, version: 1, json_schema: schema };
            let (messages, truncated) = (seen.seen, seen.truncated);
            rules.push(SeenRule { rule: rule.name(), messages, properties, truncated });
            plan.rules.push(rule);
        }
        Inferred { plan, rules, messages: self.messages, unread: self.unread }
    }
}

impl Seen {
    /// Takes in one value; whether all of it found room.
    fn add(&mut self, value: &Value, depth: usize, places: &mut usize) -> bool {
        self.seen += 1;
        *self.types.entry(type_of(value)).or_default() += 1;
        match value {
            Value::String(text) => {
                let known = self.types["string"] > 1;
                self.all_times = is_time(text) && (self.all_times || !known);
                self.add_text(text, !known);
                true
            }
            Value::Object(members) if depth < DEPTH_MAX => {
                let mut whole = true;
                for (name, inside) in members {
                    match self.members.get_mut(name) {
                        Some(member) => whole &= member.add(inside, depth + 1, places),
                        None if *places < PROPERTIES_MAX && name.len() <= NAME_BYTES_MAX => {
                            *places += 1;
                            let member = self.members.entry(name.clone()).or_default();
                            whole &= member.add(inside, depth + 1, places);
                        }
                        None => whole = false,
                    }
                }
                whole
            }
            Value::Array(elements) if depth < DEPTH_MAX => {
                let mut whole = true;
                for inside in elements {
                    let element = self.element.get_or_insert_default();
                    whole &= element.add(inside, depth + 1, places);
                }
                whole
            }
            Value::Object(_) | Value::Array(_) => false,
            _ => true,
        }
    }

    fn add_text(&mut self, text: &str, first: bool) {
        if first {
            self.texts = Some(BTreeMap::new());
        }
        let Some(texts) = &mut self.texts else { return };
        let room = texts.len() < VALUES_MAX && text.chars().count() <= VALUE_CHARS_MAX;
        match texts.get_mut(text) {
            Some(seen) => *seen += 1,
            None if room => {
                texts.insert(text.to_owned(), 1);
            }
            None => self.texts = None,
        }
    }

    /// The types, a number being one that is not always whole.
    fn type_names(&self) -> Vec<&'static str> {
        let number = self.types.contains_key("number");
        self.types.keys().copied().filter(|name| !(number && *name == "integer")).collect()
    }

    /// The texts, when they are few and repeated.
    fn values(&self) -> Option<Value> {
        let texts = self.texts.as_ref()?;
        let seen: u64 = texts.values().sum();
        let repeated = texts.values().all(|seen| *seen >= ENUM_VALUE_SEEN_MIN);
        let others = self.types.keys().any(|name| !["string", "null"].contains(name));
        if seen < ENUM_SEEN_MIN || !repeated || others || self.all_times {
            return None;
        }
        let mut values: Vec<Value> = texts.keys().map(|text| json!(text)).collect();
        if self.types.contains_key("null") {
            values.push(Value::Null);
        }
        Some(Value::Array(values))
    }

    fn schema(&self) -> Value {
        let mut schema = Map::new();
        let types = self.type_names();
        match types.as_slice() {
            [] => {}
            [one] => _ = schema.insert("type".into(), json!(one)),
            several => _ = schema.insert("type".into(), json!(several)),
        }
        if self.all_times && self.types.contains_key("string") {
            schema.insert("format".into(), json!("date-time"));
        }
        if let Some(values) = self.values() {
            schema.insert("enum".into(), values);
        }
        if !self.members.is_empty() {
            let properties =
                self.members.iter().map(|(name, member)| (name.clone(), member.schema()));
            schema.insert("properties".into(), Value::Object(properties.collect()));
            let held = self.objects();
            let required: Vec<&String> = self
                .members
                .iter()
                .filter(|(_, member)| member.seen == held)
                .map(|(name, _)| name)
                .collect();
            if !required.is_empty() {
                schema.insert("required".into(), json!(required));
            }
        }
        if let Some(element) = &self.element {
            schema.insert("items".into(), element.schema());
        }
        Value::Object(schema)
    }

    /// How often it was an object.
    fn objects(&self) -> u64 {
        self.types.get("object").copied().unwrap_or(0)
    }

    fn describe(&self, path: &str, out: &mut Vec<SeenProperty>) {
        let held = self.objects();
        for (name, member) in &self.members {
            let path = format!("{path}.{}", name.replace('\\', "\\\\").replace('.', "\\."));
            out.push(member.property(path.clone(), held, member.seen == held));
            member.describe(&path, out);
        }
        if let Some(element) = &self.element {
            let path = format!("{path}.$");
            out.push(element.property(path.clone(), element.seen, false));
            element.describe(&path, out);
        }
    }

    fn property(&self, path: String, of: u64, required: bool) -> SeenProperty {
        let confidence = (self.seen as f64 + 1.0) / (self.seen as f64 + 2.0);
        SeenProperty { path, seen: self.seen, of, types: self.type_names(), required, confidence }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether the validator takes this for a `date-time`.
fn is_time(text: &str) -> bool {
    // Cheap to refuse: most texts are no times.
    let bytes = text.as_bytes();
    let like = bytes.len() >= 20 && bytes[4] == b'-' && matches!(bytes[10], b'T' | b't' | b' ');
    like && times().is_valid(&json!(text))
}

/// The validator's own idea of a time, so that what is inferred is what is enforced.
fn times() -> &'static jsonschema::Validator {
    static TIMES: std::sync::OnceLock<jsonschema::Validator> = std::sync::OnceLock::new();
    TIMES.get_or_init(|| {
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(true)
            .build(&json!({ "format": "date-time" }))
            .expect("it is a schema")
    })
}

#[cfg(test)]
mod tests;
