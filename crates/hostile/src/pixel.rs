//! Bodies that come compressed, or in the address of an image.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use ingest::{
    accept::{Scratch, split},
    inflate::{Coding, Inflater},
    pixel,
};
use serde_json::{Map, Value};
use spec::{Kind, limits};

const CODINGS: [Coding; 5] =
    [Coding::Identity, Coding::Gzip, Coding::Deflate, Coding::Zstd, Coding::Brotli];

/// Inflates a body or reads a pixel's query, as the first byte says.
///
/// - However it is coded, a body is never larger than its cap, and gzip is what another library
///   reads in it.
/// - The parameters of a query are always an object; only names of functions are callbacks.
pub fn pixel(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    match CODINGS.get(usize::from(*first) % (CODINGS.len() + 1)) {
        Some(coding) => inflate(*coding, rest),
        None => {
            let Ok(query) = std::str::from_utf8(rest) else { return };
            of_query(query);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "take is the cap")]
fn inflate(coding: Coding, packed: &[u8]) {
    let mut inflater = Inflater::new();
    let Ok(body) = inflater.inflate(coding, packed) else { return };
    if coding == Coding::Identity && !packed.starts_with(&[0x1f, 0x8b]) {
        return assert_eq!(body, packed);
    }
    assert!(body.len() <= limits::BODY_BYTES_MAX);
    if matches!(coding, Coding::Identity | Coding::Gzip) {
        let mut other = Vec::new();
        let cap = limits::BODY_BYTES_MAX as u64 + 1;
        if MultiGzDecoder::new(packed).take(cap).read_to_end(&mut other).is_ok() {
            assert_eq!(body, other);
        }
    }
}

fn of_query(query: &str) {
    if let Some(name) = pixel::parameter(query, "callback")
        && pixel::is_callback(&name)
    {
        assert!(
            name.iter().all(|byte| !b"<>()'\"&;`\\/".contains(byte) && byte.is_ascii_graphic())
        );
    }
    let is_coded = pixel::parameter(query, "data").is_some();
    let Some(body) = pixel::body(query) else { return assert!(is_coded) };
    if !is_coded {
        serde_json::from_slice::<Map<String, Value>>(&body).expect("parameters are an object");
    }
    drop(split(&body, Some(Kind::Track), &mut Scratch::default()));
}
