//! Semantic events: what they are called, what they mean, what they carry, and which of them
//! another name means.

use serde::Deserialize;
use serde_json::{Value, json};

pub use super::names::{Meant, Why};
use super::{
    data::{Shared, spec},
    fields::{Fields, Property},
};

/// Events of one page of the Spec.
#[derive(Debug, Deserialize)]
pub struct Category {
    /// What it is called.
    #[serde(rename = "category")]
    pub name: &'static str,
    /// The public page.
    pub source: &'static str,
    /// Its events, in the order of the page.
    pub events: Vec<Event>,
}

/// One semantic event, sent by a track call.
///
/// Nothing of it is required: the Spec asks for a name and an id, all else is advice.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// The name, exactly.
    pub name: &'static str,
    /// The category it belongs to.
    #[serde(skip)]
    pub category: &'static str,
    /// The call that sends it.
    #[serde(skip, default = "track")]
    pub call: crate::Kind,
    /// What happened.
    pub description: &'static str,
    /// Its part of the category.
    #[serde(default)]
    pub group: Option<&'static str>,
    /// What `properties` may carry.
    #[serde(default)]
    pub properties: Fields,
    /// What the Spec asks for in `context`, in dots: `traits.email`.
    #[serde(default, borrow)]
    pub asks: Vec<&'static str>,
    /// What `context` may carry beside that.
    #[serde(default, borrow)]
    pub context: Vec<&'static str>,
    /// What `context` must carry; one event has any.
    #[serde(default, borrow)]
    pub needs: Vec<&'static str>,
    /// Older names that the Spec lists.
    #[serde(default, borrow)]
    pub aliases: Vec<&'static str>,
    /// Other names that the Spec allows.
    #[serde(default, borrow)]
    pub also_named: Vec<&'static str>,
    /// Names that mean nothing else.
    #[serde(default, borrow)]
    pub synonyms: Vec<&'static str>,
    /// Names that may mean it.
    #[serde(default, borrow)]
    pub perhaps: Vec<&'static str>,
    /// The event that took its place.
    #[serde(default)]
    pub superseded_by: Option<&'static str>,
    /// Libraries that send it by themselves.
    #[serde(default, borrow)]
    pub collected_by: Vec<&'static str>,
    /// The platform makes it, not a source.
    #[serde(default)]
    pub by_platform: bool,
    /// The name must not be used for anything else.
    #[serde(default)]
    pub reserved: bool,
    /// Lists of `data/properties.json` that `properties` take in.
    #[serde(default, borrow)]
    with: Vec<&'static str>,
    /// What it takes not of them.
    #[serde(default, borrow)]
    without: Vec<&'static str>,
    /// `properties`, and those reserved for every event.
    #[serde(skip)]
    pub(super) known: Fields,
}

fn track() -> crate::Kind {
    crate::Kind::Track
}

/// The categories with their events, in the order of the Spec.
pub fn categories() -> &'static [Category] {
    &spec().categories
}

/// Every event, in the order of the Spec.
pub fn all() -> impl Iterator<Item = &'static Event> {
    categories().iter().flat_map(|category| &category.events)
}

/// The event of exactly that name, or of another name that the Spec allows for it.
pub fn named(name: &str) -> Option<&'static Event> {
    spec().names.exactly(name.as_bytes())
}

/// The event that a name means which is not an event's name: an older name, a synonym, or
/// another spelling. `None` for names that are right, and for those that mean something else.
pub fn meant(name: &str) -> Option<Meant> {
    spec().names.meant(name.as_bytes())
}

impl Category {
    pub(super) fn fill(&mut self, shared: &Shared, reserved: &[Property]) {
        for event in &mut self.events {
            event.category = self.name;
            let mut own = event.properties.to_vec();
            for list in &event.with {
                let list = shared.list(list).iter();
                own.extend(list.filter(|p| !event.without.contains(&p.name)).cloned());
            }
            event.properties = Fields::new(shared.filled(&own));
            event.known = event.properties.and(reserved);
        }
    }
}

impl Event {
    /// A message that conforms, with every property and what the Spec asks for in the context.
    pub fn example(&self) -> Value {
        let properties: serde_json::Map<_, _> =
            self.properties.iter().map(Property::member).collect();
        let mut message = json!({
            "type": "track",
            "userId": "019mr8mf4r",
            "event": self.name,
            "properties": properties,
        });
        for key in self.asks.iter().chain(&self.context).chain(&self.needs) {
            let (value, mut at) = (context_sample(key), &mut message["context"]);
            for part in key.split('.') {
                at = &mut at[part];
            }
            *at = value;
        }
        message
    }
}

/// What a key of the context may hold, in dots.
pub(super) fn context_sample(key: &str) -> Value {
    let spec = spec();
    match key {
        "consent.categoryPreferences" => json!({"Advertising": true, "Analytics": false}),
        _ => {
            let (fields, name) = match key.strip_prefix("traits.") {
                Some(name) => (&spec.traits.user, name),
                None => (&spec.context, key),
            };
            fields.named(name).map_or(Value::Null, Property::sample)
        }
    }
}
