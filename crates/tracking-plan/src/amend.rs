//! A judgement written into its message: what is omitted is cut out of the bytes, and
//! `context.protocols` says what happened. Every other byte stays.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    judge::{Judgement, for_people},
    pointer::steps,
    text::readable,
};

/// Bytes of each of our lists; what does not fit is left out of the list.
const LISTED_BYTES_MAX: usize = 8 * 1024;

/// What a judgement changes in the JSON of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// In the order of the message; none touches another.
    edits: Vec<Edit>,
}

/// `text` in place of the bytes from `start` to `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// The message as it is stored once it was judged: without what is omitted, and with
/// `context.protocols {sourceId, violations, omitted, omitted_on_violation}` when there is anything
/// to say. `event_version`, which the sender said, stays beside them.
pub fn stored(message: &[u8], judgement: &Judgement, source_id: &str) -> Vec<u8> {
    match Amendment::of(message, judgement, source_id) {
        Some(amendment) => amendment.apply(message),
        None => message.to_vec(),
    }
}

impl Amendment {
    /// What `judgement` changes in `message`; `None` when that is nothing.
    pub fn of(message: &[u8], judgement: &Judgement, source_id: &str) -> Option<Amendment> {
        let said = !judgement.violations.is_empty()
            || !judgement.omitted.is_empty()
            || !judgement.omitted_on_violation.is_empty();
        if !said {
            return None;
        }
        let text = readable(message)?;
        let text = text.as_ref();
        let mut cut = Cut::default();
        for pointer in judgement.omitted.iter().chain(&judgement.omitted_on_violation) {
            cut.add(pointer);
        }
        let mut edits = Vec::new();
        cut.object(text, span_of(text)?, &mut edits);
        tell(text, judgement, source_id, &mut edits)?;
        edits.sort_by_key(|edit| edit.start);
        Some(Amendment { edits })
    }

    /// The message with the changes.
    pub fn apply(&self, message: &[u8]) -> Vec<u8> {
        let added: usize = self.edits.iter().map(|edit| edit.text.len()).sum();
        let mut out = Vec::with_capacity(message.len() + added);
        let mut at = 0;
        for Edit { start, end, text } in &self.edits {
            out.extend_from_slice(&message[at..*start]);
            out.extend_from_slice(text.as_bytes());
            at = *end;
        }
        out.extend_from_slice(&message[at..]);
        out
    }

    /// Where the byte at `place`, which no change took out, stands afterwards.
    pub fn moved(&self, place: usize) -> usize {
        let before = self.edits.iter().take_while(|edit| edit.end <= place);
        let (added, removed) = before.fold((0, 0), |(added, removed), edit| {
            (added + edit.text.len(), removed + edit.end - edit.start)
        });
        place + added - removed
    }
}

type Span = (usize, usize);

/// Where the object itself stands in `text`.
fn span_of(text: &str) -> Option<Span> {
    let start = text.find('{')?;
    Some((start, text.rfind('}')? + 1))
}

/// What is to be taken out, as a tree.
#[derive(Debug, Default)]
struct Cut {
    whole: bool,
    inside: BTreeMap<String, Cut>,
}

impl Cut {
    fn add(&mut self, pointer: &str) {
        let mut at = self;
        for step in steps(pointer) {
            at = at.inside.entry(step).or_default();
        }
        at.whole = true;
    }

    /// Cuts out of the object at `span`.
    fn object(&self, text: &str, span: Span, edits: &mut Vec<Edit>) {
        let Some(members) = members(text, span) else { return };
        let cut = |member: &Member| self.inside.get(&member.name).is_some_and(|cut| cut.whole);
        let kept = members.iter().position(|member| !cut(member));
        let mut remove = |start, end| edits.push(Edit { start, end, text: String::new() });
        match kept {
            // What goes before the first that stays goes with the comma behind it.
            Some(first) if first > 0 => remove(members[0].key, members[first].key),
            None if !members.is_empty() => {
                remove(members[0].key, members[members.len() - 1].value.1);
            }
            _ => {}
        }
        for at in kept.map_or(members.len(), |first| first + 1)..members.len() {
            if cut(&members[at]) {
                remove(members[at - 1].value.1, members[at].value.1);
            }
        }
        for member in members.iter().filter(|member| !cut(member)) {
            if let Some(inside) = self.inside.get(&member.name) {
                inside.value(text, member.value, edits);
            }
        }
    }

