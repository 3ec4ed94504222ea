#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use super::*;
use crate::postgres::{
    name,
    selection::Selection,
    tests::{Random, parcel, track},
};

/// Keys that become one name, that are ours, that are hostile.
const KEYS: [&str; 14] = [
    "total",
    "Total",
    "TOTAL!",
    "orderId",
    "order_id",
    "order",
    "id",
    "user_id",
    "a.b",
    "a b",
    "",
    "🎉",
    "select",
    "q\"uote\\",
];

fn value(random: &mut Random, depth: u64) -> Value {
    match random.below(if depth > 2 { 9 } else { 11 }) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => json!(random.below(1000)),
        3 => json!(-2.5),
        4 => serde_json::from_str("123456789012345678901234567890").unwrap(),
        5 => json!("2026-11-25T14:10:00.000Z"),
        6 => json!("text\twith\n\\N and \"more\""),
        7 => json!(["a", { "b": "\n" }]),
        8 => json!(format!("s-{}", random.below(5))),
        _ => object(random, depth + 1),
    }
}

fn object(random: &mut Random, depth: u64) -> Value {
    let keys =
        (0..random.below(8)).map(|_| KEYS[random.below(KEYS.len() as u64) as usize].to_owned());
    let keys: Vec<String> = keys.collect();
    Value::Object(keys.into_iter().map(|key| (key, value(random, depth))).collect::<Map<_, _>>())
}

/// Every value that is no object, under its keys.
fn leaves(value: &Value, keys: &mut Vec<String>, out: &mut Vec<(Vec<String>, Value)>) {
    let Value::Object(object) = value else {
        return out.push((keys.clone(), value.clone()));
    };
    for (key, value) in object {
        keys.push(key.clone());
        leaves(value, keys, out);
        keys.pop();
    }
}

/// A line of `COPY` as Postgres reads it.
fn fields(line: &str) -> Vec<Option<String>> {
    let field = |text: &str| {
        if text == "\\N" {
            return None;
        }
        let (mut out, mut chars) = (String::new(), text.chars());
        while let Some(c) = chars.next() {
            out.push(match (c, if c == '\\' { chars.next() } else { None }) {
                (_, Some('n')) => '\n',
                (_, Some('r')) => '\r',
                (_, Some('t')) => '\t',
                (_, Some(other)) => other,
                (c, None) => c,
            });
        }
        Some(out)
    };
    line.split('\t').map(field).collect()
}

/// Whatever is sent, each value stands in the column that is called like it, or in `_extra` under
/// its own path, and nowhere else is anything.
#[test]
fn nothing_is_lost_and_nothing_is_made_up() {
    let mut random = Random(77);
    let selection = Arc::new(Selection::default());
    let mut layout = Layout::new("shop", selection, Vec::new(), HashSet::new(), 100);
    let mut lost = 0;
    for round in 0..60 {
        let sent: Vec<Value> = (0..20)
            .map(|n| track(&format!("m-{round}-{n}"), "Sent", object(&mut random, 0)))
            .collect();
        let parcels: Vec<_> = sent.iter().zip(0..).map(|(json, n)| parcel(n, json)).collect();
        let batch = layout.read(parcels.iter());
        // some columns have a type that cannot be changed
        for table in &mut layout.tables {
            for column in table.columns.iter_mut().filter(|column| column.name == "total") {
                (column.wanted, column.fixed) = (Some(ColumnType::Int(64)), true);
            }
        }
        layout.stands();
        let at = layout.tables.iter().position(|table| table.name == "sent").unwrap();
        let copied = copy(&layout, &batch, at);
        let names: Vec<String> = copied
            .columns
            .iter()
            .map(|column| layout.tables[at].columns[*column as usize].name.clone())
            .collect();
        let data = String::from_utf8(copied.data.to_vec()).unwrap();
        assert_eq!(data.lines().count(), sent.len());
        for (line, sent) in data.lines().zip(&sent) {
            let mut fields = fields(line);
            let extra = fields.pop().unwrap();
            let extra: Map<String, Value> =
                extra.map_or_else(Map::new, |json| serde_json::from_str(&json).unwrap());
            let columns: BTreeMap<&str, String> = names
                .iter()
                .map(String::as_str)
                .zip(fields)
                .filter_map(|(name, field)| Some((name, field?)))
                .collect();
            let mut found = Vec::new();
            leaves(&sent["properties"], &mut Vec::new(), &mut found);
            let mut used = HashSet::from(
                ["id", "received_at", "anonymous_id", "event", "event_text"].map(str::to_owned),
            );
            let mut in_extra = 0;
            for (keys, value) in found.iter().filter(|(_, value)| !value.is_null()) {
                let path = format!("properties.{}", keys.join("."));
                let words: Vec<&str> = keys.iter().map(String::as_str).collect();
                let name = name::column("", &words);
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Bool(is)
                        if columns.get(name.as_str()).is_some_and(|text| text.len() == 1) =>
                    {
                        if *is { "t" } else { "f" }.to_owned()
                    }
                    other => other.to_string(),
                };
                if extra.get(&path) == Some(value) {
                    in_extra += 1;
                    continue;
                }
                assert_eq!(
                    columns.get(name.as_str()),
                    Some(&text),
                    "{path} of {sent}\n{columns:?}\n{extra:?}"
                );
                used.insert(name);
            }
            lost += in_extra;
            assert!(extra.len() <= in_extra, "{extra:?} of {sent}");
            for name in columns.keys() {
                assert!(used.contains(*name), "{name} of {sent}");
            }
        }
    }
    assert!(lost > 100, "the keys collide: {lost}");
}
