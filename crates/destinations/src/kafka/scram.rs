//! SCRAM: proves to a broker that we know a password, and the broker to us, without saying it.
//!
//! Pure: the nonce comes in. A peer that would have us count for minutes is refused.
//!
//! Source: RFC 5802 and RFC 7677.

use std::num::NonZeroU32;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{digest, hmac, pbkdf2};

/// Apache Kafka counts to 4096 by default, and to 16384 at most.
const ITERATIONS_MAX: u32 = 100_000;

/// Which hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Hash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Hash::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha512 => &digest::SHA512,
        }
    }
}

/// A login that has said its first message.
pub(crate) struct Scram<'a> {
    hash: Hash,
    password: &'a str,
    nonce: String,
    first_bare: String,
}

/// What the broker must answer for us to believe that it knows the password too.
pub(crate) struct Expected(Vec<u8>);

impl<'a> Scram<'a> {
    /// Begins a login; `nonce` is visible ASCII without commas, never used before.
    pub(crate) fn new(hash: Hash, username: &str, password: &'a str, nonce: String) -> Self {
        let username = username.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={username},r={nonce}");
        Scram { hash, password, nonce, first_bare }
    }

    /// Our first message.
    pub(crate) fn first(&self) -> Vec<u8> {
        format!("n,,{}", self.first_bare).into_bytes()
    }

    /// Our last message, given the broker's first one.
    ///
    /// Errors: what is wrong with that one, in words.
    pub(crate) fn last(&self, server_first: &[u8]) -> Result<(Vec<u8>, Expected), &'static str> {
        let server_first = std::str::from_utf8(server_first).map_err(|_| "is no text")?;
        let field = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = field("r=").filter(|nonce| nonce.starts_with(&self.nonce));
        let nonce = nonce.ok_or("does not repeat our nonce")?;
        let salt = field("s=").and_then(|salt| STANDARD.decode(salt).ok()).ok_or("has no salt")?;
        let iterations = field("i=").and_then(|count| count.parse::<NonZeroU32>().ok());
        let iterations = iterations.ok_or("has no iteration count")?;
        if iterations.get() > ITERATIONS_MAX {
            return Err("asks for more than 100,000 iterations");
        }

        let mut salted = vec![0; self.hash.digest().output_len()];
        let password = self.password.as_bytes();
        pbkdf2::derive(self.hash.pbkdf2(), iterations, &salt, password, &mut salted);
        let salted = hmac::Key::new(self.hash.hmac(), &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        let stored = digest::digest(self.hash.digest(), client_key.as_ref());
        let without_proof = format!("c=biws,r={nonce}");
        let said = format!("{},{server_first},{without_proof}", self.first_bare);
        let stored = hmac::Key::new(self.hash.hmac(), stored.as_ref());
        let signature = hmac::sign(&stored, said.as_bytes());
        let proof = client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b);
        let proof = STANDARD.encode(proof.collect::<Vec<u8>>());
        let server_key = hmac::sign(&salted, b"Server Key");
        let server_key = hmac::Key::new(self.hash.hmac(), server_key.as_ref());
        let expected = hmac::sign(&server_key, said.as_bytes()).as_ref().to_vec();
        Ok((format!("{without_proof},p={proof}").into_bytes(), Expected(expected)))
    }
}

impl Expected {
    /// Whether the broker's last message proves that it knows the password.
    pub(crate) fn proves(&self, server_last: &[u8]) -> bool {
        let text = std::str::from_utf8(server_last).unwrap_or_default();
        let signature = text.split(',').find_map(|part| part.strip_prefix("v="));
        signature.is_some_and(|text| STANDARD.decode(text).is_ok_and(|bytes| bytes == self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677.
    #[test]
    fn the_published_example_is_reproduced() {
        let nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
        let scram = Scram::new(Hash::Sha256, "user", "pencil", nonce);
        assert_eq!(scram.first(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let server_first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let (last, expected) = scram.last(server_first.as_bytes()).expect("a good message");
        assert_eq!(
            String::from_utf8_lossy(&last),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(expected.proves(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!expected.proves(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
        assert!(!expected.proves(b"e=other-error"));
    }

    #[test]
    fn a_peer_that_cheats_is_refused() {
        let scram = Scram::new(Hash::Sha512, "a=b,c", "pencil", "ours".to_owned());
        assert_eq!(scram.first(), b"n,,n=a=3Db=2Cc,r=ours");
        let refused = |message: &str| scram.last(message.as_bytes()).err();
        assert_eq!(refused("r=theirs,s=c2FsdA==,i=4096"), Some("does not repeat our nonce"));
        assert_eq!(refused("r=oursandtheirs,i=4096"), Some("has no salt"));
        assert_eq!(refused("r=oursandtheirs,s=c2FsdA==,i=0"), Some("has no iteration count"));
        let endless = refused("r=oursandtheirs,s=c2FsdA==,i=4294967295");
        assert_eq!(endless, Some("asks for more than 100,000 iterations"));
    }
}
