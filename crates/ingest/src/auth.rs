//! Who sends: the write key of a request, before its body is read.
//!
//! A key in the body counts where the header holds none that could be one. Write keys are public
//! names, not secrets, and are never logged all the same.
//! Source: Segment HTTP API, "Authentication"; the form without a colon is what old clients send.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::HeaderValue;
use percent_encoding::percent_decode_str;

/// What the `Authorization` header of a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// Nothing that we can use: look for a key elsewhere.
    Nothing,
    /// A write key that could be one.
    WriteKey(String),
    /// An OAuth access token. We have given none out yet.
    Bearer,
}

const CREDENTIALS_MAX: usize = 512;
/// The standard alphabet, with or without padding.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Reads an `Authorization` header.
///
/// Shape: `Basic base64(writeKey:anything)`, `Basic base64(writeKey)`, `Bearer token`; the scheme
/// in any case. Garbage is [`Authorization::Nothing`].
pub fn authorization(header: Option<&HeaderValue>) -> Authorization {
    let Some(value) = header.map(HeaderValue::as_bytes) else { return Authorization::Nothing };
    let Some(space) = value.iter().position(|byte| *byte == b' ') else {
        return Authorization::Nothing;
    };
    let (scheme, rest) = value.split_at(space);
    if scheme.eq_ignore_ascii_case(b"basic") {
        basic(rest.trim_ascii()).map_or(Authorization::Nothing, Authorization::WriteKey)
    } else if scheme.eq_ignore_ascii_case(b"bearer") {
        Authorization::Bearer
    } else {
        Authorization::Nothing
    }
}

fn basic(encoded: &[u8]) -> Option<String> {
    let mut decoded = [0; CREDENTIALS_MAX];
    if encoded.len() > CREDENTIALS_MAX {
        return None;
    }
    let len = BASE64.decode_slice(encoded, &mut decoded).ok()?;
    let credentials = &decoded[..len];
    let key = credentials.split(|byte| *byte == b':').next()?;
    let key = std::str::from_utf8(key).ok()?;
    is_well_formed(key).then(|| key.to_owned())
}

/// Whether `key` could be a write key. Any other is refused, as the real service does with keys
/// that are absent or far too short.
pub fn is_well_formed(key: &str) -> bool {
    (spec::limits::WRITE_KEY_BYTES_MIN..=spec::limits::WRITE_KEY_BYTES_MAX).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The `writeKey` parameter of a query, for beacons, which cannot carry headers.
pub fn query_key(query: Option<&str>) -> Option<String> {
    let value = query?.split('&').find_map(|pair| pair.strip_prefix("writeKey="))?;
    let key = percent_decode_str(value).decode_utf8().ok()?;
    is_well_formed(&key).then(|| key.into_owned())
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn check(header: &str, expect: Authorization) {
        let value = HeaderValue::from_str(header).expect("tests use visible text");
        assert_eq!(authorization(Some(&value)), expect, "{header}");
    }

    #[test]
    fn basic_holds_the_key_before_the_colon() {
        let key = || Authorization::WriteKey("0123456789abcdef".into());
        for credentials in ["0123456789abcdef:", "0123456789abcdef", "0123456789abcdef:secret"] {
            let encoded = BASE64_STANDARD.encode(credentials);
            check(&format!("Basic {encoded}"), key());
            check(&format!("basic  {}", encoded.trim_end_matches('=')), key());
        }
    }

    #[test]
    fn what_cannot_be_a_key_is_nothing() {
        check("Basic ***", Authorization::Nothing);
        check("Basic Og==", Authorization::Nothing);
        check("Basic", Authorization::Nothing);
        check("Digest abc", Authorization::Nothing);
        check(&format!("Basic {}", BASE64_STANDARD.encode("short:")), Authorization::Nothing);
        check(&format!("Basic {}", "A".repeat(4000)), Authorization::Nothing);
        assert_eq!(authorization(None), Authorization::Nothing);
    }

    #[test]
    fn bearer_is_named() {
        check("bearer some-token", Authorization::Bearer);
    }

    #[test]
    fn a_query_can_hold_the_key() {
        assert_eq!(
            query_key(Some("a=1&writeKey=0123456789%61bcdef")).expect("it is there"),
            "0123456789abcdef"
        );
        assert_eq!(query_key(Some("writeKey=abc")), None);
        assert_eq!(query_key(Some("a=1")), None);
        assert_eq!(query_key(None), None);
    }
}
