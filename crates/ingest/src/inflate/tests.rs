use std::io::Write as _;

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use super::*;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).expect("a vector takes any amount");
    encoder.finish().expect("a vector takes any amount")
}

fn inflated(coding: Coding, body: &[u8]) -> Result<Vec<u8>, Reject> {
    Inflater::new().inflate(coding, body).map(<[u8]>::to_vec)
}

#[test]
fn every_coding_gives_back_what_was_put_in() {
    let text = br#"{"batch":[]}"#.repeat(1000);
    assert_eq!(inflated(Coding::Identity, &text).as_deref(), Ok(&text[..]));
    assert_eq!(inflated(Coding::Gzip, &gzip(&text)).as_deref(), Ok(&text[..]));
    assert_eq!(inflated(Coding::Identity, &gzip(&text)).as_deref(), Ok(&text[..]));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).expect("a vector takes any amount");
    let zlib = zlib.finish().expect("a vector takes any amount");
    assert_eq!(inflated(Coding::Deflate, &zlib).as_deref(), Ok(&text[..]));
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    bare.write_all(&text).expect("a vector takes any amount");
    let bare = bare.finish().expect("a vector takes any amount");
    assert_eq!(inflated(Coding::Deflate, &bare).as_deref(), Ok(&text[..]));
    let zstd = zstd::bulk::compress(&text, 1).expect("it compresses");
    assert_eq!(inflated(Coding::Zstd, &zstd).as_deref(), Ok(&text[..]));
    // brotli of `{"batch":[]}`, made with the reference tool
    let brotli = [
        0x8b, 0x05, 0x80, 0x7b, 0x22, 0x62, 0x61, 0x74, 0x63, 0x68, 0x22, 0x3a, 0x5b, 0x5d, 0x7d,
        0x03,
    ];
    assert_eq!(inflated(Coding::Brotli, &brotli).as_deref(), Ok(&br#"{"batch":[]}"#[..]));
}

#[test]
fn members_of_gzip_follow_one_another() {
    let mut two = gzip(b"{\"a\":");
    two.extend(gzip(b"1}"));
    assert_eq!(inflated(Coding::Gzip, &two).as_deref(), Ok(&b"{\"a\":1}"[..]));
    let mut same = gzip(b"12345");
    same.extend(gzip(b"67890"));
    assert_eq!(inflated(Coding::Gzip, &same).as_deref(), Ok(&b"1234567890"[..]));
    let mut garbage = gzip(b"{}");
    garbage.extend(b"garbage!");
    assert_eq!(inflated(Coding::Gzip, &garbage), Err(Reject::Malformed));
}

#[test]
fn the_largest_body_fits_and_one_byte_more_does_not() {
    let largest = vec![b' '; BODY_BYTES_MAX];
    let over = vec![b' '; BODY_BYTES_MAX + 1];
    assert_eq!(inflated(Coding::Gzip, &gzip(&largest)).map(|b| b.len()), Ok(BODY_BYTES_MAX));
    assert_eq!(inflated(Coding::Gzip, &gzip(&over)), Err(Reject::TooLarge));
    let pack = |data: &[u8]| zstd::bulk::compress(data, 1).expect("it compresses");
    assert_eq!(inflated(Coding::Zstd, &pack(&largest)).map(|b| b.len()), Ok(BODY_BYTES_MAX));
    assert_eq!(inflated(Coding::Zstd, &pack(&over)), Err(Reject::TooLarge));
    let mut two = gzip(&largest);
    two.extend(gzip(b"1"));
    assert_eq!(inflated(Coding::Gzip, &two), Err(Reject::TooLarge));
}

#[test]
fn bombs_are_refused_without_unpacking_them() {
    let bomb = gzip(&vec![b'0'; 50_000_000]);
    assert_eq!(inflated(Coding::Gzip, &bomb), Err(Reject::TooLarge));
}

#[test]
fn what_is_not_of_the_coding_is_malformed() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Zstd, Coding::Brotli] {
        for body in [&br#"{"a":1}"#[..], &[0x1f, 0x8b], &[0x11, 0xff, 0xff, 0xff]] {
            assert_eq!(inflated(coding, body), Err(Reject::Malformed), "{coding:?} {body:?}");
        }
    }
    let whole = gzip(br#"{"batch":[1,2,3,4,5]}"#);
    for cut in 1..whole.len() {
        assert_eq!(inflated(Coding::Gzip, &whole[..cut]), Err(Reject::Malformed));
    }
}

#[test]
fn one_coding_is_taken() {
    let check = |headers: &[&'static str], expect| {
        let values: Vec<_> = headers.iter().map(|h| HeaderValue::from_static(h)).collect();
        assert_eq!(coding(values.iter()), expect, "{headers:?}");
    };
    check(&[], Ok(Coding::Identity));
    check(&["GZip"], Ok(Coding::Gzip));
    check(&["identity, gzip"], Ok(Coding::Gzip));
    check(&["br"], Ok(Coding::Brotli));
    check(&["gzip, gzip"], Err(Reject::UnknownEncoding));
    check(&["gzip", "br"], Err(Reject::UnknownEncoding));
    check(&["compress"], Err(Reject::UnknownEncoding));
}
