//! The control plane in the binary: what is changed over the API, the data plane does.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::process::{Answer, Server, WRITE_KEY, full_request, headwater, run};

const EMAIL: &str = "root@example.com";
pub const PASSWORD: &str = "glacier violin thirteen postcard";

/// Somebody who is logged in.
pub struct Person<'a> {
    server: &'a Server,
    cookie: String,
}

impl Server {
    /// Calls the control plane's API, with this header.
    pub fn call(&self, who: (&str, &str), method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let origin = format!("http://{}", self.address);
        let headers = [who, ("content-type", "application/json"), ("origin", &origin)];
        full_request(&self.address, method, path, &headers, &body).expect("it answers")
    }

    pub fn log_in(&self, password: &str) -> Person<'_> {
        let body = json!({ "email": EMAIL, "password": password });
        let answer = self.call(("accept", "*/*"), "POST", "/api/sessions", body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let cookie = answer.header("set-cookie").expect("a cookie");
        Person { server: self, cookie: cookie.split(';').next().unwrap().to_owned() }
    }

    /// The token of the link that it printed last.
    fn operator_token(&self) -> Option<String> {
        let said = fs::read_to_string(self.folder.path().join("server.out")).unwrap();
        let at = said.rfind("/operator?token=")? + "/operator?token=".len();
        Some(said[at..].split_whitespace().next().unwrap().to_owned())
    }

    /// Its first operator, logged in.
    pub fn first_operator(&mut self) -> Person<'_> {
        let token = self.until("it prints a link", |server| server.operator_token());
        let body = json!({ "email": EMAIL, "password": PASSWORD, "operatorToken": token });
        let answer = self.call(("accept", "*/*"), "POST", "/api/accounts", body);
        assert_eq!(answer.status, 202, "{}", answer.body);
        self.log_in(PASSWORD)
    }
}

impl Person<'_> {
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: Value, status: u16) -> Value {
        let answer = self.server.call(("cookie", &self.cookie), method, path, body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }
}

/// A token of a new workspace, as its header.
pub fn workspace(operator: &Person<'_>, slug: &str) -> String {
    let new = json!({ "name": slug, "slug": slug });
    operator.call("POST", "/api/workspaces", new, 201);
    let path = format!("/api/tokens?workspace={slug}");
    let made = operator.call("POST", &path, json!({ "description": "test" }), 201);
    format!("Bearer {}", made["data"]["secret"].as_str().unwrap())
}

