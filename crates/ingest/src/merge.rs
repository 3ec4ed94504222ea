//! Deep merge of two JSON objects as bytes: a batch's `context` under a message's own.
//!
//! Objects are merged member by member, everything else (arrays too) is replaced, and what stands
//! over wins. Members keep their bytes; those of the lower object come first, then what is new.
//!
//! Each object is read once, the lower one for all messages of its batch: a merge costs what it
//! reads of the message and what it writes, however large or deep the lower object is.

use std::borrow::Cow;

use crate::{
    split::{
        Shape, Value,
        scan::{Bad, Key, Scan},
    },
    text::unescape,
};

/// An object that is to be merged with others. Of a name that stands in it twice, the last counts.
pub(crate) struct Object<'a> {
    members: Vec<Member<'a>>,
    /// Indexes into `members`, by name; empty where a walk is as quick.
    sorted: Vec<u32>,
}

struct Member<'a> {
    /// With its escapes undone.
    name: Cow<'a, [u8]>,
    /// As it stands, with quotes.
    key: &'a [u8],
    raw: &'a [u8],
    shape: Shape,
    /// What it holds, if it is an object that holds anything.
    inside: Option<Object<'a>>,
}

/// In an object with more members than this, names are looked for by halving.
const WALKED_MAX: usize = 8;

impl<'a> Object<'a> {
    /// Reads `raw`, an object that the splitter has validated: no deeper than a body may be.
    pub(crate) fn of(raw: &'a [u8]) -> Object<'a> {
        let mut outer = Vec::new();
        let read = Object::read(&mut Scan::new(raw, &mut outer), raw);
        debug_assert!(read.is_ok(), "the splitter has validated it");
        read.map_or_else(|_| Object::with(Vec::new()), |(object, _)| object)
    }

    /// The object that begins here in `bytes`, which `scan` goes through.
    fn read(scan: &mut Scan<'_>, bytes: &'a [u8]) -> Result<(Object<'a>, Value), Bad> {
        let mut members = Vec::with_capacity(WALKED_MAX);
        let whole = scan.object(|scan, key: Key| {
            let (inside, value) = if scan.byte() == b'{' {
                let (object, value) = Object::read(scan, bytes)?;
                ((value.shape == Shape::Object).then_some(object), value)
            } else {
                (None, scan.value()?)
            };
            let name = key.raw(bytes);
            members.push(Member {
                name: if key.escaped { unescape(name) } else { Cow::Borrowed(name) },
                key: &bytes[key.start as usize..key.end as usize],
                raw: value.raw(bytes),
                shape: value.shape,
                inside,
            });
            Ok(())
        })?;
        Ok((Object::with(members), whole))
    }

    /// Keeps the last member of each name, and each where it stands.
    fn with(mut members: Vec<Member<'a>>) -> Object<'a> {
        if members.len() <= WALKED_MAX {
            let mut at = 0;
            while at < members.len() {
                let again = members[at + 1..].iter().any(|later| later.name == members[at].name);
                if again {
                    members.remove(at);
                } else {
                    at += 1;
                }
            }
            return Object { members, sorted: Vec::new() };
        }
        let by_name = |members: &[Member<'_>]| {
            let mut sorted: Vec<u32> = (0..members.len() as u32).collect();
            sorted.sort_by(|a, b| members[*a as usize].name.cmp(&members[*b as usize].name));
            sorted
        };
        let mut sorted = by_name(&members);
        let same = |pair: &[u32]| members[pair[0] as usize].name == members[pair[1] as usize].name;
        if sorted.windows(2).any(same) {
            let mut last = vec![true; members.len()];
            for pair in sorted.windows(2).filter(|pair| same(pair)) {
                last[pair[0] as usize] = false;
            }
            let mut last = last.into_iter();
            members.retain(|_| last.next() == Some(true));
            sorted = by_name(&members);
        }
        Object { members, sorted }
    }

    fn get(&self, name: &[u8]) -> Option<&Member<'a>> {
        if self.sorted.is_empty() {
            return self.members.iter().find(|member| *member.name == *name);
        }
        let by_name = |at: &u32| self.members[*at as usize].name.as_ref().cmp(name);
        let found = self.sorted.binary_search_by(by_name).ok()?;
        Some(&self.members[self.sorted[found] as usize])
    }
}

/// Writes `over` merged over `under`.
///
/// Recurses where both hold an object: as deep as a body may be, no more.
pub(crate) fn merge(under: &Object<'_>, over: &Object<'_>, out: &mut Vec<u8>) {
    let begin = out.len();
    out.push(b'{');
    let add = |out: &mut Vec<u8>, member: &Member<'_>| {
        if out.len() > begin + 1 {
            out.push(b',');
        }
        out.extend_from_slice(member.key);
        out.push(b':');
    };
    for lower in &under.members {
        add(out, lower);
        let upper = over.get(&lower.name);
        match upper.map(|upper| (upper, upper.shape, &upper.inside, &lower.inside)) {
            Some((_, _, Some(upper), Some(lower))) => merge(lower, upper, out),
            Some((_, Shape::EmptyObject, _, Some(_))) | None => out.extend_from_slice(lower.raw),
            Some((upper, ..)) => out.extend_from_slice(upper.raw),
        }
    }
    for upper in over.members.iter().filter(|upper| under.get(&upper.name).is_none()) {
        add(out, upper);
        out.extend_from_slice(upper.raw);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests;
