//! The rules that a source makes for itself by what it declares in its catalog info.

use catalog::info::{DeclaredEvent, PropertyType};
use serde_json::{Map, Value};
use spec::{
    Kind,
    rules::{Rule, Set, Severity},
};

const SOURCE: &str = "Segment, \"Build a Source\": the events that the catalog entry lists are the \
                      events that the source sends";

/// A message was stopped: it reaches nobody.
pub static DISCARDED: Rule = Rule {
    code: "discarded",
    severity: Severity::Error,
    set: Set::Wire,
    title: "a message was stopped",
    why: "A message that is stopped reaches no destination, although its sender heard 200.",
    fix: "look at the message: its code says why it was stopped",
    source: "Segment, \"Delivery Overview\": events that failed on ingest",
    passing: r#"{"type":"track","userId":"u1","event":"Order Completed"}"#,
    failing: r#"{"type":"track","event":"Order Completed"}"#,
};

/// An event came that nobody declared.
pub static UNDECLARED_EVENT: Rule = Rule {
    code: "undeclared_event",
    severity: Severity::Warning,
    set: Set::Declared,
    title: "an event is not declared",
    why: "Customers read in the catalog what a source sends, and plan by it.",
    fix: "declare the event under Events, or do not send it",
    source: SOURCE,
    passing: r#"{"type":"track","userId":"u1","event":"Order Completed"}"#,
    failing: r#"{"type":"track","userId":"u1","event":"Basket Emptied"}"#,
};

/// A declared property is not there.
pub static PROPERTY_MISSING: Rule = Rule {
    code: "declared_property_missing",
    severity: Severity::Error,
    set: Set::Declared,
    title: "a required property is missing",
    why: "It is declared as a property that every such event has.",
    fix: "send the property with every such event, or declare it as optional",
    source: SOURCE,
    passing: r#"{"type":"track","userId":"u1","event":"Order Completed","properties":{"order_id":"50314b8e"}}"#,
    failing: r#"{"type":"track","userId":"u1","event":"Order Completed","properties":{}}"#,
};

/// A declared property is of another type.
pub static PROPERTY_TYPE: Rule = Rule {
    code: "declared_property_type",
    severity: Severity::Error,
    set: Set::Declared,
    title: "a property is of another type than declared",
    why: "A warehouse makes a column of the declared type; other values do not fit into it.",
    fix: "send a value of the declared type, or declare the type that you send",
    source: SOURCE,
    passing: r#"{"type":"track","userId":"u1","event":"Order Completed","properties":{"order_id":"50314b8e"}}"#,
    failing: r#"{"type":"track","userId":"u1","event":"Order Completed","properties":{"order_id":50314}}"#,
};

/// The rules of this file, in the order in which they are shown.
pub static RULES: [&Rule; 4] = [&DISCARDED, &UNDECLARED_EVENT, &PROPERTY_MISSING, &PROPERTY_TYPE];

/// Whether a message of `kind` and `name` is one of `declared`. A page or screen that is declared
/// without a name stands for all of them.
pub(crate) fn is_of(declared: &DeclaredEvent, kind: Kind, name: &str) -> bool {
    declared.kind == kind
        && match kind {
            Kind::Track => declared.name == name,
            Kind::Page | Kind::Screen => declared.name.is_empty() || declared.name == name,
            Kind::Identify | Kind::Group | Kind::Alias => true,
        }
}

/// Where a call keeps what is declared as its properties.
pub(crate) fn holder(kind: Kind) -> &'static str {
    match kind {
        Kind::Identify | Kind::Group => "traits",
        Kind::Track | Kind::Page | Kind::Screen | Kind::Alias => "properties",
    }
}

/// Whether `value` is of this type; null is, for it says that there is no value.
pub(crate) fn fits(kind: PropertyType, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null) | (PropertyType::Any, _) => true,
        (PropertyType::Array, value) => value.is_array(),
        (PropertyType::Object, value) => value.is_object(),
        (PropertyType::Boolean, value) => value.is_boolean(),
        (PropertyType::Number, value) => value.is_number(),
        (PropertyType::Integer, Value::Number(number)) => whole(&number.to_string()),
        (PropertyType::Integer, _) => false,
        (PropertyType::String, value) => value.is_string(),
        (PropertyType::DateTime, Value::String(text)) => spec::parse_iso(text.as_bytes()).is_some(),
        (PropertyType::DateTime, _) => false,
    }
}

/// Whether a number as it is written is a whole one: `3`, `3.0`, `3e2`.
fn whole(written: &str) -> bool {
    written.parse::<i128>().is_ok()
        || written.parse::<f64>().is_ok_and(|number| number.is_finite() && number.fract() == 0.0)
}

/// What to expect, in words.
pub(crate) fn words(kind: PropertyType) -> &'static str {
    match kind {
        PropertyType::Any => "any value",
        PropertyType::Array => "a list",
        PropertyType::Object => "an object",
        PropertyType::Boolean => "true or false",
        PropertyType::Integer => "a whole number",
        PropertyType::Number => "a number",
        PropertyType::String => "text",
        PropertyType::DateTime => "a time in ISO-8601",
    }
}

/// A value of this type.
pub(crate) fn example(kind: PropertyType) -> Value {
    match kind {
        PropertyType::Array => Value::Array(vec![]),
        PropertyType::Object => Value::Object(Map::new()),
        PropertyType::Boolean => true.into(),
        PropertyType::Integer => 3.into(),
        PropertyType::Number => 19.into(),
        PropertyType::Any | PropertyType::String => "text".into(),
        PropertyType::DateTime => "2026-11-25T12:00:00.000Z".into(),
    }
}
