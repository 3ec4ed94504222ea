//! Reads JSON where it stands. One pass notes where each key and value begins and ends; walks
//! follow the notes, and copy nothing but text that holds escapes.
//!
//! Made for messages that were checked on arrival: it holds bytes to the grammar of brackets,
//! quotes, colons and commas, and takes digits and escapes on trust. No bytes make it panic.
//! Nothing here calls itself: how deep the bytes are nested costs no stack.

use std::{borrow::Cow, cell::Cell, ops::Range};

use serde::{Deserialize, Deserializer, de};

/// What a JSON value is, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// There is none.
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// Digits.
    Number,
    /// Text in quotes.
    String,
    /// A list.
    Array,
    /// Members.
    Object,
}

/// Where a key or a value stands.
#[derive(Clone, Copy)]
struct Note {
    start: u32,
    end: u32,
    /// How many notes on what it holds follow; while it is open, where the note stands on the
    /// container that it lies in.
    inside: u32,
    shape: Shape,
    escaped: bool,
}

const ABSENT: Note = Note { start: 0, end: 0, inside: 0, shape: Shape::Absent, escaped: false };

/// Bytes and the notes on them.
pub struct Document<'a> {
    bytes: &'a [u8],
    notes: &'a [Note],
}

static NOTHING: Document<'static> = Document { bytes: b"", notes: &[ABSENT] };

/// Paper for notes, which a thread uses again and again.
#[derive(Default)]
pub struct Paper(Vec<Note>);

/// Notes that a thread keeps paper for: one message has a few hundred.
const NOTES_KEPT: usize = 16 * 1024;

thread_local! {
    static PAPER: Cell<Paper> = const { Cell::new(Paper(Vec::new())) };
}

impl Paper {
    /// The thread's own.
    pub fn take() -> Paper {
        PAPER.take()
    }

    /// Leaves it for the next message of this thread.
    pub fn leave(self) {
        if self.0.capacity() <= NOTES_KEPT {
            PAPER.set(self);
        }
    }

    /// The bytes as one value, and how deep it is nested; `None` when they are not one.
    pub fn read<'a>(&'a mut self, bytes: &'a [u8]) -> Option<(Document<'a>, usize)> {
        self.0.clear();
        let deepest = note(bytes, &mut self.0)?;
        Some((Document { bytes, notes: &self.0 }, deepest))
    }
}

impl<'a> Document<'a> {
    /// The value that the bytes are.
    pub fn whole(&'a self) -> Value<'a> {
        Value::at(self, 0)
    }
}

/// A value in its document.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document<'a>,
    at: u32,
    /// What it is.
    pub shape: Shape,
}

/// One member of an object.
pub struct Member<'a> {
    /// What its key says.
    pub key: Cow<'a, [u8]>,
    /// Where its key stands, with its quotes.
    pub key_span: Range<usize>,
    /// Its value.
    pub value: Value<'a>,
}

impl<'a> Value<'a> {
    /// No value.
    pub const ABSENT: Value<'static> = Value { document: &NOTHING, at: 0, shape: Shape::Absent };

