//! Catalog entries as customers read them, in the shapes of Segment's Public API with a few fields
//! more.

mod actions;

use std::collections::HashMap;

use catalog::{
    Docs, Info, State,
    info::{DeclaredEvent, OptionType, SourceOption},
    state,
};
use destination_kit::Definition;
use serde::Serialize;
use serde_json::Value;
use store::{Connection, integrations, integrations::Integration};
use utoipa::ToSchema;

pub use self::actions::{DestinationAction, SubscriptionPreset};

use crate::{
    answer,
    error::ApiError,
    integrations::{SectionView, sections},
    state::Api,
};

/// Where pictures of an entry are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Logos {
    /// The logo; a drawn one when there is none.
    #[schema(example = "http://127.0.0.1:8080/api/catalog/logos/http-api")]
    pub default: String,
    /// The square mark, without the name.
    pub mark: Option<String>,
    /// Another form of the logo.
    pub alt: Option<String>,
}

/// One setting that an integration asks its user for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegrationOption {
    /// Its key in the settings.
    #[schema(example = "apiKey")]
    pub name: String,
    /// `string`, `boolean`, `number`, `select`, `array`, `object` or `map`.
    #[serde(rename = "type")]
    pub kind: OptionType,
    /// Whether it must be given.
    pub required: bool,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What holds when it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub default_value: Option<Value>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "API Key")]
    pub label: Option<String>,
    /// A secret: encrypted at rest, and shown as its last four characters at most.
    pub sensitive: bool,
    /// What a `select` offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// It means something only then; a form need not show it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_with: Option<OnlyWith>,
}

/// While another setting has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnlyWith {
    /// Key of the other setting, a `select`.
    #[schema(example = "provider")]
    pub name: String,
    /// The values.
    #[schema(example = json!(["s3"]))]
    pub values: Vec<String>,
}

/// When a beta ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Beta {
    /// From then on it is generally available, by the clock alone. Absent when nobody set a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-12-09T12:00:00.000Z")]
    pub ends_at: Option<String>,
}

/// The catalog entry that a source is made from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceMetadata {
    /// Its id.
    #[schema(example = "int_3yQ8sVbCq5F0w2xJ9kLmNp")]
    pub id: String,
    /// Its name.
    #[schema(example = "HTTP API")]
    pub name: String,
    /// Its name in paths; never changes.
    #[schema(example = "http-api")]
    pub slug: String,
    /// What it does; Markdown.
    #[schema(example = "Send events from anything that speaks HTTP.")]
    pub description: String,
    /// Its pictures.
    pub logos: Logos,
    /// What a customer fills in.
    pub options: Vec<IntegrationOption>,
    /// The primary category first.
    #[schema(example = json!(["Server"]))]
    pub categories: Vec<String>,
    /// Whether it is another product that sends events by itself.
    pub is_cloud_event_source: bool,
    /// Where it stands; a beta whose time is over is `PUBLIC`.
    pub status: State,
    /// Whether a partner made it.
    pub partner_owned: bool,
    /// Set while it is in beta: the badge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<Beta>,
    /// Whether it stands under New & Noteworthy.
    pub noteworthy: bool,
    /// The maker's or the product's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Only when asked for by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What the page of one entry shows beside.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The description as safe HTML.
    #[schema(example = "<p>Send events from anything that speaks HTTP.</p>")]
    pub description_html: String,
    /// The documentation by its sections; Markdown.
    pub docs: Docs,
    /// The same, those that have text, as safe HTML.
    pub sections: Vec<SectionView>,
    /// The maker's own documentation, elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs_url: Option<String>,
    /// Pictures of the product.
    pub screenshots: Vec<Picture>,
    /// What it sends.
    pub events: Vec<DeclaredEvent>,
    /// Where it can send.
    #[schema(example = json!(["us-west-2"]))]
    pub regions: Vec<String>,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// Where it is.
    pub url: String,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A part of a destination that runs somewhere.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Component {
    /// `BROWSER`, `IOS`, `ANDROID` or `SERVER`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where its code is.
    pub code: String,
    /// `SEGMENT` or `PARTNER`.
    pub owner: String,
}

/// Somebody who answers for a destination.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// What they do.
    pub role: String,
    /// Whether to ask them first.
    pub is_primary: bool,
}

/// How a destination can be used.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupportedFeatures {
    /// How many a source may feed from our servers.
    #[schema(example = "MULTIPLE")]
    pub cloud_mode_instances: &'static str,
    /// How many may run on a device.
    #[schema(example = "NONE")]
    pub device_mode_instances: &'static str,
    /// Whether old messages can be sent again.
    pub replay: bool,
    /// Whether browsers leave it out when it is bundled.
    pub browser_unbundling: bool,
    /// Whether everybody may choose so.
    pub browser_unbundling_public: bool,
}

