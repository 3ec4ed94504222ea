//! What a customer filled in, against the options that an integration asks for.

use serde_json::{Map, Value};

use super::{SourceOption, validate::fits};
use crate::problem::{Problem, pointer_step};

/// Checks `given` by the options' types and fills in defaults; a value of `null` is not given, and
/// neither is empty text where something is needed. Pointers are from the settings' own root.
///
/// Errors: every setting that is missing, unknown or wrong.
pub fn check_settings(
    options: &[SourceOption],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut settings = Map::new();
    let mut problems = Vec::new();
    for option in options {
        let name = &option.name;
        let pointer = format!("/{}", pointer_step(name));
        let value = given.get(name).filter(|value| !value.is_null());
        let value = value.filter(|value| !option.required || value.as_str() != Some(""));
        match value.or(option.default_value.as_ref()) {
            Some(value) => {
                let (good, expected) = fits(option, value);
                if good {
                    settings.insert(name.clone(), value.clone());
                } else {
                    let message = format!("{name:?} has the wrong type or value");
                    let fix = "change it to what the integration asks for";
                    problems.push(Problem::new("invalid", pointer, message, expected, fix));
                }
            }
            None if option.required => {
                let expected = option.description.clone().unwrap_or_else(|| "a value".to_owned());
                let message = format!("{name:?} is required");
                let fix = format!("add {name:?}");
                problems.push(Problem::new("required", pointer, message, expected, fix));
            }
            None => {}
        }
    }
    for name in given.keys().filter(|name| !options.iter().any(|option| option.name == **name)) {
        let known: Vec<&str> = options.iter().map(|option| option.name.as_str()).collect();
        let expected = match known.as_slice() {
            [] => "no settings at all".to_owned(),
            known => format!("one of {}", known.join(", ")),
        };
        let pointer = format!("/{}", pointer_step(name));
        let message = format!("{name:?} is not known here");
        problems.push(Problem::new("unknown_field", pointer, message, expected, "leave it out"));
    }
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check_settings;
    use crate::info::{OptionType, SourceOption};

    fn option(name: &str, kind: OptionType) -> SourceOption {
        SourceOption { name: name.to_owned(), kind, ..SourceOption::default() }
    }

    fn check(given: Value) -> Result<Value, Vec<String>> {
        let options = [
            SourceOption { required: true, ..option("apiKey", OptionType::String) },
            SourceOption {
                default_value: Some(json!(false)),
                ..option("verbose", OptionType::Boolean)
            },
            SourceOption {
                choices: vec!["us".to_owned(), "eu".to_owned()],
                ..option("region", OptionType::Select)
            },
        ];
        let given = given.as_object().expect("an object");
        check_settings(&options, given).map(Value::Object).map_err(|problems| {
            problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect()
        })
    }

    #[test]
    fn defaults_are_filled_in() {
        let full = json!({ "apiKey": "k", "verbose": false });
        assert_eq!(check(json!({ "apiKey": "k", "region": null })), Ok(full));
    }

    #[test]
    fn every_wrong_setting_is_named_at_once() {
        let faults =
            check(json!({ "apiKey": "", "region": "mars", "a/b": 1 })).expect_err("it is faulty");
        assert_eq!(faults, ["/apiKey required", "/region invalid", "/a~1b unknown_field"]);
    }
}
