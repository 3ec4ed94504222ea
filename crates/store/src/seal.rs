//! Secrets at rest: XChaCha20-Poly1305 under keys outside the database. What a secret belongs to
//! is authenticated with it, so that a sealed value moved to another row does not open.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};

use crate::Fresh;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

const NONCE_BYTES: usize = 24;

/// Seals with the newest key, opens with any.
#[derive(Clone)]
pub struct Sealer {
    /// Number and key, newest first.
    keys: Vec<(u32, XChaCha20Poly1305)>,
}

/// A sealed value that no key opens: it was damaged, moved, or its key is gone.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open: it was damaged or moved, or its key is missing")]
pub struct Unsealable;

impl Sealer {
    /// From numbered keys; the highest number seals. `None` without a key.
    pub fn new(keys: &[(u32, [u8; KEY_BYTES])]) -> Option<Sealer> {
        let mut keys: Vec<_> = keys
            .iter()
            .map(|(number, key)| (*number, XChaCha20Poly1305::new(&(*key).into())))
            .collect();
        keys.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        (!keys.is_empty()).then_some(Sealer { keys })
    }

    /// Seals `secret` for `owner`, for example `destination/dst_…`. The result is ASCII:
    /// `<key number>.<hex of nonce and ciphertext>`.
    pub fn seal(&self, fresh: &Fresh, owner: &str, secret: &[u8]) -> String {
        let (number, cipher) = self.keys.first().expect("a sealer has a key");
        let mut sealed = vec![0; NONCE_BYTES];
        fresh.fill(&mut sealed);
        let nonce = XNonce::try_from(sealed.as_slice()).expect("the length of a nonce");
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        sealed.extend(cipher.encrypt(&nonce, payload).expect("secrets are small"));
        format!("{number}.{}", crate::fresh::hex(&sealed))
    }

    /// Opens what [`Sealer::seal`] made for the same `owner`.
    pub fn open(&self, owner: &str, sealed: &str) -> Result<Vec<u8>, Unsealable> {
        let (number, hex) = sealed.split_once('.').ok_or(Unsealable)?;
        let number: u32 = number.parse().map_err(|_| Unsealable)?;
        let (_, cipher) = self.keys.iter().find(|key| key.0 == number).ok_or(Unsealable)?;
        let bytes = unhex(hex).ok_or(Unsealable)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_BYTES).ok_or(Unsealable)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| Unsealable)?;
        let payload = Payload { msg: text, aad: owner.as_bytes() };
        cipher.decrypt(&nonce, payload).map_err(|_| Unsealable)
    }

    /// The number of the key that seals.
    pub fn newest(&self) -> u32 {
        self.keys.first().map(|(number, _)| *number).unwrap_or_default()
    }

    /// Whether `sealed` should be sealed anew, since a newer key is there.
    pub fn is_old(&self, sealed: &str) -> bool {
        sealed.split_once('.').map(|(number, _)| number) != Some(&self.newest().to_string())
    }
}

/// Bytes of hex; `None` when it is none.
pub fn unhex(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}
