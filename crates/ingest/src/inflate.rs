//! Compressed bodies, inflated into one buffer of fixed size: what does not fit is refused, so a
//! bomb costs no more than an honest body. Nothing else in the crate inflates.

use http::HeaderValue;
use libdeflater::{DecompressionError, Decompressor};
use spec::limits::BODY_BYTES_MAX;

use crate::reject::Reject;

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is, unless it begins like gzip: some senders forget the header.
    Identity,
    /// RFC 1952, one or more members.
    Gzip,
    /// RFC 1950, or the bare RFC 1951 that some senders mean by it.
    Deflate,
    /// RFC 8878.
    Zstd,
    /// RFC 7932.
    Brotli,
}

/// Reads the `Content-Encoding` headers of a request.
///
/// Errors: [`Reject::UnknownEncoding`] for a coding we do not know, and for more than one.
pub fn coding<'a>(headers: impl Iterator<Item = &'a HeaderValue>) -> Result<Coding, Reject> {
    let mut coding = Coding::Identity;
    for header in headers {
        for name in header.as_bytes().split(|byte| *byte == b',') {
            let found = one_coding(name.trim_ascii()).ok_or(Reject::UnknownEncoding)?;
            if found == Coding::Identity {
                continue;
            }
            if coding != Coding::Identity {
                return Err(Reject::UnknownEncoding);
            }
            coding = found;
        }
    }
    Ok(coding)
}

fn one_coding(name: &[u8]) -> Option<Coding> {
    let known: [(&[u8], Coding); 7] = [
        (b"", Coding::Identity),
        (b"identity", Coding::Identity),
        (b"gzip", Coding::Gzip),
        (b"x-gzip", Coding::Gzip),
        (b"deflate", Coding::Deflate),
        (b"zstd", Coding::Zstd),
        (b"br", Coding::Brotli),
    ];
    known.iter().find(|(word, _)| name.eq_ignore_ascii_case(word)).map(|(_, coding)| *coding)
}

/// Memory and state that one body leaves to the next. Keep one per thread.
pub struct Inflater {
    deflate: Decompressor,
    out: Vec<u8>,
}

impl Inflater {
    /// An inflater whose bodies are at most [`BODY_BYTES_MAX`] bytes.
    pub fn new() -> Inflater {
        Inflater { deflate: Decompressor::new(), out: Vec::new() }
    }

    /// The body as it was before coding; borrowed from `body` itself where it was not coded.
    ///
    /// Errors: [`Reject::Malformed`] when the bytes are not of that coding, [`Reject::TooLarge`].
    pub fn inflate<'a>(&'a mut self, coding: Coding, body: &'a [u8]) -> Result<&'a [u8], Reject> {
        if coding == Coding::Identity && !body.starts_with(&[0x1f, 0x8b]) {
            return Ok(body);
        }
        if self.out.is_empty() {
            self.out = vec![0; BODY_BYTES_MAX];
        }
        let len = match coding {
            Coding::Identity | Coding::Gzip => self.gzip(body),
            Coding::Deflate => self.deflate(body),
            Coding::Zstd => self.zstd(body),
            Coding::Brotli => self.brotli(body),
        }?;
        Ok(&self.out[..len])
    }

    #[expect(clippy::disallowed_methods, reason = "read_all is the cap")]
    fn gzip(&mut self, body: &[u8]) -> Result<usize, Reject> {
        let len = self.deflate.gzip_decompress(body, &mut self.out).map_err(refusal)?;
        // The fast way reads one member and says nothing of what follows it. The trailer at the
        // very end tells whether that member was all.
        let trailer = body.last_chunk::<8>().ok_or(Reject::Malformed)?;
        let word = |at: usize| u32::from_le_bytes(trailer[at..at + 4].try_into().expect("4 of 8"));
        if word(4) as usize == len && word(0) == libdeflater::crc32(&self.out[..len]) {
            return Ok(len);
        }
        read_all(flate2::read::MultiGzDecoder::new(body), &mut self.out)
    }

    fn deflate(&mut self, body: &[u8]) -> Result<usize, Reject> {
        match self.deflate.zlib_decompress(body, &mut self.out) {
            Err(DecompressionError::BadData) => {
                self.deflate.deflate_decompress(body, &mut self.out).map_err(refusal)
            }
            other => other.map_err(refusal),
        }
    }

    fn zstd(&mut self, body: &[u8]) -> Result<usize, Reject> {
        let mut zstd = zstd::bulk::Decompressor::new().map_err(|_| Reject::Overloaded)?;
        zstd.decompress_to_buffer(body, &mut self.out[..]).map_err(|error| {
            // The library's only way to say so.
            let too_large = error.to_string().contains("too small");
            if too_large { Reject::TooLarge } else { Reject::Malformed }
        })
    }

    #[expect(clippy::disallowed_methods, reason = "read_all is the cap")]
    fn brotli(&mut self, body: &[u8]) -> Result<usize, Reject> {
        // The extension for windows of up to a gigabyte begins like this; browsers do not use it.
        if body.first().is_none_or(|byte| byte & 0x7f == 0x11) {
            return Err(Reject::Malformed);
        }
        read_all(brotli_decompressor::Decompressor::new(body, 4096), &mut self.out)
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Inflater::new()
    }
}

fn refusal(error: DecompressionError) -> Reject {
    match error {
        DecompressionError::BadData => Reject::Malformed,
        DecompressionError::InsufficientSpace => Reject::TooLarge,
    }
}

fn read_all(mut from: impl std::io::Read, out: &mut [u8]) -> Result<usize, Reject> {
    let mut len = 0;
    while len < out.len() {
        match from.read(&mut out[len..]) {
            Ok(0) => return Ok(len),
            Ok(read) => len += read,
            Err(_) => return Err(Reject::Malformed),
        }
    }
    match from.read(&mut [0]) {
        Ok(0) => Ok(len),
        Ok(_) => Err(Reject::TooLarge),
        Err(_) => Err(Reject::Malformed),
    }
}

#[cfg(test)]
mod tests;
