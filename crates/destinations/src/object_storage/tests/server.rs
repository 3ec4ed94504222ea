//! A server that speaks S3 and keeps its objects on disk.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use url::Url;

use super::*;

const KEY: &str = "headwater";
const SECRET: &str = "headwater-secret";

/// The server that `scripts/with-s3` has started: `http://key:secret@127.0.0.1:port/bucket`. None
/// is an error where everything has to be tested.
pub(super) fn given() -> Option<Url> {
    let given = std::env::var("HEADWATER_TEST_S3").ok();
    if given.is_none() {
        let all = std::env::var("CI").is_ok();
        assert!(!all, "HEADWATER_TEST_S3 names no server: run it as scripts/with-s3 <command>");
        eprintln!("not tried, for want of S3: run it as scripts/with-s3 <command>");
    }
    given.map(|url| url.parse().expect("a URL"))
}

/// Settings for the server at `url`, and a prefix.
pub(super) fn settings(url: &Url, prefix: &str) -> Value {
    let port = url.port().expect("a port");
    json!({
        "endpoint": format!("http://{}:{port}", url.host_str().expect("a host")),
        "bucket": url.path().trim_matches('/'),
        "access_key_id": url.username(),
        "secret_access_key": url.password(),
        "prefix": prefix,
        "messages_max": 1000,
    })
}

/// A server of one test, which can be killed.
pub(super) struct Server {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Server {
    pub(super) fn start() -> Server {
        let dir = TempDir::new().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("events")).expect("a bucket");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.expect("a free port").port();
        let child = start(dir.path(), port);
        Server { dir, port, child }
    }

    pub(super) fn url(&self) -> Url {
        let url = format!("http://{KEY}:{SECRET}@127.0.0.1:{}/events", self.port);
        url.parse().expect("a URL")
    }

    /// Where its bucket is on disk.
    pub(super) fn bucket(&self) -> PathBuf {
        self.dir.path().join("events")
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    pub(super) fn start_again(&mut self) {
        self.child = start(self.dir.path(), self.port);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts the server, and waits until it says that it listens.
fn start(dir: &FilePath, port: u16) -> Child {
    let mut child = Command::new("s3s-fs")
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--access-key", KEY, "--secret-key", SECRET])
        .arg(dir)
        .env("RUST_LOG", "s3s_fs=info")
        .stdout(Stdio::piped())
        .spawn()
        .expect("s3s-fs is there: scripts/setup test installs it");
    let out = BufReader::new(child.stdout.take().expect("it is piped"));
    let listens = out.lines().any(|line| line.is_ok_and(|line| line.contains("running")));
    assert!(listens, "the server ended");
    child
}
