//! Reads JSON strictly, one value at a time, without recursion and without copying.
//!
//! The caller has checked that the bytes are UTF-8. What is taken is what RFC 8259 allows, and
//! values that some parsers refuse: numbers of any size, escaped lone surrogates, any depth (it
//! is reported, not refused).

use spec::limits::DEPTH_MAX;

/// Where a scan stopped, and what should have stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bad {
    pub(crate) at: u32,
    pub(crate) expected: Expected,
}

/// What should have stood where a scan stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Expected {
    Object,
    Key,
    Colon,
    Value,
    CommaOrBrace,
    CommaOrBracket,
    Digit,
    Literal,
    Escape,
    HexDigits,
    NoControl,
    Quote,
    End,
}

impl Expected {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Expected::Object => "a JSON object",
            Expected::Key => "a key in double quotes",
            Expected::Colon => "a colon after the key",
            Expected::Value => "a JSON value",
            Expected::CommaOrBrace => "a comma or a closing brace",
            Expected::CommaOrBracket => "a comma or a closing bracket",
            Expected::Digit => "a digit",
            Expected::Literal => "true, false or null",
            Expected::Escape => "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u",
            Expected::HexDigits => "four hexadecimal digits",
            Expected::NoControl => "control characters written as escapes",
            Expected::Quote => "a closing double quote",
            Expected::End => "nothing after the value",
        }
    }
}

/// What a JSON value is, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub(crate) enum Shape {
    /// There is no value.
    #[default]
    Absent,
    Null,
    True,
    False,
    Number,
    String,
    EmptyArray,
    Array,
    EmptyObject,
    Object,
}

/// Where a value stands; strings with their quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Value {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) shape: Shape,
}

impl Value {
    /// The value as it stands.
    pub(crate) fn raw<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    /// What stands between the quotes of a string, still escaped.
    pub(crate) fn text<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        (self.shape == Shape::String)
            .then(|| &bytes[self.start as usize + 1..self.end as usize - 1])
    }

    /// Text that is not empty, still escaped.
    pub(crate) fn some_text<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        self.text(bytes).filter(|text| !text.is_empty())
    }

    /// Neither missing nor `null`.
    pub(crate) fn given(&self) -> bool {
        !matches!(self.shape, Shape::Absent | Shape::Null)
    }

    /// `{}`, or one of the ways in which SDKs write it: missing, `null`, `[]`.
    pub(crate) fn empty(&self) -> bool {
        matches!(self.shape, Shape::Absent | Shape::Null | Shape::EmptyArray | Shape::EmptyObject)
    }

    /// An object, or one of the ways in which SDKs write an empty one.
    pub(crate) fn object_like(&self) -> bool {
        self.empty() || self.shape == Shape::Object
    }
}

/// A member's key: from its opening quote to behind its closing one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// It holds an escape.
    pub(crate) escaped: bool,
}

impl Key {
    /// What stands between the quotes.
    pub(crate) fn raw<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start as usize + 1..self.end as usize - 1]
    }
}

