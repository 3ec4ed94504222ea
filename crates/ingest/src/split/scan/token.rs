//! The words of JSON, as functions from a place to the place behind.

use super::{Bad, Expected, Shape};

#[inline(always)]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

#[cold]
pub(super) fn bad<T>(at: usize, expected: Expected) -> Result<T, Bad> {
    Err(Bad { at: at as u32, expected })
}

#[inline(always)]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

#[inline(always)]
pub(super) fn colon(bytes: &[u8], at: usize) -> Result<usize, Bad> {
    let at = skip_space(bytes, at);
    if byte(bytes, at) != b':' {
        return bad(at, Expected::Colon);
    }
    Ok(skip_space(bytes, at + 1))
}

/// Passes over the rest of a string; `at` stands behind its opening quote. Gives the place behind
/// the closing one, and whether there was an escape.
#[inline(always)]
pub(super) fn string(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Bad> {
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
pub(super) fn scalar(bytes: &[u8], at: usize, first: u8) -> Result<(usize, Shape), Bad> {
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
