//! The Spec's facts: the files of `data/`, which stand in the binary and are read once.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{
    events::Category,
    fields::{Fields, Property},
    names::Names,
};

/// One of the six calls.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    #[serde(rename = "type")]
    pub(super) kind: crate::Kind,
    pub(super) does: &'static str,
    #[serde(borrow)]
    pub(super) needs: Vec<&'static str>,
    #[serde(borrow)]
    pub(super) takes: Vec<&'static str>,
}

/// A key of an older format, and where its value goes now, in dots.
#[derive(Debug, Deserialize)]
pub(super) struct OldKey {
    pub(super) key: &'static str,
    pub(super) now: &'static str,
    /// Old only in this call.
    #[serde(default)]
    pub(super) call: Option<crate::Kind>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Calls {
    pub(super) calls: Vec<Call>,
    /// Keys of the message itself.
    pub(super) fields: Fields,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct OldKeys {
    pub(super) message: Vec<OldKey>,
    pub(super) context: Vec<OldKey>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Traits {
    pub(super) user: Fields,
    pub(super) group: Fields,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Reserved {
    pub(super) track: Fields,
    pub(super) page: Fields,
    pub(super) screen: Fields,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Properties {
    reserved: Reserved,
    shared: Shared,
}

/// Lists that several events share, by name.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Shared(BTreeMap<String, Fields>);

impl Shared {
    pub(super) fn list(&self, name: &str) -> &Fields {
        self.0.get(name).unwrap_or_else(|| panic!("data/properties.json shares no list {name}"))
    }

    /// The properties with the lists they refer to.
    pub(super) fn filled(&self, properties: &[Property]) -> Vec<Property> {
        let mut properties = properties.to_vec();
        for property in &mut properties {
            if let Some(name) = property.each {
                property.fields = self.list(name).clone();
            }
        }
        properties
    }
}

/// All of it.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) calls: Calls,
    pub(super) context: Fields,
    pub(super) traits: Traits,
    pub(super) reserved: Reserved,
    pub(super) old: OldKeys,
    pub(super) categories: Vec<Category>,
    pub(super) names: Names,
}

/// The facts; the first call reads them.
pub(super) fn spec() -> &'static Spec {
    static SPEC: LazyLock<Spec> = LazyLock::new(Spec::read);
    &SPEC
}

impl Spec {
    fn read() -> Spec {
        let properties: Properties = read(include_str!("../../data/properties.json"));
        let mut categories: Vec<Category> = read(include_str!("../../data/events.json"));
        for category in &mut categories {
            category.fill(&properties.shared, &properties.reserved.track);
        }
        let traits: Traits = read(include_str!("../../data/traits.json"));
        Spec {
            calls: read(include_str!("../../data/calls.json")),
            context: read(include_str!("../../data/context.json")),
            traits: Traits { user: either_case(&traits.user), group: either_case(&traits.group) },
            reserved: properties.reserved,
            old: read(include_str!("../../data/old_keys.json")),
            names: Names::of(&categories),
            categories,
        }
    }
}

fn read<T: Deserialize<'static>>(text: &'static str) -> T {
    serde_json::from_str(text).expect("a test reads every file of data/")
}

/// Traits, which count in `camelCase` and in `snake_case`.
///
/// Source: Segment Spec, "Identify", traits.
fn either_case(traits: &[Property]) -> Fields {
    let mut list = traits.to_vec();
    for property in &mut list {
        property.fields = either_case(&property.fields);
        let snake = snake_case(property.name);
        if snake != property.name {
            property.also.push(snake.leak());
        }
        if let Some(camel) = camel_case(property.name) {
            property.also.push(camel.leak());
        }
    }
    Fields::new(list)
}

/// `postalCode` as `postal_code`.
pub(super) fn snake_case(name: &str) -> String {
    let words: Vec<_> = super::fold::words(name.as_bytes())
        .map(|word| String::from_utf8_lossy(word).to_lowercase())
        .collect();
    words.join("_")
}

fn camel_case(name: &str) -> Option<String> {
    let (first, rest) = name.split_once('_')?;
    let (head, tail) = rest.split_at_checked(1)?;
    Some(format!("{first}{}{tail}", head.to_uppercase()))
}
