//! Catalog info: everything a customer reads about an integration before and while using it.
//!
//! Two questions are kept apart. [`validate`] finds wrong values, which are not saved.
//! [`missing`] finds what is not there yet, which is normal until submission.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::Kind;

use crate::docs::Docs;
pub use crate::{
    diff::{Change, diff, diff_named},
    shape::{has_field, parse},
};

mod completeness;
mod settings;
mod validate;

pub use completeness::{Missing, Section, missing};
pub use settings::check_settings;
pub use validate::{validate, validate_edit};

/// Characters of a description; what was published with more may stay as it is.
pub const DESCRIPTION_CHARS_MAX: usize = 500;
/// Screenshots of one integration.
pub const SCREENSHOTS_MAX: usize = 2;
/// Categories beside the primary one, the secondary included.
pub const MORE_CATEGORIES_MAX: usize = 4;
/// Events one integration declares.
pub const EVENTS_MAX: usize = 500;
/// Properties of one declared event; what a schema view shows.
pub const PROPERTIES_MAX: usize = 300;
/// Options one integration asks for.
pub const OPTIONS_MAX: usize = 50;

/// The regions a source may say it can send to, with what people read.
pub const REGIONS: [(&str, &str); 2] = [("us-west-2", "US West"), ("eu-west-1", "EU West")];

/// Everything that the maker of an integration writes about it. All of it may be absent: what
/// is required for submission is [`missing`]'s to say.
///
/// Shape: JSON in `camelCase`; unknown keys are refused, absent ones left out when written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Info {
    /// Markdown, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The company's or the product's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// One of [`crate::categories::CATEGORIES`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_category: Option<String>,
    /// A second one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_category: Option<String>,
    /// Further ones: primary and four others at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_categories: Vec<String>,
    /// Asset of the logo: an SVG that holds the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Asset of the mark: a square SVG without the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// At most two.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub screenshots: Vec<Screenshot>,
    /// Where the platform forwards questions. Never shown to customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// The partner's own documentation, elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs_url: Option<String>,
    /// The documentation on the platform, by the sections of its template.
    #[serde(skip_serializing_if = "Docs::is_empty")]
    pub docs: Docs,
    /// Where the integration can send, of [`REGIONS`]; none said means the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// What a customer fills in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<SourceOption>,
    /// What the source sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<DeclaredEvent>,
}

/// A picture of the product.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Screenshot {
    /// The asset's hash.
    pub asset: String,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// One setting that a customer fills in when adding the integration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceOption {
    /// Its key in the settings, `camelCase`.
    pub name: String,
    /// What stands above the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What kind of value it takes.
    #[serde(rename = "type")]
    pub kind: OptionType,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it is a secret: written, never shown again.
    pub sensitive: bool,
    /// What stands below the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is when the customer gives nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub default_value: Option<Value>,
    /// What a `select` offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// The kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OptionType {
    /// Text.
    #[default]
    String,
    /// Yes or no.
    Boolean,
    /// A number.
    Number,
    /// One of the choices.
    Select,
    /// Several texts.
    Array,
    /// A JSON object.
    Object,
    /// Text by text.
    Map,
}

/// One event (or other call) that the source sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeclaredEvent {
    /// The event's name; of a page or screen call, its name; empty for the other calls.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Which call it is.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "track"))]
    pub kind: Kind,
    /// When it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its properties; traits for identify and group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<DeclaredProperty>,
}

impl Default for DeclaredEvent {
    fn default() -> Self {
        Self { name: String::new(), kind: Kind::Track, description: None, properties: Vec::new() }
    }
}

impl DeclaredEvent {
    /// How documentation and people call it: its name, or the call when it has none.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.kind.to_string() } else { self.name.clone() }
    }
}

/// One property of a declared event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeclaredProperty {
    /// Its key.
    pub name: String,
    /// What kind of value it holds.
    #[serde(rename = "type")]
    pub kind: PropertyType,
    /// Whether every such event has it.
    pub required: bool,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The kind of value a property holds; the words of tracking plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PropertyType {
    /// Anything.
    Any,
    /// A list.
    Array,
    /// An object.
    Object,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    #[default]
    String,
    /// Text that is a time, ISO 8601.
    DateTime,
}

impl Info {
    /// All its categories, the primary first.
    pub fn categories(&self) -> Vec<&str> {
        let first = self.primary_category.iter().chain(&self.secondary_category);
        first.chain(&self.more_categories).map(String::as_str).collect()
    }

    /// Every asset it refers to.
    pub fn assets(&self) -> Vec<&str> {
        let pictures = self.screenshots.iter().map(|shot| &shot.asset);
        self.logo.iter().chain(&self.mark).chain(pictures).map(String::as_str).collect()
    }

    /// What customers may read: all but the support address.
    #[must_use]
    pub fn for_customers(&self) -> Info {
        Info { support_email: None, ..self.clone() }
    }

    /// The one way to write it as JSON, for a hash that says whether what was reviewed is what
    /// goes public.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("info is plain data with text keys")
    }
}

#[cfg(test)]
pub(crate) mod tests;
