//! The Spec's facts: the files of `data/`, which stand in the binary and are read once.

use std::{ops::Deref, sync::LazyLock};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{events::Category, fold::fold, names::Names};

/// What a property, trait or field may hold, in the words of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Text.
    String,
    /// Any number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Text that is a date or time in ISO-8601.
    Date,
    /// An object.
    Object,
    /// An array.
    Array,
}

/// A property of a semantic event, a reserved trait, or a key of the context.
#[derive(Debug, Clone, Deserialize)]
pub struct Property {
    /// Its name, as the Spec writes it.
    pub name: &'static str,
    /// What it may hold, one of them; empty when the Spec does not say.
    #[serde(rename = "type", deserialize_with = "one_or_more")]
    pub types: Vec<Type>,
    /// What it means.
    pub description: &'static str,
    /// A value it may have.
    #[serde(default)]
    pub example: Option<Value>,
    /// What each element of an array holds.
    #[serde(default)]
    pub of: Option<Type>,
    /// The only values it may have; empty for any.
    #[serde(default, borrow)]
    pub values: Vec<&'static str>,
    /// Other spellings that are as good.
    #[serde(default, borrow)]
    pub also: Vec<&'static str>,
    /// Names that people give it and nobody reads.
    #[serde(default, borrow)]
    pub misnomers: Vec<&'static str>,
    /// What an object holds, or each object of an array; empty for anything.
    #[serde(default)]
    pub fields: Fields,
    /// The shared list that `fields` are.
    #[serde(default)]
    each: Option<&'static str>,
}

/// Properties that can be looked up by a name that may be misspelled.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    list: Vec<Property>,
    /// Folded names, in order; which property; whether the name is a misnomer.
    folds: Vec<(u64, usize, bool)>,
}

/// How a key that was found is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As the Spec does.
    Exact,
    /// In another way that is as good.
    Also,
    /// In a way nobody reads.
    Wrong,
}

impl Deref for Fields {
    type Target = [Property];

    fn deref(&self) -> &[Property] {
        &self.list
    }
}

impl<'de: 'static> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Fields, D::Error> {
        Vec::deserialize(from).map(Fields::new)
    }
}

impl Fields {
    /// Of these properties; where names fold alike the first is found.
    pub(super) fn new(list: Vec<Property>) -> Fields {
        let mut folds: Vec<(u64, usize, bool)> = Vec::new();
        for wrong in [false, true] {
            for (index, property) in list.iter().enumerate() {
                let own = std::iter::once(&property.name).chain(&property.also);
                let names: Vec<_> =
                    if wrong { property.misnomers.iter().collect() } else { own.collect() };
                for name in names {
                    let fold = fold(name.as_bytes());
                    if folds.iter().all(|(other, ..)| *other != fold) {
                        folds.push((fold, index, wrong));
                    }
                }
            }
        }
        folds.sort_unstable();
        Fields { list, folds }
    }

    /// These, and those of `more` whose names are not there.
    pub(super) fn and(&self, more: &[Property]) -> Fields {
        let mut list = self.list.clone();
        list.extend(more.iter().filter(|other| self.named(other.name).is_none()).cloned());
        Fields::new(list)
    }

    /// The property of exactly that name.
    pub fn named(&self, name: &str) -> Option<&Property> {
        self.list.iter().find(|property| property.name == name)
    }

    /// The property a key means, where it stands in the list, and how the key is written.
    #[inline]
    pub(super) fn find(&self, key: &[u8]) -> Option<(usize, &Property, Spelling)> {
        let fold = fold(key);
        let at = self.folds.binary_search_by_key(&fold, |(fold, ..)| *fold).ok()?;
        let (_, index, misnomer) = self.folds[at];
        let property = &self.list[index];
        let spelling = if property.name.as_bytes() == key {
            Spelling::Exact
        } else if !misnomer && property.also.iter().any(|also| also.as_bytes() == key) {
            Spelling::Also
        } else {
            Spelling::Wrong
        };
        Some((index, property, spelling))
    }
}

impl Property {
    /// A value that conforms: its example, else one made of what it holds.
    pub fn sample(&self) -> Value {
        if let Some(example) = &self.example {
            return example.clone();
        }
        let object = || Value::Object(self.fields.iter().map(Property::member).collect());
        match self.types.first() {
            Some(Type::Array) if self.fields.is_empty() => Value::Array(vec![]),
            Some(Type::Array) => Value::Array(vec![object()]),
            Some(Type::Object) => object(),
            Some(kind) => kind.sample(),
            None => Value::Null,
        }
    }

    /// Its name and a value that conforms.
    pub(super) fn member(&self) -> (String, Value) {
        (self.name.to_owned(), self.sample())
    }
}

impl Type {
    /// A value of that type.
    pub(super) fn sample(self) -> Value {
        match self {
            Type::String => Value::from("text"),
            Type::Number | Type::Integer => Value::from(1),
            Type::Boolean => Value::from(true),
            Type::Date => Value::from("2026-11-02T12:20:45.000Z"),
            Type::Object => Value::Object(serde_json::Map::new()),
            Type::Array => Value::Array(vec![]),
        }
    }

    /// The word that names it.
    pub fn name(self) -> &'static str {
        match self {
            Type::String => "string",
            Type::Number => "number",
            Type::Integer => "integer",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Object => "object",
            Type::Array => "array",
        }
    }

    /// In words, with their article.
    pub(super) fn words(self) -> &'static str {
        match self {
            Type::String => "text",
            Type::Number => "a number",
            Type::Integer => "a whole number",
            Type::Boolean => "true or false",
            Type::Date => "a date in ISO-8601",
            Type::Object => "an object",
            Type::Array => "an array",
        }
    }
}

fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Type>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Types {
        One(Type),
        Several(Vec<Type>),
    }
    Ok(match Types::deserialize(from)? {
        Types::One(one) => vec![one],
        Types::Several(several) => several,
    })
}

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
#[derive(Debug)]
pub(super) struct Shared(Vec<(String, Fields)>);

impl<'de: 'static> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Shared, D::Error> {
        let lists = std::collections::BTreeMap::<String, Fields>::deserialize(from)?;
        Ok(Shared(lists.into_iter().collect()))
    }
}

impl Shared {
    pub(super) fn list(&self, name: &str) -> &Fields {
        let named = self.0.iter().find(|(other, _)| other == name);
        &named.unwrap_or_else(|| panic!("data/properties.json shares no list {name}")).1
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
