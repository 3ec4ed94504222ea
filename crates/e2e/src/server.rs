//! The real binary, started on a port and a folder of its own.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Client, eventually};

/// The write key of the source `website` in every test.
pub const WRITE_KEY: &str = "abcdefghijklmnopqrstuvwxyz012345";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// What a test wants to be different.
#[derive(Default)]
pub struct Settings {
    /// Lines for `headwater.toml` after the `[server]` section.
    pub config: String,
    /// Where the data stands; a fresh folder if not given.
    pub data_dir: Option<PathBuf>,
}

/// One Headwater with the source `website`. Killed when dropped.
pub struct Server {
    folder: TempDir,
    data_dir: PathBuf,
    port: u16,
    child: Option<Child>,
    client: Client,
}

/// Where the binary under test stands: beside this test, unless `HEADWATER_BIN` says otherwise.
#[expect(clippy::disallowed_methods, reason = "a test binary has no configuration")]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("HEADWATER_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a test runs from a file");
    let path = test.ancestors().nth(2).expect("tests stand in <profile>/deps").join("headwater");
    assert!(path.exists(), "{} is missing: cargo build -p headwater", path.display());
    path
}

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

impl Server {
    /// Writes the configuration and starts the server.
    pub async fn start(settings: Settings) -> Result<Server> {
        let folder = tempfile::tempdir()?;
        let data_dir = settings.data_dir.unwrap_or_else(|| folder.path().join("data"));
        let port = free_port();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\ndata_dir = {data_dir:?}\n{}\n\
             [[sources]]\nslug = \"website\"\nname = \"Website\"\nwrite_keys = [\"{WRITE_KEY}\"]\n",
            settings.config
        );
        fs::write(folder.path().join("headwater.toml"), config)?;
        let mut server = Server { folder, data_dir, port, child: None, client: Client::default() };
        server.run().await?;
        Ok(server)
    }

    /// Starts the process again after [`Server::kill`] or [`Server::stop`].
    pub async fn run(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "it runs already");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file())?;
        let child = Command::new(binary())
            .arg("serve")
            .arg("--config")
            .arg(self.config_file())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the binary could not be started")?;
        self.child = Some(child);
        let url = self.url("/health/ready");
        let client = self.client.clone();
        let child = self.child.as_mut().expect("it was just set");
        let began = std::time::Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                let log = fs::read_to_string(self.folder.path().join("server.log"))?;
                anyhow::bail!("the server ended at once ({status}):\n{log}");
            }
            if matches!(client.send("GET", &url, &[], "").await, Ok(answer) if answer.status == 200)
            {
                return Ok(());
            }
            ensure!(began.elapsed() < START_LIMIT, "not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Kills the process at once (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Asks the process to stop (SIGTERM) and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it does not run")?;
        let pid = child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "kill failed");
        let mut waited = Duration::ZERO;
        while waited < STOP_LIMIT {
            if let Some(status) = child.try_wait()? {
                ensure!(status.success(), "it ended with {status}:\n{}", self.log());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            waited += Duration::from_millis(10);
        }
        drop(child.kill());
        anyhow::bail!("it did not stop within {STOP_LIMIT:?}:\n{}", self.log())
    }

    /// `http://127.0.0.1:<port><path>`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process's id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Where its data stands.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its configuration.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("headwater.toml")
    }

    /// What it wrote to its terminal.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The pooled client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// GETs an API path with the operator's token; panics unless the answer is 200.
    pub async fn api(&self, path: &str) -> Value {
        let answer = self.api_answer("GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Sends an API request with the operator's token.
    pub async fn api_answer(&self, method: &str, path: &str, body: &str) -> crate::Answer {
        let token = fs::read_to_string(self.data_dir.join("api-token")).expect("serve makes it");
        let bearer = format!("Bearer {}", token.trim());
        let headers = [("authorization", &bearer[..]), ("content-type", "application/json")];
        let sent = self.client.send(method, &self.url(path), &headers, body.to_owned()).await;
        sent.unwrap_or_else(|e| panic!("{e:#}\n{}", self.log()))
    }

    /// Runs a subcommand of the binary to its end; gives its status and what it printed.
    pub fn command(args: &[&str]) -> (bool, String) {
        let output = Command::new(binary()).args(args).output().expect("the binary starts");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Waits until nothing is pending at `destination`.
    pub async fn wait_until_delivered(&self, destination: &str, limit: Duration) {
        let what = format!("nothing pending at {destination}");
        let probe = || async {
            let list = self.api("/api/destinations").await;
            let found = list["data"]["destinations"]
                .as_array()?
                .iter()
                .find(|d| d["slug"] == destination)?;
            (found["pending"].as_u64() == Some(0)).then_some(())
        };
        eventually(&what, limit, probe).await;
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
