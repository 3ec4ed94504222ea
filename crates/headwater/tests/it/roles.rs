//! A process that does a part of the work, and how it is told to stop.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use crate::process::{Server, WRITE_KEY, run};

fn roles(server: &Server) -> serde_json::Value {
    let (_, body) = server.request("GET", "/health/ready", &[], "").unwrap();
    serde_json::from_str::<serde_json::Value>(&body).unwrap()["roles"].clone()
}

#[test]
fn ingest_alone_keeps_and_delivery_alone_delivers() {
    let mut server = Server::prepare("");
    server.run_with(&["--only", "ingest"]);
    assert_eq!(roles(&server), serde_json::json!(["ingest"]));
    for number in 0..20 {
        assert_eq!(server.track(WRITE_KEY, &format!("message-{number}")), 200);
    }
    assert_eq!(server.api("/api/sources").0, 404, "nobody shows messages here");
    assert_eq!(server.api("/api/destinations").0, 404, "nor delivers them");
    assert_eq!(server.api("/api/log").0, 200, "the log can always be looked into");
    assert!(server.stop().success());
    assert_eq!(server.archived().len(), 0);

    server.run_with(&["--only", "delivery,debugger"]);
    assert_eq!(roles(&server), serde_json::json!(["delivery", "debugger"]));
    let track = server.request("POST", "/v1/track", &[], "{}").unwrap();
    assert_eq!(track.0, 404, "nobody takes messages here: {}", track.1);
    assert_eq!(server.api("/api/sources").0, 200);
    assert_eq!(server.archived().len(), 0, "what came before a destination was there is not its");
    assert!(server.stop().success());

    server.run_with(&["--only", "ingest"]);
    assert_eq!(server.track(WRITE_KEY, "between"), 200);
    assert!(server.stop().success());
    server.run_with(&["--only", "delivery"]);
    assert_eq!(server.api("/api/sources").0, 404);
    server.until("it is delivered", |s| (s.archived().len() == 1).then_some(()));
    assert!(server.stop().success());

    let unknown = ["serve", "--only", "ingst"];
    let (code, _, errors) = run(server.folder.path(), &unknown);
    assert!(code == 1 && errors.contains("--only: server.roles"), "{errors}");
    assert!(errors.contains("ingest, delivery, debugger"), "{errors}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let keys = "drain_timeout = \"1h\"\nlimits = { body_timeout = \"1h\" }";
    let mut server = Server::start(keys);
    assert_eq!(server.track(WRITE_KEY, "answered"), 200);
    // A request that never ends is what a stop waits for.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head =
        "POST /v1/track HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut goes_on = [0; 12];
    stream.read_exact(&mut goes_on).unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100");
    server.signal("TERM");
    server.until("it stops", |s| s.log().contains("stopping").then_some(()));
    assert_eq!(server.stop().code(), Some(3), "{}", server.log());
    assert!(server.log().contains("stopped at once"), "{}", server.log());

    fs::write(server.config(), fs::read_to_string(server.config()).unwrap().replace(keys, ""))
        .unwrap();
    server.run();
    assert_eq!(server.track(WRITE_KEY, "answered"), 200);
    server.until("it was kept, and is delivered", |s| (!s.archived().is_empty()).then_some(()));
    let (_, books) = server.api("/api/accounting?by=total");
    let total = &books["data"]["sources"][0];
    assert_eq!((&total["accepted"], &total["duplicates"]), (&1.into(), &1.into()), "{books}");
}
