//! Who we are to each server: kept in one file of the user's, which nobody else can read.
//!
//! ```toml
//! ["http://127.0.0.1:8080"]
//! email = "ada@example.com"
//! session = "…"          # or token = "hw_…"
//! workspace = "acme"     # what `headwater workspace use` chose
//! ```

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::{Client, Failure, connection::Credential};

/// What is kept about one server.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Login {
    /// Who logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    /// The session, as its cookie: `name=value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<String>,
    /// Or a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    /// The workspace that commands are about unless they name another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workspace: Option<String>,
}

/// The file.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    path: PathBuf,
    servers: BTreeMap<String, Login>,
}

/// Without what it opens.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (email, workspace) = (&self.email, &self.workspace);
        f.debug_struct("Login").field("email", email).field("workspace", workspace).finish()
    }
}

impl Login {
    /// How it shows who we are.
    pub(super) fn credential(&self) -> Credential {
        match (&self.token, &self.session) {
            (Some(token), _) => Credential::Token(token.clone()),
            (None, Some(session)) => Credential::Session(session.clone()),
            (None, None) => Credential::None,
        }
    }
}

/// Where the file is unless another place is named.
pub(super) fn default_path() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|error| {
        Failure::usage(
            format!("cannot tell where your configuration is kept: {error}"),
            "name a file with --credentials or HEADWATER_CREDENTIALS",
        )
    })?;
    Ok(strategy.config_dir().join("headwater").join("credentials.toml"))
}

impl Credentials {
    /// Reads the file; one that is not there holds nothing.
    pub(super) fn read(path: PathBuf) -> Result<Credentials, Failure> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::reading(&path, error)),
        };
        let servers = toml::from_str(&text).map_err(|error| {
            // The text may hold a secret, so that only the place is told.
            let line = error.span().map_or(0, |span| text[..span.start].lines().count());
            Failure::usage(
                format!("cannot read {}: line {line} is none of ours", path.display()),
                "mend the file, or remove it and log in again",
            )
        })?;
        Ok(Credentials { path, servers })
    }

    /// What is kept about the server at `url`.
    pub(super) fn of(&self, url: &str) -> Option<&Login> {
        self.servers.get(url)
    }

    /// Gives the client the login at its server, and the workspace that was chosen there.
    pub(super) fn take_up(&self, client: &mut Client) {
        let Some(login) = self.of(client.url()) else { return };
        client.credential = login.credential();
        if client.workspace.is_none() {
            client.workspace.clone_from(&login.workspace);
        }
    }

    /// Keeps `login` for the server at `url`; `None` forgets it. The file is replaced as a whole.
    pub(super) fn keep(&mut self, url: &str, login: Option<Login>) -> Result<(), Failure> {
        match login {
            Some(login) => self.servers.insert(url.to_owned(), login),
            None => self.servers.remove(url),
        };
        let text = toml::to_string(&self.servers).expect("texts by name are TOML");
        write_private(&self.path, &text).map_err(|cause| Failure::Io {
            what: format!("cannot write {}", self.path.display()),
            cause,
        })
    }

    /// Where it is kept.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Replaces a file by one that only its owner can read, from its first byte on.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("toml.new");
    // What an interrupted run left may be readable by others.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:8080";

    #[test]
    fn a_login_is_kept_for_its_server_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("headwater/credentials.toml");
        let mut credentials = Credentials::read(path.clone()).expect("nothing is there");
        let login = Login {
            email: Some("ada@example.com".into()),
            session: Some("headwater=hws_secret".into()),
            ..Login::default()
        };
        credentials.keep(URL, Some(login.clone())).expect("it can be written");
        let other = Login { token: Some("hw_x".into()), ..Login::default() };
        credentials.keep("https://cdp.example.com", Some(other)).expect("it can be written");
        let read = Credentials::read(path.clone()).expect("it can be read");
        assert_eq!(read.of(URL), Some(&login));
        assert_eq!(read.of("http://elsewhere"), None);
        credentials.keep(URL, None).expect("it can be written");
        let read = Credentials::read(path).expect("it can be read");
        assert_eq!(read.of(URL), None);
        assert!(read.of("https://cdp.example.com").is_some(), "the other login stays");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("credentials.toml");
        fs::write(&path, "").expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
        fs::write(path.with_extension("toml.new"), "left by a crash").expect("it can be written");
        let mut credentials = Credentials::read(path.clone()).expect("it is empty");
        credentials.keep(URL, Some(Login::default())).expect("it can be written");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_file_is_named_and_its_secrets_are_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("credentials.toml");
        fs::write(&path, "\n[\"x\"]\ntoken = hw_secret\n").expect("it can be written");
        let failure = Credentials::read(path).expect_err("it is no TOML");
        assert_eq!(failure.exit_code(), 2);
        let text = failure.to_string();
        assert!(text.contains("credentials.toml: line 3"), "{text}");
        assert!(!text.contains("hw_secret"), "{text}");
    }
}