/// A place in a body, and how deep it is nested.
pub(crate) struct Scan<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    /// Containers that are open.
    pub(crate) depth: usize,
    /// More than [`DEPTH_MAX`] were open at some time. The caller clears it.
    pub(crate) too_deep: bool,
    /// Which open containers are objects, 64 to a word, beyond the innermost 64.
    pub(crate) outer: &'a mut Vec<u64>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(bytes: &'a [u8], outer: &'a mut Vec<u64>) -> Scan<'a> {
        outer.clear();
        Scan { bytes, at: 0, depth: 0, too_deep: false, outer }
    }

    /// The byte here, 0 at the end: no rule of JSON takes a 0.
    #[inline(always)]
    pub(crate) fn byte(&self) -> u8 {
        byte(self.bytes, self.at)
    }

    #[inline(always)]
    pub(crate) fn skip_space(&mut self) {
        self.at = skip_space(self.bytes, self.at);
    }

    pub(crate) fn bad<T>(&self, expected: Expected) -> Result<T, Bad> {
        bad(self.at, expected)
    }

    /// Passes over the value that begins here.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Result<Value, Bad> {
        let start = self.at;
        let shape = match self.byte() {
            b'"' => {
                self.at = string(self.bytes, start + 1)?.0;
                Shape::String
            }
            open @ (b'{' | b'[') => self.container(open == b'{')?,
            other => {
                let (end, shape) = scalar(self.bytes, start, other)?;
                self.at = end;
                shape
            }
        };
        Ok(Value { start: start as u32, end: self.at as u32, shape })
    }

    /// Passes over the object that begins here, member by member: `member` is called at each
    /// value and passes over it.
    #[inline(always)]
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Key) -> Result<(), Bad>,
    ) -> Result<Value, Bad> {
        let start = self.at as u32;
        self.at += 1;
        self.depth += 1;
        self.skip_space();
        let mut shape = Shape::EmptyObject;
        if self.byte() == b'}' {
            self.at += 1;
        } else {
            shape = Shape::Object;
            loop {
                let key = self.key()?;
                member(self, key)?;
                self.skip_space();
                match self.byte() {
                    b',' => {
                        self.at += 1;
                        self.skip_space();
                    }
                    b'}' => {
                        self.at += 1;
                        break;
                    }
                    _ => return self.bad(Expected::CommaOrBrace),
                }
            }
        }
        self.depth -= 1;
        Ok(Value { start, end: self.at as u32, shape })
    }

    /// As [`Scan::object`], for the elements of an array.
    #[inline(always)]
    pub(crate) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Bad>,
    ) -> Result<Value, Bad> {
        let start = self.at as u32;
        self.at += 1;
        self.depth += 1;
        self.skip_space();
        let mut shape = Shape::EmptyArray;
        if self.byte() == b']' {
            self.at += 1;
        } else {
            shape = Shape::Array;
            loop {
                element(self)?;
                self.skip_space();
                match self.byte() {
                    b',' => {
                        self.at += 1;
                        self.skip_space();
                    }
                    b']' => {
                        self.at += 1;
                        break;
                    }
                    _ => return self.bad(Expected::CommaOrBracket),
                }
            }
        }
        self.depth -= 1;
        Ok(Value { start, end: self.at as u32, shape })
    }

    /// Passes over a key, its colon, and the space up to its value.
    #[inline(always)]
    fn key(&mut self) -> Result<Key, Bad> {
        if self.byte() != b'"' {
            return self.bad(Expected::Key);
        }
        let start = self.at as u32;
        let (end, escaped) = string(self.bytes, self.at + 1)?;
        self.at = colon(self.bytes, end)?;
        Ok(Key { start, end: end as u32, escaped })
    }

    /// Passes over the container that begins here, with everything in it.
    #[inline(never)]
    fn container(&mut self, object: bool) -> Result<Shape, Bad> {
        let bytes = self.bytes;
        // The innermost 64 containers, one bit each: 1 for an object. `open` counts them all.
        let mut kinds = u64::from(object);
        let mut open = 1_usize;
        let mut deepest = 1_usize;
        let mut at = skip_space(bytes, self.at + 1);
        let (empty, filled, close) = if object {
            (Shape::EmptyObject, Shape::Object, b'}')
        } else {
            (Shape::EmptyArray, Shape::Array, b']')
        };
        if byte(bytes, at) == close {
            self.at = at + 1;
            self.too_deep |= self.depth + 1 > DEPTH_MAX;
            return Ok(empty);
        }
        'member: loop {
            // Here a member of the innermost container begins.
            if kinds & 1 == 1 {
                if byte(bytes, at) != b'"' {
                    return bad(at, Expected::Key);
                }
                at = string(bytes, at + 1)?.0;
                at = colon(bytes, at)?;
            }
            match byte(bytes, at) {
                b'"' => at = string(bytes, at + 1)?.0,
                opening @ (b'{' | b'[') => {
                    let object = opening == b'{';
                    at = skip_space(bytes, at + 1);
                    if byte(bytes, at) == if object { b'}' } else { b']' } {
                        at += 1;
                        deepest = deepest.max(open + 1);
                    } else {
                        if open.is_multiple_of(64) {
                            self.outer.push(kinds);
                        }
                        kinds = kinds << 1 | u64::from(object);
                        open += 1;
                        deepest = deepest.max(open);
                        continue 'member;
                    }
                }
                other => at = scalar(bytes, at, other)?.0,
            }
            // Here a value of the innermost container has ended.
            loop {
                at = skip_space(bytes, at);
                match byte(bytes, at) {
                    b',' => {
                        at = skip_space(bytes, at + 1);
                        continue 'member;
                    }
                    b'}' if kinds & 1 == 1 => {}
                    b']' if kinds & 1 == 0 => {}
                    _ if kinds & 1 == 1 => return bad(at, Expected::CommaOrBrace),
                    _ => return bad(at, Expected::CommaOrBracket),
                }
                at += 1;
                open -= 1;
                if open == 0 {
                    self.at = at;
                    self.too_deep |= self.depth + deepest > DEPTH_MAX;
                    return Ok(filled);
                }
                kinds >>= 1;
                if open.is_multiple_of(64) {
                    kinds = self.outer.pop().expect("a word was put by for each 64 that opened");
                }
            }
        }
    }
}

