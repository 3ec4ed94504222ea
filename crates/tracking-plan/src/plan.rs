use std::{collections::HashSet, fmt};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use spec::Kind;

use crate::{problem::Problem, settings::Settings};

/// Rules in one plan. Source: Segment, "Tracking Plans", limits.
pub const RULES_MAX: usize = 2_000;
/// Rules in one request of the API. Source: Segment Public API, "Tracking Plans".
pub const RULES_PER_REQUEST_MAX: usize = 200;
/// Bytes of one rule's schema, as JSON without white space.
pub const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// What a source may send.
///
/// Shape: `{"name"?, "description"?, "settings"?: {…}, "rules": [{"type", "key"?, "version",
/// "jsonSchema"}]}`, or the list of rules alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What becomes of messages that break it.
    pub settings: Settings,
    /// Its rules, in the order of their author.
    pub rules: Vec<Rule>,
}

/// What one event, one kind of call, or every message must look like.
///
/// Source: Segment Public API, "Rule".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// What it is about.
    #[serde(rename = "type")]
    pub on: RuleType,
    /// The event's name, for [`RuleType::Track`] and for nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which version of the event; a message chooses with `context.protocols.event_version`.
    pub version: u32,
    /// JSON Schema of the whole message, of the draft that its `$schema` names; draft 7 unless it
    /// names one.
    pub json_schema: Value,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RuleType {
    /// Every message.
    Common,
    /// The event named by the rule's key.
    Track,
    /// Every identify call.
    Identify,
    /// Every group call.
    Group,
    /// Every page call.
    Page,
    /// Every screen call.
    Screen,
}

/// Names a rule within its plan: `TRACK "Order Completed" version 1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleName {
    /// What it is about.
    pub on: RuleType,
    /// The event's name.
    pub key: Option<String>,
    /// Which version.
    pub version: u32,
}

impl RuleType {
    /// Every type, in the order of the field's lists.
    pub const ALL: [RuleType; 6] = [
        RuleType::Common,
        RuleType::Track,
        RuleType::Identify,
        RuleType::Group,
        RuleType::Page,
        RuleType::Screen,
    ];

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            RuleType::Common => "COMMON",
            RuleType::Track => "TRACK",
            RuleType::Identify => "IDENTIFY",
            RuleType::Group => "GROUP",
            RuleType::Page => "PAGE",
            RuleType::Screen => "SCREEN",
        }
    }

    /// The type with this word.
    pub fn from_word(word: &str) -> Option<RuleType> {
        RuleType::ALL.into_iter().find(|on| on.as_str() == word)
    }

    /// The rules' type for a kind of call; `None` for alias, which only the common schema is for.
    pub fn of(kind: Kind) -> Option<RuleType> {
        match kind {
            Kind::Track => Some(RuleType::Track),
            Kind::Identify => Some(RuleType::Identify),
            Kind::Group => Some(RuleType::Group),
            Kind::Page => Some(RuleType::Page),
            Kind::Screen => Some(RuleType::Screen),
            Kind::Alias => None,
        }
    }

    /// The member of a message that such rules are mostly about.
    pub fn body(self) -> &'static str {
        match self {
            RuleType::Identify | RuleType::Group => "traits",
            _ => "properties",
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.on.as_str())?;
        if let Some(key) = &self.key {
            write!(f, " {key:?}")?;
        }
        write!(f, " version {}", self.version)
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Rule {
    /// Its name within its plan.
    pub fn name(&self) -> RuleName {
        RuleName { on: self.on, key: self.key.clone(), version: self.version }
    }

    /// Reads one rule; `pointer` says where it stands.
    ///
    /// Errors: everything that is wrong with its shape; the schema itself is read by
    /// [`crate::Compiled::new`].
    pub fn from_json(value: &Value, pointer: &str) -> Result<Rule, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |step: &str, message: String, fix: &str| {
            problems.push(Problem::of_plan(format!("{pointer}{step}"), message, fix));
        };
        let Value::Object(members) = value else {
            wrong("", format!("a rule is {}", word(value)), "make it an object");
            return Err(problems);
        };
        const KNOWN: [&str; 8] = [
            "type",
            "key",
            "version",
            "jsonSchema",
            "createdAt",
            "updatedAt",
            "deprecatedAt",
            "newKey",
        ];
        for name in members.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
            let step = crate::pointer::join("", name);
            let fix = "take it out; a rule has type, key, version and jsonSchema";
            wrong(&step, format!("a rule has no {name:?}"), fix);
        }
        let on = match members.get("type") {
            Some(Value::String(text)) => RuleType::from_word(text),
            _ => None,
        };
        if on.is_none() {
            let fix = "say one of COMMON, TRACK, IDENTIFY, GROUP, PAGE, SCREEN";
            wrong("/type", format!("the type is {}", found(members.get("type"))), fix);
        }
        let key = match members.get("key") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => Some(text.clone()),
            other => {
                wrong("/key", format!("the key is {}", found(other)), "make it text");
                None
            }
        };
        match (on, &key) {
            (Some(RuleType::Track), None) if !members.get("key").is_some_and(unfit_key) => {
                wrong("/key", "a TRACK rule names no event".into(), "give the event's name as key");
            }
            (Some(on), Some(_)) if on != RuleType::Track => {
                let message = format!("a rule of type {} has a key", on.as_str());
                wrong("/key", message, "leave the key out; only TRACK rules have one");
            }
            _ => {}
        }
        let version = match members.get("version") {
            None => Some(1),
            Some(value) => value.as_u64().and_then(|version| u32::try_from(version).ok()),
        };
        if version.is_none() {
            let message = format!("the version is {}", found(members.get("version")));
            wrong("/version", message, "make it a whole number from 0 to 4294967295, such as 1");
        }
        let json_schema = members.get("jsonSchema").filter(|schema| schema.is_object());
        if json_schema.is_none() {
            let message = format!("jsonSchema is {}", found(members.get("jsonSchema")));
            wrong("/jsonSchema", message, "make it a JSON Schema, an object");
        }
        match (on, version, json_schema) {
            (Some(on), Some(version), Some(schema)) if problems.is_empty() => {
                Ok(Rule { on, key, version, json_schema: schema.clone() })
            }
            _ => {
                let key = key.filter(|_| on == Some(RuleType::Track));
                let name = on.zip(version).map(|(on, version)| RuleName { on, key, version });
                problems.iter_mut().for_each(|problem| problem.rule.clone_from(&name));
                Err(problems)
            }
        }
    }
}

