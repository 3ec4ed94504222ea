//! What is not there yet, as data: each thing with its field and the way to fill it.

use serde::{Deserialize, Serialize};

use super::Info;
use crate::{docs, text::blank};

/// Where in the form a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Section {
    /// Description, website, categories.
    Listing,
    /// Logo, mark, screenshots.
    Branding,
    /// Support.
    Support,
    /// The events the source sends.
    Events,
    /// The sections of the documentation.
    Documentation,
}

/// One thing that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is missing.
    pub what: String,
    /// How to fill it.
    pub fix: String,
    /// Where in the form it stands.
    pub section: Section,
}

/// Everything that `info` still needs before it can be submitted, in the order of the form.
pub fn missing(info: &Info) -> Vec<Missing> {
    let texts = [
        (
            &info.description,
            "/description",
            "a description",
            "say in a sentence or two what a customer gets",
            Section::Listing,
        ),
        (&info.website, "/website", "the website", "link your product's page", Section::Listing),
        (
            &info.primary_category,
            "/primaryCategory",
            "a category",
            "choose where customers would look for it",
            Section::Listing,
        ),
        (
            &info.logo,
            "/logo",
            "the logo",
            "upload an SVG that holds your company's name",
            Section::Branding,
        ),
        (
            &info.mark,
            "/mark",
            "the mark",
            "upload a square SVG without your company's name",
            Section::Branding,
        ),
        (
            &info.support_email,
            "/supportEmail",
            "a support address",
            "give an address we forward questions to; customers never see it",
            Section::Support,
        ),
    ];
    let mut missing: Vec<_> = texts
        .into_iter()
        .filter(|(text, ..)| blank(text.as_deref()))
        .map(|(_, pointer, what, fix, section)| Missing {
            pointer: pointer.to_owned(),
            what: what.to_owned(),
            fix: fix.to_owned(),
            section,
        })
        .collect();
    if info.events.is_empty() {
        missing.push(Missing {
            pointer: "/events".to_owned(),
            what: "the events the source sends".to_owned(),
            fix: "declare each event with its properties, or learn them from what arrived".into(),
            section: Section::Events,
        });
    }
    for (index, event) in info.events.iter().enumerate() {
        if blank(event.description.as_deref()) {
            missing.push(Missing {
                pointer: format!("/events/{index}/description"),
                what: format!("a description of {}", event.title()),
                fix: "say when it is sent".to_owned(),
                section: Section::Events,
            });
        }
    }
    missing.extend(docs::missing(info));
    missing
}
