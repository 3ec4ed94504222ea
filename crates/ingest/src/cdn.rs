//! The browser SDK: Segment's own open-source bundle, built into the binary, with the write key
//! and our address set in front of it.
//!
//! The bundle finds its base by its own script tag, over https only, or by `window.analytics._cdn`;
//! from there it loads settings and further chunks.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    },
};
use serde_json::{Value, json};

use crate::{answer, body::Body, settings::Origin};

/// A script in both forms: `packed` is gzip for chunks, bare deflate for the SDK itself.
struct Asset {
    plain: &'static [u8],
    packed: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/browser.rs"));

const SCRIPT_TYPE: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
const NO_SNIFF: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));

/// Whether the binary was built with the browser SDK.
pub fn is_embedded() -> bool {
    SCRIPT.is_some()
}

/// Answers `GET /analytics.js/v1/{writeKey}/analytics.min.js` for a key that a source has.
pub fn script(write_key: &str, origin: &Origin, request: &HeaderMap) -> Response<Body> {
    let Some(asset) = &SCRIPT else { return not_embedded() };
    let beginning = beginning(write_key, origin);
    let etag = etag(&[beginning.as_bytes(), asset.plain]);
    serve(request, etag, "public, max-age=300", |packed| {
        if packed {
            gzip_with(beginning.as_bytes(), asset).into()
        } else {
            [beginning.as_bytes(), asset.plain].concat().into()
        }
    })
}

/// Answers `GET /analytics-next/bundles/{file}`; their names change with their content.
pub fn chunk(file: &str, request: &HeaderMap) -> Response<Body> {
    if SCRIPT.is_none() {
        return not_embedded();
    }
    let found = CHUNKS.iter().find(|(name, _)| *name == file);
    let Some((_, asset)) = found else { return answer::rejection(crate::Reject::NotFound) };
    serve(request, etag(&[asset.plain]), "public, max-age=31536000, immutable", |packed| {
        Bytes::from_static(if packed { asset.packed } else { asset.plain })
    })
}

fn serve(
    request: &HeaderMap,
    etag: String,
    cache: &'static str,
    body: impl FnOnce(bool) -> Bytes,
) -> Response<Body> {
    let known = request.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known == "*" || known.contains(&etag));
    let packed = accepts_gzip(request);
    let mut response = Response::new(if fresh { Body::empty() } else { body(packed).into() });
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::try_from(etag).expect("an etag is hexadecimal"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(CONTENT_TYPE, SCRIPT_TYPE);
    headers.insert(NO_SNIFF.0, NO_SNIFF.1);
    if packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    response
}

fn accepts_gzip(request: &HeaderMap) -> bool {
    let accepted = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = quality.replace(' ', "").trim_end_matches(['0', '.']) == "q=";
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Weak, because the same tag stands for the plain and the packed form.
fn etag(parts: &[&[u8]]) -> String {
    let crc = |part: &[u8]| u64::from(libdeflater::crc32(part));
    let sum = parts.iter().fold(0u64, |sum, part| sum.rotate_left(32) ^ crc(part));
    let len: usize = parts.iter().map(|part| part.len()).sum();
    format!("W/\"{sum:016x}-{len:x}\"")
}

/// Tells the bundle its write key and its base. The base is read from the running script where the
/// browser knows it, so that it is right behind any proxy; ours is for when it does not.
fn beginning(write_key: &str, origin: &Origin) -> String {
    let base = format!("{}://{}", origin.scheme(), origin.host);
    format!(
        "!function(){{var s=document.currentScript,\
         k=s&&s.dataset&&s.dataset.globalSegmentAnalyticsKey||\"analytics\",\
         a=window[k]=window[k]||[],b=s&&s.src?s.src.split(\"/analytics.js/v1/\"):[];\
         window.analyticsWriteKey={};\
         a._cdn=a._cdn||(b.length>1?b[0]:{})}}();\n",
        quoted(write_key),
        quoted(&base),
    )
}

/// A string literal that is safe in a script, also when somebody pastes it into a page.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('<', "\\u003c")
}

/// One gzip member: `beginning` as a stored block, then the packed rest, which was made once when
/// the binary was built.
fn gzip_with(beginning: &[u8], asset: &Asset) -> Vec<u8> {
    let len = u16::try_from(beginning.len()).expect("a key and a host are short");
    let mut crc = libdeflater::Crc::new();
    crc.update(beginning);
    crc.update(asset.plain);
    let mut out = Vec::with_capacity(beginning.len() + asset.packed.len() + 32);
    out.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    out.push(0);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(!len).to_le_bytes());
    out.extend_from_slice(beginning);
    out.extend_from_slice(asset.packed);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&((beginning.len() + asset.plain.len()) as u32).to_le_bytes());
    out
}

fn not_embedded() -> Response<Body> {
    let body = json!({
        "success": false,
        "message": "This binary was built without the browser SDK. Run scripts/run, or `npm ci` in \
                    crates/ingest/browser, and build again",
        "code": "browser_sdk_not_embedded",
    });
    answer::json(StatusCode::NOT_FOUND, body.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const ASSET: Asset = Asset {
        plain: b"console.log(1);",
        // bare deflate of the text above, one stored block
        packed: b"\x01\x0f\x00\xf0\xffconsole.log(1);",
    };

    fn origin() -> Origin {
        Origin { host: "t.example:8080".into(), secure: false }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test packed it itself")]
    fn a_beginning_is_put_in_front_of_what_is_packed() {
        let packed = gzip_with(b"var a=1;\n", &ASSET);
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).expect("it is gzip");
        assert_eq!(text, "var a=1;\nconsole.log(1);");
    }

    #[test]
    fn keys_and_hosts_cannot_break_out_of_the_script() {
        let text = beginning("a\"</script><b>", &origin());
        assert!(
            text.contains(r#"window.analyticsWriteKey="a\"\u003c/script>\u003cb>";"#),
            "{text}"
        );
        assert!(text.contains(r#":"http://t.example:8080")"#), "{text}");
    }

    #[test]
    fn gzip_is_served_to_those_who_take_it() {
        let check = |value: &'static str, expect: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), expect, "{value}");
        };
        check("gzip, deflate, br", true);
        check("br;q=1.0, GZIP;q=0.5", true);
        check("gzip;q=0", false);
        check("gzip; q=0.00", false);
        check("br", false);
    }

    #[test]
    fn without_the_sdk_the_answer_says_how_to_get_it_and_with_it_it_is_cached() {
        let response = script("0123456789abcdef", &origin(), &HeaderMap::new());
        if !is_embedded() {
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
            return;
        }
        assert_eq!(response.status(), StatusCode::OK);
        let mut again = HeaderMap::new();
        again.insert(IF_NONE_MATCH, response.headers()[ETAG].clone());
        let response = script("0123456789abcdef", &origin(), &again);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        let (name, _) = CHUNKS.first().expect("the SDK has chunks");
        assert_eq!(chunk(name, &HeaderMap::new()).status(), StatusCode::OK);
        assert_eq!(chunk("other.js", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
