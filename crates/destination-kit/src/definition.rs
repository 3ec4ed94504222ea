//! Catalog entries of destinations.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Action, Field, Settings};

/// A catalog entry: what a kind of destination is called, and which settings it asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Names it in files, paths and rows: `webhook`.
    pub slug: String,
    /// Its name for people, and in a message's `integrations` object unless the destination has
    /// a name of its own.
    pub name: String,
    /// What it does, in one or two sentences.
    pub description: String,
    /// The settings it takes, in the order in which a form shows them.
    pub settings: Vec<Setting>,
    /// What it can do with a message when mappings say what of it is for what; none where it takes
    /// messages as they are.
    pub actions: Vec<Action>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Its key.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// What it means, in one sentence.
    pub description: String,
    /// What value it takes.
    pub kind: SettingKind,
    /// Whether it must be given.
    pub required: bool,
    /// Encrypted at rest and never shown again.
    pub secret: bool,
    /// What holds when it is not given.
    pub default: Option<Value>,
    /// It means something only then; a form need not show it otherwise.
    pub only_with: Option<OnlyWith>,
}

/// While another setting has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyWith {
    /// Key of the other setting, a choice.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// What value a setting takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum SettingKind {
    /// Text.
    Text,
    /// An `http` or `https` URL.
    Url,
    /// A path on the server.
    Path,
    /// Yes or no.
    Switch,
    /// A whole number within bounds, both included.
    Number {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// One of these words.
    Choice {
        /// The words.
        of: Vec<String>,
    },
    /// A map from text to text, such as headers.
    TextMap,
}

/// A setting that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("setting {key:?}: {problem}")]
pub struct BadSetting {
    /// Its key.
    pub key: String,
    /// What is wrong and what would be right, in words.
    pub problem: String,
}

impl Setting {
    /// A setting that need not be given, is no secret, and has no default.
    pub fn new(key: &str, label: &str, kind: SettingKind, description: &str) -> Self {
        Setting {
            key: key.to_owned(),
            label: label.to_owned(),
            description: description.to_owned(),
            kind,
            required: false,
            secret: false,
            default: None,
            only_with: None,
        }
    }

    /// It must be given.
    #[must_use]
    pub fn required(self) -> Self {
        Setting { required: true, ..self }
    }

    /// It is encrypted at rest and never shown again.
    #[must_use]
    pub fn secret(self) -> Self {
        Setting { secret: true, ..self }
    }

    /// It means something only while the choice `key` is one of `values`.
    #[must_use]
    pub fn only_with(self, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        Setting { only_with: Some(OnlyWith { key: key.to_owned(), values }), ..self }
    }

    /// This holds when it is not given.
    #[must_use]
    pub fn or(self, default: Value) -> Self {
        Setting { default: Some(default), ..self }
    }
}

impl Definition {
    /// Checks `settings` by type and bounds, and fills in defaults.
    ///
    /// Errors: every setting that is missing, unknown or wrong.
    pub fn check(&self, settings: &Settings) -> Result<Settings, Vec<BadSetting>> {
        let mut out = Settings::new();
        let mut bad = Vec::new();
        for setting in &self.settings {
            let given = settings.get(&setting.key).filter(|value| !value.is_null());
            match given.or(setting.default.as_ref()) {
                Some(value) => match setting.kind.problem(value) {
                    None => drop(out.insert(setting.key.clone(), value.clone())),
                    Some(problem) => bad.push(BadSetting { key: setting.key.clone(), problem }),
                },
                None if setting.required => {
                    let problem = format!("is required: {}", setting.description);
                    bad.push(BadSetting { key: setting.key.clone(), problem });
                }
                None => {}
            }
        }
        for key in settings.keys() {
            if !self.settings.iter().any(|setting| setting.key == *key) {
                let known: Vec<&str> = self.settings.iter().map(|s| s.key.as_str()).collect();
                let problem = format!("is unknown; {} knows {}", self.slug, known.join(", "));
                bad.push(BadSetting { key: key.clone(), problem });
            }
        }
        if bad.is_empty() { Ok(out) } else { Err(bad) }
    }

