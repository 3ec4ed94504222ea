//! Standard Webhooks, version 1: a receiver can tell that a request came from us, unaltered.
//!
//! ```text
//! webhook-id         stable over retries, so that a receiver can drop repeats
//! webhook-timestamp  seconds, fresh for every attempt, so that old requests cannot be replayed
//! webhook-signature  "v1," + base64(hmac-sha256(secret, id "." timestamp "." body)), one per
//!                    secret, separated by spaces: two while a secret is being replaced
//! ```
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks>

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use crate::Parcel;

/// `webhook-id`.
pub const ID_HEADER: HeaderName = HeaderName::from_static("webhook-id");
/// `webhook-timestamp`.
pub const TIMESTAMP_HEADER: HeaderName = HeaderName::from_static("webhook-timestamp");
/// `webhook-signature`.
pub const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("webhook-signature");

/// How a secret begins, before its base64.
const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret, decoded; a shorter one could be guessed.
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;
/// Ids up to this length stand in the header as they are.
const ID_BYTES_MAX: usize = 128;

/// A secret that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It lacks `whsec_`, or what follows is no base64.
    #[error("must be whsec_ followed by base64")]
    Form,
    /// It is too short or too long.
    #[error("must hold {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} random bytes, not {0}")]
    Length(usize),
}

/// Signs requests with one secret, or with two while one replaces the other.
#[derive(Clone)]
pub struct Signer {
    keys: Vec<Hmac<Sha256>>,
}

impl Signer {
    /// Reads `secrets`, the newest first.
    ///
    /// Errors: the position of the secret that cannot be one, and why.
    pub fn new(secrets: &[&str]) -> Result<Signer, (usize, BadSecret)> {
        let key = |(at, secret): (usize, &&str)| read_secret(secret).map_err(|bad| (at, bad));
        Ok(Signer { keys: secrets.iter().enumerate().map(key).collect::<Result<_, _>>()? })
    }

    /// The value of `webhook-signature` for exactly these bytes.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> HeaderValue {
        let mut value = String::with_capacity(self.keys.len() * 48);
        for key in &self.keys {
            let mut mac = key.clone();
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            value.push_str(if value.is_empty() { "v1," } else { " v1," });
            STANDARD.encode_string(mac.finalize().into_bytes(), &mut value);
        }
        HeaderValue::from_str(&value).expect("base64 is visible ASCII")
    }
}

/// The id of a request that carries `messages`: the `messageId` of a single one; for several, a
/// hash over their ids in order, the same whenever the same messages travel together.
///
/// An id that does not fit into a header as it is, or that holds the full stop which separates the
/// signed parts, is hashed too.
pub fn request_id(parcels: &[Parcel]) -> String {
    if let [parcel] = parcels {
        let id = parcel.message.message_id();
        let fits = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'.' | b'\\');
        if (1..=ID_BYTES_MAX).contains(&id.len()) && id.iter().all(fits) {
            return String::from_utf8_lossy(id).into_owned();
        }
    }
    let mut hash = Sha256::new();
    for Parcel { message, .. } in parcels {
        hash.update((message.message_id().len() as u64).to_le_bytes());
        hash.update(message.message_id());
    }
    let prefix = if parcels.len() == 1 { "msg_" } else { "batch_" };
    hash.finalize()[..16].iter().fold(prefix.to_owned(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("text takes any amount");
        out
    })
}

fn read_secret(secret: &str) -> Result<Hmac<Sha256>, BadSecret> {
    let encoded = secret.strip_prefix(SECRET_PREFIX).ok_or(BadSecret::Form)?;
    let key = STANDARD.decode(encoded).map_err(|_| BadSecret::Form)?;
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&key.len()) {
        return Err(BadSecret::Length(key.len()));
    }
    Ok(Hmac::new_from_slice(&key).expect("a key may have any length"))
}

#[cfg(test)]
mod tests;
