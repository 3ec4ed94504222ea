//! Holds values to what the Spec says they are, down through objects and arrays.

use serde_json::{Value as Json, json};

use crate::{format_iso, time::parse_iso};

use super::{
    Rule,
    fields::{Fields, Property, Spelling, Type},
    json::{Member, Shape, Value},
    path::Path,
    properties::{DATE_NOT_ISO, PROPERTY_VALUE},
    report::{Findings, lossy, said},
};

/// What a walk reports under.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) wrong_type: &'static Rule,
    pub(super) wrong_key: &'static Rule,
}

impl Rules {
    /// Holds each member that `fields` know to what they say.
    pub(super) fn object(
        self,
        object: Value<'_>,
        fields: &Fields,
        at: &Path<'_>,
        found: &mut Findings,
    ) {
        for member in object.members() {
            match fields.find(&member.key) {
                None => {}
                Some((_, property, _)) if property.by_wire => {}
                Some((_, property, Spelling::Wrong)) => {
                    self.misspelled(object, &member, property, at, found);
                }
                Some((_, property, _)) => {
                    self.value(member.value, property, &at.member(object, &member), found);
                }
            }
        }
    }

    /// Holds one value to what the Spec says of it. `null` is always right.
    pub(super) fn value(
        self,
        value: Value<'_>,
        property: &Property,
        at: &Path<'_>,
        found: &mut Findings,
    ) {
        let of_type = |kind: &Type| fits(value, *kind);
        if !property.types.is_empty() && !property.types.iter().any(of_type) {
            return self.wrong(value, property, at, found);
        }
        match value.shape {
            Shape::String => text(value, property, at, found),
            Shape::Object if !property.fields.is_empty() => {
                self.object(value, &property.fields, at, found);
            }
            Shape::Array if !property.fields.is_empty() => {
                for (index, element) in value.elements().enumerate() {
                    let at = at.element(index);
                    if fits(element, Type::Object) {
                        self.object(element, &property.fields, &at, found);
                    } else {
                        let example =
                            Json::Object(property.fields.iter().map(Property::member).collect());
                        found.add(self.wrong_type, &at, element, "an object", example);
                    }
                }
            }
            Shape::Array => {
                let Some(of) = property.of else { return };
                for (index, element) in value.elements().enumerate() {
                    if !fits(element, of) {
                        let example = mended(element, of).unwrap_or_else(|| of.sample());
                        found.add(
                            self.wrong_type,
                            &at.element(index),
                            element,
                            of.words(),
                            example,
                        );
                    }
                }
            }
            _ => {}
        }
    }

    /// Reports a key that is written as nobody reads it, unless the right one is there too.
    #[cold]
    #[inline(never)]
    pub(super) fn misspelled(
        self,
        object: Value<'_>,
        member: &Member<'_>,
        property: &Property,
        at: &Path<'_>,
        found: &mut Findings,
    ) {
        if object.get(property.name.as_bytes()).shape != Shape::Absent {
            return;
        }
        let value =
            serde_json::from_slice(member.value.raw()).unwrap_or_else(|_| property.sample());
        let key = format!("the key {}", property.name);
        let example = json!({ property.name: value });
        found.add_key(self.wrong_key, &at.member(object, member), &member.key, key, example);
    }

    #[cold]
    #[inline(never)]
    fn wrong(self, value: Value<'_>, property: &Property, at: &Path<'_>, found: &mut Findings) {
        let words: Vec<_> = property.types.iter().map(|kind| kind.words()).collect();
        let mended = property.types.iter().find_map(|kind| mended(value, *kind));
        let example = mended.unwrap_or_else(|| property.sample());
        found.add(self.wrong_type, at, value, words.join(", or "), example);
    }
}

/// Dates, and words of a list.
#[inline]
fn text(value: Value<'_>, property: &Property, at: &Path<'_>, found: &mut Findings) {
    if property.types.first() == Some(&Type::Date) && parse_iso(value.inside()).is_none() {
        let iso = "a date in ISO-8601";
        found.add(&DATE_NOT_ISO, at, value, iso, property.sample());
    }
    if !property.values.is_empty()
        && !property.values.iter().any(|word| word.as_bytes() == value.inside())
    {
        let one = format!("one of {}", property.values.join(", "));
        found.add(&PROPERTY_VALUE, at, value, one, property.values[0]);
    }
}

#[inline]
fn fits(value: Value<'_>, kind: Type) -> bool {
    match (value.shape, kind) {
        (Shape::Null | Shape::Absent, _) => true,
        (Shape::String, Type::String | Type::Date) => true,
        (Shape::Number, Type::Number) => true,
        (Shape::Number, Type::Integer) => is_whole(value.raw()),
        (Shape::Bool, Type::Boolean) => true,
        (Shape::Object, Type::Object) => true,
        (Shape::Array, Type::Array) => true,
        (Shape::Array, Type::Object) => value.object_like(),
        _ => false,
    }
}

/// `5`, and `5.0` as languages without whole numbers write it.
fn is_whole(digits: &[u8]) -> bool {
    match digits.iter().position(|byte| *byte == b'.') {
        None => true,
        Some(dot) => digits[dot + 1..].iter().all(|byte| *byte == b'0'),
    }
}

/// The value as it was probably meant.
fn mended(value: Value<'_>, kind: Type) -> Option<Json> {
    let text = match value.shape {
        Shape::String => said(value),
        Shape::Number | Shape::Bool => lossy(value.raw()),
        _ if kind == Type::Array && value.given() => {
            return serde_json::from_slice(value.raw()).ok().map(|one: Json| json!([one]));
        }
        _ => return None,
    };
    match kind {
        Type::String => Some(Json::from(text)),
        Type::Number | Type::Integer => {
            let text = text.trim().trim_start_matches(['$', '€', '£']);
            let number = serde_json::from_str::<Json>(text).ok().filter(Json::is_number)?;
            (kind == Type::Number || is_whole(text.as_bytes())).then_some(number)
        }
        Type::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(Json::from(true)),
            "false" | "no" | "0" => Some(Json::from(false)),
            _ => None,
        },
        Type::Date => {
            // Since 1973 seconds have nine digits or more, milliseconds twelve or more.
            let number: i64 = text.parse().ok().filter(|number| *number > 99_999_999)?;
            let ms = if number < 100_000_000_000 { number * 1000 } else { number };
            let mut iso = Vec::new();
            format_iso(ms, &mut iso);
            String::from_utf8(iso).ok().map(Json::from)
        }
        Type::Array => serde_json::from_slice(value.raw()).ok().map(|one: Json| json!([one])),
        Type::Object => None,
    }
}
