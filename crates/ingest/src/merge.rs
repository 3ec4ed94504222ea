//! Deep merge of two JSON objects as bytes: a batch's `context` under a message's own.
//!
//! Objects are merged member by member, everything else (arrays too) is replaced, and what stands
//! over wins. Members keep their bytes; those of the lower object come first, then what is new.

use std::borrow::Cow;

use crate::{
    split::{
        Shape, Value,
        scan::{Key, Scan},
    },
    text::unescape,
};

struct Member<'a> {
    /// With its escapes undone.
    name: Cow<'a, [u8]>,
    /// As it stands, with quotes.
    key: &'a [u8],
    value: Value,
}

struct Members<'a> {
    raw: &'a [u8],
    all: Vec<Member<'a>>,
    /// Indexes into `all`, by name and then place; empty where a walk is as quick.
    sorted: Vec<u32>,
}

/// Writes `over` merged over `under`; both are JSON objects.
///
/// Recurses where both hold an object: as deep as a body may be, no more.
pub(crate) fn merge(under: &[u8], over: &[u8], out: &mut Vec<u8>) {
    let (under, over) = (Members::of(under), Members::of(over));
    let begin = out.len();
    out.push(b'{');
    let add = |out: &mut Vec<u8>, member: &Member<'_>| {
        if out.len() > begin + 1 {
            out.push(b',');
        }
        out.extend_from_slice(member.key);
        out.push(b':');
    };
    for (index, member) in under.all.iter().enumerate() {
        if under.last(&member.name) != Some(index) {
            continue;
        }
        add(out, member);
        let lower = member.value.raw(under.raw);
        match over.last(&member.name).map(|at| over.all[at].value) {
            None => out.extend_from_slice(lower),
            Some(upper) if upper.shape == Shape::Object && member.value.shape == Shape::Object => {
                merge(lower, upper.raw(over.raw), out);
            }
            Some(upper)
                if upper.shape == Shape::EmptyObject && member.value.shape == Shape::Object =>
            {
                out.extend_from_slice(lower);
            }
            Some(upper) => out.extend_from_slice(upper.raw(over.raw)),
        }
    }
    for (index, member) in over.all.iter().enumerate() {
        if over.last(&member.name) == Some(index) && under.last(&member.name).is_none() {
            add(out, member);
            out.extend_from_slice(member.value.raw(over.raw));
        }
    }
    out.push(b'}');
}

impl<'a> Members<'a> {
    fn of(raw: &'a [u8]) -> Members<'a> {
        let mut all = Vec::with_capacity(8);
        let mut outer = Vec::new();
        let mut scan = Scan::new(raw, &mut outer);
        let walked = scan.object(|scan, key: Key| {
            let inside = key.raw(raw);
            all.push(Member {
                name: if key.escaped { unescape(inside) } else { Cow::Borrowed(inside) },
                key: &raw[key.start as usize..key.end as usize],
                value: scan.value()?,
            });
            Ok(())
        });
        debug_assert!(walked.is_ok(), "the splitter has validated it");
        let mut sorted = Vec::new();
        if all.len() > 8 {
            sorted.extend(0..all.len() as u32);
            sorted.sort_unstable_by(|a, b| {
                let name = |at: &u32| &all[*at as usize].name;
                name(a).cmp(name(b)).then(a.cmp(b))
            });
        }
        Members { raw, all, sorted }
    }

    /// The last member with this name.
    fn last(&self, name: &[u8]) -> Option<usize> {
        if self.sorted.is_empty() {
            return self.all.iter().rposition(|member| *member.name == *name);
        }
        let behind = self
            .sorted
            .partition_point(|at| &*self.all[*at as usize].name <= name)
            .checked_sub(1)?;
        let at = self.sorted[behind] as usize;
        (*self.all[at].name == *name).then_some(at)
    }
}

#[cfg(test)]
mod tests;
