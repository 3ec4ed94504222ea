//! Plans to begin with: the semantic events of one category of the Spec.

use serde_json::{Map, Value, json};
use spec::rules::{
    Property, Type,
    events::{Event, categories},
};

use crate::plan::{Plan, Rule, RuleType};

/// The categories of the Spec that [`starter`] has a plan for, in the Spec's order.
pub fn starters() -> impl Iterator<Item = &'static str> {
    let sent = categories().iter().filter(|category| category.events.iter().any(is_sent));
    sent.map(|category| category.name)
}

/// A plan of every event of a category, with its properties and their types. Nothing is required:
/// the Spec asks for a name and an id, all else is advice. `None`: there is no such category.
pub fn starter(category: &str) -> Option<Plan> {
    let category = categories().iter().find(|known| known.name == category)?;
    let rules: Vec<Rule> =
        category.events.iter().filter(|event| is_sent(event)).map(rule).collect();
    let description = format!("Events of the Spec: {}", category.source);
    (!rules.is_empty()).then(|| Plan {
        name: Some(category.name.to_owned()),
        description: Some(description),
        rules,
        ..Plan::default()
    })
}

/// Whether sources send it.
fn is_sent(event: &Event) -> bool {
    !event.by_platform
}

fn rule(event: &Event) -> Rule {
    let mut json_schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "description": event.description,
        "properties": {
            "properties": { "type": "object", "properties": properties(&event.properties) },
        },
    });
    if let Some(context) = needs(&event.needs) {
        json_schema["properties"]["context"] = context;
        json_schema["required"] = json!(["context"]);
    }
    Rule { on: RuleType::Track, key: Some(event.name.to_owned()), version: 1, json_schema }
}

/// What the context must carry, by paths in dots.
fn needs(paths: &[&str]) -> Option<Value> {
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    for path in paths {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let place = steps.iter().position(|(name, _)| *name == first).unwrap_or_else(|| {
            steps.push((first, vec![]));
            steps.len() - 1
        });
        if !rest.is_empty() {
            steps[place].1.push(rest);
        }
    }
    let names: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
    let inside = steps.iter().map(|(name, rest)| {
        ((*name).to_owned(), needs(rest).unwrap_or_else(|| Value::Object(Map::new())))
    });
    (!names.is_empty()).then(|| {
        let properties: Map<String, Value> = inside.collect();
        json!({ "type": "object", "properties": properties, "required": names })
    })
}

fn properties(all: &[Property]) -> Value {
    all.iter().map(|property| (property.name.to_owned(), schema(property))).collect()
}

fn schema(property: &Property) -> Value {
    let mut schema = Map::new();
    schema.insert("description".into(), json!(property.description));
    let types: Vec<&str> = property.types.iter().copied().map(word).collect();
    match types.as_slice() {
        [] => {}
        [one] => _ = schema.insert("type".into(), json!(one)),
        several => _ = schema.insert("type".into(), json!(several)),
    }
    let list = property.types.contains(&Type::Array);
    let fields = (!property.fields.is_empty()).then(|| properties(&property.fields));
    // Of a list they are what its elements may be.
    let values = (!property.values.is_empty()).then(|| json!(property.values));
    match fields {
        Some(fields) if list => {
            schema.insert("items".into(), json!({ "type": "object", "properties": fields }));
        }
        Some(fields) => _ = schema.insert("properties".into(), fields),
        None if list => {
            let mut items = Map::new();
            items.extend(property.of.map(|of| ("type".to_owned(), json!(word(of)))));
            items.extend(values.map(|values| ("enum".to_owned(), values)));
            if !items.is_empty() {
                schema.insert("items".into(), Value::Object(items));
            }
        }
        None => schema.extend(values.map(|values| ("enum".to_owned(), values))),
    }
    Value::Object(schema)
}

/// The type in JSON Schema. A date is any text: the Spec allows more forms than `date-time`.
fn word(kind: Type) -> &'static str {
    match kind {
        Type::String | Type::Date => "string",
        Type::Number => "number",
        Type::Integer => "integer",
        Type::Boolean => "boolean",
        Type::Object => "object",
        Type::Array => "array",
    }
}

#[cfg(test)]
mod tests;
