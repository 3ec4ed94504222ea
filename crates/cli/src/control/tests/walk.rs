//! The page "Build a Source" as one test: from an application to general availability, typed as
//! commands, with a clock that moves when told.

use std::fs;

use super::world::{Person, Site};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" fill="#0f6e84"/></svg>"##;
const MARK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#0f6e84"/></svg>"##;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

const EVENTS: &str = r#"
[[events]]
name = "Email Opened"
description = "Somebody opened a mail"

[[events.properties]]
name = "email_id"
type = "string"
required = true
description = "The mail"
"#;

/// What a partner writes into the file in their editor.
fn fill_in(mia: &Person, pairs: &[(&str, &str)]) {
    let path = mia.file("headwater-source.toml");
    let mut text = fs::read_to_string(&path).expect("it is there");
    for (key, value) in pairs {
        let line = text.lines().find(|line| line.starts_with(&format!("{key} = ")));
        let line = line.expect("the file has that key").to_owned();
        text = text.replacen(&line, &format!("{key} = {value:?}"), 1);
    }
    fs::write(&path, text).expect("it can be written");
}

async fn status(who: &Person, slug: &str) -> String {
    let shown = who.json(&["catalog", "show", slug]).await;
    shown["sourceMetadata"]["status"].as_str().expect("text").to_owned()
}

