//! Randomness as an argument: ids, write keys, tokens.

use std::{fmt::Write as _, sync::Arc};

use sha2::{Digest, Sha256};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters of an id after its prefix; 131 bits.
const ID_LEN: usize = 22;

/// Characters of a write key.
pub const WRITE_KEY_LEN: usize = 32;

/// Characters of a token's random part; 256 bits.
const SECRET_LEN: usize = 43;

/// Characters of the checksum at a token's end.
const CHECK_LEN: usize = 6;

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// Where randomness comes from. Cheap to clone.
#[derive(Clone)]
pub struct Fresh(Arc<Fill>);

impl Fresh {
    /// The operating system's.
    pub fn system() -> Fresh {
        Fresh::new(|bytes| getrandom::fill(bytes).expect("the operating system has randomness"))
    }

    /// From `fill`, which must fill the whole slice.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Fresh {
        Fresh(Arc::new(fill))
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }

    /// A new id: `prefix`, an underscore, 22 base62 characters.
    pub fn id(&self, prefix: &str) -> String {
        let mut id = String::with_capacity(prefix.len() + 1 + ID_LEN);
        id.push_str(prefix);
        id.push('_');
        self.base62(ID_LEN, &mut id);
        id
    }

    /// A new write key: 32 base62 characters, as SDKs know them.
    pub fn write_key(&self) -> String {
        let mut key = String::with_capacity(WRITE_KEY_LEN);
        self.base62(WRITE_KEY_LEN, &mut key);
        key
    }

    /// A new secret token: `prefix`, an underscore, 256 random bits in base62, and a CRC-32 of
    /// all before it, by which secret scanners tell a real token from noise.
    pub fn token(&self, prefix: &str) -> String {
        let mut token = format!("{prefix}_");
        self.base62(SECRET_LEN, &mut token);
        let check = checksum(&token);
        token.push_str(&check);
        token
    }

    fn base62(&self, len: usize, into: &mut String) {
        let mut left = len;
        let mut bytes = [0; 64];
        while left > 0 {
            self.fill(&mut bytes);
            // 248 is the largest multiple of 62 in a byte: no character is likelier than another.
            for byte in bytes.iter().filter(|byte| **byte < 248).take(left) {
                into.push(char::from(BASE62[usize::from(byte % 62)]));
                left -= 1;
            }
        }
    }
}

/// Whether `token` is whole: what [`Fresh::token`] made, not noise or a typing error.
pub fn token_is_whole(token: &str) -> bool {
    let Some(body_len) = token.len().checked_sub(CHECK_LEN) else { return false };
    token.is_ascii() && checksum(&token[..body_len]) == token[body_len..]
}

/// SHA-256 of a secret, in hex: what is stored in its place.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing into a string cannot fail");
    }
    text
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECK_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.map(char::from).iter().collect()
}
