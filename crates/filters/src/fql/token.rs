//! Words of a statement.

use super::{Fault, number::Number};

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Not,
    And,
    Or,
    In,
    Compare(Comparison),
    Text(Vec<u8>),
    Number(Number),
    True,
    False,
    Null,
    All,
    /// The keys that lead to a field.
    Path(Vec<Box<[u8]>>),
    End,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A word and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) token: Token,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Every word of `text`; the last is the end.
pub(crate) fn words(text: &str) -> Result<Vec<Word>, Fault> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let start = at;
        let token = match bytes.get(at) {
            None => Token::End,
            Some(_) => token(text, &mut at)?,
        };
        let end = token == Token::End;
        words.push(Word { token, start, end: at });
        if end {
            return Ok(words);
        }
    }
}

fn token(text: &str, at: &mut usize) -> Result<Token, Fault> {
    use Comparison::*;
    const ELSEWHERE: [(&str, &str); 6] = [
        ("==", "write = to ask whether two values are the same"),
        ("=>", "write >= for greater or equal"),
        ("=<", "write <= for less or equal"),
        ("<>", "write != to ask whether two values differ"),
        ("&&", "write and between two conditions"),
        ("||", "write or between two conditions"),
    ];
    let rest = &text.as_bytes()[*at..];
    if let Some((sign, instead)) = ELSEWHERE.iter().find(|(s, _)| rest.starts_with(s.as_bytes())) {
        return Err(fault(*at, format!("`{sign}`"), *instead));
    }
    let (token, bytes) = match (rest[0], rest.get(1)) {
        (b'!', Some(b'=')) => (Token::Compare(Unequal), 2),
        (b'<', Some(b'=')) => (Token::Compare(LessOrEqual), 2),
        (b'>', Some(b'=')) => (Token::Compare(GreaterOrEqual), 2),
        (b'=', _) => (Token::Compare(Equal), 1),
        (b'<', _) => (Token::Compare(Less), 1),
        (b'>', _) => (Token::Compare(Greater), 1),
        (b'!', _) => (Token::Not, 1),
        (b'(', _) => (Token::Open, 1),
        (b')', _) => (Token::Close, 1),
        (b'[', _) => (Token::OpenList, 1),
        (b']', _) => (Token::CloseList, 1),
        (b',', _) => (Token::Comma, 1),
        _ => return long_token(text, at, rest),
    };
    *at += bytes;
    Ok(token)
}

fn long_token(text: &str, at: &mut usize, rest: &[u8]) -> Result<Token, Fault> {
    match rest[0] {
        quote @ (b'"' | b'\'') => string(text, at, quote),
        b'0'..=b'9' => number(text, at),
        b'-' if rest.get(1).is_some_and(u8::is_ascii_digit) => number(text, at),
        b'\\' => path(text, at),
        byte if plain(byte) => path(text, at),
        _ => {
            let c = text[*at..].chars().next().unwrap_or_default();
            let expected = "write a path, a string in quotes, a number, a list or a function; in a \
                            path a character that is no letter, digit, _ or - has a backslash \
                            before it";
            Err(fault(*at, format!("`{c}`"), expected))
        }
    }
}

/// A string literal. A backslash before the quote that ends it makes that quote a part of it; any
/// other stands for itself, so that patterns keep theirs.
fn string(text: &str, at: &mut usize, quote: u8) -> Result<Token, Fault> {
    let bytes = text.as_bytes();
    let start = *at;
    let mut out = Vec::new();
    *at += 1;
    loop {
        match bytes.get(*at) {
            None => {
                let quote = char::from(quote);
                let expected = format!("close it with {quote}");
                return Err(fault(start, "a string that does not end", expected));
            }
            Some(byte) if *byte == quote => {
                *at += 1;
                return Ok(Token::Text(out));
            }
            Some(b'\\') => {
                if bytes.get(*at + 1) != Some(&quote) {
                    out.push(b'\\');
                }
                out.extend(bytes.get(*at + 1));
                *at += 2;
            }
            Some(byte) => {
                out.push(*byte);
                *at += 1;
            }
        }
    }
}

fn number(text: &str, at: &mut usize) -> Result<Token, Fault> {
    let bytes = text.as_bytes();
    let start = *at;
    *at += 1;
    while let Some(byte) = bytes.get(*at) {
        let sign = matches!(byte, b'+' | b'-') && matches!(bytes[*at - 1], b'e' | b'E');
        if !(sign || byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
            break;
        }
        *at += 1;
    }
    let digits = &text[start..*at];
    let whole = digits.bytes().last().is_some_and(|byte| byte.is_ascii_digit());
    match Number::read(digits.as_bytes()).filter(|_| whole) {
        Some(number) => Ok(Token::Number(number)),
        None => {
            let expected = "write a number as in 42 or -1.5, or a path that does not begin with a \
                            digit";
            Err(fault(start, format!("`{digits}`"), expected))
        }
    }
}

/// A path, or a word with a meaning of its own.
fn path(text: &str, at: &mut usize) -> Result<Token, Fault> {
    let start = *at;
    let keys = keys(text, at)?;
    Ok(match &text[start..*at] {
        "and" | "AND" => Token::And,
        "or" | "OR" => Token::Or,
        "in" | "IN" => Token::In,
        "true" => Token::True,
        "false" => Token::False,
        "null" => Token::Null,
        "all" => Token::All,
        _ => Token::Path(keys),
    })
}

/// The keys of the path that begins there: between dots, each with its backslashes taken off.
fn keys(text: &str, at: &mut usize) -> Result<Vec<Box<[u8]>>, Fault> {
    let bytes = text.as_bytes();
    let mut keys = Vec::new();
    let mut key: Vec<u8> = Vec::new();
    loop {
        match bytes.get(*at) {
            Some(byte) if plain(*byte) => {
                key.push(*byte);
                *at += 1;
            }
            Some(b'\\') => {
                let Some(c) = text[*at + 1..].chars().next() else {
                    let expected = "write the character that is meant behind the backslash";
                    return Err(fault(*at, "`\\` at the end", expected));
                };
                key.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                *at += 1 + c.len_utf8();
            }
            dot => {
                if key.is_empty() {
                    let found = match dot {
                        None => "the end of the statement".to_owned(),
                        Some(_) => format!("`{}`", text[*at..].chars().next().unwrap_or_default()),
                    };
                    return Err(fault(*at, found, "write the name of a field behind the dot"));
                }
                keys.push(std::mem::take(&mut key).into());
                if dot != Some(&b'.') {
                    return Ok(keys);
                }
                *at += 1;
            }
        }
    }
}

/// Stands in a path without a backslash.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub(crate) fn fault(offset: usize, found: impl Into<String>, expected: impl Into<String>) -> Fault {
    Fault { offset, found: found.into(), expected: expected.into() }
}
