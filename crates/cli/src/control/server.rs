//! Which server a command talks to, as whom, and about which workspace.

use std::path::PathBuf;

use clap::Args;

use super::{
    console::Console,
    credentials::{Credentials, default_path},
};
use crate::{Client, Failure, Screen, announced, connection::Credential};

/// Which server, as whom, about which workspace.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct Server {
    /// The server; unless given, the one that runs in --data-dir or ./data, else
    /// http://127.0.0.1:8080.
    #[arg(long, global = true, value_name = "URL", env = "HEADWATER_URL")]
    pub url: Option<String>,
    /// The server's data directory, to find its URL on this machine.
    #[arg(long, global = true, value_name = "DIR", env = "HEADWATER_SERVER__DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// A token, hw_… or hwp_…; what `headwater login` keeps unless given.
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "HEADWATER_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,
    /// Workspace, by slug or id; what `headwater workspace use` chose unless given.
    #[arg(long, short, global = true, value_name = "WORKSPACE", env = "HEADWATER_WORKSPACE")]
    pub workspace: Option<String>,
    /// Certificates to trust beside the public ones, for https (PEM).
    #[arg(long, global = true, value_name = "FILE", env = "HEADWATER_CA")]
    pub ca: Option<PathBuf>,
    /// Where logins are kept; headwater/credentials.toml in your configuration unless given.
    #[arg(long, global = true, value_name = "FILE", env = "HEADWATER_CREDENTIALS")]
    pub credentials: Option<PathBuf>,
    /// JSON as the API answers it; of lists, one entry per line.
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
}

impl Server {
    /// The console of a command: the server on one side, the screen on the other.
    pub(super) fn open<'a, 's>(
        &self,
        screen: &'a mut Screen<'s>,
    ) -> Result<Console<'a, 's>, Failure> {
        let url = announced::url_or(self.url.as_deref(), self.data_dir.as_deref());
        let mut client = Client::new(&url, self.ca.as_deref())?;
        let path = self.credentials.clone().map_or_else(default_path, Ok);
        // With a token in hand it is no matter whether logins can be kept.
        let kept = match (path.and_then(Credentials::read), &self.token) {
            (Ok(kept), _) => Some(kept),
            (Err(_), Some(_)) => None,
            (Err(failure), None) => return Err(failure),
        };
        client.workspace = self.workspace.clone().filter(|named| !named.is_empty());
        let token = self.token.as_deref().map(str::trim).filter(|token| !token.is_empty());
        match (token, &kept) {
            (Some(token), _) => client.credential = Credential::Token(token.to_owned()),
            (None, Some(kept)) => kept.take_up(&mut client),
            (None, None) => {}
        }
        Ok(Console { client, given: token.is_some(), kept, json: self.json, screen })
    }
}