/// A key that was reported already.
fn unfit_key(key: &Value) -> bool {
    !matches!(key, Value::Null | Value::String(_))
}

impl Plan {
    /// Reads a plan from JSON text.
    ///
    /// Errors: everything that is wrong with its shape, the settings and each rule included.
    pub fn from_json(text: &[u8]) -> Result<Plan, Vec<Problem>> {
        let read = serde_json::from_slice::<Value>(text);
        let value = read.map_err(|error| {
            let fix = "make the file one JSON object";
            vec![Problem::of_plan("", format!("it is no JSON: {error}"), fix)]
        })?;
        Plan::from_value(&value)
    }

    /// Reads a plan from a JSON value.
    ///
    /// Errors: as [`Plan::from_json`].
    pub fn from_value(value: &Value) -> Result<Plan, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut plan = Plan::default();
        let (rules, at) = match value {
            Value::Array(_) => (Some(value), ""),
            Value::Object(members) => {
                plan.read_members(members, &mut problems);
                (members.get("rules"), "/rules")
            }
            _ => (Some(value), ""),
        };
        match rules {
            Some(Value::Array(rules)) => {
                for (index, rule) in rules.iter().enumerate() {
                    match Rule::from_json(rule, &format!("{at}/{index}")) {
                        Ok(rule) => plan.rules.push(rule),
                        Err(more) => problems.extend(more),
                    }
                }
            }
            other => {
                let message = format!("the rules are {}", found(other));
                let fix = r#"give a list of rules: {"rules": [{"type": "TRACK", "key": …}]}"#;
                problems.push(Problem::of_plan(at, message, fix));
            }
        }
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
    }

    fn read_members(&mut self, members: &Map<String, Value>, problems: &mut Vec<Problem>) {
        for (name, value) in members {
            let pointer = crate::pointer::join("", name);
            match (name.as_str(), value) {
                ("rules", _) => {}
                ("name", Value::String(text)) => self.name = Some(text.clone()),
                ("description", Value::String(text)) => self.description = Some(text.clone()),
                ("name" | "description", Value::Null) => {}
                ("name" | "description", other) => {
                    let message = format!("the {name} is {}", word(other));
                    problems.push(Problem::of_plan(pointer, message, "make it text"));
                }
                ("settings", settings) => match Settings::deserialize(settings) {
                    Ok(settings) => self.settings = settings,
                    Err(error) => {
                        let fix = "see the reference of a source's settings";
                        problems.push(Problem::of_plan(pointer, error.to_string(), fix));
                    }
                },
                // Where a plan was exported from elsewhere.
                ("id" | "slug" | "type" | "createdAt" | "updatedAt" | "resourceSchemaId", _) => {}
                _ => {
                    let fix = "take it out; a plan has name, description, settings and rules";
                    problems.push(Problem::of_plan(
                        pointer,
                        format!("a plan has no {name:?}"),
                        fix,
                    ));
                }
            }
        }
    }

    /// The plan as JSON, for reading.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan has text for keys")
    }

    /// What is wrong with the rules as a set: too many, two of one name, too large.
    pub(crate) fn check_rules(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.rules.len() > RULES_MAX {
            let message = format!("the plan has {} rules", self.rules.len());
            let fix = format!("keep it to {RULES_MAX}, or split it over sources");
            problems.push(Problem::of_plan("/rules", message, fix));
        }
        let mut names = HashSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let name = rule.name();
            if !names.insert(name.clone()) {
                problems.push(Problem {
                    message: "the plan has this rule twice".into(),
                    fix: "take one out, or give it another version".into(),
                    pointer: format!("/rules/{index}"),
                    rule: Some(name.clone()),
                });
            }
            let bytes = rule.json_schema.to_string().len();
            if bytes > SCHEMA_BYTES_MAX {
                problems.push(Problem {
                    rule: Some(name),
                    pointer: format!("/rules/{index}/jsonSchema"),
                    message: format!("the schema has {bytes} bytes"),
                    fix: format!("keep it to {SCHEMA_BYTES_MAX} bytes"),
                });
            }
        }
        problems
    }
}

/// What is wrong with a request that brings so many rules; `None` is nothing.
pub fn too_many_at_once(rules: usize) -> Option<Problem> {
    (rules > RULES_PER_REQUEST_MAX).then(|| {
        let message = format!("the request has {rules} rules");
        let fix = format!("send {RULES_PER_REQUEST_MAX} at a time");
        Problem::of_plan("/rules", message, fix)
    })
}

/// A value in a sentence.
pub(crate) fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What was found, with its value when that is short.
fn found(value: Option<&Value>) -> String {
    match value {
        None => "missing".to_owned(),
        Some(Value::String(text)) if text.chars().count() <= 40 => format!("{text:?}"),
        Some(Value::Number(number)) => number.to_string(),
        Some(value) => word(value).to_owned(),
    }
}

#[cfg(test)]
mod tests;
