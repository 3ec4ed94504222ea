//! Settings of sources and destinations: checked against what their catalog entry asks for, every
//! fault at once; secrets sealed, and shown as masks that come back unchanged.

use catalog::{info::SourceOption, problem::pointer_step};
use destination_kit::Definition;
use serde_json::{Map, Value};

use crate::{
    error::{ApiError, Fault},
    state::Api,
};

/// What stands for the part of a secret that is not shown, whatever its length.
const MASK: &str = "••••••••••";

/// Characters of a secret that are shown, at its end.
const TAIL_CHARS: usize = 4;

/// A secret shorter than this shows nothing of itself.
const TAIL_FROM_CHARS: usize = 12;

/// Settings by their keys.
pub type Settings = Map<String, Value>;

/// What a catalog entry asks for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// A source.
    Options(&'a [SourceOption]),
    /// A destination.
    Definition(&'a Definition),
}

/// Settings as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// JSON that may be shown: secrets as their masks.
    pub shown: String,
    /// The secrets, sealed.
    pub sealed: Option<String>,
}

impl Kept {
    /// Of something new.
    pub fn nothing() -> Kept {
        Kept { shown: "{}".to_owned(), sealed: None }
    }
}

impl Asked<'_> {
    fn is_secret(&self, key: &str) -> bool {
        match self {
            Asked::Options(options) => options.iter().any(|o| o.name == key && o.sensitive),
            Asked::Definition(definition) => {
                definition.settings.iter().any(|s| s.key == key && s.secret)
            }
        }
    }

    fn check(&self, settings: &Settings) -> Result<Settings, Vec<Fault>> {
        match self {
            Asked::Options(options) => {
                let checked = catalog::info::check_settings(options, settings);
                checked.map_err(|problems| {
                    problems.into_iter().map(|problem| problem.under("/settings").into()).collect()
                })
            }
            Asked::Definition(definition) => definition.check(settings).map_err(|bad| {
                let fault = |bad: destination_kit::BadSetting| {
                    let asked = definition.settings.iter().any(|s| s.key == bad.key);
                    let code = match (asked, settings.contains_key(&bad.key)) {
                        (false, _) => "unknown_field",
                        (true, false) => "required",
                        (true, true) => "invalid",
                    };
                    let message = format!("{:?} {}", bad.key, bad.problem);
                    let name = definition.name.as_str();
                    Fault::at(at(&bad.key), code, message)
                        .expected(format!("a setting as {name} asks for it"))
                        .fix("change it to what the catalog entry asks for")
                };
                bad.into_iter().map(fault).collect()
            }),
        }
    }
}

/// Puts `given` over the settings `before`, and makes of both what is kept for `owner`
/// (`destination/<id>`, `source/<id>`). What is given as `null` is taken out; a secret given as
/// the mask that was shown stays as it is.
///
/// Fails with every setting that is missing, unknown or wrong.
pub fn keep(
    api: &Api,
    asked: Asked<'_>,
    owner: &str,
    before: &Kept,
    given: Settings,
) -> Result<Kept, ApiError> {
    Ok(parted(api, asked, owner, whole(api, asked, owner, before, given)?))
}

