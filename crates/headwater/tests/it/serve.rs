use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::process::{Server, WRITE_KEY, headwater, request, run};

#[test]
fn what_was_accepted_is_delivered_and_a_stop_loses_nothing() {
    let mut server = Server::start("");
    for number in 0..200 {
        assert_eq!(server.track(WRITE_KEY, &format!("before-{number}")), 200);
    }
    assert!(server.stop().success(), "{}", server.log());
    server.run();
    for number in 0..20 {
        assert_eq!(server.track(WRITE_KEY, &format!("after-{number}")), 200);
        assert_eq!(server.track(WRITE_KEY, &format!("before-{number}")), 200, "a duplicate");
    }
    server.until("everything is delivered", |s| (s.archived().len() >= 220).then_some(()));
    assert!(server.stop().success());
    let lines = server.archived();
    assert_eq!(lines.len(), 220, "a clean stop repeats nothing");
    for number in 0..200 {
        let id = format!("\"before-{number}\"");
        assert_eq!(lines.iter().filter(|line| line.contains(&id)).count(), 1, "{id}");
    }
}

#[test]
fn relative_folders_of_destinations_begin_where_the_configuration_is() {
    let mut server = Server::prepare("");
    let written = fs::read_to_string(server.config()).unwrap();
    let absolute = format!("{}/archive", server.folder.path().display());
    assert!(written.contains(&absolute), "the control of this test: {written}");
    fs::write(server.config(), written.replace(&absolute, "archive")).unwrap();
    server.run();
    assert_eq!(server.track(WRITE_KEY, "m-1"), 200);
    server.until("it is delivered", |s| (s.archived().len() == 1).then_some(()));
    assert!(!std::env::current_dir().unwrap().join("archive").exists());
}

#[test]
fn the_configuration_is_read_again_and_a_broken_edit_changes_nothing() {
    let mut server = Server::start("");
    let before = fs::read_to_string(server.config()).unwrap();
    let second = "[[sources]]\nslug = \"app\"\nwrite_keys = [\"write-key-of-the-app\"]\n";
    fs::write(server.config(), format!("{before}{second}")).unwrap();
    let revision = |server: &Server| {
        let (_, body) = server.request("GET", "/health/ready", &[], "").unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap()["config"].clone()
    };
    server.until("the second source is known", |s| (revision(s)["sources"] == 2).then_some(()));
    fs::write(server.config(), "[sever]\n").unwrap();
    server.until("the broken edit is said", |s| (revision(s)["stale"] == true).then_some(()));
    assert_eq!(revision(&server)["sources"], 2);
    assert!(server.log().contains("did you mean"), "{}", server.log());
    assert_eq!(server.track(WRITE_KEY, "still-here"), 200);
    server.until("it is delivered", |s| (!s.archived().is_empty()).then_some(()));
    fs::write(server.config(), &before).unwrap();
    server.signal("HUP");
    server.until("the mended file counts", |s| (revision(s)["stale"] == false).then_some(()));
}

#[test]
fn operations_are_open_and_the_api_is_not() {
    let server = Server::start("");
    let get = |path: &str| server.request("GET", path, &[], "").unwrap();
    assert_eq!(get("/health/live").0, 200);
    let (status, metrics) = get("/metrics");
    assert_eq!(status, 200);
    for name in [
        "headwater_build_info{version=",
        "headwater_config_stale 0",
        "headwater_ingest_requests_total",
        "headwater_log_end_position",
        "headwater_log_group_behind_bytes{group=\"destination/archive\"}",
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
    ] {
        assert!(metrics.contains(name), "{name} is missing:\n{metrics}");
    }
    assert_eq!(get("/api/sources").0, 401);
    assert_eq!(get("/nowhere").0, 404);
    let (status, sources) = server.api("/api/sources");
    assert_eq!((status, &sources["data"]["sources"][0]["slug"]), (200, &"website".into()));
    assert_eq!(server.api("/api/log").0, 200);
    assert!(!server.log().contains(WRITE_KEY) && !server.log().contains(&server.token()));
}

#[test]
fn metrics_can_have_an_address_of_their_own() {
    let own = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Server::start(&format!("metrics_listen = \"{own}\""));
    assert_eq!(request(&own, "GET", "/metrics", &[], "").unwrap().0, 200);
    assert_eq!(request(&own, "GET", "/api/sources", &[], "").unwrap().0, 404);
    assert_eq!(server.request("GET", "/metrics", &[], "").unwrap().0, 404);
    assert_eq!(server.request("GET", "/health/ready", &[], "").unwrap().0, 200);
}

