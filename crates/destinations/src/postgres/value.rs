//! What a value is, which column it fits, and how it stands there.
//!
//! Pure. The type of a column is that of the first value; when a later one does not fit, the
//! column is widened as far as it takes, so that what stood there still does:
//!
//! ```text
//! bigint ──► double precision ──► numeric ──► text
//!    └──────────────────────────────┘           ▲
//! boolean, timestamptz ─────────────────────────┘
//! ```
//!
//! Source: Segment, "Warehouse Schemas", data types.

use std::borrow::Cow;

use spec::{format_iso, parse_iso};

/// Digits of a number that Postgres' `numeric` is asked to hold; larger ones are text.
const NUMERIC_BYTES_MAX: usize = 1000;
/// The same for its exponent.
const NUMERIC_EXPONENT_MAX: i64 = 1000;
const YEAR_1_MS: i64 = -62_135_596_800_000;
const YEAR_9999_END_MS: i64 = 253_402_300_799_999;

/// What a value in JSON is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Null,
    False,
    True,
    /// A whole number of 64 bits.
    Int,
    /// A number that 64 bits hold with a point or an exponent.
    Float,
    /// A number beyond them.
    Big,
    /// A number beyond everything.
    Huge,
    /// A string, without its quotes, still escaped.
    Text,
    /// A string that is a date and a time.
    Time,
    /// A list, as JSON.
    List,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    Bool,
    /// A whole number of so many bits. We make 64.
    Int(u8),
    /// A floating point number of so many bits. We make 64.
    Float(u8),
    Numeric,
    Time,
    /// Text, of at most so many characters where somebody set a bound. We set none.
    Text(Option<u32>),
    /// A type that somebody else gave it. It is left alone.
    Other,
}

impl ColumnType {
    /// As it stands in SQL; only for those that we make.
    pub fn sql(self) -> &'static str {
        match self {
            ColumnType::Bool => "boolean",
            ColumnType::Int(_) => "bigint",
            ColumnType::Float(_) => "double precision",
            ColumnType::Numeric => "numeric",
            ColumnType::Time => "timestamptz",
            ColumnType::Text(_) | ColumnType::Other => "text",
        }
    }

    /// Whether a value fits without any loss that its sender would notice.
    pub fn fits(self, shape: Shape, raw: &[u8]) -> bool {
        match (self, shape) {
            (_, Shape::Null) | (ColumnType::Text(None), _) => true,
            (ColumnType::Text(Some(max)), Shape::Text) => {
                raw.len() <= max as usize || text(raw).chars().count() <= max as usize
            }
            (ColumnType::Text(Some(max)), _) => raw.len() <= max as usize,
            (ColumnType::Bool, Shape::True | Shape::False)
            | (ColumnType::Time, Shape::Time)
            | (ColumnType::Int(64), Shape::Int)
            | (ColumnType::Float(64), Shape::Int | Shape::Float)
            | (ColumnType::Numeric, Shape::Int | Shape::Float | Shape::Big) => true,
            (ColumnType::Int(bits), Shape::Int | Shape::Float) => {
                let bound = 1_i64 << (bits.min(63) - 1);
                whole(shape, raw).is_some_and(|n| bits == 64 || (-bound..bound).contains(&n))
            }
            (ColumnType::Float(64), Shape::Big) => double(raw).is_some(),
            (ColumnType::Float(_), Shape::Int | Shape::Float | Shape::Big) => {
                let single = double(raw).map(|n| (n, n as f32));
                single.is_some_and(|(n, single)| single.is_finite() && (single != 0.0 || n == 0.0))
            }
            _ => false,
        }
    }

    /// The type that takes what stands in the column, and this value.
    pub fn widened(self, shape: Shape, raw: &[u8]) -> ColumnType {
        if self == ColumnType::Other || self.fits(shape, raw) {
            return self;
        }
        match (self, shape) {
            (ColumnType::Int(_), Shape::Int) => ColumnType::Int(64),
            (ColumnType::Int(_) | ColumnType::Float(_), Shape::Int | Shape::Float) => {
                ColumnType::Float(64)
            }
            (ColumnType::Int(_) | ColumnType::Float(_), Shape::Big) => ColumnType::Numeric,
            _ => ColumnType::Text(None),
        }
    }
}

impl Shape {
    /// The type of a column whose first value this is; null makes none.
    pub fn natural(self) -> Option<ColumnType> {
        match self {
            Shape::Null => None,
            Shape::False | Shape::True => Some(ColumnType::Bool),
            Shape::Int => Some(ColumnType::Int(64)),
            Shape::Float => Some(ColumnType::Float(64)),
            Shape::Big => Some(ColumnType::Numeric),
            Shape::Time => Some(ColumnType::Time),
            Shape::Huge | Shape::Text | Shape::List => Some(ColumnType::Text(None)),
        }
    }