#[tokio::test]
async fn from_an_application_to_general_availability() {
    let site = Site::start().await;
    let olga = site.operator("olga@headwater.example").await;
    olga.log_in().await;

    // Apply; the portal is not there yet.
    let mia = site.person("mia@acme.example").await;
    mia.log_in().await;
    mia.fails(1, &["integration", "list"]).await;
    let form = mia.file("application.toml");
    let answers = mia
        .ok(&["apply", "form"])
        .await
        .replace("companyName = \"\"", "companyName = \"Acme Labs\"");
    fs::write(&form, answers).expect("it can be written");
    let form = form.display().to_string();
    let notes = mia.fails(1, &["apply", "--from", &form, "--accept-agreements"]).await;
    for field in ["/companyWebsite", "/dataIn", "/dataOut", "/usedFor", "/heardFrom"] {
        assert!(notes.contains(&format!("headwater: {field}: ")), "{field}: {notes}");
    }
    let line = [
        "apply",
        "--from",
        &form,
        "--accept-agreements",
        "--company-website",
        "https://acme.example",
        "--data-in",
        "By our SDK",
        "--data-out",
        "Email Opened, for campaigns",
        "--used-for",
        "Campaigns",
        "--heard-from",
        "A customer",
    ];
    let applied = mia.json(&line).await;
    assert_eq!(applied["application"]["answers"]["email"], "mia@acme.example");
    let application = applied["application"]["id"].as_str().expect("text").to_owned();
    let queue = olga.ok(&["application", "list", "--status", "submitted"]).await;
    assert!(queue.contains("Acme Labs"), "{queue}");
    let notes = olga.fails(1, &["application", "approve", &application]).await;
    assert_eq!(notes.matches("headwater: ").count(), 4, "each criterion: {notes}");
    let ask = ["application", "ask", &application, "--note", "Which customers asked for it?"];
    olga.ok(&ask).await;
    let mine = mia.ok(&["apply", "status"]).await;
    assert!(mine.contains("We have a question"), "{mine}");
    assert!(mine.contains("Which customers asked for it?"), "{mine}");
    mia.ok(&["apply", "answer", "Globex and Initech"]).await;
    let approve = [
        "application",
        "approve",
        &application,
        "-c",
        "legitimateCompany=registered",
        "-c",
        "fitsPlatform=mail events",
        "-c",
        "hasService=tried it",
        "-c",
        "notCustomerOrResearcher=sells it",
    ];
    assert_eq!(olga.ok(&approve).await, format!("{application}: Approved\n"));
    mia.fails(1, &["integration", "list"]).await;

    // The invitation opens the portal, to nobody else.
    let token = site.world.mailed_token("mia@acme.example", "PartnerInvitation").await;
    let link = format!("{}/dev-portal/accept?token={token}", site.url);
    let eve = site.person("eve@example.com").await;
    eve.log_in().await;
    let notes = eve.fails(1, &["invitation", "accept", &link]).await;
    assert!(notes.contains("(other_address)"), "{notes}");
    let welcome = mia.ok(&["invitation", "accept", &link]).await;
    assert!(welcome.contains("the partner team of Acme Labs now, as admin"), "{welcome}");

    // Build.
    let made = mia.ok(&["integration", "create", "Acme Mail", "--slug", "acme-mail"]).await;
    assert!(made.starts_with("acme-mail: Private building\n"), "{made}");
    let notes = mia.fails(1, &["integration", "create", "Acme Mail", "--slug", "acme-mail"]).await;
    assert!(notes.contains("headwater: /slug: ") && notes.contains("(taken)"), "{notes}");
    let notes = mia.fails(1, &["integration", "submit", "acme-mail"]).await;
    assert!(notes.matches("(checklist_open)").count() > 5, "{notes}");

    // Catalog info as code.
    let file = mia.file("headwater-source.toml").display().to_string();
    mia.ok(&["integration", "init", "acme-mail", "--file", &file]).await;
    let push = ["integration", "push", "--file", &file];
    let pushed = mia.json(&push).await;
    assert!(pushed["missing"].as_array().expect("a list").len() > 5, "{pushed}");
    fs::write(mia.file("logo.svg"), LOGO).expect("it can be written");
    fs::write(mia.file("mark.svg"), MARK).expect("it can be written");
    let filled = [
        ("description", "Sends what people do with your **mails**."),
        ("website", "https://acme.example/mail"),
        ("primaryCategory", "Email Marketing"),
        ("supportEmail", "support@acme.example"),
        ("logo", "logo.svg"),
        ("mark", "mark.svg"),
    ];
    fill_in(&mia, &filled);
    let text = fs::read_to_string(&file).expect("it is there");
    fs::write(&file, text + EVENTS).expect("it can be written");
    mia.ok(&push).await;
    mia.ok(&["integration", "docs", "--file", &file]).await;
    let pushed = mia.ok(&push).await;
    assert!(pushed.contains("your words for [settings page]"), "{pushed}");
    let text = fs::read_to_string(&file).expect("it is there");
    let own = [
        ("[settings page]", "Settings"),
        ("[field]", "Write key"),
        ("[Do something that sends an event]", "Open a mail"),
        ("[how it is filled]", "the address"),
    ];
    let text = own.iter().fold(text, |text, (gap, words)| text.replace(gap, words));
    fs::write(&file, text).expect("it can be written");
    let pushed = mia.ok(&push).await;
    assert!(pushed.contains("the catalog info is complete"), "{pushed}");
    let set = ["integration", "test-account", "set", "acme-mail", "--username", "reviewer"];
    let ran = mia.type_in("s3cret-pass\n", false, &set).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);

    // Try it in a workspace; nobody else can find it.
    mia.ok(&["workspace", "create", "Acme Test", "--slug", "acme-test", "--use"]).await;
    let added = mia.json(&["integration", "add-to-workspace", "acme-mail"]).await;
    let url = added["configurationUrl"].as_str().expect("text");
    assert!(url.ends_with("/w/acme-test/sources/acme-mail/settings"), "{url}");
    let nobody = Person::new(&site.url, "nobody");
    nobody.fails(1, &["catalog", "show", "acme-mail"]).await;
    assert!(!nobody.ok(&["catalog", "search", "mail"]).await.contains("acme-mail"));

    // Send events: the last line of the checklist.
    let ran = mia.run(&["integration", "check", "acme-mail"]).await;
    assert_eq!(ran.code, 1, "no event was seen yet");
    assert_eq!(ran.out.matches("\nopen  ").count(), 2, "{}", ran.out);
    site.routed(added["sourceId"].as_str().expect("text")).await;
    let key = added["writeKey"].as_str().expect("text");
    let send = ["send", "--write-key", key, "--event", "Email Opened", "--user-id", "u-1"];
    let signed = r#"{"integration":{"name":"acme-mail","version":"1.0.0"},"traits":{"email":"ada@example.com"}}"#;
    mia.ok(&[&send[..], &["-p", "email_id=m-1", "--context", signed]].concat()).await;
    site.count().await;
    let checked = mia.ok(&["integration", "check", "acme-mail"]).await;
    assert!(checked.ends_with("acme-mail can be submitted\n"), "{checked}");

    // Submit: frozen, with a certificate that holds without a server.
    mia.ok(&["integration", "submit", "acme-mail"]).await;
    let (paper, lines) = (mia.file("certificate.json"), mia.file("evidence.ndjson"));
    fs::write(&paper, mia.ok(&["certificate", "get", "acme-mail"]).await).expect("written");
    fs::write(&lines, mia.ok(&["certificate", "evidence", "acme-mail"]).await).expect("written");
    let (paper, lines) = (paper.display().to_string(), lines.display().to_string());
    let verify = ["certificate", "verify", &paper, "--evidence", &lines];
    let holds = mia.ok(&verify).await;
    assert!(holds.contains("Outcome      passed, score"), "{holds}");
    assert!(holds.ends_with("run again over the evidence: the same report\n"), "{holds}");
    let forged = fs::read_to_string(&lines).expect("it is there").replace("m-1", "m-2");
    fs::write(&lines, forged).expect("written");
    let notes = mia.fails(1, &verify).await;
    assert!(notes.contains("the certificate rests on"), "{notes}");
    let notes = mia.fails(1, &push).await;
    assert!(notes.contains("(frozen)"), "{notes}");
    mia.ok(&["integration", "withdraw", "acme-mail"]).await;
    mia.ok(&["integration", "submit", "acme-mail"]).await;

    // The reviewer looks, and asks for a change.
    mia.fails(1, &["review", "list"]).await;
    let queue = olga.ok(&["review", "list"]).await;
    assert!(queue.contains("acme-mail"), "{queue}");
    let notes = olga.fails(1, &["review", "test-account", "acme-mail"]).await;
    assert!(notes.contains("(not_assigned)"), "{notes}");
    olga.ok(&["review", "take", "acme-mail"]).await;
    let account = olga.ok(&["review", "test-account", "acme-mail"]).await;
    assert!(account.contains("s3cret-pass"), "{account}");
    let shown = olga.ok(&["review", "show", "acme-mail"]).await;
    assert!(shown.contains("/primaryCategory: nothing → Email Marketing"), "{shown}");
    let judge = ["review", "judge", "acme-mail", "all=passed", "metadata=changes"];
    olga.ok(&judge).await;
    let notes = olga.fails(1, &["review", "approve", "acme-mail"]).await;
    assert!(notes.contains("(part_not_passed)"), "{notes}");
    let notes = olga.fails(1, &["review", "request-changes", "acme-mail"]).await;
    assert!(notes.contains("(part_without_comment)"), "{notes}");
    let comment =
        ["review", "comment", "acme-mail", "--part", "metadata", "--field", "/description"];
    olga.ok(&[&comment[..], &["between us", "--private"]].concat()).await;
    olga.ok(&[&comment[..], &["Say which mails."]].concat()).await;
    let sent_back = olga.ok(&["review", "request-changes", "acme-mail"]).await;
    assert!(sent_back.ends_with("acme-mail is PRIVATE_BUILDING now\n"), "{sent_back}");

    // Fix and submit again.
    let status_text = mia.ok(&["integration", "status", "acme-mail"]).await;
    assert!(
        status_text.contains("  metadata  /description\n  Say which mails.\n"),
        "{status_text}"
    );
    assert!(!status_text.contains("between us"), "{status_text}");
    let standing = mia.json(&["integration", "status", "acme-mail"]).await;
    let comment = standing["submissions"][0]["comments"][0]["id"].as_str().expect("text");
    mia.ok(&["integration", "resolve", comment, "acme-mail"]).await;
    fill_in(&mia, &[("description", "Sends what people do with your campaign mails.")]);
    mia.ok(&push).await;
    mia.ok(&["integration", "submit", "acme-mail"]).await;
    olga.ok(&["review", "judge", "acme-mail", "all=passed"]).await;
    let approved = olga.ok(&["review", "approve", "acme-mail"]).await;
    assert!(approved.ends_with("acme-mail is PUBLIC_BETA now\n"), "{approved}");

    // Beta, by the clock.
    let entry = nobody.ok(&["catalog", "show", "acme-mail"]).await;
    assert!(entry.contains("PUBLIC_BETA") && entry.contains("Beta ends"), "{entry}");
    assert!(!entry.contains("support@acme.example"), "{entry}");
    site.world.pass(14 * DAY_MS - HOUR_MS);
    assert_eq!(status(&nobody, "acme-mail").await, "PUBLIC_BETA", "13 days 23 h");
    site.world.pass(HOUR_MS);
    assert_eq!(status(&nobody, "acme-mail").await, "PUBLIC", "14 days");

    // A customer enables it.
    let carol = site.person("carol@globex.example").await;
    carol.log_in().await;
    carol.ok(&["workspace", "create", "Globex", "--use"]).await;
    let source = carol.json(&["source", "create", "acme-mail", "--slug", "mails"]).await;
    assert_eq!(source["source"]["writeKeys"].as_array().map(Vec::len), Some(1));
    assert_eq!(source["source"]["enabled"], true);

    // Who, when, why; the session of two weeks ago has ended.
    let notes = mia.fails(1, &["integration", "history", "acme-mail"]).await;
    assert!(notes.contains("run `headwater login`"), "{notes}");
    mia.log_in().await;
    let history = mia.ok(&["integration", "history", "acme-mail", "--json"]).await;
    let moves = history.lines().map(|line| {
        let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
        format!("{} {}", entry["action"], entry["to"]).replace('"', "")
    });
    assert_eq!(
        moves.collect::<Vec<_>>(),
        [
            "submit PRIVATE_SUBMITTED",
            "withdraw PRIVATE_BUILDING",
            "submit PRIVATE_SUBMITTED",
            "requestChanges PRIVATE_BUILDING",
            "submit PRIVATE_SUBMITTED",
            "approve PUBLIC_BETA",
        ]
    );
    site.stop().await;
}