#[test]
fn one_data_directory_has_one_server() {
    let server = Server::start("");
    let output = headwater()
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(server.config())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("in use by process"), "{said}");
}

/// Every file and folder below `folder`: when it was changed, and what is in it.
fn files(folder: &Path) -> Vec<(PathBuf, SystemTime, Vec<u8>)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, meta) = (entry.path(), entry.metadata().unwrap());
        if meta.is_dir() {
            found.extend(files(&path));
        }
        let bytes = if meta.is_file() { fs::read(&path).unwrap() } else { vec![] };
        found.push((path, meta.modified().unwrap(), bytes));
    }
    found.sort();
    found
}

#[test]
fn the_log_can_be_looked_into_with_and_without_a_server() {
    let mut server = Server::start("");
    for number in 0..20 {
        server.track(WRITE_KEY, &format!("message-{number}"));
    }
    server.track(WRITE_KEY, "message-0");
    let folder = server.folder.path().to_owned();
    let look = |arguments: &[&str]| {
        let (code, said, errors) = run(&folder, arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}{errors}");
        said
    };
    let everything = |look: &dyn Fn(&[&str]) -> String| {
        let whole = look(&["log", "verify", "--json"]);
        assert!(whole.contains(r#""whole":true"#) && whole.contains(r#""message":20"#), "{whole}");
        assert!(look(&["log", "stat"]).contains("segments"));
        look(&["log", "export", "--source", "website", "--since", "1h"])
    };
    let with = everything(&look);
    assert_eq!(with.lines().count(), 20);
    assert!(server.stop().success());
    let before = files(&folder.join("data"));
    assert_eq!(everything(&look), with);
    assert!(files(&folder.join("data")) == before, "a look changes nothing");
    assert_eq!(look(&["log", "export", "--until", "1h"]), "");
    let (code, _, errors) = run(&folder, &["log", "export", "--source", "webiste"]);
    assert!(code == 3 && errors.contains("did you mean"), "{errors}");
}

#[test]
fn the_books_balance_and_a_message_can_be_traced() {
    let mut server = Server::start("");
    for number in 0..10 {
        server.track(WRITE_KEY, &format!("message-{number}"));
    }
    server.track(WRITE_KEY, "message-0");
    server.until("everything is delivered", |s| (s.archived().len() == 10).then_some(()));
    server.until("the books say so", |s| {
        let (_, list) = s.api("/api/destinations");
        (list["data"]["destinations"][0]["pending"] == 0).then_some(())
    });
    let (status, accounting) = server.api("/api/accounting?by=total");
    assert_eq!(status, 200, "{accounting}");
    let (status, trace) = server.api("/api/trace/message-3");
    assert!(status == 200 && trace.to_string().contains("delivered"), "{trace}");
    let (code, said, errors) = run(
        server.folder.path(),
        &[
            "trace",
            "message-3",
            "--url",
            &format!("http://{}", server.address),
            "--data-dir",
            "data",
        ],
    );
    assert!(code == 0 && said.contains("archive"), "{said}{errors}");
}

#[test]
fn https_is_spoken_when_a_certificate_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    // With the tracking API and without it: what serves the port is not the same.
    for flags in [&[][..], &["--only", "delivery,debugger"]] {
        https_alone(&cert, &key, flags);
    }
}

fn https_alone(cert: &Path, key: &Path, flags: &[&str]) {
    let mut server = Server::prepare(&format!("tls = {{ cert = {cert:?}, key = {key:?} }}"));
    server.spawn(flags);
    let stat = server.until("it answers", |server| {
        let (code, said, _) = run(server.folder.path(), &["log", "stat", "--json"]);
        (code == 0 && said.contains("syncP50Us")).then_some(said)
    });
    assert!(stat.contains("groups"), "{stat}");
    let url = format!("https://{}", server.address.replace("127.0.0.1", "localhost"));
    let ca = cert.display().to_string();
    let sent = ["trace", "nowhere", "--url", &url, "--ca", &ca, "--data-dir", "data"];
    let (code, said, errors) = run(server.folder.path(), &sent);
    assert_eq!(code, 1, "a message that is not there: {said}{errors}");
    let plain = server.request("GET", "/health/live", &[], "");
    assert!(!matches!(plain, Some((200, _))), "{plain:?}");
}
