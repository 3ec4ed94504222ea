//! The kinds of record that Headwater keeps in its log, and how their payloads are written.
//!
//! A payload begins with one version byte, so that every release reads what earlier ones wrote.
//! Kind 0 belongs to the log itself.

use serde::{Serialize, de::DeserializeOwned};

/// An accepted message; the payload is an encoded [`crate::Message`].
pub const MESSAGE: u8 = 1;
/// A message that was taken and cannot be used; the payload is a [`crate::Discard`].
pub const DISCARD: u8 = 2;
/// A request that was not taken; the payload is a [`crate::Refused`].
pub const REFUSED: u8 = 3;
/// Outcomes at a destination; the payload is [`crate::Attempts`].
pub const ATTEMPTS: u8 = 4;
/// Which sources feed a destination from here on; the payload is a [`crate::Feed`].
pub const FEED: u8 = 5;
/// Messages lost to a destination; the payload is a [`crate::Lapse`].
pub const LAPSE: u8 = 6;
/// Messages that a destination took in batches; the payload is [`crate::Delivered`].
pub const DELIVERED: u8 = 7;
/// A destination is paused, or goes on; the payload is a [`crate::Pause`].
pub const PAUSE: u8 = 8;
/// Messages that left a source's quarantine; the payload is a [`crate::Release`].
pub const RELEASE: u8 = 9;
/// Messages that a replay sent; the payload is a [`crate::Replayed`].
pub const REPLAYED: u8 = 11;

const VERSION: u8 = 1;

/// A payload that this release cannot read.
#[derive(Debug, thiserror::Error)]
pub enum BadPayload {
    /// Written by a newer release, or not by us.
    #[error("payload version {0:?} is unknown")]
    Version(Option<u8>),
    /// The version fits and the bytes do not.
    #[error("payload cannot be read")]
    Bytes(#[source] postcard::Error),
}

/// Writes a record's payload; each kind names its type.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let out = vec![VERSION];
    postcard::to_extend(value, out).expect("a vector takes any amount")
}

/// Writes a payload with `more` behind it, for readers who know of it.
pub fn encode_with<T: Serialize, M: Serialize>(value: &T, more: &M) -> Vec<u8> {
    postcard::to_extend(more, encode(value)).expect("a vector takes any amount")
}

/// Reads what [`encode`] wrote, and of what [`encode_with`] wrote the first part.
///
/// Errors: [`BadPayload`], when the bytes are of another version or damaged.
pub fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, BadPayload> {
    postcard::from_bytes(body(payload)?).map_err(BadPayload::Bytes)
}

/// Reads what [`encode_with`] wrote; `None` for what is not there or of a later release.
///
/// Errors: [`BadPayload`], when the first part is of another version or damaged.
pub fn decode_with<T: DeserializeOwned, M: DeserializeOwned>(
    payload: &[u8],
) -> Result<(T, Option<M>), BadPayload> {
    let read = postcard::take_from_bytes::<T>(body(payload)?);
    let (value, rest) = read.map_err(BadPayload::Bytes)?;
    let more = if rest.is_empty() { None } else { postcard::from_bytes(rest).ok() };
    Ok((value, more))
}

fn body(payload: &[u8]) -> Result<&[u8], BadPayload> {
    match payload.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        other => Err(BadPayload::Version(other.map(|(version, _)| *version))),
    }
}
