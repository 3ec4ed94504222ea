//! A server of a test's own, that it may kill.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::*;

/// Postgres does not run as root.
const NOBODY: u32 = 65_534;

pub struct OwnServer {
    dir: TempDir,
    bin: PathBuf,
    pub port: u16,
    child: Option<Child>,
}

impl OwnServer {
    /// Makes a cluster whose superuser is `postgres`; `host` says in `pg_hba.conf` who may come.
    #[expect(clippy::disallowed_methods, reason = "a test is told where its server is")]
    pub fn new(method: &str, password: &str) -> Self {
        let bin = std::env::var("HEADWATER_TEST_POSTGRES_BIN").expect(
            "HEADWATER_TEST_POSTGRES_BIN names no programs: run it as scripts/with-postgres <command>",
        );
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("password"), password).unwrap();
        let server = OwnServer { dir, bin: bin.into(), port, child: None };
        server.give_away(server.dir.path());
        server.give_away(&server.dir.path().join("password"));
        let mut initdb = server.command("initdb");
        initdb
            .args(["-U", "postgres", "-N", "-A", method, "--pwfile"])
            .arg(server.dir.path().join("password"));
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "{made:?}");
        server
    }

    /// Files that the server reads, in its data directory.
    pub fn file(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.dir.path().join("data").join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.give_away(&path);
    }

    /// Starts it, and waits until it answers.
    pub async fn start(&mut self, options: &[&str]) {
        let mut postgres = self.command("postgres");
        let settings = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", self.dir.path().display()),
        ];
        for setting in settings.iter().map(String::as_str).chain(options.iter().copied()) {
            postgres.args(["-c", setting]);
        }
        let mut child = postgres.spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.answers().await {
            assert!(Instant::now() < deadline, "the server does not start");
            // Somebody else may have its port, or what was killed its memory, for a moment.
            if child.try_wait().unwrap().is_some() {
                child = postgres.spawn().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.child = Some(child);
    }

    /// Whether it takes logins, or says why it takes none.
    async fn answers(&self) -> bool {
        let world = World { allow_private_addresses: true, ..World::default() };
        let Ok(stream) = destination_kit::connect_tcp(&world, "127.0.0.1", self.port).await else {
            return false;
        };
        let mut config = tokio_postgres::Config::new();
        config.user("postgres").dbname("postgres").password("unknown");
        match config.connect_raw(stream, NoTls).await {
            Ok(_) => true,
            Err(error) => error.code().is_some_and(|state| state.code() == "28P01"),
        }
    }

    /// Kills it and all it began, as a power cut would end them.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // its sessions notice that it is gone, and go
            child.kill().unwrap();
            child.wait().unwrap();
            fs::remove_file(self.dir.path().join("data/postmaster.pid")).ok();
        }
    }

    pub fn settings(&self) -> Value {
        json!({ "host": "127.0.0.1", "port": self.port, "database": "postgres", "user": "postgres",
            "ssl_mode": "disable" })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.arg("-D").arg(self.dir.path().join("data")).current_dir(self.dir.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if self.is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn give_away(&self, path: &Path) {
        if self.is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    fn is_root(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata("/proc/self").unwrap().uid() == 0
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
    }
}
