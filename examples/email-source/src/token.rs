//! What stands in the addresses of a mail: which mail it is, signed, so that nobody opens, clicks
//! or unsubscribes for somebody else.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

#[cfg(test)]
mod tests;

const SECRET_BYTES: usize = 32;
/// How much of the signature is kept: enough that it cannot be guessed, and the address stays short.
const SIGNATURE_BYTES: usize = 16;

/// What a token lets its bearer do. One for one thing does not open another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Say that the mail was opened.
    Open,
    /// Follow the link.
    Click,
    /// Want no more mail.
    Unsubscribe,
    /// Recognise the mail when it comes back in a report.
    Report,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Purpose::Open => "open",
            Purpose::Click => "click",
            Purpose::Unsubscribe => "unsubscribe",
            Purpose::Report => "report",
        }
    }
}

/// Signs tokens with a secret of this service.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// With the secret that `folder` keeps; makes one the first time.
    ///
    /// # Errors
    /// It cannot be read or kept.
    pub fn of(folder: &Path) -> io::Result<Signer> {
        let path = folder.join("secret");
        match fs::read(&path) {
            Ok(secret) if secret.len() == SECRET_BYTES => Ok(Signer::new(&secret)),
            Ok(_) => Err(io::Error::other(format!("{} is damaged", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut secret = [0; SECRET_BYTES];
                getrandom::fill(&mut secret).map_err(io::Error::other)?;
                // whole or not at all: half a secret would void every mail that went out
                let new = folder.join("secret.new");
                let _ = fs::remove_file(&new);
                let mut file =
                    File::options().write(true).create_new(true).mode(0o600).open(&new)?;
                file.write_all(&secret)?;
                file.sync_all()?;
                fs::rename(&new, &path)?;
                File::open(folder)?.sync_all()?;
                Ok(Signer::new(&secret))
            }
            Err(error) => Err(error),
        }
    }

    fn new(secret: &[u8]) -> Signer {
        Signer(Hmac::new_from_slice(secret).expect("a key may have any length"))
    }

    /// The token of a mail for one purpose. Shape: `<mail id>.<signature>`, safe in an address.
    pub fn sign(&self, purpose: Purpose, mail: &str) -> String {
        let signature = self.mac(purpose, mail).finalize().into_bytes();
        format!("{mail}.{}", BASE64.encode(&signature[..SIGNATURE_BYTES]))
    }

    /// Which mail a token stands for; `None` when we never made it, or for something else.
    pub fn read<'t>(&self, purpose: Purpose, token: &'t str) -> Option<&'t str> {
        let (mail, signature) = token.split_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        // part of a signature is easier to guess than all of it
        if signature.len() != SIGNATURE_BYTES {
            return None;
        }
        self.mac(purpose, mail).verify_truncated_left(&signature).ok()?;
        Some(mail)
    }

    fn mac(&self, purpose: Purpose, mail: &str) -> Hmac<Sha256> {
        self.0.clone().chain_update(purpose.word()).chain_update([0]).chain_update(mail)
    }
}