#[test]
fn the_books_of_a_workspace_are_open_to_its_token() {
    let mut server = Server::start("");
    let operator = server.first_operator();
    let bearer = workspace(&operator, "acme");
    let token = bearer.trim_start_matches("Bearer ");
    let call = |path: &str, body: Value| -> Value {
        let answer = server.call(("authorization", &bearer), "POST", path, body);
        assert!(answer.status < 300, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    };
    let made = call("/api/sources", json!({ "slug": "shop", "metadataId": "http-api" }));
    let source = made["data"]["source"]["id"].as_str().unwrap();
    let new = json!({ "sourceId": source, "metadataId": "webhook", "name": "Hook",
        "enabled": true, "settings": { "url": "http://127.0.0.1:9/refused-as-private" } });
    call("/api/destinations", new);
    let folder = server.folder.path().to_owned();
    let run = |line: &[&str]| run(&folder, &[line, &["--token", token]].concat());
    let key = made["data"]["source"]["writeKeys"][0].as_str().unwrap();
    server.until("the books say what came in", |server| {
        assert_eq!(server.track(key, "message-1"), 200);
        let (code, books, _) = run(&["balance", "--source", "shop"]);
        (code == 0 && books.contains("acme/shop")).then_some(())
    });
    let (code, _, errors) = run(&["balance"]);
    assert!(code == 2 && errors.contains("name one with --source"), "{errors}");
    let said = server.until("the destination runs", |_| {
        let (code, said, _) = run(&["destination", "resume", "Hook"]);
        (code == 0).then_some(said)
    });
    assert_eq!(said, "Hook was not paused\n");
    let (code, letters, errors) = run(&["dead-letters", "list", "Hook"]);
    assert_eq!((code, letters.as_str()), (0, "no dead letters\n"), "{errors}");
    let (code, _, errors) = run(&["dead-letters", "list", "Nobody"]);
    assert!(code == 1 && errors.contains("headwater destination list"), "{errors}");
}

#[test]
fn what_a_workspace_changes_the_data_plane_does_within_a_second() {
    let mut server = Server::start("");
    let operator = server.first_operator();
    let bearer = workspace(&operator, "acme");
    let call = |server: &Server, method: &str, path: &str, body: Value| -> Value {
        let answer = server.call(("authorization", &bearer), method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap()
    };
    let new = json!({ "slug": "shop", "metadataId": "http-api", "enabled": true });
    let made = call(&server, "POST", "/api/sources", new);
    let source = &made["data"]["source"];
    let (id, key) = (source["id"].as_str().unwrap(), source["writeKeys"][0].as_str().unwrap());
    let began = Instant::now();
    let mut number = 0;
    // The edge answers 200 to keys of nobody; what counts is that the message is kept.
    server.until("a message is kept", |server| {
        number += 1;
        assert_eq!(server.track(key, &format!("message-{number}")), 200);
        let path = format!("/api/sources/{id}/messages");
        let answer = server.call(("authorization", &bearer), "GET", &path, Value::Null);
        (answer.status == 200 && answer.body.contains("message-")).then_some(())
    });
    assert!(began.elapsed().as_millis() < 1000, "it took {:?}", began.elapsed());

    let seen = server.until("the source was seen", |server| {
        let found = call(server, "GET", &format!("/api/sources/{id}"), Value::Null);
        found["data"]["source"]["lastDataAt"].as_str().map(str::to_owned)
    });
    assert!(seen.starts_with("20"), "{seen}");
    let keys = call(&server, "GET", &format!("/api/sources/{id}/writekey"), Value::Null);
    assert!(keys.to_string().contains("\"lastUsedAt\":\"20"), "{keys}");
    let message = format!("/api/sources/{id}/trace/message-{number}");
    let trace = call(&server, "GET", &message, Value::Null);
    assert!(trace.to_string().contains("accepted"), "{trace}");

    call(&server, "PATCH", &format!("/api/sources/{id}"), json!({ "enabled": false }));
    server.until("the data plane discards", |server| {
        number += 1;
        server.track(key, &format!("message-{number}"));
        let path = format!("/api/sources/{id}/messages?verdict=discarded");
        call(server, "GET", &path, Value::Null)
            .to_string()
            .contains("source_disabled")
            .then_some(())
    });

    // The file and its token still say what they said.
    assert_eq!(server.track(WRITE_KEY, "of-the-file"), 200);
    server.until("it is delivered", |server| (!server.archived().is_empty()).then_some(()));
    let (status, sources) = server.api("/api/sources");
    assert!(status == 200 && sources.to_string().contains("acme/shop"), "{sources}");
    let stranger = server.call(("accept", "*/*"), "GET", "/api/sources", Value::Null);
    assert_eq!(stranger.status, 401, "{}", stranger.body);
    let document = server.call(("accept", "*/*"), "GET", "/api/openapi.json", Value::Null);
    assert_eq!(document.status, 200);

    // A destination on this machine's disk is for whoever runs it.
    let kinds = call(&server, "GET", "/api/catalog/destinations", Value::Null).to_string();
    assert!(kinds.contains("\"webhook\"") && !kinds.contains("\"file\""), "{kinds}");

    assert!(server.stop().success());
    fs::remove_file(server.folder.path().join("server.out")).unwrap();
    server.run();
    let keys = call(&server, "GET", &format!("/api/sources/{id}/writekey"), Value::Null);
    assert!(keys.to_string().contains("\"lastUsedAt\":\"20"), "known after a restart: {keys}");
    call(&server, "PATCH", &format!("/api/sources/{id}"), json!({ "enabled": true }));
    assert_eq!(server.operator_token(), None, "there is an operator");
    assert!(server.stop().success());
}

/// Somebody who takes everything that is posted, and remembers whereto.
fn receiver() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(vec![]));
    let seen = taken.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, seen) = (BufReader::new(stream.unwrap()), seen.clone());
            thread::spawn(move || {
                while let Some((path, body)) = posted(&mut stream) {
                    seen.lock().unwrap().push(format!("{path} {body}"));
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                    stream.get_mut().write_all(answer).ok()?;
                }
                Some(())
            });
        }
    });
    (url, taken)
}

