//! A schema that stands alone: with the components that it refers to, and no others.

use serde_json::{Map, Value, json};

/// `schema` of `document` with all that it needs.
pub fn closed(document: &Value, schema: &Value) -> Value {
    let mut needed = Map::new();
    gather(document, schema, &mut needed);
    json!({ "allOf": [schema], "components": { "schemas": needed } })
}

fn gather(document: &Value, value: &Value, needed: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|at| at.strip_prefix("#/components/schemas/")) {
                let schema = &document["components"]["schemas"][name];
                if !needed.contains_key(name) {
                    needed.insert(name.to_owned(), schema.clone());
                    gather(document, schema, needed);
                }
            }
            fields.values().for_each(|field| gather(document, field, needed));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(document, item, needed)),
        _ => {}
    }
}
