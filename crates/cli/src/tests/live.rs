use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::server::{Server, parse, run};
use crate::{Connection, Screen, tail};

fn arguments(server: &Server, line: &[&str]) -> tail::Arguments {
    let arguments: tail::Arguments = parse(line).expect("the test names good arguments");
    tail::Arguments { connection: server.connection.clone(), ..arguments }
}

#[tokio::test]
async fn messages_are_lines() {
    let server = Server::start().await;
    server.track("website", "m-1", "Order Completed").await;
    server.track("app", "m-2", "Evil \u{1b}[2J\u{202e}").await;
    server.track("app", "m-2", "Evil").await;
    server.discard("website", "m-3").await;
    let arguments = arguments(&server, &["--recent", "10", "-n", "4"]);
    let ran = run(async |screen| tail::run(&arguments, screen).await).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let expected = "\
02:13:20.123 ✓ TRACK    Order Completed · u-1 · website
02:13:20.123 ✓ TRACK    Evil \\u{1b}[2J\\u{202e} · u-1 · app
02:13:20.123 = TRACK    Evil \\u{1b}[2J\\u{202e} · u-1 · app · duplicate
02:13:20.123 ✗ TRACK    website · event_not_defined: event is missing
";
    assert_eq!(ran.out, expected);
}

#[tokio::test]
async fn colours_are_only_for_terminals() {
    let server = Server::start().await;
    server.track("website", "m-1", "E").await;
    let arguments = arguments(&server, &["--since", "start", "-n", "1", "-s", "website"]);
    let ran = run(async |screen| tail::run(&arguments, screen).await).await;
    assert_eq!(ran.out, "02:13:20.123 ✓ TRACK    E · u-1\n");
    let mut out = Vec::new();
    let mut screen = Screen::plain(&mut out, io::sink()).with_colour(true);
    tail::run(&arguments, &mut screen).await.expect("it did before");
    screen.flush().expect("memory takes it");
    drop(screen);
    let text = String::from_utf8(out).expect("commands write text");
    assert_eq!(
        text,
        "\u{1b}[2m02:13:20.123\u{1b}[0m \u{1b}[32m✓\u{1b}[0m TRACK    \u{1b}[1mE\u{1b}[0m · u-1\n"
    );
}

#[tokio::test]
async fn filters_and_json_are_the_servers() {
    let server = Server::start().await;
    server.track("website", "m-1", "Order Completed").await;
    server.track("website", "m-2", "Other").await;
    server.track("website", "m-3", "Order Completed").await;
    let line = ["--json", "--since", "1h", "-n", "2"];
    let filters = ["-f", "event=\"Order Completed\"", "-f", "user=u-1", "-f", "ORDER comp"];
    let arguments = arguments(&server, &[&line[..], &filters[..]].concat());
    let ran = run(async |screen| tail::run(&arguments, screen).await).await;
    let ids: Vec<String> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON per line"))
        .map(|row| row["messageId"].as_str().expect("it has one").to_owned())
        .collect();
    assert_eq!(ids, ["m-1", "m-3"]);
}

/// A writer that does something once when it has been written to.
struct Reacting<F>(Arc<Mutex<Vec<u8>>>, Option<F>);

impl<F: FnOnce()> Write for Reacting<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").extend_from_slice(bytes);
        if let Some(react) = self.1.take() {
            react();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A way to `server` that breaks when `cut` is notified; gives its URL.
#[expect(clippy::disallowed_methods, reason = "a test's own way to its own server")]
async fn brittle_way(server: &Server, cut: Arc<Notify>) -> String {
    let to = server.url().trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move {
        loop {
            let (mut from, _) = listener.accept().await.expect("loopback goes on");
            let mut to = TcpStream::connect(&to).await.expect("the server is there");
            let cut = cut.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                    () = cut.notified() => {}
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_where_it_broke() {
    let server = Arc::new(Server::start().await);
    server.track("website", "m-1", "E").await;
    let cut = Arc::new(Notify::new());
    let mut arguments = arguments(&server, &["--json", "--recent", "5", "-n", "3"]);
    arguments.connection.url = Some(brittle_way(&server, cut.clone()).await);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut notes = Vec::new();
    let meanwhile = server.clone();
    let react = move || {
        cut.notify_one();
        // What comes while nobody is connected.
        tokio::spawn(async move {
            meanwhile.track("website", "m-2", "E").await;
            meanwhile.track("website", "m-3", "E").await;
        });
    };
    let mut screen = Screen::plain(Reacting(seen.clone(), Some(react)), &mut notes);
    tail::run(&arguments, &mut screen).await.expect("it comes back");
    drop(screen);
    let seen = String::from_utf8(seen.lock().expect("no holder panics").clone()).expect("text");
    let count = |id: &str| seen.matches(&format!(r#""messageId":"{id}""#)).count();
    assert_eq!(["m-1", "m-2", "m-3"].map(count), [1, 1, 1], "{seen}");
    let notes = String::from_utf8(notes).expect("text");
    assert!(notes.contains("connection lost") && notes.contains("connected again"), "{notes}");
}

#[tokio::test]
async fn what_goes_wrong_says_what_to_do() {
    let server = Server::start().await;
    let nobody = Connection::to("http://127.0.0.1:1", "x");
    let check = async |line: &[&str], connection: &Connection, code: u8, says: &str| {
        let arguments: tail::Arguments = parse(line).expect("clap takes it");
        let arguments = tail::Arguments { connection: connection.clone(), ..arguments };
        let ran = run(async |screen| tail::run(&arguments, screen).await).await;
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.notes.contains(says), "{says}: {ran:?}");
        assert_eq!(ran.out, "");
    };
    let known = &server.connection;
    check(&[], &nobody, 3, "cannot reach http://127.0.0.1:1: Connection refused").await;
    check(&[], &nobody, 3, "start the server with `headwater serve`").await;
    check(&[], &Connection::to("localhost:8080", "x"), 2, "not an http or https URL").await;
    check(&[], &Connection::to(&server.url(), "wrong"), 1, "does not accept this API token").await;
    let tokenless = Connection { token: None, data_dir: Some("nowhere".into()), ..known.clone() };
    check(&[], &tokenless, 2, "nowhere/api-token cannot be read").await;
    check(&["--source", "web"], known, 1, "known sources: app, website").await;
    check(&["-f", "type=tack"], known, 1, "type \"tack\" is none of identify, track").await;
    check(&["--since", "1w"], known, 1, "such as 10m").await;
    let error = parse::<tail::Arguments>(&["-f", "colour=red"]).expect_err("no such filter");
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("none of type, event, user"), "{error}");
}

#[tokio::test]
async fn the_token_is_found_in_the_data_directory() {
    let server = Server::start().await;
    server.track("website", "m-1", "E").await;
    let folder = tempfile::tempdir().expect("there is room");
    std::fs::write(folder.path().join("api-token"), "hwd_token\n").expect("there is room");
    let mut arguments = arguments(&server, &["--recent", "1", "-n", "1"]);
    arguments.connection.token = None;
    arguments.connection.data_dir = Some(folder.path().to_owned());
    let ran = run(async |screen| tail::run(&arguments, screen).await).await;
    assert_eq!(ran.code, 0, "{ran:?}");
}
