//! Documentation on the platform: its sections in order, what each is for, what is still
//! missing, and a first version made from what is declared.
//!
//! Source: Segment's documentation template for partner sources. The box that says event source,
//! beta, maintained by and regions is drawn from data and is no section.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use spec::Kind;

use crate::{
    info::{DeclaredEvent, Info, Missing, Section},
    problem::Problem,
    text::{blank, check_lines},
};

mod template;
mod words;

pub use template::{GAPS, template};
use words::{first_person, has_heading, has_picture, names};

/// Characters of one section.
pub const SECTION_CHARS_MAX: usize = 20_000;

/// The sections, as Markdown without their own headings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Docs {
    /// Who makes it and what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduction: Option<String>,
    /// From the catalog to the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub getting_started: Option<String>,
    /// Which calls are sent, and how ids are filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The table of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// The table of properties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_properties: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adding_destinations: Option<String>,
}

impl Docs {
    /// Whether no section has been begun.
    pub fn is_empty(&self) -> bool {
        SECTIONS.iter().all(|section| (section.text)(self).is_none())
    }
}

/// When a section has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Required {
    /// In every documentation.
    Always,
    /// When the source declares track events.
    WithEvents,
    /// When a declared event has properties.
    WithProperties,
    /// Never; drop it when it does not apply.
    Never,
}

/// One section of the template.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocsSection {
    /// Its field in [`Docs`].
    pub key: &'static str,
    /// JSON pointer from the root of the catalog info.
    pub pointer: &'static str,
    /// The heading that readers see.
    pub title: &'static str,
    /// What belongs into it, for the writer.
    pub help: &'static str,
    /// When it has to be there.
    pub required: Required,
    /// Its text in given documentation.
    #[serde(skip)]
    pub text: fn(&Docs) -> Option<&str>,
}

/// The template: every section, in order.
pub const SECTIONS: [DocsSection; 6] = [
    DocsSection {
        key: "introduction",
        pointer: "/docs/introduction",
        title: "Introduction",
        help: "One or two sentences: what the product is, and what a customer gets from its \
               events. Name the product and link its site.",
        required: Required::Always,
        text: |docs| docs.introduction.as_deref(),
    },
    DocsSection {
        key: "gettingStarted",
        pointer: "/docs/gettingStarted",
        title: "Getting started",
        help: "Every step from the catalog to the first event: add the source, copy its write \
               key, and where in your product it is pasted. Say which plan or role is needed.",
        required: Required::Always,
        text: |docs| docs.getting_started.as_deref(),
    },
    DocsSection {
        key: "stream",
        pointer: "/docs/stream",
        title: "Stream",
        help: "Which calls are sent (track, identify, page, group), and how userId and \
               anonymousId are filled.",
        required: Required::Always,
        text: |docs| docs.stream.as_deref(),
    },
    DocsSection {
        key: "events",
        pointer: "/docs/events",
        title: "Events",
        help: "A table: event name, and when it is sent. Every declared event stands in it.",
        required: Required::WithEvents,
        text: |docs| docs.events.as_deref(),
    },
    DocsSection {
        key: "eventProperties",
        pointer: "/docs/eventProperties",
        title: "Event properties",
        help: "A table: property, and what it says. Every declared property stands in it.",
        required: Required::WithProperties,
        text: |docs| docs.event_properties.as_deref(),
    },
    DocsSection {
        key: "addingDestinations",
        pointer: "/docs/addingDestinations",
        title: "Adding destinations",
        help: "What a customer does next, and whom to ask when something does not arrive.",
        required: Required::Never,
        text: |docs| docs.adding_destinations.as_deref(),
    },
];

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Weight {
    /// It stands in the way of submission.
    Missing,
    /// It would read better; never in the way.
    Hint,
}

/// Something to say about the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// JSON pointer from the root of the catalog info.
    pub pointer: String,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// Wrong values: sections that are too long or hold control characters. Pointers from the root
/// of the documentation.
pub fn validate(docs: &Docs) -> Vec<Problem> {
    let texts = SECTIONS.iter().filter_map(|s| Some((s.key, (s.text)(docs)?)));
    texts
        .filter_map(|(key, text)| check_lines(text, SECTION_CHARS_MAX, &format!("/{key}")))
        .collect()
}

/// Whether a section has to be there, with what is declared now.
pub fn needed(section: &DocsSection, info: &Info) -> bool {
    match section.required {
        Required::Always => true,
        Required::WithEvents => tracked(info).next().is_some(),
        Required::WithProperties => !properties(info).is_empty(),
        Required::Never => false,
    }
}