    /// Its page for the documentation, as Markdown: what it does, an example for
    /// `headwater.toml`, and every setting.
    pub fn markdown(&self) -> String {
        let Definition { slug, name, description, settings, actions } = self;
        let mut page = format!("# {name}\n\n{description}\n\n```toml\n[[destinations]]\n");
        page += &format!("slug = \"my-{slug}\"\ntype = \"{slug}\"\nsources = [\"website\"]\n");
        page += "enabled = true\n[destinations.settings]\n";
        for setting in settings {
            page += &match (&setting.default, setting.required) {
                (None, true) => format!("{} = \"…\"\n", setting.key),
                (None, false) => continue,
                (Some(default), _) => format!("# {} = {default}\n", setting.key),
            };
        }
        page += "```\n\n| setting | value | default | what it means |\n| --- | --- | --- | --- |\n";
        for setting in settings {
            let default = match &setting.default {
                Some(default) => format!("`{default}`"),
                None if setting.required => "must be given".to_owned(),
                None => "–".to_owned(),
            };
            let secret = if setting.secret { " Secret." } else { "" };
            let Setting { key, description, kind, .. } = setting;
            let words = kind.words();
            page += &format!("| `{key}` | {words} | {default} | {description}{secret} |\n");
        }
        if !actions.is_empty() {
            page += "\n## Mappings\n\nWithout a mapping every message goes as the settings say. With \
                     some, each message goes as the first of them says whose trigger holds for it; \
                     see [mappings](../mappings.md).\n";
        }
        for Action { slug, name, description, trigger, fields } in actions {
            page += &format!(
                "\n### {name}\n\n{description} Action `{slug}`, trigger `{trigger}` unless \
                              you write another one.\n\n| field | default | what it means |\n| --- | --- | --- |\n"
            );
            for Field { key, description, required, default, .. } in fields {
                let default = match default {
                    Some(default) => format!("`{default}`"),
                    None => "–".to_owned(),
                };
                let required = if *required { " Required." } else { "" };
                page += &format!("| `{key}` | {default} | {description}{required} |\n");
            }
        }
        page
    }

    /// Its action with this slug.
    pub fn action(&self, slug: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.slug == slug)
    }
}

impl SettingKind {
    fn words(&self) -> String {
        match self {
            SettingKind::Text => "text".to_owned(),
            SettingKind::Url => "`http` or `https` URL".to_owned(),
            SettingKind::Path => "path".to_owned(),
            SettingKind::Switch => "`true` or `false`".to_owned(),
            SettingKind::Number { min, max } => format!("{min} to {max}"),
            SettingKind::Choice { of } => format!("`{}`", of.join("`, `")),
            SettingKind::TextMap => "table of text".to_owned(),
        }
    }

    fn problem(&self, value: &Value) -> Option<String> {
        match self {
            SettingKind::Text | SettingKind::Path => {
                (!value.is_string()).then(|| "must be text".to_owned())
            }
            SettingKind::Url => {
                let parsed = value.as_str().map(url::Url::parse);
                let fits = matches!(&parsed, Some(Ok(url))
                    if matches!(url.scheme(), "http" | "https") && url.host().is_some());
                (!fits).then(|| "must be an http or https URL".to_owned())
            }
            SettingKind::Switch => {
                (!value.is_boolean()).then(|| "must be true or false".to_owned())
            }
            SettingKind::Number { min, max } => {
                let fits = value.as_i64().is_some_and(|n| (*min..=*max).contains(&n));
                (!fits).then(|| format!("must be a whole number from {min} to {max}"))
            }
            SettingKind::Choice { of } => {
                let fits = value.as_str().is_some_and(|word| of.iter().any(|o| o == word));
                (!fits).then(|| format!("must be one of {}", of.join(", ")))
            }
            SettingKind::TextMap => {
                let fits = value.as_object().is_some_and(|map| map.values().all(Value::is_string));
                (!fits).then(|| "must be a table of text values".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests;
