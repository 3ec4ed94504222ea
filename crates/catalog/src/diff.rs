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
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub before: Option<Value>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub after: Option<Value>,
}

/// Every difference between two versions, in the order of the fields. Events, properties,
/// options and screenshots are matched by what names them, so that one put in front is one
/// change; a change of order alone is one change of the list.
pub fn diff(before: &Info, after: &Info) -> Vec<Change> {
    let mut changes = Vec::new();
    let json = |info: &Info| serde_json::to_value(info).expect("info is plain data");
    compare(String::new(), Some(&json(before)), Some(&json(after)), &mut changes);
    changes
}

fn compare(
    pointer: String,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<Change>,
) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let gone = old.keys().filter(|key| !new.contains_key(*key));
            for key in new.keys().chain(gone) {
                let here = format!("{pointer}/{}", pointer_step(key));
                compare(here, old.get(key), new.get(key), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(&pointer, old, new, changes),
        (Some(Value::Array(old)), None) => lists(&pointer, old, &[], changes),
        (None, Some(Value::Array(new))) => lists(&pointer, &[], new, changes),
        (old, new) if old == new => {}
        (old, new) => {
            changes.push(Change { pointer, before: old.cloned(), after: new.cloned() });
        }
    }
}

fn lists(pointer: &str, old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let old_names = named(old);
    let mut places: HashMap<(String, usize), usize> =
        old_names.iter().cloned().enumerate().map(|(place, name)| (name, place)).collect();
    let mut kept = Vec::new();
    for (index, name) in named(new).into_iter().enumerate() {
        let place = places.remove(&name);
        kept.extend(place);
        let here = format!("{pointer}/{index}");
        compare(here, place.map(|place| &old[place]), Some(&new[index]), changes);
    }
    let mut gone: Vec<_> = places.into_values().collect();
    gone.sort_unstable();
    for place in gone {
        compare(format!("{pointer}/{place}"), Some(&old[place]), None, changes);
    }
    if !kept.is_sorted() {
        let list = |values: &[Value]| {
            let names = named(values).into_iter();
            Some(Value::Array(names.map(|(name, _)| Value::String(name)).collect()))
        };
        let change = Change { pointer: pointer.to_owned(), before: list(old), after: list(new) };
        changes.push(change);
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