/// Which calls a destination takes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SupportedMethods {
    /// `track`.
    pub track: bool,
    /// `identify`.
    pub identify: bool,
    /// `group`.
    pub group: bool,
    /// `alias`.
    pub alias: bool,
    /// `page` and `screen`.
    pub pageview: bool,
}

/// Which sources a destination takes messages from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupportedPlatforms {
    /// Websites.
    pub browser: bool,
    /// Servers.
    pub server: bool,
    /// Apps.
    pub mobile: bool,
    /// Warehouses.
    pub warehouse: bool,
    /// Objects of cloud apps.
    pub cloud_app_object: bool,
    /// Linked audiences.
    pub linked_audiences: bool,
}

/// The catalog entry that a destination is made from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DestinationMetadata {
    /// Its id.
    #[schema(example = "int_7fQ8sVbCq5F0w2xJ9kLmNp")]
    pub id: String,
    /// Its name; also in a message's `integrations` object.
    #[schema(example = "Webhook")]
    pub name: String,
    /// Its name in paths.
    #[schema(example = "webhook")]
    pub slug: String,
    /// What it does; Markdown.
    pub description: String,
    /// Its pictures.
    pub logos: Logos,
    /// The settings it asks for.
    pub options: Vec<IntegrationOption>,
    /// Where it stands.
    pub status: State,
    /// What it was called before.
    pub previous_names: Vec<String>,
    /// The primary category first.
    pub categories: Vec<String>,
    /// The maker's or the product's page; may be empty.
    pub website: String,
    /// Its parts.
    pub components: Vec<Component>,
    /// How it can be used.
    pub supported_features: SupportedFeatures,
    /// Which calls it takes.
    pub supported_methods: SupportedMethods,
    /// Which sources it takes messages from.
    pub supported_platforms: SupportedPlatforms,
    /// What it can do with a message; none: it takes messages as they are.
    pub actions: Vec<DestinationAction>,
    /// A mapping to begin with for each of them.
    pub presets: Vec<SubscriptionPreset>,
    /// Whom to ask.
    pub contacts: Vec<Contact>,
    /// Whether a partner made it.
    pub partner_owned: bool,
    /// Where it can be used.
    #[schema(example = json!(["us-west-2", "eu-west-1"]))]
    pub supported_regions: Vec<&'static str>,
    /// Where it can receive.
    #[schema(example = json!(["US", "EU"]))]
    pub region_endpoints: Vec<&'static str>,
    /// Set while it is in beta: the badge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<Beta>,
    /// Whether it stands under New & Noteworthy.
    pub noteworthy: bool,
}

/// The state as everybody sees it now.
pub fn shown_state(api: &Api, row: &Integration) -> State {
    // A state that no release knows is treated as the most closed one.
    let stored = State::parse(&row.state).unwrap_or(State::Unavailable);
    state::shown(
        stored,
        row.approved_at_ms,
        &api.beta_rules(),
        row.beta_met_at_ms.is_some(),
        api.now_ms(),
    )
}

/// Catalog info as customers read it: what is published or, before that, the draft.
pub fn info_of(row: &Integration) -> Info {
    let text = row.published.as_deref().unwrap_or(&row.draft);
    match serde_json::from_str::<Info>(text) {
        Ok(info) => info.for_customers(),
        Err(error) => {
            tracing::warn!(integration = row.id, %error, "catalog info cannot be read");
            Info::default()
        }
    }
}

/// Its name as customers read it.
pub fn name_of(row: &Integration) -> &str {
    row.published_name.as_deref().unwrap_or(&row.name)
}

/// Where an asset is.
pub fn asset_url(api: &Api, hash: &str) -> String {
    api.link(&format!("/api/assets/{hash}"))
}

fn logos(api: &Api, row: &Integration, info: &Info) -> Logos {
    let url = |hash: &String| asset_url(api, hash);
    Logos {
        default: info
            .logo
            .as_ref()
            .map_or_else(|| api.link(&format!("/api/catalog/logos/{}", row.slug)), url),
        mark: info.mark.as_ref().map(url),
        alt: None,
    }
}

fn option(option: &SourceOption) -> IntegrationOption {
    IntegrationOption {
        name: option.name.clone(),
        kind: option.kind,
        required: option.required,
        description: option.description.clone(),
        default_value: option.default_value.clone(),
        label: option.label.clone(),
        sensitive: option.sensitive,
        choices: option.choices.clone(),
        only_with: None,
    }
}

