//! What was delivered goes out again: counted first, marked, and in no book.

use serde_json::Value;

use crate::process::{Server, WRITE_KEY, run};

#[test]
fn a_day_goes_out_again() {
    let mut server = Server::start("");
    for number in 0..20 {
        server.track(WRITE_KEY, &format!("message-{number}"));
    }
    server.until("everything is delivered", |s| (s.archived().len() == 20).then_some(()));
    let folder = server.folder.path().to_owned();
    let from = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let from = from.to_string();
    let replay = |more: &[&str]| {
        let line = [&["replay", "create", "archive", "--data-dir", "data", "--from", &from], more];
        run(&folder, &line.concat())
    };

    let (code, said, errors) = replay(&["--event", "Tested"]);
    assert!(code == 0 && said.contains("20 messages; 20 left"), "{said}{errors}");
    assert!(errors.contains("replay start archive rpl_"), "{errors}");
    let (_, said, _) = replay(&["--event", "Never Sent"]);
    assert!(said.contains("0 messages"), "{said}");
    assert_eq!(server.archived().len(), 20, "counting sends nothing");

    let (code, said, errors) = replay(&["--start", "--follow", "--json"]);
    let done: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{code} {errors}"));
    assert_eq!((&done["state"], &done["delivered"]), (&"done".into(), &20.into()), "{done}");
    let lines = server.archived();
    let again: Vec<Value> =
        lines[20..].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(again.len(), 20);
    assert!(again.iter().all(|message| message["context"]["replay"]["id"] == done["id"]));
    assert_eq!(again[3]["messageId"], "message-3");

    let (_, books) = server.api("/api/accounting?by=total");
    assert_eq!(books["data"]["sources"][0]["destinations"][0]["delivered"], 20, "{books}");
    let (_, trace) = server.api("/api/trace/message-3");
    let attempts = &trace["data"]["messages"][0]["destinations"][0]["attempts"];
    assert_eq!(attempts[1]["replay"], done["id"], "{trace}");

    let id = done["id"].as_str().unwrap();
    let (code, _, errors) =
        run(&folder, &["replay", "resume", "archive", id, "--data-dir", "data"]);
    assert!(code == 1 && errors.contains("the replay is done"), "{errors}");
}

#[test]
fn what_the_log_has_let_go_is_replayed_from_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("segments");
    let keys = format!(
        "[archive]\ntype = \"folder\"\nsettings = {{ path = {:?} }}\n\
         [log.retention]\nbytes = \"4 MiB\"\n",
        archive.display().to_string()
    );
    let mut server = Server::start(&keys);
    // More than three segments of what does not compress.
    let json = [("content-type", "application/json")];
    let mut sent = 0;
    for batch in 0..40_u64 {
        let message = |n: u64| {
            let id = batch * 100 + n;
            let noise: String =
                (0..250).map(|at| format!("{:016x}", hash(id * 1000 + at))).collect();
            serde_json::json!({ "type": "track", "event": "Tested", "userId": "ada",
                "messageId": format!("m-{id}"), "properties": { "noise": noise } })
        };
        let messages: Vec<Value> = (0..100).map(message).collect();
        sent += messages.len();
        let body = serde_json::json!({ "writeKey": WRITE_KEY, "batch": messages }).to_string();
        let answer = server.request("POST", "/v1/batch", &json, &body);
        assert!(matches!(answer, Some((200, _))), "{answer:?}");
    }
    server.until("everything is delivered", |s| (s.archived().len() == sent).then_some(()));
    server.until("the oldest segment is in the archive alone", |s| {
        let (_, system) = s.api("/api/system");
        let oldest = system["data"]["log"]["oldest"].as_str()?.parse::<u64>().ok()?;
        (oldest > 0).then_some(())
    });
    server.stop();
    server.run();

    let home = server.folder.path().to_owned();
    let line =
        ["replay", "create", "archive", "--data-dir", "data", "--from", "2026-01-01T00:00:00Z"];
    let line = [&line[..], &["--rate", "100000", "--start", "--follow", "--json"]].concat();
    let (code, said, errors) = run(&home, &line);
    let done: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{code} {errors}"));
    assert_eq!((&done["state"], &done["delivered"]), (&"done".into(), &sent.into()), "{done}");
    assert_eq!(server.archived().len(), 2 * sent);
    let left = std::fs::read_dir(home.join("data/archive")).unwrap().count();
    assert_eq!(left, 0, "what was fetched is given back");
}

/// A number that looks like chance.
fn hash(n: u64) -> u64 {
    let mixed = (n ^ n >> 31).wrapping_mul(0x7fb5_d329_728e_a185);
    (mixed ^ mixed >> 27).wrapping_mul(0x81da_def4_bc2d_d44d)
}
