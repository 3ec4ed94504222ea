//! Nodes made into values.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};
use spec::json::{self, Shape};

use super::{
    MADE_MAX, MappingFault,
    read::{Node, Part},
};

/// A message as a tree. A lone surrogate becomes U+FFFD; of a key that is there twice the last
/// counts.
pub(super) fn tree(value: json::Value<'_>) -> Value {
    match value.shape {
        Shape::Absent | Shape::Null => Value::Null,
        Shape::Bool => Value::Bool(value.raw() == b"true"),
        Shape::Number => {
            serde_json::from_slice::<Number>(value.raw()).map_or(Value::Null, Value::Number)
        }
        Shape::String => Value::String(shown(&value.bytes().unwrap_or_default())),
        Shape::Array => value.elements().map(tree).collect(),
        Shape::Object => {
            let members = value.members().map(|member| {
                (String::from_utf8_lossy(&member.key).into_owned(), tree(member.value))
            });
            Value::Object(members.collect())
        }
    }
}

/// The text with U+FFFD in place of each lone surrogate, which stands there as three bytes.
fn shown(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        if chunk.invalid().first() == Some(&0xed) {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    out
}

/// One message on its way through a mapping.
#[derive(Default)]
pub(super) struct Resolution {
    made: usize,
}

type Resolved = Result<Option<Value>, MappingFault>;

impl Resolution {
    /// The value that `node` stands for; `None` when there is none.
    pub(super) fn of(&mut self, node: &Node, payload: &Value) -> Resolved {
        Ok(match node {
            Node::Raw(raw) => Some(self.copy(raw)?),
            Node::Path(path) => path.get(payload).map(|value| self.copy(value)).transpose()?,
            Node::List(nodes) => {
                let mut list = Vec::with_capacity(nodes.len());
                for node in nodes {
                    list.extend(self.of(node, payload)?);
                }
                Some(Value::Array(list))
            }
            Node::Object(members) => {
                let mut object = Map::new();
                for (key, node) in members {
                    if let Some(value) = self.of(node, payload)? {
                        object.insert(key.clone(), value);
                    }
                }
                self.make(members.len())?;
                Some(Value::Object(object))
            }
            Node::Template(parts) => Some(Value::String(self.render(parts, payload)?)),
            Node::If { blank, given, then, otherwise } => {
                let given = self.of(given, payload)?;
                let there = match given {
                    None | Some(Value::Null) => false,
                    Some(Value::String(text)) => !(*blank && text.is_empty()),
                    Some(_) => true,
                };
                match if there { then } else { otherwise } {
                    Some(node) => self.of(node, payload)?,
                    None => None,
                }
            }
            Node::Case { upper, value } => match self.of(value, payload)? {
                Some(Value::String(text)) => Some(Value::String(match upper {
                    true => text.to_uppercase(),
                    false => text.to_lowercase(),
                })),
                other => other,
            },
            Node::Replace { patterns, ignore_case, all, value } => {
                let text = match self.of(value, payload)? {
                    Some(Value::String(text)) => text,
                    Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
                    other => return Ok(other),
                };
                let replace = |text: String, (pattern, by): &(String, String)| {
                    replaced(&text, pattern, by, *ignore_case, *all)
                };
                let text = patterns.iter().fold(text, replace);
                self.make(text.len())?;
                Some(Value::String(text))
            }
            Node::ArrayPath { root, shape } => {
                let root = self.of(root, payload)?;
                let Some(shape) = shape else { return Ok(root) };
                let elements = match root {
                    Some(Value::Array(elements)) => elements,
                    Some(object @ Value::Object(_)) => vec![object],
                    other => return Ok(other),
                };
                let mut list = Vec::with_capacity(elements.len());
                for element in &elements {
                    list.extend(self.of(shape, element)?);
                }
                Some(Value::Array(list))
            }
            Node::Flatten { value, separator, omit_arrays } => {
                let value = self.of(value, payload)?;
                if !matches!(value, Some(Value::Object(_) | Value::Array(_))) {
                    return Ok(value);
                }
                let mut flat = Map::new();
                self.flatten(value.as_ref(), "", separator, *omit_arrays, &mut flat)?;
                Some(Value::Object(flat))
            }
            Node::Encode(value) => match self.of(value, payload)? {
                Some(value) => {
                    let text = value.to_string();
                    self.make(text.len())?;
                    Some(Value::String(text))
                }
                None => None,
            },
            Node::Decode(value) => match self.of(value, payload)? {
                Some(Value::String(text)) => {
                    let value = serde_json::from_str(&text);
                    Some(
                        value
                            .map_err(|_| MappingFault::NotJson(text.chars().take(80).collect()))?,
                    )
                }
                other => other,
            },
            Node::Merge(objects) => {
                let mut merged = Map::new();
                for node in objects {
                    if let Some(Value::Object(object)) = self.of(node, payload)? {
                        merged.extend(object);
                    }
                }
                Some(Value::Object(merged))
            }
            Node::ExcludeWhenNull(node) => self.of(node, payload)?.filter(|value| !value.is_null()),
        })
    }

    /// Notes that so many bytes or values were made.
    fn make(&mut self, more: usize) -> Result<(), MappingFault> {
        self.made += more + 1;
        if self.made > MADE_MAX { Err(MappingFault::TooLarge) } else { Ok(()) }
    }

    fn copy(&mut self, value: &Value) -> Result<Value, MappingFault> {
        self.weigh(value)?;
        Ok(value.clone())
    }

    fn weigh(&mut self, value: &Value) -> Result<(), MappingFault> {
        match value {
            Value::String(text) => self.make(text.len()),
            Value::Array(elements) => {
                self.make(elements.len())?;
                elements.iter().try_for_each(|element| self.weigh(element))
            }
            Value::Object(members) => members.iter().try_for_each(|(key, value)| {
                self.make(key.len())?;
                self.weigh(value)
            }),
            _ => self.make(8),
        }
    }

    fn render(&mut self, parts: &[Part], payload: &Value) -> Result<String, MappingFault> {
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value { path, escaped } => match path.get(payload) {
                    None | Some(Value::Null) => {}
                    Some(Value::String(text)) if *escaped => out.push_str(&html(text)),
                    Some(Value::String(text)) => out.push_str(text),
                    Some(other) => out.push_str(&other.to_string()),
                },
            }
            if out.len() > MADE_MAX {
                return Err(MappingFault::TooLarge);
            }
        }
        self.make(out.len())?;
        Ok(out)
    }

    fn flatten(
        &mut self,
        value: Option<&Value>,
        name: &str,
        separator: &str,
        omit_arrays: bool,
        out: &mut Map<String, Value>,
    ) -> Result<(), MappingFault> {
        let below = |key: &str| match name {
            "" => key.to_owned(),
            name => format!("{name}{separator}{key}"),
        };
        match value {
            Some(Value::Object(members)) => {
                for (key, value) in members {
                    self.flatten(Some(value), &below(key), separator, omit_arrays, out)?;
                }
            }
            Some(Value::Array(elements)) if !omit_arrays || name.is_empty() => {
                for (index, value) in elements.iter().enumerate() {
                    let name = below(&index.to_string());
                    self.flatten(Some(value), &name, separator, omit_arrays, out)?;
                }
            }
            Some(value) => {
                self.make(name.len())?;
                let value = self.copy(value)?;
                out.insert(name.to_owned(), value);
            }
            None => {}
        }
        Ok(())
    }
}

/// The text with the characters escaped that mean something in HTML.
fn html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'', '`', '=', '/']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '/' => out.push_str("&#x2F;"),
            '`' => out.push_str("&#x60;"),
            '=' => out.push_str("&#x3D;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The text with the pattern, which is plain text, replaced: everywhere, or where it is first.
fn replaced(text: &str, pattern: &str, by: &str, ignore_case: bool, all: bool) -> String {
    let same = |a: char, b: char| a == b || (ignore_case && a.to_lowercase().eq(b.to_lowercase()));
    // Where the pattern that begins at the text's beginning ends.
    let end_of = |text: &str| {
        let mut chars = text.chars();
        let whole = pattern.chars().all(|p| chars.next().is_some_and(|c| same(c, p)));
        whole.then(|| text.len() - chars.as_str().len())
    };
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut many) = (text, 0);
    while let Some(c) = rest.chars().next() {
        match end_of(rest).filter(|_| all || many == 0) {
            Some(end) => {
                out.push_str(by);
                rest = &rest[end..];
                many += 1;
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}