    /// What a number is.
    pub fn of_number(raw: &[u8]) -> Shape {
        let point = raw.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'-');
        if point.is_none() && (raw.len() < 19 || whole(Shape::Int, raw).is_some()) {
            return Shape::Int;
        }
        if point.is_some() && double(raw).is_some() {
            return Shape::Float;
        }
        let exponent = raw.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let exponent = exponent
            .map_or(Some(0), |at| std::str::from_utf8(&raw[at + 1..]).ok()?.parse::<i64>().ok());
        let held = exponent.is_some_and(|n| n.abs() <= NUMERIC_EXPONENT_MAX);
        if held && raw.len() <= NUMERIC_BYTES_MAX { Shape::Big } else { Shape::Huge }
    }

    /// What a string is, without its quotes.
    pub fn of_string(raw: &[u8]) -> Shape {
        let dated = raw.len() >= 16 && raw[4] == b'-' && raw[7] == b'-' && raw[10] == b'T';
        if dated && instant(raw).is_some() { Shape::Time } else { Shape::Text }
    }
}

/// A value as Postgres reads it.
pub struct Plain<'a> {
    pub text: Cow<'a, [u8]>,
    /// It holds no byte that `COPY` would take for its own.
    pub clean: bool,
}

/// `raw` as a column of `column` type takes it; `None` when it does not fit.
pub fn plain(column: ColumnType, shape: Shape, raw: &[u8]) -> Option<Plain<'_>> {
    let clean = |text: &'static [u8]| Plain { text: Cow::Borrowed(text), clean: true };
    if !column.fits(shape, raw) || column == ColumnType::Other {
        return None;
    }
    Some(match (column, shape) {
        (_, Shape::Null) => return None,
        (ColumnType::Bool, Shape::True) => clean(b"t"),
        (ColumnType::Bool, _) => clean(b"f"),
        (ColumnType::Time, _) => Plain { text: moment(raw), clean: true },
        (ColumnType::Int(_), Shape::Float) => {
            let n = whole(shape, raw).unwrap_or_default();
            Plain { text: Cow::Owned(n.to_string().into_bytes()), clean: true }
        }
        (_, Shape::Text) => match memchr::memchr(b'\\', raw) {
            None => Plain { text: Cow::Borrowed(raw), clean: true },
            Some(_) => Plain { text: Cow::Owned(text(raw).into_bytes()), clean: false },
        },
        (_, Shape::List) => Plain { text: Cow::Borrowed(raw), clean: false },
        _ => Plain { text: Cow::Borrowed(raw), clean: true },
    })
}

/// Appends a field of `COPY`'s text format.
pub fn copy_field(value: &Plain<'_>, out: &mut Vec<u8>) {
    if value.clean {
        out.extend_from_slice(&value.text);
    } else {
        copy_escaped(&value.text, out);
    }
}

/// Appends `text` so that `COPY` reads it back as it is.
pub fn copy_escaped(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.push(byte),
        }
    }
}

/// The text of a JSON string without its quotes. NUL, which Postgres cannot hold, is left out;
/// half of a surrogate pair becomes U+FFFD.
pub fn text(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let kind = rest.get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match kind {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let (found, used) = unit(rest);
                if found != '\0' {
                    out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
                }
                rest = rest.get(used..).unwrap_or_default();
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    String::from_utf8_lossy(&out).into_owned()
}

/// The character whose digits begin `rest`, and how many bytes say so.
fn unit(rest: &[u8]) -> (char, usize) {
    let digits = |at: usize| {
        let text = std::str::from_utf8(rest.get(at..at + 4)?).ok()?;
        u16::from_str_radix(text, 16).ok()
    };
    let first = digits(0).unwrap_or(0xfffd);
    let second = if rest.get(4..6) == Some(b"\\u") { digits(6) } else { None };
    let paired = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match paired.filter(|c| u32::from(*c) > 0xffff) {
        Some(both) => (both, 10),
        None => (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), 4),
    }
}

fn double(raw: &[u8]) -> Option<f64> {
    let n: f64 = std::str::from_utf8(raw).ok()?.parse().ok()?;
    let zero = || raw.iter().take_while(|byte| !matches!(byte, b'e' | b'E')).all(is_zero);
    (n.is_finite() && (n != 0.0 || zero())).then_some(n)
}

fn is_zero(byte: &u8) -> bool {
    matches!(byte, b'0' | b'-' | b'.')
}

/// The whole number, also where it is written with a point.
fn whole(shape: Shape, raw: &[u8]) -> Option<i64> {
    /// Beyond it a double is not sure of its last digit.
    const SURE: f64 = 9_007_199_254_740_992.0;
    if shape == Shape::Int {
        return std::str::from_utf8(raw).ok()?.parse().ok();
    }
    let n = double(raw)?;
    (n.fract() == 0.0 && n.abs() < SURE).then_some(n as i64)
}

fn instant(raw: &[u8]) -> Option<i64> {
    let year_0 = raw.starts_with(b"0000");
    let known = |ms: &i64| (YEAR_1_MS..=YEAR_9999_END_MS).contains(ms);
    parse_iso(raw).filter(known).filter(|_| !year_0)
}

/// A time as Postgres reads it, in UTC, to the microsecond as far as it was told.
fn moment(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.len() == 24 && raw[19] == b'.' && raw[23] == b'Z' {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(27);
    format_iso(instant(raw).unwrap_or_default(), &mut out);
    let fraction = raw.iter().position(|byte| matches!(byte, b'.' | b','));
    let micros = fraction.and_then(|at| raw.get(at + 4..)).unwrap_or_default();
    let micros: Vec<u8> = micros.iter().copied().take_while(u8::is_ascii_digit).take(3).collect();
    out.pop();
    out.extend_from_slice(&micros);
    out.push(b'Z');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
