//! Examples for whoever reads the document: an operation that brings none gets one, put together
//! from the examples that stand beside the fields. A text without one is named in `examples.json`.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// What a text holds for example, by the name of its field.
static TEXTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("examples.json")).expect("our own file is JSON")
});

/// Schemas within schemas, at most; ours end long before.
const DEPTH_MAX: usize = 24;

/// Gives every JSON body and answer of `document` that has no example the one that its schema
/// makes.
pub fn complete(document: &mut Value) {
    let whole = document.clone();
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        if let Some(body) = operation.pointer_mut("/requestBody/content") {
            fill(&whole, body);
        }
        let Some(Value::Object(responses)) = operation.get_mut("responses") else { continue };
        for response in responses.values_mut() {
            if let Some(content) = response.get_mut("content") {
                fill(&whole, content);
            }
        }
    }
}

fn fill(document: &Value, content: &mut Value) {
    let Some(Value::Object(media)) = content.get_mut("application/json") else { return };
    if media.contains_key("example") || media.contains_key("examples") {
        return;
    }
    if let Some(schema) = media.get("schema") {
        let example = made(document, schema, "", DEPTH_MAX);
        media.insert("example".to_owned(), example);
    }
}

/// An example of what `schema` describes: its own, or what its parts make. `name` is its field's.
fn made(document: &Value, schema: &Value, name: &str, depth: usize) -> Value {
    let given = [&schema["example"], &schema["examples"][0], &schema["const"], &schema["enum"][0]];
    if let Some(given) = given.into_iter().find(|given| !given.is_null()) {
        return given.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    let deeper = |schema: &Value| made(document, schema, name, depth - 1);
    if let Some(place) = schema["$ref"].as_str() {
        let found = place.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        return found.map_or(Value::Null, deeper);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts.iter().map(deeper) {
            let Value::Object(fields) = part else { return part };
            whole.extend(fields);
        }
        return Value::Object(whole);
    }
    for choices in [&schema["oneOf"], &schema["anyOf"]] {
        let mut choices = choices.as_array().into_iter().flatten();
        if let Some(choice) = choices.find(|choice| choice["type"] != "null") {
            return deeper(choice);
        }
    }
    match kind(schema) {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let field = |(name, field): (&String, &Value)| {
                (name.clone(), made(document, field, name, depth - 1))
            };
            Value::Object(fields.map(field).collect())
        }
        "array" => json!([deeper(&schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        "string" => TEXTS.get(name).cloned().unwrap_or(json!("")),
        // Anything goes.
        _ => json!({}),
    }
}

/// The type that is no null.
fn kind(schema: &Value) -> &str {
    let kind = &schema["type"];
    let several = kind.as_array().into_iter().flatten().filter_map(Value::as_str);
    kind.as_str().or_else(|| several.into_iter().find(|kind| *kind != "null")).unwrap_or_default()
}
