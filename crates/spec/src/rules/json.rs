//! Reads JSON where it stands: no tree and no copies, but for text that holds escapes.
//!
//! Made for messages that were checked on arrival: it follows brackets, quotes and commas, and
//! takes the rest on trust. Other bytes are never a panic; what cannot be followed ends a walk.

use std::borrow::Cow;

/// What a JSON value is, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Absent,
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A value and the bytes it stands in; strings with their quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) raw: &'a [u8],
    pub(super) shape: Shape,
}

/// One member of an object.
pub(super) struct Member<'a> {
    pub(super) key: Cow<'a, [u8]>,
    pub(super) value: Value<'a>,
}

impl<'a> Value<'a> {
    pub(super) const ABSENT: Value<'static> = Value { raw: b"", shape: Shape::Absent };

    /// The value that `bytes` are, and how deep it is nested; `None` when they are not one value.
    pub(super) fn whole(bytes: &'a [u8]) -> Option<(Value<'a>, usize)> {
        let start = skip_space(bytes, 0);
        let (value, end, depth) = value(bytes, start)?;
        (skip_space(bytes, end) == bytes.len()).then_some((value, depth))
    }

    /// Neither missing nor `null`.
    pub(super) fn given(&self) -> bool {
        !matches!(self.shape, Shape::Absent | Shape::Null)
    }

    pub(super) fn is(&self, shape: Shape) -> bool {
        self.shape == shape
    }

    /// What stands between the quotes of a string, still escaped; empty for other values.
    pub(super) fn inside(&self) -> &'a [u8] {
        match self.shape {
            Shape::String => &self.raw[1..self.raw.len() - 1],
            _ => b"",
        }
    }

    /// What a string says.
    pub(super) fn text(&self) -> Option<Cow<'a, [u8]>> {
        self.is(Shape::String).then(|| match self.inside().contains(&b'\\') {
            false => Cow::Borrowed(self.inside()),
            true => Cow::Owned(unescape(self.raw)),
        })
    }

    /// An object, or one of the ways in which SDKs write an empty one.
    pub(super) fn object_like(&self) -> bool {
        match self.shape {
            Shape::Absent | Shape::Null | Shape::Object => true,
            Shape::Array => self.elements().next().is_none(),
            _ => false,
        }
    }

    /// The members of an object, in their order; nothing for other values.
    pub(super) fn members(&self) -> Members<'a> {
        Members { bytes: if self.is(Shape::Object) { self.raw } else { b"" }, at: 1 }
    }

    /// The elements of an array, in their order; nothing for other values.
    pub(super) fn elements(&self) -> Elements<'a> {
        Elements { bytes: if self.is(Shape::Array) { self.raw } else { b"" }, at: 1 }
    }

    /// The member of that name; the last, when there are several.
    pub(super) fn get(&self, key: &[u8]) -> Value<'a> {
        let mut last = Value::ABSENT;
        for member in self.members() {
            if *member.key == *key {
                last = member.value;
            }
        }
        last
    }
}

/// See [`Value::members`].
pub(super) struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[inline]
    fn next(&mut self) -> Option<Member<'a>> {
        let bytes = self.bytes;
        let open = skip_space(bytes, self.at);
        if byte(bytes, open) != b'"' {
            return None;
        }
        let (close, escaped) = string(bytes, open + 1)?;
        let colon = skip_space(bytes, close);
        if byte(bytes, colon) != b':' {
            return None;
        }
        let (value, end, _) = value(bytes, skip_space(bytes, colon + 1))?;
        self.at = behind_comma(bytes, end);
        let key = match escaped {
            false => Cow::Borrowed(&bytes[open + 1..close - 1]),
            true => Cow::Owned(unescape(&bytes[open..close])),
        };
        Some(Member { key, value })
    }
}

/// See [`Value::elements`].
pub(super) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        let (value, end, _) = value(self.bytes, skip_space(self.bytes, self.at))?;
        self.at = behind_comma(self.bytes, end);
        Some(value)
    }
}

/// The byte there, 0 behind the end: no rule of JSON takes a 0.
#[inline(always)]
fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

#[inline(always)]
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// Behind the comma that follows a value, or at the end when none does.
#[inline(always)]
fn behind_comma(bytes: &[u8], end: usize) -> usize {
    let at = skip_space(bytes, end);
    if byte(bytes, at) == b',' { at + 1 } else { bytes.len() }
}

/// The value that begins there, the place behind it, and how many containers it nests.
#[inline]
fn value(bytes: &[u8], start: usize) -> Option<(Value<'_>, usize, usize)> {
    let (shape, end, depth) = match byte(bytes, start) {
        b'"' => (Shape::String, string(bytes, start + 1)?.0, 0),
        open @ (b'{' | b'[') => {
            let (end, depth) = container(bytes, start)?;
            (if open == b'{' { Shape::Object } else { Shape::Array }, end, depth)
        }
        b'-' | b'0'..=b'9' => (Shape::Number, number(bytes, start), 0),
        b't' => (Shape::Bool, literal(bytes, start, b"true")?, 0),
        b'f' => (Shape::Bool, literal(bytes, start, b"false")?, 0),
        b'n' => (Shape::Null, literal(bytes, start, b"null")?, 0),
        _ => return None,
    };
    Some((Value { raw: &bytes[start..end], shape }, end, depth))
}

#[inline]
fn number(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
        at += 1;
    }
    at
}

#[inline]
fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

/// The place behind the container that begins there, and how many it nests, itself included.
fn container(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let (mut at, mut open, mut deepest) = (start, 0_usize, 0_usize);
    loop {
        match *bytes.get(at)? {
            b'"' => {
                at = string(bytes, at + 1)?.0;
                continue;
            }
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => {
                open -= 1;
                if open == 0 {
                    return Some((at + 1, deepest));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The place behind a string whose inside begins there, and whether it holds an escape.
#[inline]
fn string(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = plain(bytes, at);
        match *bytes.get(at)? {
            b'"' => return Some((at + 1, escaped)),
            _ => {
                escaped = true;
                at += 2;
            }
        }
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The next quote or backslash, or the end; eight bytes at a time.
#[inline(always)]
fn plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*eight);
        let quote = word ^ (LOW * b'"' as u64);
        let backslash = word ^ (LOW * b'\\' as u64);
        // Borrows spoil only what lies above the first hit.
        let hits =
            (quote.wrapping_sub(LOW) & !quote | backslash.wrapping_sub(LOW) & !backslash) & HIGH;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

/// What a string in quotes says; as it stands, when its escapes are none of JSON's.
#[cold]
fn unescape(quoted: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<String>(quoted) {
        Ok(text) => text.into_bytes(),
        Err(_) => quoted[1..quoted.len() - 1].to_vec(),
    }
}