    #[inline]
    fn at(document: &'a Document<'a>, at: usize) -> Value<'a> {
        Value { document, at: at as u32, shape: document.notes[at].shape }
    }

    #[inline]
    fn note(&self) -> &'a Note {
        &self.document.notes[self.at as usize]
    }

    /// The value as it stands; strings with their quotes.
    #[inline]
    pub fn raw(&self) -> &'a [u8] {
        let note = self.note();
        &self.document.bytes[note.start as usize..note.end as usize]
    }

    /// Where it stands in the document; strings with their quotes.
    pub fn span(&self) -> Range<usize> {
        let note = self.note();
        note.start as usize..note.end as usize
    }

    /// Neither missing nor `null`.
    pub fn given(&self) -> bool {
        !matches!(self.shape, Shape::Absent | Shape::Null)
    }

    /// It is of this shape.
    pub fn is(&self, shape: Shape) -> bool {
        self.shape == shape
    }

    /// The same value in the same place.
    pub fn is_same(&self, other: &Value<'_>) -> bool {
        std::ptr::eq(self.note(), other.note())
    }

    /// What stands between the quotes of a string, still escaped; empty for other values.
    #[inline]
    pub fn inside(&self) -> &'a [u8] {
        match self.shape {
            Shape::String => unquoted(self.raw()),
            _ => b"",
        }
    }

    /// What a string says, in UTF-8; as it stands when a lone surrogate keeps it from being that.
    pub fn text(&self) -> Option<Cow<'a, [u8]>> {
        self.is(Shape::String).then(|| said(self.document.bytes, self.note()))
    }

    /// What a string says, in UTF-8 but for lone surrogates, which stand as three bytes each.
    pub fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        if !self.is(Shape::String) {
            return None;
        }
        Some(if self.note().escaped {
            match serde_json::from_slice::<Loose>(self.raw()) {
                Ok(Loose(bytes)) => Cow::Owned(bytes),
                Err(_) => Cow::Borrowed(self.inside()),
            }
        } else {
            Cow::Borrowed(self.inside())
        })
    }

    /// It holds no member and no element.
    pub fn holds_nothing(&self) -> bool {
        self.note().inside == 0
    }

    /// An object, or one of the ways in which SDKs write an empty one.
    pub fn object_like(&self) -> bool {
        match self.shape {
            Shape::Absent | Shape::Null | Shape::Object => true,
            Shape::Array => self.holds_nothing(),
            _ => false,
        }
    }

    /// The members of an object, in their order; nothing for other values.
    #[inline]
    pub fn members(&self) -> Members<'a> {
        let (next, end) = self.within(Shape::Object);
        Members { document: self.document, next, end }
    }

    /// The elements of an array, in their order; nothing for other values.
    #[inline]
    pub fn elements(&self) -> Elements<'a> {
        let (next, end) = self.within(Shape::Array);
        Elements { document: self.document, next, end }
    }

    #[inline]
    fn within(&self, shape: Shape) -> (usize, usize) {
        let first = self.at as usize + 1;
        let inside = if self.is(shape) { self.note().inside } else { 0 };
        (first, first + inside as usize)
    }

    /// The member of that name; the last, when there are several.
    pub fn get(&self, key: &[u8]) -> Value<'a> {
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
pub struct Members<'a> {
    document: &'a Document<'a>,
    next: usize,
    end: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[inline]
    fn next(&mut self) -> Option<Member<'a>> {
        if self.next >= self.end {
            return None;
        }
        let note = &self.document.notes[self.next];
        let key = said(self.document.bytes, note);
        let value = Value::at(self.document, self.next + 1);
        self.next += 2 + value.note().inside as usize;
        let key_span = note.start as usize..note.end as usize;
        Some(Member { key, key_span, value })
    }
}

/// See [`Value::elements`].
pub struct Elements<'a> {
    document: &'a Document<'a>,
    next: usize,
    end: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        if self.next >= self.end {
            return None;
        }
        let value = Value::at(self.document, self.next);
        self.next += 1 + value.note().inside as usize;
        Some(value)
    }
}

fn unquoted(string: &[u8]) -> &[u8] {
    &string[1..string.len() - 1]
}

/// What a string or key says.
#[inline]
fn said<'a>(bytes: &'a [u8], note: &Note) -> Cow<'a, [u8]> {
    let quoted = &bytes[note.start as usize..note.end as usize];
    if note.escaped { unescape(quoted) } else { Cow::Borrowed(unquoted(quoted)) }
}

/// As it stands, when its escapes are none of JSON's.
#[cold]
fn unescape(quoted: &[u8]) -> Cow<'_, [u8]> {
    match serde_json::from_slice::<String>(quoted) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(unquoted(quoted)),
    }
}

