//! Starts the binary and speaks HTTP to it, with nothing but the standard library.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// The write key of the source `website`.
pub const WRITE_KEY: &str = "write-key-of-the-website";

/// The binary, with this environment only as far as it needs it.
pub fn headwater() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HEADWATER_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it to its end: exit code, standard output, standard error.
pub fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output: Output = headwater().current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A running server with the source `website` and the destination `archive`, a file.
pub struct Server {
    pub folder: TempDir,
    pub address: String,
    child: Option<Child>,
}

impl Server {
    /// Writes the configuration and starts it.
    pub fn start(server_keys: &str) -> Server {
        let mut server = Server::prepare(server_keys);
        server.run();
        server
    }

    /// Writes the configuration.
    pub fn prepare(server_keys: &str) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let path = folder.path().display();
        let text = format!(
            "[server]\nlisten = \"{address}\"\ndata_dir = \"{path}/data\"\n{server_keys}\n\
             [log]\nsegment_bytes = \"4 MiB\"\n\
             [[sources]]\nslug = \"website\"\nwrite_keys = [\"{WRITE_KEY}\"]\n\
             [[destinations]]\nslug = \"archive\"\ntype = \"file\"\nsources = [\"website\"]\n\
             settings = {{ path = \"{path}/archive\" }}\n"
        );
        fs::write(folder.path().join("headwater.toml"), text).unwrap();
        Server { folder, address, child: None }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("headwater.toml")
    }

    /// Starts the process (again) and waits until it is ready.
    pub fn run(&mut self) {
        self.run_with(&[]);
    }

    /// The same, with these flags of `serve`.
    pub fn run_with(&mut self, flags: &[&str]) {
        self.spawn(flags);
        self.until("the server is ready", |server| {
            let answer = server.request("GET", "/health/ready", &[], "");
            matches!(answer, Some((200, _))).then_some(())
        });
    }

    /// Starts the process.
    pub fn spawn(&mut self, flags: &[&str]) {
        let file = |name| {
            let path = self.folder.path().join(name);
            fs::File::options().create(true).append(true).open(path).unwrap()
        };
        let child = headwater()
            .args(["serve", "--config"])
            .arg(self.config())
            .args(flags)
            .stdout(file("server.out"))
            .stderr(file("server.log"))
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let mut child = self.child.take().unwrap();
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < LIMIT, "it did not stop:\n{}", self.log());
            thread::sleep(PAUSE);
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// What it said on standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    pub fn token(&self) -> String {
        let token = fs::read_to_string(self.folder.path().join("data/api-token")).unwrap();
        token.trim().to_owned()
    }

    /// One request on a connection of its own: status and body. `None`: nobody answered.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<(u16, String)> {
        request(&self.address, method, path, headers, body)
    }

    /// GETs with the token.
    pub fn api(&self, path: &str) -> (u16, serde_json::Value) {
        let bearer = format!("Bearer {}", self.token());
        let (status, body) =
            self.request("GET", path, &[("authorization", &bearer)], "").expect("it answers");
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Sends one track call.
    pub fn track(&self, write_key: &str, message_id: &str) -> u16 {
        let body = format!(
            r#"{{"writeKey":"{write_key}","messageId":"{message_id}","userId":"ada","event":"Tested"}}"#
        );
        let json = [("content-type", "application/json")];
        self.request("POST", "/v1/track", &json, &body).expect("it answers").0
    }

    /// The lines that the destination `archive` holds.
    pub fn archived(&self) -> Vec<String> {
        let mut lines = vec![];
        for entry in fs::read_dir(self.folder.path().join("archive")).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "ndjson") {
                lines.extend(fs::read_to_string(path).unwrap().lines().map(str::to_owned));
            }
        }
        lines
    }

    /// Waits until `probe` finds something.
    pub fn until<T>(&mut self, what: &str, mut probe: impl FnMut(&mut Server) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = probe(self) {
                return found;
            }
            if let Some(child) = &mut self.child {
                assert!(child.try_wait().unwrap().is_none(), "it ended:\n{}", self.log());
            }
            assert!(began.elapsed() < LIMIT, "waited for: {what}\n{}", self.log());
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Waits until `probe` finds something.
pub fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "waited for: {what}");
        thread::sleep(PAUSE);
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One request on a connection of its own: status and body.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String)> {
    full_request(address, method, path, headers, body).map(|answer| (answer.status, answer.body))
}

/// One request on a connection of its own.
pub fn full_request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = vec![];
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
