//! The rules by which a conformance case compares what it expects with what came.

use jiff::Timestamp;
use serde_json::Value;

/// Every way in which `got` is not what `expect` asks for; `received_at` is for rules about it.
pub fn differences(expect: &Value, got: Option<&Value>, received_at: Option<i64>) -> Vec<String> {
    let mut found = Vec::new();
    compare("", expect, got, received_at, &mut found);
    found
}

fn compare(
    at: &str,
    expect: &Value,
    got: Option<&Value>,
    received_at: Option<i64>,
    found: &mut Vec<String>,
) {
    let holds = match expect {
        Value::String(rule) if rule.starts_with('$') => follows(rule, got, received_at),
        Value::Object(fields) => {
            let Some(Value::Object(have)) = got else {
                found.push(format!("{at}: expected an object, got {got:?}"));
                return;
            };
            for (key, value) in fields.iter().filter(|(key, _)| *key != "$only") {
                compare(&format!("{at}/{key}"), value, have.get(key), received_at, found);
            }
            let only = fields.get("$only") == Some(&Value::Bool(true));
            for key in have.keys().filter(|key| only && !fields.contains_key(*key)) {
                found.push(format!("{at}/{key}: should not be there"));
            }
            return;
        }
        Value::Array(items) => {
            let Some(Value::Array(have)) = got else {
                found.push(format!("{at}: expected a list, got {got:?}"));
                return;
            };
            if items.len() != have.len() {
                found.push(format!("{at}: expected {} items, got {}", items.len(), have.len()));
            }
            for (n, (item, have)) in items.iter().zip(have).enumerate() {
                compare(&format!("{at}/{n}"), item, Some(have), received_at, found);
            }
            return;
        }
        Value::Number(number) => match got {
            Some(Value::Number(have)) => have == number || have.as_f64() == number.as_f64(),
            _ => false,
        },
        other => got == Some(other),
    };
    if !holds {
        found.push(format!("{at}: expected {expect}, got {}", got.unwrap_or(&Value::Null)));
    }
}

fn follows(rule: &str, got: Option<&Value>, received_at: Option<i64>) -> bool {
    let text = got.and_then(Value::as_str);
    let (name, argument) = rule.split_once(':').unwrap_or((rule, ""));
    match name {
        "$any" => true,
        "$absent" => got.is_none(),
        "$absent_or_null" => got.is_none_or(Value::is_null),
        "$string" => text.is_some_and(|text| !text.is_empty()),
        "$object" => got.is_some_and(Value::is_object),
        "$array" => got.is_some_and(Value::is_array),
        "$iso" => text.is_some_and(|text| text.ends_with('Z') && instant_ms(text).is_some()),
        "$now" => text.and_then(instant_ms).is_some_and(|ms| (ms - now_ms()).abs() < 60_000),
        "$instant" => near(text, instant_ms(argument), 1),
        "$contains" => {
            text.is_some_and(|text| text.to_lowercase().contains(&argument.to_lowercase()))
        }
        "$contains_all_ci" => text.is_some_and(|text| {
            let text = text.to_lowercase();
            argument.split('|').all(|word| text.contains(&word.to_lowercase()))
        }),
        "$one_of" => text.is_some_and(|text| argument.split('|').any(|word| word == text)),
        _ => {
            let shift = name.strip_prefix("$receivedAt");
            let shift = shift.unwrap_or_else(|| panic!("there is no rule {rule}"));
            let shift: i64 = if shift.is_empty() { 0 } else { shift.parse().unwrap() };
            near(text, received_at.map(|ms| ms + shift), 2)
        }
    }
}

fn near(text: Option<&str>, expect_ms: Option<i64>, within_ms: i64) -> bool {
    match (text.and_then(instant_ms), expect_ms) {
        (Some(got), Some(expect)) => (got - expect).abs() <= within_ms,
        _ => false,
    }
}

/// The instant that `text` denotes, Unix milliseconds.
pub fn instant_ms(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(|time| time.as_millisecond())
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}
