//! Logging in and out, tokens, and what is kept.

use std::fs;

use api::testing::PASSWORD;
use serde_json::{Value, json};
use totp_rs::Totp;

use super::world::{Person, Site};

#[tokio::test]
async fn a_login_is_kept_until_it_is_forgotten() {
    let site = Site::start().await;
    let ada = site.person("ada@example.com").await;
    let notes = ada.fails(1, &["whoami"]).await;
    assert!(notes.contains("(login_needed)") && notes.contains("run `headwater login`"), "{notes}");
    let wrong = ada.type_in("wrong\n", false, &["login", "--email", "ada@example.com"]).await;
    assert_eq!(wrong.code, 1);
    assert!(wrong.notes.contains("(wrong_credentials)"), "{}", wrong.notes);
    assert!(!ada.file("credentials.toml").exists(), "nothing is kept of a failed login");

    let typed = format!("ada@example.com\n{PASSWORD}\n");
    let ran = ada.type_in(&typed, false, &["login"]).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);
    let kept = fs::read_to_string(ada.file("credentials.toml")).expect("it is kept");
    assert!(kept.contains(&site.url) && kept.contains("session = "), "{kept}");
    assert!(!kept.contains(PASSWORD), "the password is not");
    let who = ada.ok(&["whoami"]).await;
    assert!(who.contains("ada@example.com"), "{who}");

    // A write by cookie says where it comes from, and is taken.
    ada.ok(&["workspace", "create", "Acme", "--use"]).await;
    assert!(ada.ok(&["workspace", "show"]).await.contains("acme"));
    assert_eq!(ada.json(&["workspace", "list"]).await["slug"], "acme");

    // The choice outlives the session; the session ends on the server.
    let before = fs::read_to_string(ada.file("credentials.toml")).expect("it is kept");
    ada.log_in().await;
    assert!(ada.ok(&["workspace", "show"]).await.contains("acme"));
    ada.ok(&["logout"]).await;
    ada.fails(1, &["logout"]).await;
    ada.fails(1, &["workspace", "list"]).await;
    fs::write(ada.file("credentials.toml"), before).expect("it can be written");
    let notes = ada.fails(1, &["workspace", "list"]).await;
    assert!(notes.contains("(login_needed)"), "an ended session opens nothing: {notes}");
    site.stop().await;
}

#[tokio::test]
async fn a_token_of_a_workspace_is_its_own_login() {
    let site = Site::start().await;
    let ada = site.person("ada@example.com").await;
    ada.log_in().await;
    ada.ok(&["workspace", "create", "Acme", "--use"]).await;
    let made = ada.json(&["workspace", "tokens", "create", "CI", "--days", "90"]).await;
    let secret = made["secret"].as_str().expect("text");
    assert!(secret.starts_with("hw_"), "{secret}");

    let mut robot = Person::new(&site.url, "robot");
    robot.options = vec!["--token".into(), secret.to_owned()];
    robot.ok(&["source", "create", "http-api", "--slug", "backend"]).await;
    assert!(robot.ok(&["whoami"]).await.contains("by a token of the workspace"));
    let notes = robot.fails(1, &["workspace", "tokens", "create", "more"]).await;
    assert!(notes.contains("(person_needed)"), "{notes}");
    let notes = robot.fails(2, &["workspace", "use", "acme"]).await;
    assert!(notes.contains("kept with a login"), "{notes}");

    // Kept, it is the login of the commands that follow.
    robot.ok(&["login"]).await;
    robot.options.clear();
    assert_eq!(robot.json(&["source", "list"]).await["slug"], "backend");

    let id = made["token"]["id"].as_str().expect("text");
    let notes = ada.fails(2, &["workspace", "tokens", "revoke", id]).await;
    assert!(notes.contains("say --yes"), "nobody was there to confirm: {notes}");
    ada.ok(&["workspace", "tokens", "revoke", id, "--yes"]).await;
    let notes = robot.fails(1, &["source", "list"]).await;
    assert!(notes.contains("(invalid_token)"), "{notes}");
    site.stop().await;
}

