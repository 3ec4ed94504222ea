//! Reads JSON strictly, one value at a time, without recursion and without copying.
//!
//! The caller has checked that the bytes are UTF-8. What is taken is what RFC 8259 allows, and
//! values that some parsers refuse: numbers of any size, escaped lone surrogates, any depth (it
//! is reported, not refused).

mod token;

use spec::limits::DEPTH_MAX;

use self::token::{bad, byte, colon, scalar, skip_space, string};

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