/// One request: its path and its body.
fn posted(stream: &mut impl BufRead) -> Option<(String, String)> {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).ok().filter(|bytes| *bytes > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("content-length: ") {
            length = bytes.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((first.split(' ').nth(1)?.to_owned(), String::from_utf8(body).ok()?))
}

#[test]
fn an_event_is_blocked_and_switched_off_within_a_second() {
    let mut server = Server::prepare("");
    let text = fs::read_to_string(server.config()).unwrap();
    let open = format!("{text}[delivery]\nallowed_networks = [\"127.0.0.0/8\"]\n");
    fs::write(server.config(), open).unwrap();
    server.run();
    let (url, taken) = receiver();
    let operator = server.first_operator();
    let bearer = workspace(&operator, "acme");
    let call = |server: &Server, method: &str, path: &str, body: Value| -> Value {
        let answer = server.call(("authorization", &bearer), method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap()
    };
    let new = json!({ "slug": "shop", "metadataId": "http-api", "enabled": true });
    let made = call(&server, "POST", "/api/sources", new);
    let source = &made["data"]["source"];
    let (id, key) = (source["id"].as_str().unwrap(), source["writeKeys"][0].as_str().unwrap());
    let mut hooks = Vec::new();
    for name in ["left", "right"] {
        let new = json!({ "sourceId": id, "metadataId": "webhook", "name": name,
            "enabled": true, "settings": { "url": format!("{url}/{name}") } });
        let made = call(&server, "POST", "/api/destinations", new);
        hooks.push(made["data"]["destination"]["id"].as_str().unwrap().to_owned());
    }
    let set = |server: &Server, mut event: Value| {
        (event["type"], event["name"]) = (json!("TRACK"), json!("Tested"));
        let path = format!("/api/sources/{id}/schema/events");
        call(server, "PUT", &path, json!({ "event": event }));
        Instant::now()
    };
    // What became of the first message that was traced as `verdict`, and how long that took.
    let mut number = 0;
    let mut until = |server: &mut Server, began: Instant, wanted: &dyn Fn(&str) -> bool| {
        let found = server.until("the data plane does it", |server| {
            number += 1;
            let message = format!("message-{number}");
            assert_eq!(server.track(key, &message), 200);
            let path = format!("/api/sources/{id}/trace/{message}");
            let trace = server.call(("authorization", &bearer), "GET", &path, Value::Null);
            wanted(&trace.body).then_some((message, trace.body))
        });
        let took = began.elapsed();
        assert!(took.as_millis() < 1000, "it took {took:?}");
        found
    };
    let came = |to: &str, message: &str| {
        let taken = taken.lock().unwrap();
        taken
            .iter()
            .any(|one| one.starts_with(&format!("/{to} ")) && one.contains(&format!("{message:?}")))
    };
    let accepted = |trace: &str| trace.contains("\"accepted\"");
    let began = Instant::now();
    server.until("both are fed", |server| {
        server.track(key, &format!("early-{}", began.elapsed().as_micros()));
        let taken = taken.lock().unwrap();
        ["/left ", "/right "]
            .iter()
            .all(|to| taken.iter().any(|one| one.starts_with(to)))
            .then_some(())
    });

    let began = set(&server, json!({ "blocked": true }));
    let (blocked, _) = until(&mut server, began, &|trace| trace.contains("event_setting"));
    let began = set(&server, json!({ "blocked": false }));
    until(&mut server, began, &accepted);

    let off = |enabled: bool| json!({ "destinations": [{ "id": hooks[0], "enabled": enabled }] });
    let began = set(&server, off(false));
    let code = "FILTERED_BY_EVENT_SETTING";
    // The attempts are written a moment after the answer, so the switch is seen in a later trace.
    let switched = server.until("the switch is off", |server| {
        let message = format!("switched-{}", began.elapsed().as_micros());
        assert_eq!(server.track(key, &message), 200);
        let sent = Instant::now();
        loop {
            let path = format!("/api/sources/{id}/trace/{message}");
            let trace = server.call(("authorization", &bearer), "GET", &path, Value::Null).body;
            if trace.contains(code) {
                return Some((message, sent - began));
            }
            if came("left", &message) || sent.elapsed().as_secs() > 10 {
                return None;
            }
        }
    });
    let (message, took) = switched;
    assert!(took.as_millis() < 1000, "it took {took:?}");
    server.until("the other has it", |_| came("right", &message).then_some(()));
    assert!(!came("left", &message) && !came("right", &blocked) && !came("left", &blocked));
    let books = server.until("the books say why", |server| {
        let path = format!("/api/sources/{id}/accounting");
        let books = call(server, "GET", &path, Value::Null).to_string();
        books.contains(code).then_some(books)
    });
    assert!(books.contains("event_setting"), "{books}");
    assert!(server.stop().success());
}

#[test]
fn filters_decide_within_a_second_and_are_tried_on_what_came() {
    let mut server = Server::prepare("");
    let text = fs::read_to_string(server.config()).unwrap();
    let open = format!("{text}[delivery]\nallowed_networks = [\"127.0.0.0/8\"]\n");
    fs::write(server.config(), open).unwrap();
    server.run();
    let (url, taken) = receiver();
    let operator = server.first_operator();
    let bearer = workspace(&operator, "acme");
    let call = |server: &Server, method: &str, path: &str, body: Value| -> Value {
        let answer = server.call(("authorization", &bearer), method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        serde_json::from_str::<Value>(&answer.body).unwrap()["data"].take()
    };
    let new = json!({ "slug": "shop", "metadataId": "http-api", "enabled": true });
    let source = call(&server, "POST", "/api/sources", new)["source"].take();
    let (id, key) = (source["id"].as_str().unwrap(), source["writeKeys"][0].as_str().unwrap());
    let new = json!({ "sourceId": id, "metadataId": "webhook", "enabled": true,
        "settings": { "url": format!("{url}/hook") } });
    let hook = call(&server, "POST", "/api/destinations", new)["destination"]["id"].take();
    let filters = format!("/api/destination/{}/filters", hook.as_str().unwrap());
    let came = |id: &str| {
        let taken = taken.lock().unwrap();
        taken.iter().find(|one| one.contains(&format!("{id:?}"))).cloned()
    };
    let mut number = 0;
    server.until("it is fed", |server| {
        number += 1;
        server.track(key, &format!("early-{number}"));
        came("early-1").or_else(|| came(&format!("early-{number}")))
    });
    let hash = json!({ "if": "match( messageId, 'hashed-*' )",
        "actions": [{ "type": "HASH_PROPERTIES", "fields": { "": ["userId", "anonymousId"] } }] });
    let tried = json!({ "filter": { "if": "event = 'Tested'", "actions": [{ "type": "DROP" }] } });
    let preview = call(&server, "POST", &format!("{filters}/preview"), tried);
    assert_eq!(preview["filtered"], preview["messages"], "{preview}");
    assert!(preview["pairs"][0]["before"].is_object() && preview["pairs"][0]["after"].is_null());

    for (title, condition, action) in [
        ("No drops", json!("match( messageId, 'dropped-*' )"), json!({ "type": "DROP" })),
        ("Hashes", hash["if"].clone(), hash["actions"][0].clone()),
    ] {
        let new = json!({ "sourceId": id, "title": title, "if": condition, "actions": [action],
            "enabled": true });
        call(&server, "POST", &filters, new);
    }
    let began = Instant::now();
    let hashed = server.until("the filters hold", |server| {
        let id = format!("hashed-{}", began.elapsed().as_micros());
        assert_eq!(server.track(key, &id), 200);
        let sent = Instant::now();
        let body = server.until("it is sent", |_| came(&id));
        let hashes = !body.contains("\"ada\"") && body.contains("\"userId\":\"");
        hashes.then_some(sent - began)
    });
    assert!(hashed.as_millis() < 1000, "it took {hashed:?}");
    assert_eq!(server.track(key, "dropped-1"), 200);
    assert_eq!(server.track(key, "kept-1"), 200);
    server.until("what is kept is sent", |_| came("kept-1"));
    server.until("the books say why", |server| {
        let path = format!("/api/sources/{id}/trace/dropped-1");
        let trace = server.call(("authorization", &bearer), "GET", &path, Value::Null).body;
        (trace.contains("FILTERED_BY_RULES") && trace.contains("No drops")).then_some(())
    });
    assert!(came("dropped-1").is_none());
    assert!(server.stop().success());
}

#[test]
fn whoever_runs_the_server_makes_an_operator_and_backs_up_and_restores() {
    let mut server = Server::start("");
    let folder = server.folder.path().to_owned();
    let config = server.config().display().to_string();
    let run = |arguments: &[&str]| run(&folder, arguments);

    let create = ["admin", "create-operator", EMAIL, "--config", &config, "--json"];
    let (code, out, errors) = run(&create);
    assert_eq!(code, 0, "{errors}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(made["created"], true);
    let first = made["password"].as_str().unwrap().to_owned();
    let operator = server.log_in(&first);
    operator.call("GET", "/api/operator/accounts", Value::Null, 200);
    let bearer = workspace(&operator, "acme");
    let (_, out, _) = run(&create);
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(made["created"], false);
    operator.call("GET", "/api/account", Value::Null, 401);
    server.log_in(made["password"].as_str().unwrap());
    let (code, _, errors) = run(&["admin", "create-operator", "nobody", "--config", &config]);
    assert!(code == 1 && errors.contains("address"), "{code} {errors}");
    let (code, out, errors) = run(&["admin", "reseal", "--config", &config, "--json"]);
    assert_eq!(code, 0, "{errors}");
    let done: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&done["key"], &done["closed"]), (&Value::from(1), &Value::from(0)), "{out}");

    // While it runs, whole.
    let (code, out, errors) = run(&["backup", "all.backup", "--config", &config]);
    assert_eq!(code, 0, "{errors}");
    assert!(out.contains("all.backup") && out.contains("secret-keys"), "{out}");
    let (code, _, errors) = run(&["backup", "all.backup", "--config", &config]);
    assert!(code == 3 && errors.contains("all.backup"), "nothing is written over: {errors}");
    let (code, _, errors) = run(&["restore", "all.backup", "--config", &config]);
    assert!(code == 3 && errors.contains("in use"), "{errors}");
    assert!(server.stop().success());
    let (code, _, errors) = run(&["restore", "all.backup", "--config", &config]);
    assert!(code == 3 && errors.contains("not empty"), "{errors}");
    for file in ["control.db", "control.db-wal", "control.db-shm"] {
        drop(fs::remove_file(folder.join("data").join(file)));
    }
    let (code, out, errors) = run(&["restore", "all.backup", "--config", &config]);
    assert_eq!(code, 0, "{errors}");
    assert!(out.contains("rows"), "{out}");
    server.run();
    let found = server.call(("authorization", &bearer), "GET", "/api/sources", Value::Null);
    assert_eq!(found.status, 200, "the token of the workspace is there again: {}", found.body);
    assert!(server.stop().success());
}

#[test]
fn without_the_control_plane_nothing_of_it_is_there() {
    let mut server = Server::prepare("");
    server.run_with(&["--only", "ingest,delivery,debugger"]);
    let answer = server.call(("accept", "*/*"), "GET", "/api/openapi.json", Value::Null);
    assert_eq!(answer.status, 404, "{}", answer.body);
    assert!(!server.folder.path().join("data/control.db").exists());
    assert!(server.stop().success());
}

#[test]
fn a_faulty_control_plane_is_said_with_its_key() {
    let server = Server::prepare("");
    let text = fs::read_to_string(server.config()).unwrap();
    let check = |section: &str| {
        fs::write(server.config(), format!("{text}\n{section}\n")).unwrap();
        let output = headwater().args(["config", "check"]).arg(server.config()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    assert!(
        check("[control]\ndatabase = \"mysql://x\"").contains("control.database must be the URL")
    );
    assert!(check("[control]\npublic_url = \"cdp\"").contains("control.public_url must be http"));
    assert!(check("[mail]\nhost = \"localhost\"").contains("needs from beside it"));
    assert!(check("[mail]\nport = 25").contains("mail has port and needs host beside it"));
    let open = "[mail]\nhost = \"x\"\nfrom = \"a@b.c\"\ntls = \"none\"\nusername = \"u\"\npassword = \"p\"";
    assert!(check(open).contains("a password needs TLS"));
}

/// A Postgres database that holds nothing, where `scripts/with-postgres` has a server.
fn postgres() -> Option<String> {
    let Ok(server) = std::env::var("HEADWATER_TEST_POSTGRES") else {
        assert!(std::env::var("CI").is_err(), "run it as scripts/with-postgres <command>");
        return None;
    };
    let name = format!("headwater_{}", std::process::id());
    let made = std::process::Command::new("psql")
        .args([&format!("{server}/postgres"), "-qc", &format!("CREATE DATABASE {name}")])
        .status();
    assert!(made.unwrap().success());
    Some(format!("{server}/{name}"))
}

#[test]
fn it_moves_from_the_embedded_database_to_postgres() {
    let Some(url) = postgres() else { return };
    let mut server = Server::start("");
    let bearer = {
        let operator = server.first_operator();
        workspace(&operator, "acme")
    };
    let folder = server.folder.path().to_owned();
    let config = server.config().display().to_string();
    let (code, _, errors) = run(&folder, &["backup", "all.backup", "--config", &config]);
    assert_eq!(code, 0, "{errors}");
    assert!(server.stop().success());

    let text = fs::read_to_string(server.config()).unwrap();
    fs::write(server.config(), format!("{text}[control]\ndatabase = \"{url}\"\n")).unwrap();
    fs::remove_file(folder.join("data/control.db")).unwrap();
    let (code, _, errors) = run(&folder, &["restore", "all.backup", "--config", &config]);
    assert_eq!(code, 0, "{errors}");
    server.run();
    assert!(!folder.join("data/control.db").exists(), "nothing embedded any more");
    let auth = ("authorization", bearer.as_str());
    let new = json!({ "slug": "shop", "metadataId": "http-api" });
    let made = server.call(auth, "POST", "/api/sources", new);
    assert_eq!(made.status, 201, "{}", made.body);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let source = &made["data"]["source"];
    let key = source["writeKeys"][0].as_str().unwrap();
    let path = format!("/api/sources/{}/messages", source["id"].as_str().unwrap());
    server.until("a message is kept", |server| {
        assert_eq!(server.track(key, "on-postgres"), 200);
        let found = server.call(auth, "GET", &path, Value::Null);
        (found.status == 200 && found.body.contains("on-postgres")).then_some(())
    });
    assert!(server.stop().success());

    // A process that does not serve the API still does what the database says.
    server.run_with(&["--only", "ingest,debugger"]);
    assert_eq!(server.track(key, "without-the-api"), 200);
    let (status, found) = server.api("/api/sources/acme%2Fshop/messages");
    assert!(status == 200 && found.to_string().contains("without-the-api"), "{found}");
    assert!(server.stop().success());
}