#[tokio::test]
async fn a_second_factor_is_asked_for() {
    let site = Site::start().await;
    let ada = site.person("ada@example.com").await;
    let who = site.world.log_in("ada@example.com").await;
    let enrolled = site.world.post(&who, "/account/second-factor", Value::Null).await;
    let app = Totp::from_url(enrolled.text("/enrolment/url")).expect("a URL for apps");
    let seconds = u64::try_from(site.world.api.now_ms() / 1000).expect("it is after 1970");
    let code = app.generate(seconds).to_string();
    let confirm = json!({ "code": code });
    let path = "/account/second-factor/confirmation";
    let confirmed = site.world.post(&who, path, confirm).await;
    let recovery = confirmed.text("/recoveryCodes/0");

    let login = ["login", "--email", "ada@example.com"];
    let ran = ada.type_in(&format!("{PASSWORD}\n{recovery}\n"), false, &login).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);
    let ran = ada.type_in(&format!("{PASSWORD}\n000000\n"), false, &login).await;
    assert_eq!(ran.code, 1);
    let ran = ada.type_in(&format!("{PASSWORD}\n"), false, &login).await;
    assert_eq!(ran.code, 2, "nobody gave a code: {}", ran.notes);
    site.stop().await;
}

#[tokio::test]
async fn somebody_signs_up_and_gets_a_token() {
    let site = Site::start().await;
    let ada = Person::new(&site.url, "ada@example.com");
    let create = ["account", "create", "ada@example.com", "--name", "Ada"];
    let ran = ada.type_in("too short\n", false, &create).await;
    assert_eq!(ran.code, 1);
    assert!(ran.notes.contains("headwater: /password: "), "{}", ran.notes);
    let ran = ada.type_in(&format!("{PASSWORD}\n"), false, &create).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);
    ada.log_in().await;
    let notes = ada.fails(1, &["workspace", "create", "Acme"]).await;
    assert!(notes.contains("(email_not_verified)"), "{notes}");
    ada.fails(1, &["account", "verify", "hwl_made_up"]).await;
    let link = site.world.mails("ada@example.com").await.remove(0).text;
    let link = link.split_whitespace().find(|word| word.contains("token=")).expect("a link");
    ada.ok(&["account", "verify", link]).await;
    ada.ok(&["workspace", "create", "Acme", "--use"]).await;

    // Ten minutes later the password is asked for once more, under a new cookie.
    site.world.pass(11 * 60 * 1000);
    let before = fs::read_to_string(ada.file("credentials.toml")).expect("it is kept");
    let create = ["account", "tokens", "create", "My laptop", "--json"];
    ada.fails(2, &create).await;
    let ran = ada.type_in(&format!("{PASSWORD}\n"), false, &create).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);
    let made: Value = serde_json::from_str(&ran.out).expect("JSON");
    let after = fs::read_to_string(ada.file("credentials.toml")).expect("it is kept");
    assert_ne!(before, after, "the session goes on under a new secret");
    assert!(after.contains("workspace = \"acme\""), "{after}");
    ada.ok(&["workspace", "show"]).await;

    let mut laptop = Person::new(&site.url, "laptop");
    laptop.options = vec!["--token".into(), made["secret"].as_str().expect("text").into()];
    laptop.ok(&["login"]).await;
    laptop.options.clear();
    assert!(laptop.ok(&["whoami"]).await.contains("ada@example.com"));
    laptop.ok(&["workspace", "use", "acme"]).await;
    laptop.ok(&["workspace", "show"]).await;
    let id = made["token"]["id"].as_str().expect("text");
    ada.ok(&["account", "tokens", "revoke", id, "--yes"]).await;
    laptop.fails(1, &["whoami"]).await;
    let out = laptop.ok(&["logout"]).await;
    assert!(out.contains("logged out of"), "{out}");
    site.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_refusal() {
    let nobody = Person::new("http://127.0.0.1:1", "nobody");
    let notes = nobody.fails(3, &["catalog", "list"]).await;
    assert!(notes.contains("cannot reach http://127.0.0.1:1"), "{notes}");
    let lost = Person::new("ftp://example.com", "nobody");
    lost.fails(2, &["catalog", "list"]).await;
}
