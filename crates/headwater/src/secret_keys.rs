//! The keys that encrypt secrets in the control plane's database: a file of their own, so that a
//! copy of the database alone gives nothing away.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use store::{
    Sealer,
    seal::{KEY_BYTES, unhex},
};

/// The file in the data directory, unless the configuration names another.
pub const FILE: &str = "secret-keys";

const PREAMBLE: &str = "\
# Keys that encrypt secrets in Headwater's database: a number and 32 bytes in hex, one key on each
# line. The highest number encrypts, every one decrypts. Without this file those secrets are lost:
# keep a copy of it, apart from copies of the database.
";

/// The keys in `path`; the first one is made when there is no such file.
///
/// Errors: the file cannot be read or written, or holds something else than keys.
pub fn load_or_make(path: &Path) -> Result<Sealer> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = format!("{PREAMBLE}{}", line(1)?);
            write_new(path, &text).with_context(|| format!("cannot write {shown}"))?;
            text
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    let keys = parse(&text).with_context(|| format!("cannot use {shown}"))?;
    Sealer::new(&keys).with_context(|| format!("{shown} holds no key"))
}

fn line(number: u32) -> Result<String> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).context("the system gives no randomness")?;
    Ok(format!("{number} {}\n", store::fresh::hex(&key)))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Number and key of each line that is no comment.
fn parse(text: &str) -> Result<Vec<(u32, [u8; KEY_BYTES])>> {
    let mut keys: Vec<(u32, [u8; KEY_BYTES])> = Vec::new();
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let fault = || format!("line {at} is not a number and 64 hex digits");
        let (number, hex) = line.split_once(char::is_whitespace).with_context(fault)?;
        let number: u32 = number.parse().ok().with_context(fault)?;
        let key = unhex(hex.trim()).and_then(|key| key.try_into().ok()).with_context(fault)?;
        ensure!(
            keys.iter().all(|(known, _)| *known != number),
            "line {at}: key {number} was there"
        );
        keys.push((number, key));
    }
    if keys.is_empty() {
        bail!("it holds no key");
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::os::unix::fs::PermissionsExt;

    use store::Fresh;

    use super::*;

    #[test]
    fn keys_are_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let sealed = load_or_make(&path).unwrap().seal(&Fresh::system(), "owner", b"secret");
        assert_eq!(load_or_make(&path).unwrap().open("owner", &sealed).unwrap(), b"secret");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let more = fs::read_to_string(&path).unwrap() + &line(2).unwrap();
        fs::write(&path, more).unwrap();
        let both = load_or_make(&path).unwrap();
        assert_eq!(both.open("owner", &sealed).unwrap(), b"secret");
        assert!(both.is_old(&sealed));
    }

    #[test]
    fn a_faulty_file_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let check = |text: &str| {
            fs::write(&path, text).unwrap();
            format!("{:#}", load_or_make(&path).err().unwrap())
        };
        assert!(check("# nothing\n").ends_with("it holds no key"));
        assert!(check("# one\n1 abc\n").ends_with("line 2 is not a number and 64 hex digits"));
        let twice = line(1).unwrap() + &line(1).unwrap();
        assert!(check(&twice).ends_with("line 2: key 1 was there"));
    }
}
