//! TOML and JSON, one into the other. Pure.

use serde_json::{Map, Number, Value};
use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table};

/// A table as JSON. Empty texts, lists and tables are left out: they are what is not there yet.
pub(super) fn json(table: &Table) -> Map<String, Value> {
    let members = table.iter().filter_map(|(key, item)| Some((key.to_owned(), of_item(item)?)));
    members.filter(|(_, value)| !blank(value)).collect()
}

fn blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn of_item(item: &Item) -> Option<Value> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(of_value(value)),
        Item::Table(table) => Some(json(table).into()),
        Item::ArrayOfTables(tables) => {
            Some(tables.iter().map(|table| Value::from(json(table))).collect())
        }
    }
}

fn of_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().trim_end_matches('\n')),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => {
            Number::from_f64(*number.value()).map_or(Value::Null, Value::Number)
        }
        toml_edit::Value::Boolean(flag) => Value::from(*flag.value()),
        toml_edit::Value::Datetime(time) => Value::from(time.value().to_string()),
        toml_edit::Value::Array(list) => list.iter().map(of_value).collect(),
        toml_edit::Value::InlineTable(table) => {
            let members = table.iter().map(|(key, value)| (key.to_owned(), of_value(value)));
            Value::Object(members.collect())
        }
    }
}

/// Puts `value` at `key`. `None` and `null` take it out: what stands on one line is left empty, so
/// that the comment before it stays.
pub(super) fn set(table: &mut Table, key: &str, value: Option<&Value>) {
    let Some(new) = value.and_then(item) else {
        match table.get_mut(key) {
            Some(Item::Value(text)) if text.is_str() => replace(text, "".into()),
            Some(Item::Value(list)) if list.is_array() => replace(list, Array::new().into()),
            _ => {
                table.remove(key);
            }
        }
        return;
    };
    match (table.get_mut(key), new) {
        // Member by member, for the comments within.
        (Some(Item::Table(before)), Item::Table(_)) => {
            let empty = Map::new();
            let after = value.and_then(Value::as_object).unwrap_or(&empty);
            let gone: Vec<String> = before
                .iter()
                .map(|(key, _)| key.to_owned())
                .filter(|key| !after.contains_key(key))
                .collect();
            gone.iter().for_each(|key| set(before, key, None));
            after.iter().for_each(|(key, value)| set(before, key, Some(value)));
        }
        (Some(Item::Value(before)), Item::Value(new)) => replace(before, new),
        (Some(before), new) => *before = new,
        (None, new) => {
            table.insert(key, new);
        }
    }
}

/// Puts a value in the place of another one; a comment behind it stays.
fn replace(before: &mut toml_edit::Value, mut new: toml_edit::Value) {
    *new.decor_mut() = before.decor().clone();
    *before = new;
}

/// An item of a document: lists of objects as tables of their own, as people write them.
fn item(value: &Value) -> Option<Item> {
    match value {
        Value::Null => None,
        Value::Object(map) => Some(Item::Table(of_map(map))),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            let tables = list.iter().filter_map(Value::as_object).map(of_map);
            Some(Item::ArrayOfTables(tables.collect::<ArrayOfTables>()))
        }
        other => Some(Item::Value(inline(other)?)),
    }
}

fn of_map(map: &Map<String, Value>) -> Table {
    let mut table = Table::new();
    for (key, value) in map {
        if let Some(item) = item(value) {
            table.insert(key, item);
        }
    }
    table
}

fn inline(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => list.iter().filter_map(inline).collect::<Array>().into(),
        Value::Object(map) => {
            let mut table = InlineTable::new();
            for (key, value) in map {
                if let Some(value) = inline(value) {
                    table.insert(key, value);
                }
            }
            table.into()
        }
    })
}