#[inline(always)]
fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

#[cold]
fn bad<T>(at: usize, expected: Expected) -> Result<T, Bad> {
    Err(Bad { at: at as u32, expected })
}

#[inline(always)]
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

#[inline(always)]
fn colon(bytes: &[u8], at: usize) -> Result<usize, Bad> {
    let at = skip_space(bytes, at);
    if byte(bytes, at) != b':' {
        return bad(at, Expected::Colon);
    }
    Ok(skip_space(bytes, at + 1))
}

/// Passes over the rest of a string; `at` stands behind its opening quote. Gives the place behind
/// the closing one, and whether there was an escape.
#[inline(always)]
fn string(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Bad> {
    let mut escaped = false;
    loop {
        at = plain(bytes, at);
        match byte(bytes, at) {
            b'"' => return Ok((at + 1, escaped)),
            b'\\' => {
                at = escape(bytes, at)?;
                escaped = true;
            }
            _ if at >= bytes.len() => return bad(at, Expected::Quote),
            _ => return bad(at, Expected::NoControl),
        }
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A high bit in the first byte of `word` that is a quote, a backslash or below 0x20, and perhaps
/// in later ones: borrows spoil only what lies above the first.
#[inline(always)]
fn ends(word: u64) -> u64 {
    let quote = word ^ (LOW * b'"' as u64);
    let backslash = word ^ (LOW * b'\\' as u64);
    (quote.wrapping_sub(LOW) & !quote
        | backslash.wrapping_sub(LOW) & !backslash
        | word.wrapping_sub(LOW * 0x20) & !word)
        & HIGH
}

/// The next byte that ends plain text in a string: a quote, a backslash, a control character, or
/// the end of the body.
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
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

/// Passes over one escape; `at` stands at its backslash.
#[inline(never)]
fn escape(bytes: &[u8], at: usize) -> Result<usize, Bad> {
    match byte(bytes, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
        b'u' => match bytes.get(at + 2..at + 6) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
            _ => bad(at + 2, Expected::HexDigits),
        },
        _ => bad(at + 1, Expected::Escape),
    }
}

/// Passes over a number or a literal that begins with `first`.
#[inline(always)]
fn scalar(bytes: &[u8], at: usize, first: u8) -> Result<(usize, Shape), Bad> {
    let (word, shape): (&[u8], Shape) = match first {
        b'-' | b'0'..=b'9' => return Ok((number(bytes, at)?, Shape::Number)),
        b't' => (b"true", Shape::True),
        b'f' => (b"false", Shape::False),
        b'n' => (b"null", Shape::Null),
        _ => return bad(at, Expected::Value),
    };
    if bytes[at..].starts_with(word) {
        Ok((at + word.len(), shape))
    } else {
        bad(at, Expected::Literal)
    }
}

#[inline]
fn number(bytes: &[u8], mut at: usize) -> Result<usize, Bad> {
    if byte(bytes, at) == b'-' {
        at += 1;
    }
    if byte(bytes, at) == b'0' {
        at += 1;
    } else {
        at = digits(bytes, at)?;
    }
    if byte(bytes, at) == b'.' {
        at = digits(bytes, at + 1)?;
    }
    if matches!(byte(bytes, at), b'e' | b'E') {
        at += 1;
        if matches!(byte(bytes, at), b'+' | b'-') {
            at += 1;
        }
        at = digits(bytes, at)?;
    }
    Ok(at)
}

/// Passes over one digit or more.
#[inline(always)]
fn digits(bytes: &[u8], mut at: usize) -> Result<usize, Bad> {
    if !byte(bytes, at).is_ascii_digit() {
        return bad(at, Expected::Digit);
    }
    while byte(bytes, at).is_ascii_digit() {
        at += 1;
    }
    Ok(at)
}