/// A string with its escapes undone, lone surrogates among them.
struct Loose(Vec<u8>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Loose;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Loose, E> {
                Ok(Loose(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// No container is open.
const OUTSIDE: u32 = u32::MAX;

/// Notes every key and value, containers before what they hold, and gives how many lie in one
/// another. `None` when the bytes are not one JSON value.
fn note(bytes: &[u8], notes: &mut Vec<Note>) -> Option<usize> {
    u32::try_from(bytes.len()).ok()?;
    let (mut open, mut depth, mut deepest) = (OUTSIDE, 0_usize, 0_usize);
    let mut at = skip_space(bytes, 0);
    'value: loop {
        // Here a value begins.
        let start = at as u32;
        let shape = match byte(bytes, at) {
            b'"' => {
                at = string(bytes, at, notes)?;
                Shape::String
            }
            bracket @ (b'{' | b'[') => {
                let shape = if bracket == b'{' { Shape::Object } else { Shape::Array };
                deepest = deepest.max(depth + 1);
                at = skip_space(bytes, at + 1);
                if byte(bytes, at) == closing(shape) {
                    at += 1;
                    shape
                } else {
                    let inside = std::mem::replace(&mut open, notes.len() as u32);
                    notes.push(Note { start, inside, shape, ..ABSENT });
                    depth += 1;
                    if shape == Shape::Object {
                        at = key(bytes, at, notes)?;
                    }
                    continue 'value;
                }
            }
            b'-' | b'0'..=b'9' => {
                at = number(bytes, at);
                Shape::Number
            }
            b't' => {
                at = literal(bytes, at, b"true")?;
                Shape::Bool
            }
            b'f' => {
                at = literal(bytes, at, b"false")?;
                Shape::Bool
            }
            b'n' => {
                at = literal(bytes, at, b"null")?;
                Shape::Null
            }
            _ => return None,
        };
        if shape != Shape::String {
            notes.push(Note { start, end: at as u32, shape, ..ABSENT });
        }
        // Here a value has ended.
        loop {
            at = skip_space(bytes, at);
            let Some(container) = notes.get(open as usize) else {
                return (at == bytes.len()).then_some(deepest);
            };
            let shape = container.shape;
            match byte(bytes, at) {
                b',' => {
                    at = skip_space(bytes, at + 1);
                    if shape == Shape::Object {
                        at = key(bytes, at, notes)?;
                    }
                    continue 'value;
                }
                close if close == closing(shape) => {
                    at += 1;
                    depth -= 1;
                    let inside = notes.len() as u32 - open - 1;
                    let container = &mut notes[open as usize];
                    container.end = at as u32;
                    open = std::mem::replace(&mut container.inside, inside);
                }
                _ => return None,
            }
        }
    }
}

/// Notes the key that begins there, and gives the place of its value.
#[inline]
fn key(bytes: &[u8], at: usize, notes: &mut Vec<Note>) -> Option<usize> {
    if byte(bytes, at) != b'"' {
        return None;
    }
    let colon = skip_space(bytes, string(bytes, at, notes)?);
    (byte(bytes, colon) == b':').then(|| skip_space(bytes, colon + 1))
}

#[inline(always)]
fn closing(shape: Shape) -> u8 {
    if shape == Shape::Object { b'}' } else { b']' }
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

/// Notes the string that begins there with its quote, and gives the place behind it.
#[inline]
fn string(bytes: &[u8], start: usize, notes: &mut Vec<Note>) -> Option<usize> {
    let (mut at, mut escaped) = (start + 1, false);
    loop {
        at = plain(bytes, at);
        if *bytes.get(at)? == b'"' {
            let end = at + 1;
            let (start, shape) = (start as u32, Shape::String);
            notes.push(Note { start, end: end as u32, inside: 0, shape, escaped });
            return Some(end);
        }
        escaped = true;
        at += 2;
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A high bit in the first byte of `word` that is a quote or a backslash, and perhaps in later
/// ones: borrows spoil only what lies above the first.
#[inline(always)]
fn ends(word: u64) -> u64 {
    let quote = word ^ (LOW * b'"' as u64);
    let backslash = word ^ (LOW * b'\\' as u64);
    (quote.wrapping_sub(LOW) & !quote | backslash.wrapping_sub(LOW) & !backslash) & HIGH
}

/// The next quote or backslash, or the end; sixteen bytes at a time.
#[inline(always)]
fn plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(sixteen) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        let both = u128::from_le_bytes(*sixteen);
        let (first, second) = (ends(both as u64), ends((both >> 64) as u64));
        if first != 0 {
            return at + (first.trailing_zeros() / 8) as usize;
        }
        if second != 0 {
            return at + 8 + (second.trailing_zeros() / 8) as usize;
        }
        at += 16;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}
