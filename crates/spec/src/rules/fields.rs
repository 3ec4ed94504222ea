//! Properties, traits and keys as the Spec's tables have them, and lists of them in which a key
//! is found even when it is misspelled.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::fold::fold;

/// What a property, trait or field may hold, in the words of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A rule of the wire holds it to its type.
    #[serde(default)]
    pub(super) by_wire: bool,
    /// The shared list that `fields` are.
    #[serde(default)]
    pub(super) each: Option<&'static str>,
}

/// Properties that can be looked up by a name that may be misspelled.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    list: Vec<Property>,
    /// Names that are right, by their hash: open addressing in a power of two, half full at most.
    right: Vec<Option<(&'static str, usize, Spelling)>>,
    /// Folded names, in order, and which property they mean.
    folds: Vec<(u64, usize)>,
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
        let mut fields = Fields { list: vec![], right: vec![], folds: vec![] };
        let names = |property: &Property| 1 + property.also.len();
        let names: usize = list.iter().map(names).sum();
        fields.right = vec![None; (2 * names).next_power_of_two()];
        for (index, property) in list.iter().enumerate() {
            fields.learn(property.name, index, Spelling::Exact);
            property.also.iter().for_each(|also| fields.learn(also, index, Spelling::Also));
        }
        for (index, property) in list.iter().enumerate() {
            property.misnomers.iter().for_each(|name| fields.learn_fold(name, index));
        }
        fields.folds.sort_unstable();
        fields.list = list;
        fields
    }

    fn learn(&mut self, name: &'static str, index: usize, spelling: Spelling) {
        let mask = self.right.len() - 1;
        let mut at = xxh3_64(name.as_bytes()) as usize & mask;
        while self.right[at].is_some() {
            at = (at + 1) & mask;
        }
        self.right[at] = Some((name, index, spelling));
        self.learn_fold(name, index);
    }

    fn learn_fold(&mut self, name: &str, index: usize) {
        let fold = fold(name.as_bytes());
        if self.folds.iter().all(|(other, _)| *other != fold) {
            self.folds.push((fold, index));
        }
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
        let mask = self.right.len().checked_sub(1)?;
        let mut at = xxh3_64(key) as usize & mask;
        while let Some((name, index, spelling)) = self.right[at] {
            if name.as_bytes() == key {
                return Some((index, &self.list[index], spelling));
            }
            at = (at + 1) & mask;
        }
        let fold = fold(key);
        let at = self.folds.binary_search_by_key(&fold, |(fold, _)| *fold).ok()?;
        let index = self.folds[at].1;
        Some((index, &self.list[index], Spelling::Wrong))
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