    fn value(&self, text: &str, span: Span, edits: &mut Vec<Edit>) {
        match text.as_bytes()[span.0] {
            b'{' => self.object(text, span, edits),
            b'[' => {
                let Some(elements) = elements(text, span) else { return };
                for (index, span) in elements.into_iter().enumerate() {
                    if let Some(inside) = self.inside.get(index.to_string().as_str()) {
                        inside.value(text, span, edits);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Writes `context.protocols`.
fn tell(text: &str, judgement: &Judgement, source_id: &str, edits: &mut Vec<Edit>) -> Option<()> {
    let whole = span_of(text)?;
    let ours = [
        ("sourceId", json!(source_id)),
        ("violations", listed(&judgement.violations)),
        ("omitted", listed(&for_people(&judgement.omitted))),
        ("omitted_on_violation", listed(&for_people(&judgement.omitted_on_violation))),
    ];
    let context = members(text, whole)?.into_iter().rfind(|member| member.name == "context");
    let Some(context) = context else {
        edits.push(insert(text, whole, "context", &json!({ "protocols": object(&ours) })));
        return Some(());
    };
    if text.as_bytes()[context.value.0] != b'{' {
        let text = json!({ "protocols": object(&ours) }).to_string();
        edits.push(Edit { start: context.value.0, end: context.value.1, text });
        return Some(());
    }
    let there =
        members(text, context.value)?.into_iter().rfind(|member| member.name == "protocols");
    let Some(there) = there else {
        edits.push(insert(text, context.value, "protocols", &object(&ours)));
        return Some(());
    };
    // The sender's own members stay as they are; ours take the place of any of their names.
    let (start, end) = there.value;
    let theirs = members(text, there.value).unwrap_or_default();
    let mut written = String::from("{");
    for member in theirs.iter().filter(|member| ours.iter().all(|(name, _)| *name != member.name)) {
        written.push_str(&text[member.key..member.value.1]);
        written.push(',');
    }
    written.push_str(&object(&ours).to_string()[1..]);
    edits.push(Edit { start, end, text: written });
    Some(())
}

fn object(members: &[(&str, Value)]) -> Value {
    let members = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}

/// The items as JSON, as many as fit.
fn listed<T: serde::Serialize>(items: &[T]) -> Value {
    let mut bytes = 0;
    let values = items.iter().map(|item| json!(item)).take_while(|value| {
        bytes += value.to_string().len();
        bytes <= LISTED_BYTES_MAX
    });
    values.collect()
}

/// A member more at the end of the object at `span`.
fn insert(text: &str, span: Span, name: &str, value: &Value) -> Edit {
    let at = span.1 - 1;
    let empty = text[span.0 + 1..at].trim_ascii().is_empty();
    let comma = if empty { "" } else { "," };
    Edit { start: at, end: at, text: format!("{comma}{}:{value}", json!(name)) }
}

struct Member {
    /// With its escapes undone.
    name: String,
    /// Where its key begins.
    key: usize,
    value: Span,
}

/// The members of the object at `span`, with repeated names; `None` when it is none.
fn members(text: &str, span: Span) -> Option<Vec<Member>> {
    let inside = text.get(span.0..span.1)?;
    let Members(pairs) = serde_json::from_str(inside).ok()?;
    let mut from = span.0 + 1;
    let mut out = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let between = text[from..].find(|c: char| !c.is_ascii_whitespace() && c != ',')?;
        let value = place(text, value);
        out.push(Member { name, key: from + between, value });
        from = value.1;
    }
    Some(out)
}

/// The elements of the array at `span`.
fn elements(text: &str, span: Span) -> Option<Vec<Span>> {
    let Elements(values) = serde_json::from_str(text.get(span.0..span.1)?).ok()?;
    Some(values.into_iter().map(|value| place(text, value)).collect())
}

/// Where a value that was read out of `text` stands in it.
fn place(text: &str, value: &RawValue) -> Span {
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    (start, start + value.get().len())
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs).map(Members)
    }
}

struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_seq(All).map(Elements)
    }
}

#[cfg(test)]
mod tests;
