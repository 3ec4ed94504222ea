//! Changes of a message as edits of its bytes: every byte that no change is about stays.
//!
//! A path leads through lists into every object in them. A name that stands in an object twice is
//! changed both times.
//!
//! Source: Segment, "Destination filters", array properties.

use spec::{
    Kind,
    json::{Member, Shape, Value},
};

use crate::{effect::KEPT, hash::Hash};

/// One change.
#[derive(Debug)]
pub(crate) enum Change {
    /// Fields go.
    Drop(Tree<()>),
    /// Of an object nothing but these stays.
    Allow(Tree<()>),
    /// Hashes in place of values.
    Hash(Tree<()>, Hash),
    /// Another name for a track call's event, as JSON.
    RenameEvent(String),
    /// Other names for fields.
    Rename(Tree<String>),
    /// Values, as JSON.
    Set(Tree<String>),
}

/// Fields by the way that leads to them.
#[derive(Debug)]
pub(crate) struct Tree<T> {
    /// What is to be done with the field here.
    pub(crate) leaf: Option<T>,
    /// The object here is spoken of as a whole.
    pub(crate) only: bool,
    pub(crate) inside: Vec<(Box<[u8]>, Tree<T>)>,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Tree { leaf: None, only: false, inside: Vec::new() }
    }
}

impl<T> Tree<T> {
    /// What is at the end of that way, which is made if it is not there.
    pub(crate) fn at(&mut self, keys: &[Box<[u8]>]) -> &mut Tree<T> {
        let Some((first, rest)) = keys.split_first() else { return self };
        let there = self.inside.iter().position(|(key, _)| key == first);
        let there = there.unwrap_or_else(|| {
            self.inside.push((first.clone(), Tree::default()));
            self.inside.len() - 1
        });
        self.inside[there].1.at(rest)
    }

    fn get(&self, key: &[u8]) -> Option<&Tree<T>> {
        self.inside.iter().find(|(name, _)| **name == *key).map(|(_, tree)| tree)
    }

    fn leaf(&self, key: &[u8]) -> Option<&T> {
        self.get(key)?.leaf.as_ref()
    }
}

/// `text` in place of the bytes from `start` to `end`.
pub(crate) struct Edit {
    start: usize,
    end: usize,
    text: Vec<u8>,
}

/// The bytes with the edits.
pub(crate) fn splice(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(length(bytes, edits));
    let mut at = 0;
    for Edit { start, end, text } in edits {
        out.extend_from_slice(&bytes[at..*start]);
        out.extend_from_slice(text);
        at = *end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// How many bytes there are with the edits.
pub(crate) fn length(bytes: &[u8], edits: &[Edit]) -> usize {
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let removed: usize = edits.iter().map(|edit| edit.end - edit.start).sum();
    bytes.len() + added - removed
}

impl Change {
    /// What it changes in the message that `whole` is, in the order of the bytes.
    pub(crate) fn edits(&self, whole: Value<'_>, kind: Kind) -> Vec<Edit> {
        let mut edits = Vec::new();
        match self {
            Change::Drop(tree) => drop_in(tree, whole, &mut edits),
            Change::Allow(tree) => allow_in(tree, whole, true, &mut edits),
            Change::Hash(tree, hash) => hash_in(tree, hash, whole, &mut edits),
            Change::RenameEvent(name) => {
                for member in whole.members().filter(|member| *member.key == *b"event") {
                    if kind == Kind::Track && member.value.is(Shape::String) {
                        replace(member.value, name.clone().into_bytes(), &mut edits);
                    }
                }
            }
            Change::Rename(tree) => rename_in(tree, whole, &mut edits),
            Change::Set(tree) => set_in(tree, whole, &mut edits),
        }
        edits.sort_by_key(|edit| (edit.start, edit.end));
        edits
    }
}

fn drop_in(tree: &Tree<()>, value: Value<'_>, edits: &mut Vec<Edit>) {
    value.elements().for_each(|element| drop_in(tree, element, edits));
    let members: Vec<_> = value.members().collect();
    let goes = |member: &Member<'_>| tree.leaf(&member.key).is_some();
    take_out(&members, goes, edits);
    for member in members.iter().filter(|member| !goes(member)) {
        if let Some(inside) = tree.get(&member.key) {
            drop_in(inside, member.value, edits);
        }
    }
}

/// `outermost`: the value is the message itself.
fn allow_in(tree: &Tree<()>, value: Value<'_>, outermost: bool, edits: &mut Vec<Edit>) {
    value.elements().for_each(|element| allow_in(tree, element, false, edits));
    let members: Vec<_> = value.members().collect();
    let goes = |member: &Member<'_>| {
        if outermost && KEPT.iter().any(|kept| kept.as_bytes() == &*member.key) {
            return false;
        }
        match tree.get(&member.key) {
            None => tree.only,
            // Of something that is no object there is no telling what in it may stay.
            Some(inside) => inside.only && !holds_objects(member.value),
        }
    };
    take_out(&members, goes, edits);
    for member in members.iter().filter(|member| !goes(member)) {
        if let Some(inside) = tree.get(&member.key) {
            allow_in(inside, member.value, false, edits);
        }
    }
}

/// An object, lists of them, or nothing at all.
fn holds_objects(value: Value<'_>) -> bool {
    match value.shape {
        Shape::Array => value.elements().all(holds_objects),
        shape => matches!(shape, Shape::Object | Shape::Null),
    }
}

fn hash_in(tree: &Tree<()>, hash: &Hash, value: Value<'_>, edits: &mut Vec<Edit>) {
    value.elements().for_each(|element| hash_in(tree, hash, element, edits));
    for member in value.members() {
        match tree.get(&member.key) {
            Some(inside) if inside.leaf.is_some() => hashed(hash, member.value, edits),
            Some(inside) => hash_in(inside, hash, member.value, edits),
            None => {}
        }
    }
}

/// What a string says, or the bytes of anything else but `null`, hashed; of a list, each element.
fn hashed(hash: &Hash, value: Value<'_>, edits: &mut Vec<Edit>) {
    let bytes = match value.shape {
        Shape::Absent | Shape::Null => return,
        Shape::Array => {
            return value.elements().for_each(|element| hashed(hash, element, edits));
        }
        Shape::String => value.bytes().unwrap_or_default(),
        _ => value.raw().into(),
    };
    let mut text = vec![b'"'];
    hash.write(&bytes, &mut text);
    text.push(b'"');
    replace(value, text, edits);
}

fn rename_in(tree: &Tree<String>, value: Value<'_>, edits: &mut Vec<Edit>) {
    value.elements().for_each(|element| rename_in(tree, element, edits));
    let members: Vec<_> = value.members().collect();
    let new_name = |member: &Member<'_>| tree.leaf(&member.key);
    let given: Vec<&str> = members.iter().filter_map(new_name).map(String::as_str).collect();
    // What has the name that another is given makes room for it.
    let goes = |member: &Member<'_>| {
        new_name(member).is_none() && given.iter().any(|name| name.as_bytes() == &*member.key)
    };
    take_out(&members, goes, edits);
    for member in members.iter().filter(|member| !goes(member)) {
        if let Some(name) = new_name(member) {
            let std::ops::Range { start, end } = member.key_span;
            edits.push(Edit { start, end, text: quoted(name.as_bytes()) });
        }
        if let Some(inside) = tree.get(&member.key) {
            rename_in(inside, member.value, edits);
        }
    }
}

