//! Calls in the address of an image: from e-mails, AMP pages and very old browser SDKs.
//!
//! Source: Segment Tracking Pixel API; details of the parameter form as the tests of Segment's
//! public Go message package hold them.

use base64::Engine as _;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use crate::auth::BASE64;

/// One transparent pixel.
pub const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\
    \x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// Dots in one parameter's name; what goes deeper is ignored.
const DEPTH_MAX: usize = 16;
/// The JSON body that a pixel's query stands for: `data=<base64>`, else one object made of the
/// parameters. `None` when `data` is not base64.
pub fn body(query: &str) -> Option<Vec<u8>> {
    match parameter(query, "data") {
        Some(data) => decode(&data),
        None => {
            let object = Value::Object(object(query));
            Some(serde_json::to_vec(&object).expect("text and maps always serialise"))
        }
    }
}

/// The value of the first parameter with this name, percent-decoded.
pub fn parameter(query: &str, name: &str) -> Option<Vec<u8>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| percent_decode(value.as_bytes()).collect())
    })
}

/// Base64 in either alphabet, padded or not, with spaces where a `+` was taken for one.
pub fn decode(data: &[u8]) -> Option<Vec<u8>> {
    let standard: Vec<u8> = data
        .iter()
        .map(|byte| match byte {
            b'-' | b' ' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    BASE64.decode(standard).ok()
}

fn object(query: &str) -> Map<String, Value> {
    let mut object = Map::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = text(key);
        let path: Vec<&str> = key.split('.').map(str::trim).collect();
        if path.len() <= DEPTH_MAX && path.iter().all(|part| !part.is_empty()) {
            put(&mut object, &path, text(value));
        }
    }
    object
}

fn text(encoded: &str) -> String {
    let spaced = encoded.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8_lossy().into_owned()
}

/// A name given twice becomes a list; where a text and an object meet, the first one stays.
fn put(object: &mut Map<String, Value>, path: &[&str], value: String) {
    let (first, rest) = path.split_first().expect("split yields at least one part");
    if rest.is_empty() {
        match object.get_mut(*first) {
            None => {
                object.insert((*first).to_owned(), Value::String(value));
            }
            Some(Value::Array(values)) => values.push(Value::String(value)),
            Some(Value::String(before)) => {
                let both = vec![Value::String(std::mem::take(before)), Value::String(value)];
                object.insert((*first).to_owned(), Value::Array(both));
            }
            Some(_) => {}
        }
        return;
    }
    let inner = object.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// Whether `name` can be called in the script that answers a JSONP request.
pub fn is_callback(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$.[]".contains(byte);
    (1..=128).contains(&name.len()) && !name[0].is_ascii_digit() && name.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn parameters_make_an_object() {
        let check = |query: &str, expect: &str| {
            let body = body(query).expect("no data, so no base64");
            assert_eq!(String::from_utf8_lossy(&body), expect, "{query}");
        };
        check("userId=u&event=Email%20Opened", r#"{"userId":"u","event":"Email Opened"}"#);
        check("event=a+b%2Bc", r#"{"event":"a b+c"}"#);
        check("p.a.b=1&p.c=2", r#"{"p":{"a":{"b":"1"},"c":"2"}}"#);
        check("p.t=a&p.t=b&p.t=c", r#"{"p":{"t":["a","b","c"]}}"#);
        check("p.e=&flag", r#"{"p":{"e":""},"flag":""}"#);
        check("..foo=1&=2&p..bar=3&foo.%20.=4&%20=5&foo.%20b=6", r#"{"foo":{"b":"6"}}"#);
        check("a=1&a.b=2&c.d=3&c=4", r#"{"a":"1","c":{"d":"3"}}"#);
        check(&format!("{}x=1", "a.".repeat(2000)), "{}");
        check("", "{}");
    }

    #[test]
    fn data_is_base64_in_any_dress() {
        let json = r#"{"event":"Séen >>> ???"}"#;
        let mut forms = vec![
            BASE64_URL_SAFE_NO_PAD.encode(json),
            BASE64_URL_SAFE.encode(json),
            BASE64_STANDARD.encode(json).replace('+', " "),
            BASE64_STANDARD.encode(json),
        ];
        forms.push(forms[3].replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
        for form in forms {
            assert_eq!(
                body(&format!("x=1&data={form}")).as_deref(),
                Some(json.as_bytes()),
                "{form}"
            );
        }
        assert_eq!(body("data=%%%25"), None);
    }

    #[test]
    fn callbacks_are_names() {
        for good in ["fn", "a.b.c", "$jsonp[0]", "_x1"] {
            assert!(is_callback(good.as_bytes()), "{good}");
        }
        for bad in ["", "1a", "alert(1)//", "a b", "a;b", "é"] {
            assert!(!is_callback(bad.as_bytes()), "{bad}");
        }
    }
}
