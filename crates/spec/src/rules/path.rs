//! Where a walk stands in a message: written down as a JSON pointer only when something is found.

use std::borrow::Cow;

use super::json::{Member, Value};

/// A place, and the places it lies in.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    /// A key that we name ourselves.
    Named(&'p str),
    Member {
        object: Value<'p>,
        key: &'p [u8],
        value: Value<'p>,
    },
    Element(usize),
}

impl<'p> Path<'p> {
    pub(super) const ROOT: Path<'static> = Path { parent: None, step: Step::Root };

    /// A member of the message itself.
    pub(super) fn top(name: &'p str) -> Path<'p> {
        Path { parent: None, step: Step::Named(name) }
    }

    pub(super) fn name(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Named(name) }
    }

    pub(super) fn member(&'p self, object: Value<'p>, member: &'p Member<'p>) -> Path<'p> {
        let step = Step::Member { object, key: &member.key, value: member.value };
        Path { parent: Some(self), step }
    }

    pub(super) fn element(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), step: Step::Element(index) }
    }

    /// A later member of the same name, here or further out, takes this one's place.
    pub(super) fn shadowed(&self) -> bool {
        let here = match self.step {
            Step::Member { object, key, value } => !object.get(key).is_same(&value),
            _ => false,
        };
        here || self.parent.is_some_and(Path::shadowed)
    }

    /// The JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = self.parent.map(Path::pointer).unwrap_or_default();
        let key = match self.step {
            Step::Root => return pointer,
            Step::Named(name) => Cow::Borrowed(name),
            Step::Member { key, .. } => String::from_utf8_lossy(key),
            Step::Element(index) => index.to_string().into(),
        };
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        pointer
    }
}