/// What the documentation still needs, whatever the integration is called.
pub fn missing(info: &Info) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut add = |pointer: &str, what: String, fix: String| {
        missing.push(Missing {
            pointer: pointer.to_owned(),
            what,
            fix,
            section: Section::Documentation,
        });
    };
    for section in &SECTIONS {
        if needed(section, info) && blank((section.text)(&info.docs)) {
            let what = format!("the section {:?} of the documentation", section.title);
            add(section.pointer, what, section.help.to_owned());
        }
        for gap in template::gaps((section.text)(&info.docs).unwrap_or_default()) {
            let what = format!("your words for {gap} in the section {:?}", section.title);
            add(section.pointer, what, "write what it is in your product".to_owned());
        }
    }
    if let Some(text) = info.docs.events.as_deref().filter(|text| !text.trim().is_empty()) {
        for event in tracked(info).filter(|event| !names(text, &event.name)) {
            let what = format!("the event {:?} in the section \"Events\"", event.name);
            add("/docs/events", what, "add a row for it, or declare it no longer".to_owned());
        }
    }
    let text = info.docs.event_properties.as_deref().filter(|text| !text.trim().is_empty());
    if let Some(text) = text {
        for property in properties(info).into_iter().filter(|property| !names(text, property)) {
            let what = format!("the property {property:?} in the section \"Event properties\"");
            let fix = "add a row for it, or declare it no longer".to_owned();
            add("/docs/eventProperties", what, fix);
        }
    }
    missing
}

/// Everything to say about the documentation of the integration called `name`: what is missing
/// first, then hints. For the writer, live.
pub fn check(name: &str, info: &Info) -> Vec<Finding> {
    let mut findings: Vec<_> = missing(info)
        .into_iter()
        .map(|missing| Finding {
            weight: Weight::Missing,
            pointer: missing.pointer,
            what: format!("missing: {}", missing.what),
            fix: missing.fix,
        })
        .collect();
    findings.extend(unnamed(name, info));
    let mut hint = |pointer: &str, what: String, fix: &str| {
        findings.push(Finding {
            weight: Weight::Hint,
            pointer: pointer.to_owned(),
            what,
            fix: fix.to_owned(),
        });
    };
    for section in &SECTIONS {
        let Some(text) = (section.text)(&info.docs) else {
            continue;
        };
        if let Some(word) = first_person(text) {
            let fix = "name the product instead, or address the reader";
            hint(section.pointer, format!("{word:?} speaks in the first person"), fix);
        }
        if has_heading(text) {
            let fix = "use level 3 and below, or bold text: the section has its own heading";
            hint(section.pointer, "a heading as high as the section's own".to_owned(), fix);
        }
        if has_picture(text) {
            let fix = "describe it in words, which stay true longer";
            hint(section.pointer, "a picture in the documentation".to_owned(), fix);
        }
    }
    if let Some(text) = info.docs.getting_started.as_deref()
        && !text.to_lowercase().contains("write key")
        && !blank(Some(text))
    {
        let fix = "say where in your product the customer pastes it";
        hint("/docs/gettingStarted", "the write key is not mentioned".to_owned(), fix);
    }
    if let Some(text) = info.docs.stream.as_deref().filter(|text| !blank(Some(text))) {
        let kinds: BTreeSet<_> = info.events.iter().map(|event| event.kind).collect();
        for kind in kinds.into_iter().filter(|kind| !names(&text.to_lowercase(), kind.as_str())) {
            let what = format!("{kind} calls are declared but not mentioned");
            hint("/docs/stream", what, "say when they are sent and which ids they carry");
        }
    }
    findings
}

/// An introduction that does not name the integration.
pub(crate) fn unnamed(name: &str, info: &Info) -> Option<Finding> {
    let text = info.docs.introduction.as_deref().filter(|text| !blank(Some(text)))?;
    let found = names(&text.to_lowercase(), &name.trim().to_lowercase());
    (!found).then(|| Finding {
        weight: Weight::Missing,
        pointer: "/docs/introduction".to_owned(),
        what: format!("the introduction does not name {name:?}"),
        fix: "begin with the name and say what it does".to_owned(),
    })
}

fn tracked(info: &Info) -> impl Iterator<Item = &DeclaredEvent> {
    info.events.iter().filter(|event| event.kind == Kind::Track && !event.name.is_empty())
}

/// The names of all properties of track events, each once, in order of appearance.
fn properties(info: &Info) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    let all = tracked(info).flat_map(|event| &event.properties).map(|p| p.name.as_str());
    all.filter(|name| !name.is_empty() && seen.insert(*name)).collect()
}

#[cfg(test)]
mod tests;
