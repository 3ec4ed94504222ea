//! The control plane's API as others know it: the published SDK of Segment's Public API works
//! against it unchanged, and a fuzzer that reads only its OpenAPI document finds nothing that
//! contradicts it.

use std::{path::PathBuf, process::Command};

use e2e::{Server, Settings, binary};
use serde_json::{Value, json};

const OPERATOR: &str = "root@example.com";
const MEMBER: &str = "ada@example.com";

/// A server with a workspace `acme`, whose owner is an operator.
struct Acme {
    server: Server,
    cookie: String,
    token: String,
}

impl Acme {
    async fn start(config: &str) -> Acme {
        let server = Server::start(Settings { config: config.to_owned(), ..Settings::default() });
        let mut acme =
            Acme { server: server.await.unwrap(), cookie: String::new(), token: String::new() };
        acme.cookie = acme.log_in(OPERATOR).await;
        let new = json!({ "name": "Acme", "slug": "acme" });
        acme.post("/api/workspaces", &acme.cookie, new).await;
        let path = "/api/tokens?workspace=acme";
        let made = acme.post(path, &acme.cookie, json!({ "description": "SDK" })).await;
        acme.token = made["data"]["secret"].as_str().unwrap().to_owned();
        acme
    }

    /// The cookie of an operator, whom the command line makes.
    async fn log_in(&self, email: &str) -> String {
        let config = self.server.config_file();
        let create = ["admin", "create-operator", email, "--json", "--config"];
        let made = Command::new(binary()).args(create).arg(config).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let body = json!({ "email": email, "password": made["password"] }).to_string();
        let url = self.server.url("/api/sessions");
        let headers = [("content-type", "application/json")];
        let answer = self.server.client().send("POST", &url, &headers, body).await.unwrap();
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        let cookies = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
        cookies.split(';').next().unwrap().to_owned()
    }

    async fn post(&self, path: &str, cookie: &str, body: Value) -> Value {
        let origin = self.server.url("");
        let headers =
            [("cookie", cookie), ("content-type", "application/json"), ("origin", &origin)];
        let url = self.server.url(path);
        let sent = self.server.client().send("POST", &url, &headers, body.to_string());
        let answer = sent.await.unwrap();
        assert!(answer.status < 300, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let url = self.server.url(path);
        let sent = self.server.client().send("GET", &url, headers, "");
        let answer = sent.await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// The id of somebody who is in the workspace beside its owner.
    async fn member(&self) -> String {
        let theirs = self.log_in(MEMBER).await;
        let invite = json!({ "invites": [{ "email": MEMBER, "permissions": [] }] });
        self.post("/api/invites?workspace=acme", &self.cookie, invite).await;
        let operator = [("cookie", self.cookie.as_str())];
        let mails = self.get("/api/operator/mails?pagination.count=20", &operator).await;
        let mails = mails["data"]["mails"].as_array().unwrap();
        let mail = mails.iter().find(|mail| mail["to"] == MEMBER).expect("an invitation");
        let path = format!("/api/operator/mails/{}", mail["id"].as_str().unwrap());
        let text = self.get(&path, &operator).await.to_string();
        let at = text.find("token=").expect("a link") + "token=".len();
        let token: String =
            text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        self.post("/api/invites/accept", &theirs, json!({ "token": token })).await;
        let me = self.get("/api/account", &[("cookie", theirs.as_str())]).await;
        me["data"]["account"]["id"].as_str().unwrap().to_owned()
    }
}

fn sdk(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk").join(file)
}

/// Runs `command` to its end; what it printed, when it failed.
async fn run(mut command: Command) -> Result<(), String> {
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() { Ok(()) } else { Err(text) }
}

#[tokio::test]
async fn the_published_sdk_works_against_it() {
    let acme = Acme::start("").await;
    let member = acme.member().await;
    let mut node = Command::new("node");
    node.arg(sdk("public-api.mjs")).args([&acme.server.url(""), &acme.token, &member]);
    run(node).await.unwrap_or_else(|said| panic!("{said}\n{}", acme.server.log()));
}

#[tokio::test]
async fn a_fuzzer_finds_nothing_that_contradicts_the_document() {
    let acme = Acme::start("[control]\nrequests_per_minute = 1000000\n").await;
    // An operator's own token, so that nothing is closed to it but what asks for the password.
    let new = json!({ "description": "fuzzer" });
    let made = acme.post("/api/account/tokens", &acme.cookie, new).await;
    let token = made["data"]["secret"].as_str().unwrap();
    let mut fuzzer = Command::new(sdk("venv/bin/schemathesis"));
    fuzzer.arg("--config-file").arg(sdk("schemathesis.toml")).current_dir(acme.server.data_dir());
    fuzzer.args(["run", &acme.server.url("/api/openapi.json"), "--no-color"]);
    fuzzer.args([
        "-H",
        &format!("Authorization: Bearer {token}"),
        "-H",
        "Headwater-Workspace: acme",
    ]);
    run(fuzzer).await.unwrap_or_else(|said| panic!("{said}\n{}", acme.server.log()));
}
