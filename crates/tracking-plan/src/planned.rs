//! Which properties a plan knows.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

/// Deeper than this everything is planned.
const DEPTH_MAX: usize = 32;
/// Schemas looked into for one tree; where that is not enough everything is planned.
const VISITS_MAX: usize = 10_000;

/// What is planned below one place of a message.
///
/// An object whose schema names no properties takes any; so does one whose schema says itself what
/// others it takes (`additionalProperties`, `patternProperties`).
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Planned {
    /// Anything goes.
    open: bool,
    names: BTreeMap<String, Planned>,
    /// Of the elements of an array.
    items: Option<Box<Planned>>,
}

impl Planned {
    /// What `schemas`, each of a whole message, say of the member `body`. It is closed even when
    /// none says anything: who plans no property plans none.
    pub(crate) fn of_body(schemas: &[&Value], body: &str) -> Planned {
        let mut planned = Planned::default();
        for root in schemas {
            let mut reader = Reader { root, visits: 0, lost: false, refs: HashSet::new() };
            let mut bodies = Planned::default();
            reader.read(root, &mut bodies, 0);
            if let Some(found) = bodies.names.remove(body) {
                planned.merge(found);
            }
            planned.open |= reader.lost;
        }
        let open = planned.open;
        planned.open_unnamed();
        Planned { open, ..planned }
    }

    fn merge(&mut self, other: Planned) {
        self.open |= other.open;
        for (name, inside) in other.names {
            self.names.entry(name).or_default().merge(inside);
        }
        if let Some(items) = other.items {
            self.items.get_or_insert_default().merge(*items);
        }
    }

    /// Objects of which nothing is named take anything.
    fn open_unnamed(&mut self) {
        self.open |= self.names.is_empty();
        self.names.values_mut().for_each(Planned::open_unnamed);
        if let Some(items) = &mut self.items {
            items.open_unnamed();
        }
    }

    /// Reports every member of `value`, which stands at `pointer`, that is not planned.
    pub(crate) fn unplanned(&self, value: &Value, pointer: &mut String, out: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, inside) in members {
                    let end = pointer.len();
                    crate::pointer::push(pointer, name);
                    match self.names.get(name) {
                        Some(planned) => planned.unplanned(inside, pointer, out),
                        None if self.open => {}
                        None => out.push(pointer.clone()),
                    }
                    pointer.truncate(end);
                }
            }
            Value::Array(elements) => {
                let Some(items) = &self.items else { return };
                for (index, element) in elements.iter().enumerate() {
                    let end = pointer.len();
                    crate::pointer::push(pointer, &index.to_string());
                    items.unplanned(element, pointer, out);
                    pointer.truncate(end);
                }
            }
            _ => {}
        }
    }
}

struct Reader<'a> {
    root: &'a Value,
    visits: usize,
    /// Something was not looked into.
    lost: bool,
    /// References that are being followed.
    refs: HashSet<&'a str>,
}

impl<'a> Reader<'a> {
    /// Adds what `schema` plans.
    fn read(&mut self, schema: &'a Value, planned: &mut Planned, depth: usize) {
        self.visits += 1;
        let Value::Object(members) = schema else { return };
        if depth > DEPTH_MAX || self.visits > VISITS_MAX {
            self.lost = true;
            return;
        }
        if let Some(Value::Object(properties)) = members.get("properties") {
            for (name, inside) in properties {
                let below = planned.names.entry(name.clone()).or_default();
                self.read(inside, below, depth + 1);
            }
        }
        let says = |name: &str| members.get(name).is_some_and(|value| *value != Value::Bool(false));
        planned.open |= says("additionalProperties") || says("patternProperties");
        self.items(members, planned, depth);
        for name in ["allOf", "anyOf", "oneOf"] {
            if let Some(Value::Array(all)) = members.get(name) {
                all.iter().for_each(|one| self.read(one, planned, depth + 1));
            }
        }
        for name in ["if", "then", "else"] {
            if let Some(one) = members.get(name) {
                self.read(one, planned, depth + 1);
            }
        }
        if let Some(Value::String(reference)) = members.get("$ref") {
            self.follow(reference, planned, depth);
        }
    }

    fn items(&mut self, members: &'a Map<String, Value>, planned: &mut Planned, depth: usize) {
        for name in ["items", "prefixItems"] {
            match members.get(name) {
                Some(items @ Value::Object(_)) => {
                    self.read(items, planned.items.get_or_insert_default(), depth + 1);
                }
                Some(Value::Array(all)) => {
                    for items in all {
                        self.read(items, planned.items.get_or_insert_default(), depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// A reference within the schema; whatever cannot be followed takes anything.
    fn follow(&mut self, reference: &'a str, planned: &mut Planned, depth: usize) {
        let target = reference.strip_prefix('#').and_then(|at| self.root.pointer(at));
        match target {
            Some(target) if self.refs.insert(reference) => {
                self.read(target, planned, depth + 1);
                self.refs.remove(reference);
            }
            _ => self.lost = true,
        }
    }
}