fn set_in(tree: &Tree<String>, value: Value<'_>, edits: &mut Vec<Edit>) {
    value.elements().for_each(|element| set_in(tree, element, edits));
    if !value.is(Shape::Object) {
        return;
    }
    let mut missing = Vec::new();
    for (key, inside) in &tree.inside {
        let mut there = false;
        for member in value.members().filter(|member| *member.key == **key) {
            there = true;
            match &inside.leaf {
                Some(json) => replace(member.value, json.clone().into_bytes(), edits),
                None if member.value.is(Shape::Null) => {
                    let mut text = Vec::new();
                    write(inside, &mut text);
                    replace(member.value, text, edits);
                }
                None => set_in(inside, member.value, edits),
            }
        }
        if !there {
            if !(missing.is_empty() && value.holds_nothing()) {
                missing.push(b',');
            }
            missing.extend_from_slice(&quoted(key));
            missing.push(b':');
            write(inside, &mut missing);
        }
    }
    if !missing.is_empty() {
        let end = value.span().end - 1;
        edits.push(Edit { start: end, end, text: missing });
    }
}

/// A field that was missing, as JSON.
fn write(tree: &Tree<String>, out: &mut Vec<u8>) {
    if let Some(json) = &tree.leaf {
        return out.extend_from_slice(json.as_bytes());
    }
    out.push(b'{');
    for (index, (key, inside)) in tree.inside.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&quoted(key));
        out.push(b':');
        write(inside, out);
    }
    out.push(b'}');
}

fn quoted(name: &[u8]) -> Vec<u8> {
    let name = std::str::from_utf8(name).expect("names in a filter are text");
    serde_json::to_vec(name).expect("text is JSON")
}

fn replace(value: Value<'_>, text: Vec<u8>, edits: &mut Vec<Edit>) {
    let std::ops::Range { start, end } = value.span();
    edits.push(Edit { start, end, text });
}

/// Takes members of one object out, with the commas that are then too many.
fn take_out(members: &[Member<'_>], goes: impl Fn(&Member<'_>) -> bool, edits: &mut Vec<Edit>) {
    let end = |member: &Member<'_>| member.value.span().end;
    let mut cut = |start, end| edits.push(Edit { start, end, text: Vec::new() });
    let Some(first) = members.iter().position(|member| !goes(member)) else {
        if let (Some(first), Some(last)) = (members.first(), members.last()) {
            cut(first.key_span.start, end(last));
        }
        return;
    };
    // What goes before the first that stays goes with the comma behind it.
    if first > 0 {
        cut(members[0].key_span.start, members[first].key_span.start);
    }
    for pair in members[first..].windows(2) {
        if goes(&pair[1]) {
            cut(end(&pair[0]), end(&pair[1]));
        }
    }
}
