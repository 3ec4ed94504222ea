//! JSON text: undoing and writing escapes.

use std::borrow::Cow;

/// The plain text of what stands between the quotes of valid JSON. A lone surrogate becomes U+FFFD.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', raw) else {
        return Cow::Borrowed(raw);
    };
    let mut out = raw[..first].to_vec();
    let mut rest = &raw[first..];
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'\\' {
            out.push(byte);
            rest = after;
            continue;
        }
        let Some((&kind, after)) = after.split_first() else {
            break;
        };
        rest = after;
        match kind {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => rest = unit(rest, &mut out),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Writes the character whose four digits, and perhaps a second escape, begin `rest`.
fn unit<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let digits = |at: usize| {
        let text = std::str::from_utf8(rest.get(at..at + 4)?).ok()?;
        u16::from_str_radix(text, 16).ok()
    };
    let first = digits(0).unwrap_or(0xfffd);
    let second = if rest.get(4..6) == Some(b"\\u") { digits(6) } else { None };
    let pair = second.and_then(|second| {
        char::decode_utf16([first, second]).next()?.ok().filter(|c| u32::from(*c) > 0xffff)
    });
    let (found, used) = match pair {
        Some(both) => (both, 10),
        None => (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), 4),
    };
    out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
    rest.get(used..).unwrap_or_default()
}

/// Writes `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
pub(crate) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    out.push(b'"');
    if text.iter().all(plain) {
        out.extend_from_slice(text);
        out.push(b'"');
        return;
    }
    for &byte in String::from_utf8_lossy(text).as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Plain text of a JSON string's inside, for people.
pub(crate) fn plain(raw: &[u8]) -> String {
    String::from_utf8_lossy(&unescape(raw)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        let check = |raw: &str, expect: &str| assert_eq!(plain(raw.as_bytes()), expect);
        check("plain", "plain");
        check(r"a\u0062c", "abc");
        check(r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t");
        check(r"\ud83d\ude00!", "😀!");
        check(r"\ud800x", "\u{fffd}x");
        check(r"\ud800\u0041", "\u{fffd}A");
        check(r"\udc00\ud83d\ude00", "\u{fffd}😀");
        check(r"\u0000", "\0");
    }

    #[test]
    fn strings_are_written_so_that_json_reads_them_back() {
        for text in ["", "a\"b\\c", "\u{0}\u{1f}\n", "é😀"] {
            let mut out = Vec::new();
            write_string(text.as_bytes(), &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).expect("valid JSON"), text);
        }
        let mut out = Vec::new();
        write_string(b"a\xffb", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "\"a\u{fffd}b\"");
    }
}
