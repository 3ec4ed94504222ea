//! What an edit changes, field by field, for a reviewer.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{info::Info, problem::pointer_step};

/// One difference. Without `before` it was added, without `after` taken away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// JSON pointer: into the version before when it was taken away, else into the one after.
    pub pointer: String,
    /// What was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub before: Option<Value>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub after: Option<Value>,
}

/// Every difference between two versions, in the order of the fields. Events, properties,
/// options and screenshots are matched by what names them, so that one put in front is one
/// change; a change of order alone is one change of the list.
pub fn diff(before: &Info, after: &Info) -> Vec<Change> {
    let mut changes = Vec::new();
    let json = |info: &Info| serde_json::to_value(info).expect("info is plain data");
    compare(&At::default(), Some(&json(before)), Some(&json(after)), &mut changes);
    changes
}

/// [`diff`] of two versions that have a name each, which no field of theirs is: `/name`, and first.
pub fn diff_named(before: (&str, &Info), after: (&str, &Info)) -> Vec<Change> {
    let named = |name: &str| (!name.is_empty()).then(|| Value::String(name.to_owned()));
    let mut changes = Vec::new();
    if before.0 != after.0 {
        let pointer = "/name".to_owned();
        changes.push(Change { pointer, before: named(before.0), after: named(after.0) });
    }
    changes.extend(diff(before.1, after.1));
    changes
}

/// The same place in both versions.
#[derive(Default)]
struct At {
    before: String,
    after: String,
}

impl At {
    fn step(&self, before: &str, after: &str) -> At {
        At { before: format!("{}/{before}", self.before), after: format!("{}/{after}", self.after) }
    }
}

fn compare(at: &At, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let gone = old.keys().filter(|key| !new.contains_key(*key));
            for key in new.keys().chain(gone) {
                let step = pointer_step(key);
                compare(&at.step(&step, &step), old.get(key), new.get(key), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(at, old, new, changes),
        (Some(Value::Array(old)), None) => lists(at, old, &[], changes),
        (None, Some(Value::Array(new))) => lists(at, &[], new, changes),
        (old, new) if old == new => {}
        (old, new) => {
            let pointer = if new.is_some() { &at.after } else { &at.before }.clone();
            changes.push(Change { pointer, before: old.cloned(), after: new.cloned() });
        }
    }
}

fn lists(at: &At, old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let old_names = named(old).into_iter().enumerate();
    let mut places: HashMap<_, usize> = old_names.map(|(place, name)| (name, place)).collect();
    let mut kept = Vec::new();
    for (index, name) in named(new).into_iter().enumerate() {
        let place = places.remove(&name);
        kept.extend(place);
        let here = at.step(&place.unwrap_or(index).to_string(), &index.to_string());
        compare(&here, place.map(|place| &old[place]), Some(&new[index]), changes);
    }
    let mut gone: Vec<_> = places.into_values().collect();
    gone.sort_unstable();
    for place in gone {
        let step = place.to_string();
        compare(&at.step(&step, &step), Some(&old[place]), None, changes);
    }
    if !kept.is_sorted() {
        let list = |values: &[Value]| {
            let names = named(values).into_iter();
            Some(Value::Array(names.map(|(name, _)| Value::String(name)).collect()))
        };
        let pointer = at.after.clone();
        changes.push(Change { pointer, before: list(old), after: list(new) });
    }
}

/// What names each item, and how often that name came before.
fn named(list: &[Value]) -> Vec<(String, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let names = list.iter().map(|item| {
        let field = |key: &str| item.get(key).and_then(Value::as_str);
        match (item.as_str(), field("asset"), field("name"), field("kind")) {
            (Some(text), ..) => text.to_owned(),
            (_, Some(asset), ..) => asset.to_owned(),
            (_, _, Some(name), None | Some("track")) => name.to_owned(),
            (_, _, name, kind) => {
                format!("{} {}", kind.unwrap_or_default(), name.unwrap_or_default())
                    .trim()
                    .to_owned()
            }
        }
    });
    names
        .map(|name| {
            let times = seen.entry(name.clone()).or_default();
            *times += 1;
            (name, *times - 1)
        })
        .collect()
}

#[cfg(test)]
mod tests;
