//! Servers under test, each a process of its own.

use std::{
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// The write key in every run.
pub(crate) const WRITE_KEY: &str = "abcdefghijklmnopqrstuvwxyz012345";

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From start to the first answer, seconds.
    pub(crate) start_seconds: f64,
    pub(crate) token: String,
}

impl Server {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The baseline.
    pub(crate) fn baseline() -> Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["baseline", "--listen", &address.to_string()]);
        Server::spawn(command, address, None)
    }

    /// Headwater with the given destinations, on `folder`.
    pub(crate) fn headwater(binary: &Path, folder: &Path, destinations: &str) -> Result<Server> {
        let address = free_address()?;
        let config = format!(
            "[server]\nlisten = \"{address}\"\ndata_dir = {:?}\n\
             [delivery]\nallow_private_addresses = true\n\
             [[sources]]\nslug = \"website\"\nname = \"Website\"\nwrite_keys = [\"{WRITE_KEY}\"]\n\
             {destinations}",
            folder.join("data")
        );
        let file = folder.join("headwater.toml");
        std::fs::write(&file, config)?;
        let mut command = Command::new(binary);
        command.arg("serve").arg("--config").arg(&file);
        Server::spawn(command, address, Some(folder))
    }

    fn spawn(mut command: Command, address: SocketAddr, folder: Option<&Path>) -> Result<Server> {
        let began = Instant::now();
        let output = match folder {
            Some(folder) => std::fs::File::create(folder.join("server.log"))?.into(),
            None => Stdio::null(),
        };
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).spawn()?;
        let mut server = Server { child, address, start_seconds: 0.0, token: String::new() };
        while TcpStream::connect(address).is_err() || !server.answers() {
            ensure!(server.child.try_wait()?.is_none(), "the server ended: {command:?}");
            ensure!(began.elapsed() < Duration::from_secs(120), "the server does not start");
            sleep(Duration::from_millis(1));
        }
        server.start_seconds = began.elapsed().as_secs_f64();
        if let Some(folder) = folder {
            let token = std::fs::read_to_string(folder.join("data/api-token"))?;
            server.token = token.trim().to_owned();
        }
        Ok(server)
    }

    fn answers(&self) -> bool {
        matches!(self.get("/health/ready"), Ok((200, _)))
    }

    /// GETs a path with the operator's token.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, String)> {
        self.ask("GET", path, "")
    }

    /// POSTs JSON with the operator's token.
    pub(crate) fn post(&self, path: &str, body: &str) -> Result<(u16, String)> {
        self.ask("POST", path, body)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.token,
            body.len()
        )?;
        let mut text = Vec::new();
        stream.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let status = text.get(9..12).and_then(|s| s.parse().ok()).context("no status")?;
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        Ok((status, body.unwrap_or_default()))
    }

    /// Asks it to stop and waits.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The binary beside this one, unless `HEADWATER_BIN` names another.
pub(crate) fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("HEADWATER_BIN") {
        return Ok(path.into());
    }
    Ok(std::env::current_exe()?.with_file_name("headwater"))
}
