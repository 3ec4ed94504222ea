//! What changes from one plan to the next, and which changes break senders: a message that
//! conformed before may not conform any more, or loses something.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    plan::{Plan, Rule, RuleName, RuleType},
    pointer::{dotted, join},
    settings::{CommonOnViolation, Controls, OnBlock},
};

/// Deeper than this schemas are compared as a whole.
const DEPTH_MAX: usize = 64;

/// One difference between two plans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Which sort.
    pub kind: ChangeKind,
    /// Whether a message that conformed may be at fault, or lose something, from now on.
    pub breaking: bool,
    /// The rule; `None` for the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// Where in the message, for people; `(root)` for the whole; for settings which one.
    pub field: String,
    /// What it said before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it says now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// A sort of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A rule is new.
    RuleAdded,
    /// A rule is gone.
    RuleRemoved,
    /// A property is new in the plan.
    PropertyAdded,
    /// A property is gone from the plan.
    PropertyRemoved,
    /// A property is required from now on.
    RequiredAdded,
    /// A property is no longer required.
    RequiredRemoved,
    /// A value may have fewer types.
    TypeNarrowed,
    /// A value may have more types.
    TypeWidened,
    /// Values of a list are no longer allowed.
    ValuesRemoved,
    /// More values of a list are allowed.
    ValuesAdded,
    /// A limit, pattern or format is new or tighter.
    LimitTightened,
    /// A limit, pattern or format is gone or looser.
    LimitLoosened,
    /// Another keyword of the schema says something else; it may be tighter.
    SchemaChanged,
    /// Words for people.
    DescriptionChanged,
    /// What becomes of violations is stricter.
    SettingTightened,
    /// What becomes of violations is more lenient.
    SettingLoosened,
}

/// Every change from `before` to `after`: settings first, then rules by name, each from its root
/// inward.
pub fn diff(before: &Plan, after: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    settings(before, after, &mut changes);
    let rules = |plan: &'_ Plan| -> BTreeMap<RuleName, Rule> {
        plan.rules.iter().map(|rule| (rule.name(), rule.clone())).collect()
    };
    let (old, new) = (rules(before), rules(after));
    let names: BTreeSet<&RuleName> = old.keys().chain(new.keys()).collect();
    for name in names {
        let kind = kind_of(name.on);
        let controls = kind.map_or(Controls::ALLOW, |kind| Controls::of(&after.settings, kind));
        let mut comparison = Comparison { name, controls, changes: &mut changes };
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => {
                comparison.schemas(&old.json_schema, &new.json_schema, "", 0);
            }
            (Some(_), None) => {
                // Senders of an event that is no longer planned, or of a version that is gone.
                let breaking = name.on == RuleType::Track;
                comparison.say(ChangeKind::RuleRemoved, breaking, "", None, None);
            }
            (None, Some(new)) => {
                // Nothing was asked of calls without a rule. An event was not planned before.
                let asks = name.on != RuleType::Track && asks_anything(&new.json_schema);
                comparison.say(ChangeKind::RuleAdded, asks, "", None, None);
            }
            (None, None) => {}
        }
    }
    changes
}

fn kind_of(on: RuleType) -> Option<spec::Kind> {
    spec::Kind::ALL.into_iter().find(|kind| RuleType::of(*kind) == Some(on))
}

/// Whether a schema asks for more than names of properties.
fn asks_anything(schema: &Value) -> bool {
    let Value::Object(members) = schema else { return *schema == Value::Bool(false) };
    members.iter().any(|(name, value)| match name.as_str() {
        _ if is_words(name) => false,
        "type" => *value != json!("object"),
        "properties" => value.as_object().is_some_and(|all| {
            all.values().any(|inside| match inside {
                Value::Object(members) => members.contains_key("type") || asks_anything(inside),
                _ => asks_anything(inside),
            })
        }),
        "required" => value.as_array().is_some_and(|names| !names.is_empty()),
        _ => true,
    })
}

/// Keywords that ask for nothing.
fn is_words(keyword: &str) -> bool {
    const WORDS: [&str; 12] = [
        "$schema",
        "$id",
        "id",
        "$comment",
        "title",
        "description",
        "labels",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
    ];
    WORDS.contains(&keyword)
}

