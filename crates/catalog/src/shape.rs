//! The shape of catalog info, so that every misplaced key and wrong type of a document is named
//! at once, with its pointer; serde by itself stops at the first.

use serde_json::{Map, Value};

use crate::{
    info::Info,
    problem::{Problem, pointer_step},
};

enum Shape {
    Text,
    Flag,
    Any,
    Word(&'static [&'static str]),
    List(&'static Shape),
    Record(&'static [(&'static str, Shape)]),
}

const OPTION_TYPES: Shape =
    Shape::Word(&["string", "boolean", "number", "select", "array", "object", "map"]);
const PROPERTY_TYPES: Shape =
    Shape::Word(&["any", "array", "object", "boolean", "integer", "number", "string", "dateTime"]);
const KINDS: Shape = Shape::Word(&["identify", "track", "page", "screen", "group", "alias"]);

const INFO: Shape = Shape::Record(&[
    ("description", Shape::Text),
    ("website", Shape::Text),
    ("primaryCategory", Shape::Text),
    ("secondaryCategory", Shape::Text),
    ("moreCategories", Shape::List(&Shape::Text)),
    ("logo", Shape::Text),
    ("mark", Shape::Text),
    (
        "screenshots",
        Shape::List(&Shape::Record(&[("asset", Shape::Text), ("caption", Shape::Text)])),
    ),
    ("supportEmail", Shape::Text),
    ("docsUrl", Shape::Text),
    (
        "docs",
        Shape::Record(&[
            ("introduction", Shape::Text),
            ("gettingStarted", Shape::Text),
            ("stream", Shape::Text),
            ("events", Shape::Text),
            ("eventProperties", Shape::Text),
            ("addingDestinations", Shape::Text),
        ]),
    ),
    ("regions", Shape::List(&Shape::Text)),
    (
        "options",
        Shape::List(&Shape::Record(&[
            ("name", Shape::Text),
            ("label", Shape::Text),
            ("type", OPTION_TYPES),
            ("required", Shape::Flag),
            ("sensitive", Shape::Flag),
            ("description", Shape::Text),
            ("defaultValue", Shape::Any),
            ("choices", Shape::List(&Shape::Text)),
        ])),
    ),
    (
        "events",
        Shape::List(&Shape::Record(&[
            ("name", Shape::Text),
            ("kind", KINDS),
            ("description", Shape::Text),
            (
                "properties",
                Shape::List(&Shape::Record(&[
                    ("name", Shape::Text),
                    ("type", PROPERTY_TYPES),
                    ("required", Shape::Flag),
                    ("description", Shape::Text),
                ])),
            ),
        ])),
    ),
]);

/// Catalog info from JSON, or every key and type that is wrong in it. `null` is the same as
/// nothing. The values themselves are [`crate::info::validate`]'s to judge.
pub fn parse(json: Value) -> Result<Info, Vec<Problem>> {
    let mut problems = Vec::new();
    let clean = fit(&INFO, json, "", &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_json::from_value(clean).map_err(|error| {
        let message = format!("this is not catalog info: {error}");
        vec![Problem::new("bad_info", "", message, "catalog info", "see the API's documentation")]
    })
}

/// Whether `pointer` names a field that catalog info may have; `""` is the whole. List places are
/// not held against what is there.
pub fn has_field(pointer: &str) -> bool {
    if pointer.is_empty() {
        return true;
    }
    let Some(path) = pointer.strip_prefix('/') else {
        return false;
    };
    let mut shape = &INFO;
    for step in path.split('/') {
        shape = match shape {
            Shape::Record(fields) => match fields.iter().find(|(name, _)| *name == step) {
                Some((_, field)) => field,
                None => return false,
            },
            Shape::List(item) if step.parse::<u16>().is_ok_and(|n| n.to_string() == step) => item,
            _ => return false,
        };
    }
    true
}

fn fit(shape: &Shape, json: Value, pointer: &str, problems: &mut Vec<Problem>) -> Value {
    let expected = match (shape, json) {
        (Shape::Any, json) => return json,
        (Shape::Text, Value::String(text)) => return Value::String(text),
        (Shape::Flag, Value::Bool(flag)) => return Value::Bool(flag),
        (Shape::Word(words), Value::String(word)) if words.contains(&word.as_str()) => {
            return Value::String(word);
        }
        (Shape::List(item), Value::Array(list)) => {
            let each = list.into_iter().enumerate();
            let fitted =
                each.map(|(index, json)| fit(item, json, &format!("{pointer}/{index}"), problems));
            return Value::Array(fitted.collect());
        }
        (Shape::Record(fields), Value::Object(map)) => {
            return fit_record(fields, map, pointer, problems);
        }
        (Shape::Word(words), _) => format!("one of {}", words.join(", ")),
        (Shape::Text, _) => "text".to_owned(),
        (Shape::Flag, _) => "true or false".to_owned(),
        (Shape::List(_), _) => "a list".to_owned(),
        (Shape::Record(fields), _) => format!("an object of {}", names(fields)),
    };
    let message = match pointer {
        "" => "the document has the wrong type".to_owned(),
        _ => format!("the value at {pointer} has the wrong type or is not one of the words"),
    };
    let fix = format!("give {expected}");
    problems.push(Problem::new("wrong_type", pointer, message, expected, fix));
    Value::Null
}

fn fit_record(
    fields: &[(&str, Shape)],
    map: Map<String, Value>,
    pointer: &str,
    problems: &mut Vec<Problem>,
) -> Value {
    let mut clean = Map::new();
    for (key, json) in map {
        let here = format!("{pointer}/{}", pointer_step(&key));
        match fields.iter().find(|(name, _)| *name == key) {
            Some(_) if json.is_null() => {}
            Some((_, field)) => {
                let fitted = fit(field, json, &here, problems);
                clean.insert(key, fitted);
            }
            None => problems.push(Problem::new(
                "unknown_field",
                here,
                format!("{key:?} is not a field here"),
                format!("one of {}", names(fields)),
                nearest(fields, &key),
            )),
        }
    }
    Value::Object(clean)
}

fn names(fields: &[(&str, Shape)]) -> String {
    fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The usual slips are of case and of underscores.
fn nearest(fields: &[(&str, Shape)], key: &str) -> String {
    let plain = |name: &str| {
        let letters = name.chars().filter(|c| c.is_ascii_alphanumeric());
        letters.collect::<String>().to_ascii_lowercase()
    };
    match fields.iter().find(|(name, _)| plain(name) == plain(key)) {
        Some((name, _)) => format!("write it as {name:?}"),
        None => "leave it out".to_owned(),
    }
}

#[cfg(test)]
mod tests;
