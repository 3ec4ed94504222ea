//! Patterns of `match`: `*`, `?`, `[abc]`, `[a-z]`, `[^a]`, and `\x` for `x` itself.

use memchr::memmem;

/// A pattern, cut at its stars.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    /// What stands between the stars; one part is a pattern without any.
    parts: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(Box<[u8]>),
    AnyCharacter,
    OneOf { negated: bool, ranges: Vec<(u32, u32)> },
}

/// Why a pattern is none: where in it, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadGlob {
    pub(crate) at: usize,
    pub(crate) expected: &'static str,
}

/// It took more steps than were left.
pub(crate) struct TooLong;

impl Glob {
    pub(crate) fn new(pattern: &[u8]) -> Result<Glob, BadGlob> {
        let mut parts = vec![vec![]];
        let mut text: Vec<u8> = Vec::new();
        let mut at = 0;
        while let Some(&byte) = pattern.get(at) {
            let piece = match byte {
                b'\\' => {
                    let expected = "write the character that is meant behind the backslash";
                    let &next = pattern.get(at + 1).ok_or(BadGlob { at, expected })?;
                    text.push(next);
                    at += 2;
                    continue;
                }
                b'*' | b'?' | b'[' => byte,
                _ => {
                    text.push(byte);
                    at += 1;
                    continue;
                }
            };
            let part = parts.last_mut().expect("there is always one");
            if !text.is_empty() {
                part.push(Piece::Text(std::mem::take(&mut text).into()));
            }
            at += 1;
            match piece {
                b'?' => part.push(Piece::AnyCharacter),
                b'[' => part.push(class(pattern, &mut at)?),
                // Two stars are one.
                _ if part.is_empty() && parts.len() > 1 => {}
                _ => parts.push(vec![]),
            }
        }
        if !text.is_empty() {
            parts.last_mut().expect("there is always one").push(Piece::Text(text.into()));
        }
        Ok(Glob { parts })
    }

    /// Whether it matches the whole of `text`, in at most `steps`, which are taken off.
    pub(crate) fn matches(&self, text: &[u8], steps: &mut u32) -> Result<bool, TooLong> {
        let (first, rest) = self.parts.split_first().expect("there is always one");
        let Some(mut at) = begins(first, text, 0, steps)? else { return Ok(false) };
        let Some((last, middle)) = rest.split_last() else { return Ok(at == text.len()) };
        for part in middle {
            // The first place is as good as any: what follows has a star before it.
            let Some((_, end)) = find(part, text, at, false, steps)? else { return Ok(false) };
            at = end;
        }
        Ok(last.is_empty() || find(last, text, at, true, steps)?.is_some())
    }
}

/// The first place from `at` on where the part stands, and where it ends; `to_the_end`: there.
fn find(
    part: &[Piece],
    text: &[u8],
    mut at: usize,
    to_the_end: bool,
    steps: &mut u32,
) -> Result<Option<(usize, usize)>, TooLong> {
    let known = match part.first() {
        Some(Piece::Text(known)) => Some(known),
        _ => None,
    };
    if let ([_], Some(known), true) = (part, known, to_the_end) {
        let start = text.len().checked_sub(known.len());
        let found = start.filter(|start| *start >= at && text.ends_with(known));
        return Ok(found.map(|start| (start, text.len())));
    }
    while at <= text.len() {
        if let Some(known) = known {
            spend(steps, 1 + (text.len() - at) as u32 / 64)?;
            match memmem::find(&text[at..], known) {
                Some(skip) => at += skip,
                None => return Ok(None),
            }
        }
        match begins(part, text, at, steps)? {
            Some(end) if !to_the_end || end == text.len() => return Ok(Some((at, end))),
            _ => at += character(text, at).map_or(1, |(_, bytes)| bytes),
        }
    }
    Ok(None)
}

/// Where the part ends when it begins at `at`.
fn begins(
    part: &[Piece],
    text: &[u8],
    mut at: usize,
    steps: &mut u32,
) -> Result<Option<usize>, TooLong> {
    for piece in part {
        spend(steps, 1)?;
        let bytes = match piece {
            Piece::Text(known) => text[at..].starts_with(known).then_some(known.len()),
            Piece::AnyCharacter => character(text, at).map(|(_, bytes)| bytes),
            Piece::OneOf { negated, ranges } => character(text, at).and_then(|(code, bytes)| {
                let among = ranges.iter().any(|(low, high)| (*low..=*high).contains(&code));
                (among != *negated).then_some(bytes)
            }),
        };
        match bytes {
            Some(bytes) => at += bytes,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

fn spend(steps: &mut u32, some: u32) -> Result<(), TooLong> {
    *steps = steps.checked_sub(some).ok_or(TooLong)?;
    Ok(())
}

/// What stands between `[` and `]`; `at` comes to stand behind it.
fn class(pattern: &[u8], at: &mut usize) -> Result<Piece, BadGlob> {
    let start = *at - 1;
    let open =
        BadGlob { at: start, expected: r"close the list with ], or write \[ for the bracket" };
    let negated = pattern.get(*at) == Some(&b'^');
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        if pattern.get(*at) == Some(&b']') && !ranges.is_empty() {
            *at += 1;
            return Ok(Piece::OneOf { negated, ranges });
        }
        let low = one(pattern, at).ok_or(open.clone())?;
        let mut high = low;
        if pattern.get(*at) == Some(&b'-') && pattern.get(*at + 1) != Some(&b']') {
            *at += 1;
            high = one(pattern, at).ok_or(open.clone())?;
        }
        if high < low {
            let expected = "write the lower end of the range first, as in [a-z]";
            return Err(BadGlob { at: start, expected });
        }
        ranges.push((low, high));
    }
}

/// One character of a list, a backslash before it taken off.
fn one(pattern: &[u8], at: &mut usize) -> Option<u32> {
    *at += usize::from(pattern.get(*at) == Some(&b'\\'));
    let (code, bytes) = character(pattern, *at)?;
    *at += bytes;
    Some(code)
}

/// The character that begins at `at`, and its bytes; of what is no UTF-8, the one byte.
fn character(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = text.get(at..)?;
    let &first = rest.first()?;
    if first.is_ascii() {
        return Some((first.into(), 1));
    }
    let most = &rest[..rest.len().min(4)];
    let valid = most.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    Some(valid.map_or((u32::MAX, 1), |c| (c.into(), c.len_utf8())))
}