/// The settings of a destination, as its definition has them.
fn options(info: &Info, definition: Option<&Definition>) -> Vec<IntegrationOption> {
    let only_with = |name: &str| {
        let setting = definition?.settings.iter().find(|setting| setting.key == name)?;
        let destination_kit::OnlyWith { key, values } = setting.only_with.clone()?;
        Some(OnlyWith { name: key, values })
    };
    let of =
        |one: &SourceOption| IntegrationOption { only_with: only_with(&one.name), ..option(one) };
    info.options.iter().map(of).collect()
}

fn beta(api: &Api, row: &Integration, shown: State) -> Option<Beta> {
    let rules = api.beta_rules();
    let ends_at = row.approved_at_ms.map(|at| answer::time(rules.ends_at_ms(at)));
    matches!(shown, State::PublicBeta | State::PrivateBeta).then_some(Beta { ends_at })
}

impl SourceMetadata {
    /// Of `row`, without its details.
    pub fn of(api: &Api, row: &Integration) -> SourceMetadata {
        SourceMetadata::with(api, row, &info_of(row))
    }

    /// Of `row`, with its details.
    pub fn detailed(api: &Api, row: &Integration) -> SourceMetadata {
        let mut info = info_of(row);
        let entry = SourceMetadata::with(api, row, &info);
        let picture = |shot: catalog::info::Screenshot| Picture {
            url: asset_url(api, &shot.asset),
            caption: shot.caption,
        };
        let details = Details {
            description_html: content::markdown::to_html(&entry.description),
            sections: sections(&info),
            screenshots: std::mem::take(&mut info.screenshots).into_iter().map(picture).collect(),
            docs: info.docs,
            docs_url: info.docs_url,
            events: info.events,
            regions: info.regions,
        };
        SourceMetadata { details: Some(details), ..entry }
    }

    fn with(api: &Api, row: &Integration, info: &Info) -> SourceMetadata {
        let status = shown_state(api, row);
        SourceMetadata {
            id: row.id.clone(),
            name: name_of(row).to_owned(),
            slug: row.slug.clone(),
            description: info.description.clone().unwrap_or_default(),
            logos: logos(api, row, info),
            options: info.options.iter().map(option).collect(),
            categories: info.categories().into_iter().map(str::to_owned).collect(),
            is_cloud_event_source: row.partner_id.is_some(),
            status,
            partner_owned: row.partner_id.is_some(),
            beta: beta(api, row, status),
            noteworthy: state::noteworthy(status, row.listed_at_ms, api.now_ms()),
            website: info.website.clone(),
            details: None,
        }
    }
}

impl DestinationMetadata {
    /// Of `row`.
    pub fn of(api: &Api, row: &Integration) -> DestinationMetadata {
        let (info, status) = (info_of(row), shown_state(api, row));
        let definition = api.options.definitions.iter().find(|known| known.slug == row.slug);
        DestinationMetadata {
            id: row.id.clone(),
            name: name_of(row).to_owned(),
            slug: row.slug.clone(),
            description: info.description.clone().unwrap_or_default(),
            logos: logos(api, row, &info),
            options: options(&info, definition),
            status,
            previous_names: Vec::new(),
            categories: info.categories().into_iter().map(str::to_owned).collect(),
            website: info.website.clone().unwrap_or_default(),
            components: Vec::new(),
            supported_features: SupportedFeatures {
                cloud_mode_instances: "MULTIPLE",
                device_mode_instances: "NONE",
                replay: true,
                browser_unbundling: false,
                browser_unbundling_public: false,
            },
            supported_methods: SupportedMethods {
                track: true,
                identify: true,
                group: true,
                alias: true,
                pageview: true,
            },
            supported_platforms: SupportedPlatforms {
                browser: true,
                server: true,
                mobile: true,
                warehouse: false,
                cloud_app_object: false,
                linked_audiences: false,
            },
            actions: definition.map(actions::actions).unwrap_or_default(),
            presets: definition.map(actions::presets).unwrap_or_default(),
            contacts: Vec::new(),
            partner_owned: row.partner_id.is_some(),
            supported_regions: vec!["us-west-2", "eu-west-1"],
            region_endpoints: vec!["US", "EU"],
            beta: beta(api, row, status),
            noteworthy: state::noteworthy(status, row.listed_at_ms, api.now_ms()),
        }
    }
}

/// The integrations that rows were made from, each read once.
pub async fn entries<'a>(
    db: &mut Connection,
    ids: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Integration>, ApiError> {
    let ids: std::collections::BTreeSet<&str> = ids.collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let rows = integrations::of_ids(db, &ids).await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}