/// The settings whole, secrets included, as [`keep`] would keep them.
///
/// Fails with every setting that is missing, unknown or wrong.
pub fn whole(
    api: &Api,
    asked: Asked<'_>,
    owner: &str,
    before: &Kept,
    given: Settings,
) -> Result<Settings, ApiError> {
    let shown = read(&before.shown)?;
    let secrets = secrets(api, owner, before);
    let mut whole = shown.clone();
    for (key, value) in shown.iter().filter(|(key, _)| asked.is_secret(key)) {
        match secrets.get(key) {
            Some(secret) => drop(whole.insert(key.clone(), secret.clone())),
            // Its seal does not open: it has to be given again.
            None => drop((whole.remove(key), value)),
        }
    }
    let mut faults = Vec::new();
    for (key, value) in given {
        let value = match (asked.is_secret(&key), value) {
            (_, Value::Null) => {
                whole.remove(&key);
                continue;
            }
            (true, value) => match unmask(value, shown.get(&key), secrets.get(&key)) {
                Some(value) => value,
                None => {
                    faults.push(
                        Fault::at(at(&key), "masked", "a mask is no secret")
                            .expected("the secret itself, or the mask as it was shown")
                            .fix("give the whole secret"),
                    );
                    continue;
                }
            },
            (false, value) => value,
        };
        whole.insert(key, value);
    }
    match asked.check(&whole) {
        Ok(checked) if faults.is_empty() => Ok(checked),
        Ok(_) => Err(ApiError::invalid(faults)),
        Err(more) => {
            // What was given as a mask is not missing besides.
            let named: Vec<_> = faults.iter().map(|fault| fault.pointer.clone()).collect();
            faults.extend(more.into_iter().filter(|fault| !named.contains(&fault.pointer)));
            Err(ApiError::invalid(faults))
        }
    }
}

/// Settings as they may be shown.
pub fn read(shown: &str) -> Result<Settings, ApiError> {
    serde_json::from_str(shown).map_err(|error| ApiError::unavailable(&error))
}

/// The secrets of `before`; of what does not open, none.
fn secrets(api: &Api, owner: &str, before: &Kept) -> Settings {
    let Some(sealed) = &before.sealed else { return Settings::new() };
    match api.sealer.open(owner, sealed) {
        Ok(opened) => serde_json::from_slice(&opened).unwrap_or_default(),
        Err(error) => {
            tracing::warn!(owner, %error, "secrets have to be entered again");
            Settings::new()
        }
    }
}

fn parted(api: &Api, asked: Asked<'_>, owner: &str, checked: Settings) -> Kept {
    let (mut shown, mut secrets) = (Settings::new(), Settings::new());
    for (key, value) in checked {
        if asked.is_secret(&key) {
            shown.insert(key.clone(), mask(&value));
            secrets.insert(key, value);
        } else {
            shown.insert(key, value);
        }
    }
    let sealed = (!secrets.is_empty()).then(|| {
        let json = serde_json::to_vec(&secrets).expect("settings are JSON");
        api.sealer.seal(&api.fresh, owner, &json)
    });
    Kept { shown: serde_json::to_string(&shown).expect("settings are JSON"), sealed }
}

/// A secret as it may be shown; of several texts, each.
fn mask(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let chars = text.chars().count();
            let from = if chars < TAIL_FROM_CHARS { chars } else { chars - TAIL_CHARS };
            let tail: String = text.chars().skip(from).collect();
            Value::String(format!("{MASK}{tail}"))
        }
        Value::Array(items) => items.iter().map(mask).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), mask(value))).collect())
        }
        _ => Value::String(MASK.to_owned()),
    }
}

/// What was meant by `given`, where `shown` was seen and `secret` is kept; `None` for a mask that
/// stands for nothing.
fn unmask(given: Value, shown: Option<&Value>, secret: Option<&Value>) -> Option<Value> {
    if let (Some(shown), Some(secret)) = (shown, secret)
        && given == *shown
    {
        return Some(secret.clone());
    }
    match given {
        Value::String(text) => (!text.starts_with(MASK)).then_some(Value::String(text)),
        Value::Object(fields) => {
            let part = |whole: Option<&Value>, key: &str| whole.and_then(|w| w.get(key)).cloned();
            let unmasked = fields.into_iter().map(|(key, value)| {
                let (shown, secret) = (part(shown, &key), part(secret, &key));
                let value = unmask(value, shown.as_ref(), secret.as_ref())?;
                Some((key, value))
            });
            unmasked.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Value::Array(items) => {
            let unmasked = items.into_iter().map(|item| unmask(item, None, None));
            unmasked.collect::<Option<Vec<_>>>().map(Value::Array)
        }
        other => Some(other),
    }
}

fn at(key: &str) -> String {
    format!("/settings/{}", pointer_step(key))
}
