use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde::Serialize;
use serde_json::Value;

use crate::pointer::{dotted, join};

/// Options of an `enum` that are named.
const OPTIONS_SHOWN: usize = 20;
/// What of a schema's own words is told: patterns and values may be long.
const EXPECTED_CHARS_MAX: usize = 300;

/// One way in which a message breaks its plan.
///
/// Shape in stored messages: as here. `type`, `field` and `description` are the field's;
/// `Required` and `Invalid Type` are its words, the other types are ours.
/// Source: Segment, "Validate with Protocols".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which sort: `Required`, `Invalid Type`, `Enum`, `Pattern` …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where, for people: `properties.products.0.sku`; `(root)` for the whole message.
    pub field: String,
    /// What is wrong, in a sentence. It never holds what was sent.
    pub description: String,
    /// Where, for machines: a JSON pointer.
    pub pointer: String,
    /// What should stand there.
    pub expected: String,
}

impl Violation {
    fn new(
        kind: &'static str,
        pointer: String,
        description: impl Into<String>,
        expected: impl Into<String>,
    ) -> Violation {
        Violation {
            kind,
            field: dotted(&pointer),
            description: description.into(),
            pointer,
            expected: expected.into(),
        }
    }

    /// A message that is no JSON object.
    pub(crate) fn unreadable() -> Violation {
        let description = "Invalid type. Expected: object, given: something that is no JSON object";
        Violation::new("Invalid Type", String::new(), description, "object")
    }
}

/// Appends what one error of the validator says.
pub(crate) fn tell(error: &ValidationError<'_>, out: &mut Vec<Violation>) {
    let at = error.instance_path().as_str().to_owned();
    let one = |kind, description: String, expected: String| {
        Violation::new(kind, at.clone(), description, expected)
    };
    let must = |kind, what: String| {
        let what = shortened(what);
        one(kind, format!("Must be {what}"), what)
    };
    let violation = match error.kind() {
        Kind::Required { property } => {
            let pointer = join(&at, property.as_str().unwrap_or_default());
            let description = format!("{} is required", dotted(&pointer));
            Violation::new("Required", pointer, description, "a value")
        }
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(set) => {
                    let names: Vec<String> = set.iter().map(|one| one.to_string()).collect();
                    names.join(" or ")
                }
            };
            let given = type_of(error.instance());
            one(
                "Invalid Type",
                format!("Invalid type. Expected: {expected}, given: {given}"),
                expected,
            )
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            out.extend(unexpected.iter().map(|name| {
                let pointer = join(&at, name);
                let description = format!("{} is not allowed", dotted(&pointer));
                Violation::new("Unexpected Property", pointer, description, "nothing")
            }));
            return;
        }
        Kind::Enum { options } => must("Enum", one_of(options)),
        Kind::Constant { expected_value } => must("Const", expected_value.to_string()),
        Kind::Pattern { pattern } => must("Pattern", format!("text that matches {pattern}")),
        Kind::Format { format } => must("Format", format!("in the format {format}")),
        Kind::MinLength { limit } => must("Length", format!("at least {limit} characters long")),
        Kind::MaxLength { limit } => must("Length", format!("at most {limit} characters long")),
        Kind::Minimum { limit } => must("Range", format!("{limit} or more")),
        Kind::Maximum { limit } => must("Range", format!("{limit} or less")),
        Kind::ExclusiveMinimum { limit } => must("Range", format!("more than {limit}")),
        Kind::ExclusiveMaximum { limit } => must("Range", format!("less than {limit}")),
        Kind::MultipleOf { multiple_of } => {
            must("Multiple", format!("a multiple of {multiple_of}"))
        }
        Kind::MinItems { limit } => must("Items", format!("a list of at least {limit}")),
        Kind::MaxItems { limit } => must("Items", format!("a list of at most {limit}")),
        Kind::AdditionalItems { limit } => must("Items", format!("a list of at most {limit}")),
        Kind::UnevaluatedItems { .. } => must("Items", "a list without further items".into()),
        Kind::UniqueItems => must("Items", "a list without repetitions".into()),
        Kind::Contains => must("Items", "a list with an item that the schema asks for".into()),
        Kind::MinProperties { limit } => {
            must("Properties", format!("an object of at least {limit}"))
        }
        Kind::MaxProperties { limit } => {
            must("Properties", format!("an object of at most {limit}"))
        }
        Kind::PropertyNames { .. } => must("Properties", "an object of allowed names".into()),
        Kind::AnyOf { .. } => must("Any Of", "what at least one of the schemas asks for".into()),
        Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            must("One Of", "what exactly one of the schemas asks for".into())
        }
        Kind::Not { .. } => must("Not", "other than the schema forbids".into()),
        Kind::FalseSchema => must("Forbidden", "left out".into()),
        other => {
            let expected = format!("what {} asks for", other.keyword());
            one("Schema", format!("Must be {expected}"), expected)
        }
    };
    out.push(violation);
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(EXPECTED_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The field's name for a value's type.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn one_of(options: &Value) -> String {
    let Value::Array(all) = options else { return options.to_string() };
    let shown: Vec<String> = all.iter().take(OPTIONS_SHOWN).map(Value::to_string).collect();
    let more = all.len() - shown.len();
    match more {
        0 => format!("one of {}", shown.join(", ")),
        more => format!("one of {} and {more} more", shown.join(", ")),
    }
}
