//! Where a value stands in an object, without reading the others.

use crate::Span;

/// The value of the last member called `key` in `object`, one valid JSON object. Keys are compared
/// as they are written, so `key` holds nothing that JSON escapes.
pub fn member(object: &[u8], key: &str) -> Option<Span> {
    let mut found = None;
    let mut at = skip_space(object, skip_space(object, 0) + 1);
    while object.get(at) == Some(&b'"') {
        let end = skip_string(object, at);
        let name = object.get(at + 1..end - 1)?;
        let colon = skip_space(object, end);
        let start = skip_space(object, colon + 1);
        let end = skip_value(object, start);
        if name == key.as_bytes() {
            found = Some(Span { start: start as u32, len: (end - start) as u32 });
        }
        // past the comma; at the end of the object no key follows
        at = skip_space(object, skip_space(object, end) + 1);
    }
    found
}

fn skip_space(json: &[u8], mut at: usize) -> usize {
    while json.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The end of the string that begins at `at`, after its quote.
fn skip_string(json: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

/// The end of the value that begins at `at`.
fn skip_value(json: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = skip_string(json, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + depth,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(object: &str, key: &str, expect: Option<&str>) {
        let found = member(object.as_bytes(), key);
        let found = found.map(|span| &object[span.start as usize..][..span.len as usize]);
        assert_eq!(found, expect, "{key} in {object}");
    }

    #[test]
    fn members_are_found_whatever_stands_around_them() {
        let object =
            r#" { "a" : "x\"}," , "b":{"c":[1,{"d":"]"}]} , "n":-1.5e3,"t":true,"e":{},"l":[] } "#;
        check(object, "a", Some(r#""x\"},""#));
        check(object, "b", Some(r#"{"c":[1,{"d":"]"}]}"#));
        check(object, "n", Some("-1.5e3"));
        check(object, "t", Some("true"));
        check(object, "e", Some("{}"));
        check(object, "l", Some("[]"));
        check(object, "c", None);
        check(object, "d", None);
        check("{}", "a", None);
        check(r#"{"a":1,"a":2}"#, "a", Some("2"));
        check(r#"{"a":1}"#, "a", Some("1"));
    }
}
