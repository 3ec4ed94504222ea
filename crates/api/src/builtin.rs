//! Our own integrations: plain sources, and the destinations that the server ships.

use catalog::{
    Info,
    info::{OptionType, SourceOption},
};
use destination_kit::{Definition, SettingKind};
use store::builtin::{self, Builtin};

use crate::{error::ApiError, state::Api};

/// Slug, name, category, description.
const SOURCES: [(&str, &str, &str, &str); 3] = [
    (
        "http-api",
        "HTTP API",
        "Server",
        "Send events from anything that speaks HTTP: one POST request for each call, or many in a \
         batch.",
    ),
    (
        "javascript",
        "Website",
        "Website",
        "Collect page views and events from a website, with the JavaScript library in the page.",
    ),
    (
        "server",
        "Server",
        "Server",
        "Send events from your backend with one of the server libraries: Node.js, Python, Go, \
         Java, Ruby, PHP, .NET and others.",
    ),
];

/// Makes or corrects the rows of our own integrations. Called at every start; done again, it does
/// nothing.
pub async fn seed(api: &Api) -> Result<(), ApiError> {
    let all = entries(&api.options.definitions);
    let mut write = api.db.write().await?;
    builtin::seed(&mut write, &api.fresh, api.now_ms(), &all).await?;
    Ok(write.commit().await?)
}

fn entries(definitions: &[Definition]) -> Vec<Builtin> {
    let source = |(slug, name, category, description): (&str, &str, &str, &str)| Builtin {
        kind: "source",
        slug: slug.to_owned(),
        name: name.to_owned(),
        info: Info {
            description: Some(description.to_owned()),
            primary_category: Some(category.to_owned()),
            ..Info::default()
        }
        .canonical(),
    };
    SOURCES.into_iter().map(source).chain(definitions.iter().map(destination)).collect()
}

fn destination(definition: &Definition) -> Builtin {
    let option = |setting: &destination_kit::Setting| SourceOption {
        name: setting.key.clone(),
        label: Some(setting.label.clone()),
        kind: match setting.kind {
            SettingKind::Text | SettingKind::Url | SettingKind::Path => OptionType::String,
            SettingKind::Switch => OptionType::Boolean,
            SettingKind::Number { .. } => OptionType::Number,
            SettingKind::Choice { .. } => OptionType::Select,
            SettingKind::TextMap => OptionType::Map,
        },
        required: setting.required,
        sensitive: setting.secret,
        description: Some(setting.description.clone()),
        default_value: setting.default.clone(),
        choices: match &setting.kind {
            SettingKind::Choice { of } => of.clone(),
            _ => Vec::new(),
        },
    };
    Builtin {
        kind: "destination",
        slug: definition.slug.clone(),
        name: definition.name.clone(),
        info: Info {
            description: Some(definition.description.clone()),
            primary_category: Some("Raw Data".to_owned()),
            options: definition.settings.iter().map(option).collect(),
            ..Info::default()
        }
        .canonical(),
    }
}