fn settings(before: &Plan, after: &Plan, changes: &mut Vec<Change>) {
    let (old, new) = (&before.settings, &after.settings);
    let allow = |allow: bool| (json!(allow), u8::from(!allow));
    let common = |common: CommonOnViolation| {
        let strict = match common {
            CommonOnViolation::Allow => 0,
            CommonOnViolation::OmitProperties => 1,
            CommonOnViolation::Block => 2,
        };
        (json!(common), strict)
    };
    let on_block = |on_block: OnBlock| (json!(on_block), u8::from(on_block == OnBlock::Discard));
    let each = |settings: &crate::Settings| {
        let track = &settings.track;
        let mut all = vec![
            ("track.allowUnplannedEvents".to_owned(), allow(track.allow_unplanned_events)),
            (
                "track.allowUnplannedEventProperties".to_owned(),
                allow(track.allow_unplanned_event_properties),
            ),
            ("track.allowEventOnViolations".to_owned(), allow(track.allow_event_on_violations)),
            (
                "track.allowPropertiesOnViolations".to_owned(),
                allow(track.allow_properties_on_violations),
            ),
            ("track.commonEventOnViolations".to_owned(), common(track.common_event_on_violations)),
            ("track.onBlock".to_owned(), on_block(track.on_block)),
        ];
        for (name, traits) in [("identify", &settings.identify), ("group", &settings.group)] {
            all.extend([
                (format!("{name}.allowUnplannedTraits"), allow(traits.allow_unplanned_traits)),
                (format!("{name}.allowEventOnViolations"), allow(traits.allow_event_on_violations)),
                (
                    format!("{name}.allowTraitsOnViolations"),
                    allow(traits.allow_traits_on_violations),
                ),
                (
                    format!("{name}.commonEventOnViolations"),
                    common(traits.common_event_on_violations),
                ),
                (format!("{name}.onBlock"), on_block(traits.on_block)),
            ]);
        }
        all
    };
    for ((field, (before, was)), (_, (after, is))) in each(old).into_iter().zip(each(new)) {
        if was != is {
            let breaking = is > was;
            let kind =
                if breaking { ChangeKind::SettingTightened } else { ChangeKind::SettingLoosened };
            let (before, after) = (Some(before), Some(after));
            changes.push(Change { kind, breaking, rule: None, field, before, after });
        }
    }
}

struct Comparison<'a> {
    name: &'a RuleName,
    /// Of the new plan.
    controls: Controls,
    changes: &'a mut Vec<Change>,
}

/// Types of JSON Schema; a value of type integer is one of type number too.
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// Keywords that allow less when they grow, and those that allow less when they shrink.
const FLOORS: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const CEILINGS: [&str; 5] =
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

