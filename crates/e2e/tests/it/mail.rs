//! Mail as people get it: through a real mail server, into a mailbox, and its link works.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use e2e::{Answer, Server, Settings, eventually, free_port};
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "glacier violin thirteen postcard";

/// A mail server that keeps what it gets in a mailbox; ended when dropped.
struct MailServer {
    child: Child,
    port: u16,
    mailbox: PathBuf,
}

impl MailServer {
    async fn start(folder: &Path) -> MailServer {
        let (port, mailbox) = (free_port(), folder.join("mailbox"));
        let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk/venv/bin/python");
        let child = Command::new(python)
            .args(["-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")])
            .args(["-c", "aiosmtpd.handlers.Mailbox"])
            .arg(&mailbox)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let up = || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok() };
        eventually("the mail server listens", Duration::from_secs(20), up).await;
        MailServer { child, port, mailbox }
    }

    /// What came, as it came.
    fn mails(&self) -> Vec<String> {
        let new = fs::read_dir(self.mailbox.join("new")).into_iter().flatten();
        new.map(|mail| fs::read_to_string(mail.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn call(server: &Server, method: &str, path: &str, cookie: &str, body: Value) -> Answer {
    let origin = server.url("");
    let headers = [("cookie", cookie), ("content-type", "application/json"), ("origin", &origin)];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.client().send(method, &server.url(path), &headers, body).await.unwrap()
}

#[tokio::test]
async fn a_mail_arrives_and_its_link_verifies_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let mails = MailServer::start(folder.path()).await;
    let config = format!(
        "[control]\npublic_url = \"https://cdp.example.com\"\n\
         [mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"cdp@example.com\"\n",
        mails.port
    );
    let server = Server::start(Settings { config, ..Settings::default() }).await.unwrap();
    let new = json!({ "email": EMAIL, "password": PASSWORD, "name": "Ada" });
    let answer = call(&server, "POST", "/api/accounts", "", new).await;
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
    let arrived = || async { mails.mails().pop() };
    let mail = eventually("the mail arrives", Duration::from_secs(20), arrived).await;
    for line in
        ["From: Headwater <cdp@example.com>", "To: ada@example.com", "multipart/alternative"]
    {
        assert!(mail.contains(line), "{line} is missing:\n{mail}");
    }
    // A long line is broken at `=` as quoted-printable has it.
    let text = mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let link = "https://cdp.example.com/verify-email?token=";
    let at = text.find(link).unwrap_or_else(|| panic!("no link:\n{text}")) + link.len();
    let token: String =
        text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();

    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let answer = call(&server, "POST", "/api/sessions", "", login).await;
    let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let verified = async || {
        let account = call(&server, "GET", "/api/account", &cookie, Value::Null).await.json();
        account["data"]["account"]["emailVerified"].clone()
    };
    assert_eq!(verified().await, false);
    let body = json!({ "token": token });
    let answer = call(&server, "POST", "/api/account/verification", &cookie, body).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(verified().await, true);
}
