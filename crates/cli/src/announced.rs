//! What a running server announces in its data directory: who it is and where it is reached.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};

/// The data directory that a server takes when it is told none.
pub(crate) const DATA_DIR: &str = "data";
/// Shape: the process id on the first line, the URL on the second.
const LOCK: &str = "lock";
/// Where a server listens when it is told nothing.
const USUAL_URL: &str = "http://127.0.0.1:8080";

/// The URL that was given; else that of the server which runs in `data_dir`, or in the usual one;
/// else the usual URL.
pub(crate) fn url_or(given: Option<&str>, data_dir: Option<&Path>) -> String {
    let announced = || url(data_dir.unwrap_or(Path::new(DATA_DIR)));
    given.map(str::to_owned).or_else(announced).unwrap_or_else(|| USUAL_URL.to_owned())
}

/// Where the server is reached that runs in `data_dir`, if one does.
fn url(data_dir: &Path) -> Option<String> {
    let lock: PathBuf = data_dir.join(LOCK);
    let said = fs::read_to_string(lock).ok()?;
    let mut lines = said.lines();
    let pid = Pid::from_raw(lines.next()?.parse().ok()?)?;
    let url = lines.next().filter(|url| !url.is_empty())?;
    runs(pid).then(|| url.to_owned())
}

/// What a server that was killed has announced stays behind. The lock itself is not tried for
/// that: a server that starts at the same moment would find it taken.
fn runs(pid: Pid) -> bool {
    // Somebody else's process is one, too.
    matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_runs_is_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = |said: &str| {
            fs::write(folder.path().join(LOCK), said).expect("it can be written");
            url_or(None, Some(folder.path()))
        };
        assert_eq!(url_or(None, Some(folder.path())), USUAL_URL, "no server was ever here");
        let own = std::process::id();
        assert_eq!(found(&format!("{own}\nhttp://127.0.0.1:9000\n")), "http://127.0.0.1:9000");
        assert_eq!(url_or(Some("http://cdp"), Some(folder.path())), "http://cdp");
        assert_eq!(found(&format!("{own}\n\n")), USUAL_URL, "it is starting");
        // No system has so many processes.
        assert_eq!(found("2147483646\nhttp://127.0.0.1:9000\n"), USUAL_URL, "it was killed");
        assert_eq!(found("text\nhttp://127.0.0.1:9000\n"), USUAL_URL);
    }
}