impl Comparison<'_> {
    fn say(
        &mut self,
        kind: ChangeKind,
        breaking: bool,
        pointer: &str,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        self.changes.push(Change {
            kind,
            breaking,
            rule: Some(self.name.clone()),
            field: dotted(pointer),
            before: before.cloned(),
            after: after.cloned(),
        });
    }

    /// Compares the schemas of the value at `pointer` of a message.
    fn schemas(&mut self, old: &Value, new: &Value, pointer: &str, depth: usize) {
        if old == new {
            return;
        }
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            let breaking = *new != Value::Bool(true);
            self.say(ChangeKind::SchemaChanged, breaking, pointer, Some(old), Some(new));
            return;
        };
        if depth > DEPTH_MAX {
            self.say(ChangeKind::SchemaChanged, true, pointer, None, None);
            return;
        }
        self.types(before, after, pointer);
        self.values(before, after, pointer);
        self.required(before, after, pointer);
        let keywords: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for keyword in keywords {
            let (old, new) = (before.get(keyword), after.get(keyword));
            if old == new {
                continue;
            }
            match keyword.as_str() {
                "type" | "enum" | "required" => {}
                "properties" => {
                    let closed = after.get("additionalProperties") == Some(&Value::Bool(false));
                    self.properties(old, new, closed, pointer, depth);
                }
                "items"
                    if old.is_some_and(Value::is_object) && new.is_some_and(Value::is_object) =>
                {
                    let (Some(old), Some(new)) = (old, new) else { continue };
                    self.schemas(old, new, &join(pointer, "$"), depth + 1);
                }
                "description" | "title" | "labels" => {
                    self.say(ChangeKind::DescriptionChanged, false, pointer, old, new);
                }
                word if is_words(word) => {}
                limit => {
                    let kind = limit_change(limit, old, new);
                    let breaking = kind != ChangeKind::LimitLoosened;
                    self.say(kind, breaking, pointer, old, new);
                }
            }
        }
    }

    fn types(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, pointer: &str) {
        let (old, new) = (types_of(before), types_of(after));
        let said = (before.get("type"), after.get("type"));
        if old.difference(&new).next().is_some() {
            self.say(ChangeKind::TypeNarrowed, true, pointer, said.0, said.1);
        } else if old != new {
            self.say(ChangeKind::TypeWidened, false, pointer, said.0, said.1);
        }
    }

    fn values(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, pointer: &str) {
        let (old, new) = (before.get("enum"), after.get("enum"));
        if old == new {
            return;
        }
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned();
        match (list(old), list(new)) {
            (_, None) => self.say(ChangeKind::ValuesAdded, false, pointer, old, new),
            (None, Some(_)) => self.say(ChangeKind::ValuesRemoved, true, pointer, old, new),
            (Some(before), Some(after)) => {
                let gone: Vec<Value> =
                    before.iter().filter(|value| !after.contains(value)).cloned().collect();
                let come: Vec<Value> =
                    after.iter().filter(|value| !before.contains(value)).cloned().collect();
                if !gone.is_empty() {
                    let gone = Value::Array(gone);
                    self.say(ChangeKind::ValuesRemoved, true, pointer, Some(&gone), None);
                }
                if !come.is_empty() {
                    let come = Value::Array(come);
                    self.say(ChangeKind::ValuesAdded, false, pointer, None, Some(&come));
                }
            }
        }
    }

    fn required(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, pointer: &str) {
        let names = |members: &Map<String, Value>| -> BTreeSet<String> {
            let list = members.get("required").and_then(Value::as_array);
            let names = list.into_iter().flatten().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        };
        let (old, new) = (names(before), names(after));
        for name in new.difference(&old) {
            let pointer = join(pointer, name);
            self.say(ChangeKind::RequiredAdded, true, &pointer, None, None);
        }
        for name in old.difference(&new) {
            let pointer = join(pointer, name);
            self.say(ChangeKind::RequiredRemoved, false, &pointer, None, None);
        }
    }

    fn properties(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
        closed: bool,
        pointer: &str,
        depth: usize,
    ) {
        let empty = Map::new();
        let of = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
        let (old, new) = (of(old).unwrap_or(empty.clone()), of(new).unwrap_or(empty));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let pointer = join(pointer, name);
            match (old.get(name), new.get(name)) {
                (Some(old), Some(new)) => self.schemas(old, new, &pointer, depth + 1),
                (Some(_), None) => {
                    // It is not looked at any more, unless what is not planned is taken out.
                    let breaking = closed || self.controls.omit_unplanned;
                    self.say(ChangeKind::PropertyRemoved, breaking, &pointer, None, None);
                }
                (None, Some(new)) => {
                    self.say(ChangeKind::PropertyAdded, false, &pointer, None, new.get("type"));
                }
                (None, None) => {}
            }
        }
    }
}

/// The types that a value may have; all when nothing is said.
fn types_of(members: &Map<String, Value>) -> BTreeSet<&str> {
    let said: Vec<&str> = match members.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => TYPES.to_vec(),
    };
    let mut types: BTreeSet<&str> = said.into_iter().collect();
    if types.contains("number") {
        types.insert("integer");
    }
    types
}

fn limit_change(keyword: &str, old: Option<&Value>, new: Option<&Value>) -> ChangeKind {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    match (number(old), number(new)) {
        _ if new.is_none() => ChangeKind::LimitLoosened,
        (Some(old), Some(new)) if FLOORS.contains(&keyword) && new < old => {
            ChangeKind::LimitLoosened
        }
        (Some(old), Some(new)) if CEILINGS.contains(&keyword) && new > old => {
            ChangeKind::LimitLoosened
        }
        _ if FLOORS.contains(&keyword) || CEILINGS.contains(&keyword) => ChangeKind::LimitTightened,
        _ => match (keyword, new) {
            ("uniqueItems", Some(Value::Bool(false))) => ChangeKind::LimitLoosened,
            ("pattern" | "format" | "multipleOf" | "uniqueItems", _) => ChangeKind::LimitTightened,
            ("additionalProperties", Some(Value::Bool(true))) => ChangeKind::LimitLoosened,
            ("additionalProperties", Some(Value::Bool(false))) => ChangeKind::LimitTightened,
            _ => ChangeKind::SchemaChanged,
        },
    }
}

#[cfg(test)]
mod tests;
