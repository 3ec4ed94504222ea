//! `headwater dev`, as somebody who has just cloned the repository uses it.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::process::{eventually, headwater};

struct Dev {
    child: Child,
    said: std::path::PathBuf,
}

impl Dev {
    fn start(folder: &Path, address: &str) -> Dev {
        let said = folder.join("said");
        let child = headwater()
            .current_dir(folder)
            .args(["dev", "--dir", "try it", "--listen", address])
            .stdin(Stdio::null())
            .stdout(fs::File::create(&said).unwrap())
            .stderr(fs::File::create(folder.join("errors")).unwrap())
            .spawn()
            .unwrap();
        Dev { child, said }
    }

    /// Waits until it has said `text`; gives everything so far.
    fn until(&self, text: &str) -> String {
        eventually(text, || {
            let said = fs::read_to_string(&self.said).unwrap();
            said.contains(text).then_some(said)
        })
    }

    /// As Ctrl-C does.
    fn interrupt(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn line_after<'a>(said: &'a str, word: &str) -> &'a str {
    said.lines().find_map(|line| line.trim().strip_prefix(word)).unwrap().trim()
}

#[test]
fn the_printed_curl_works_and_its_event_is_shown_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let dev = Dev::start(folder.path(), &address);
    let said = dev.until("Ctrl-C stops.");
    let (_, rest) = said.split_once("Send an event:\n\n").unwrap();
    let (curl, _) = rest.split_once("\n\n").unwrap();
    let sent = Command::new("sh").args(["-c", curl]).output().unwrap();
    let answer = String::from_utf8(sent.stdout).unwrap();
    assert_eq!(answer, r#"{"success":true}"#, "{curl}");
    let said = dev.until("TRACK    Order Completed · ada · dev\n");
    let events = folder.path().join("try it/events/current.ndjson");
    let line = eventually("it is written", || {
        fs::read_to_string(&events).ok().filter(|lines| lines.ends_with('\n'))
    });
    assert!(line.contains(r#""total": 42.50"#), "{line}");
    let key = line_after(&said, "write key").to_owned();
    dev.interrupt();

    let again = Dev::start(folder.path(), &address);
    let said = again.until("Ctrl-C stops.");
    assert_eq!(line_after(&said, "write key"), key, "the folder is kept");
    again.interrupt();
}
