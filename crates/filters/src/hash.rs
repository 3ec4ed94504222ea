//! Values made into hashes that stand for them.

use std::{fmt, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::filter::Algorithm;

/// The key under which a destination's values are hashed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Salt(Arc<[u8]>);

impl Salt {
    /// A key of any length.
    pub fn new(key: &[u8]) -> Salt {
        Salt(key.into())
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// One way to hash.
#[derive(Clone)]
pub(crate) enum Hash {
    Keyed(Hmac<Sha256>),
    Plain,
}

impl Hash {
    pub(crate) fn new(algorithm: Algorithm, salt: &Salt) -> Hash {
        match algorithm {
            Algorithm::HmacSha256 => {
                Hash::Keyed(Hmac::new_from_slice(&salt.0).expect("a key may have any length"))
            }
            Algorithm::Sha256 => Hash::Plain,
        }
    }

    /// The hash of `bytes` in hexadecimal digits, appended to `out`.
    pub(crate) fn write(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let hash: [u8; 32] = match self {
            Hash::Keyed(keyed) => keyed.clone().chain_update(bytes).finalize().into_bytes().into(),
            Hash::Plain => Sha256::digest(bytes).into(),
        };
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in hash {
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hash::Keyed(_) => "HMAC_SHA256",
            Hash::Plain => "SHA256",
        })
    }
}
