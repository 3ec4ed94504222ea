//! The token that clients of `/api` show: configured, or made at the first start and kept in the
//! data directory, readable by its owner only.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use subtle::ConstantTimeEq;

use crate::config::Secret;

/// The file in the data directory.
pub const FILE: &str = "api-token";
const PREFIX: &str = "hwd_";
const RANDOM_CHARS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The configured token, else the one kept in `data_dir`, made now if there is none.
///
/// Errors: the file cannot be read or written, or is empty.
pub fn load_or_make(configured: Option<&Secret>, data_dir: &Path) -> Result<Secret> {
    let path = data_dir.join(FILE);
    if let Some(token) = configured {
        // Tools on this machine look for the token here, whoever chose it.
        write(&path, token.expose()).with_context(|| format!("cannot write {}", path.display()))?;
        return Ok(token.clone());
    }
    match fs::read_to_string(&path) {
        Ok(text) => {
            let text = text.trim();
            ensure!(!text.is_empty(), "{} is empty: delete it to get a new one", path.display());
            Ok(Secret::new(text))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let token = random(RANDOM_CHARS).map(|chars| format!("{PREFIX}{chars}"))?;
            write(&path, &token).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Secret::new(token))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// `chars` random letters and digits; 43 of them are 256 bits.
///
/// Errors: the system has no randomness to give.
pub fn random(chars: usize) -> Result<String> {
    let mut out = String::with_capacity(chars);
    let mut bytes = [0; 64];
    while out.len() < chars {
        getrandom::fill(&mut bytes).context("the system gives no randomness")?;
        // 248 is the largest multiple of 62 in a byte: beyond it some letters would come oftener.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        out.extend(
            fair.map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])).take(chars - out.len()),
        );
    }
    Ok(out)
}

/// Whether `given` is `token`, in a time that does not depend on how much of it is right.
pub fn matches(token: &Secret, given: &[u8]) -> bool {
    token.expose().as_bytes().ct_eq(given).into()
}

fn write(path: &Path, token: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file =
        OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let made = load_or_make(None, folder.path()).unwrap();
        assert!(made.expose().starts_with(PREFIX));
        assert_eq!(made.expose().len(), PREFIX.len() + RANDOM_CHARS);
        assert_eq!(load_or_make(None, folder.path()).unwrap(), made);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let configured = Secret::new("0123456789abcdef");
        assert_eq!(load_or_make(Some(&configured), folder.path()).unwrap(), configured);
        assert!(matches(&configured, b"0123456789abcdef"));
        assert!(!matches(&configured, b"0123456789abcdeg") && !matches(&configured, b""));
    }
}
