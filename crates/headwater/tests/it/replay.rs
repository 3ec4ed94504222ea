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
