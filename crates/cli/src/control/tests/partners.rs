//! A partner's side beside the walk: two editors, pictures, removal, and the file.

use std::fs;

use super::world::{Person, Site};

const MARK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#0f6e84"/></svg>"##;

/// A partner with an integration, and an operator.
async fn acme() -> (Site, Person, Person) {
    let site = Site::start().await;
    let olga = site.operator("olga@headwater.example").await;
    olga.log_in().await;
    let mia = site.person("mia@acme.example").await;
    mia.log_in().await;
    let apply = [
        "apply",
        "--accept-agreements",
        "--company-name",
        "Acme Labs",
        "--company-website",
        "https://acme.example",
        "--data-in",
        "SDK",
        "--data-out",
        "Mails",
        "--used-for",
        "Campaigns",
        "--heard-from",
        "A customer",
    ];
    let application = mia.json(&apply).await;
    let id = application["application"]["id"].as_str().expect("text");
    let approve = [
        "application",
        "approve",
        id,
        "-c",
        "legitimateCompany=y",
        "-c",
        "fitsPlatform=y",
        "-c",
        "hasService=y",
        "-c",
        "notCustomerOrResearcher=y",
    ];
    olga.ok(&approve).await;
    let token = site.world.mailed_token("mia@acme.example", "PartnerInvitation").await;
    mia.ok(&["invitation", "accept", &token]).await;
    mia.ok(&["integration", "create", "Acme Mail"]).await;
    (site, olga, mia)
}

fn edit(person: &Person, from: &str, to: &str) {
    let path = person.file("headwater-source.toml");
    let text = fs::read_to_string(&path).expect("it is there");
    assert!(text.contains(from), "{text}");
    fs::write(&path, text.replacen(from, to, 1)).expect("it can be written");
}

/// What is written fits together: the server takes the catalog info, and another run, in another
/// language, keeps it.
#[tokio::test]
async fn a_source_to_begin_with_comes_with_its_events() {
    let (site, _, mia) = acme().await;
    let folder = mia.file("mailer");
    let dir = folder.display().to_string();
    let init = ["integration", "init", "acme-mail", "--lang", "node", "--dir", &dir];
    let wrote = mia.ok(&init).await;
    assert!(wrote.contains("npm install && npm start"), "{wrote}");
    assert!(folder.join("main.js").exists() && folder.join(".github/workflows").exists());
    let notes = mia.fails(2, &init).await;
    assert!(notes.contains("is there already"), "{notes}");

    let file = folder.join("headwater-source.toml");
    let before = fs::read_to_string(&file).expect("it was written");
    assert!(before.contains("slug = \"acme-mail\"\nname = \"Acme Mail\"\n"), "{before}");
    let pushed = mia.json(&["integration", "push", "--file", &file.display().to_string()]).await;
    let events = pushed["integration"]["info"]["events"].as_array().expect("a list").clone();
    let names: Vec<&serde_json::Value> = events.iter().map(|event| &event["name"]).collect();
    assert_eq!(names, ["Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"]);

    let before = fs::read_to_string(&file).expect("it is there");
    fs::remove_file(folder.join("README.md")).expect("it is there");
    fs::remove_file(folder.join(".gitignore")).expect("it is there");
    fs::remove_dir_all(folder.join(".github")).expect("it is there");
    let init = ["integration", "init", "--lang", "python", "--dir", &dir];
    let written = mia.json(&init).await;
    let files = written["files"].as_array().expect("a list");
    assert!(
        files.iter().all(|file| !file.as_str().expect("a path").ends_with(".toml")),
        "{written}"
    );
    assert_eq!(fs::read_to_string(&file).expect("it is there"), before);
    let source = fs::read_to_string(folder.join("source.py")).expect("it was written");
    assert!(source.contains("\"acme-mail\""), "the slug stands in the file: {source}");
    site.stop().await;
}

#[tokio::test]
async fn two_editors_cannot_overwrite_each_other() {
    let (site, _, mia) = acme().await;
    let file = mia.file("headwater-source.toml").display().to_string();
    let init = ["integration", "init", "acme-mail", "--name", "Acme Mail", "--file", &file];
    mia.ok(&init).await;
    let notes = mia.fails(2, &init).await;
    assert!(notes.contains("is there already"), "{notes}");
    let push = ["integration", "push", "--file", &file];
    edit(&mia, "description = \"\"", "description = \"From the file\" # ours");
    mia.ok(&push).await;
    edit(&mia, "From the file", "From the file again");
    mia.ok(&push).await;

    // Somebody else edits it meanwhile, without the file.
    let set = ["integration", "info", "set", "--integration", "acme-mail"];
    mia.ok(&[&set[..], &["website=https://acme.example/mail"]].concat()).await;
    edit(&mia, "supportEmail = \"\"", "supportEmail = \"support@acme.example\"");
    let notes = mia.fails(1, &push).await;
    assert!(notes.contains("was edited elsewhere") && notes.contains("pull"), "{notes}");

    // Pulled, their change is in the file, with comments and order as they were.
    let pulled = mia.ok(&["integration", "pull", "--file", &file]).await;
    assert!(pulled.contains("website") && pulled.contains("supportEmail"), "{pulled}");
    let text = fs::read_to_string(&file).expect("it is there");
    assert!(text.contains("website = \"https://acme.example/mail\""), "{text}");
    assert!(text.contains("# Where we forward questions."), "comments stay: {text}");
    edit(&mia, "From the file again", "Both");
    mia.ok(&push).await;
    let info = mia.json(&["integration", "info", "show", "acme-mail"]).await;
    let info = &info["integration"]["info"];
    assert_eq!(info["description"], "Both");
    assert_eq!(info["website"], "https://acme.example/mail");

    // Where the repository alone decides.
    mia.ok(&[&set[..], &["description=Theirs"]].concat()).await;
    mia.fails(1, &push).await;
    mia.ok(&[&push[..], &["--force"]].concat()).await;
    let info = mia.json(&["integration", "info", "show", "acme-mail"]).await;
    assert_eq!(info["integration"]["info"]["description"], "Both");

    // A new name goes with it; wrong values are told by their place in the file.
    edit(&mia, "name = \"Acme Mail\"", "name = \"Acme Mailer\"");
    edit(&mia, "primaryCategory = \"\"", "primaryCategory = \"Nonsense\"");
    let notes = mia.fails(1, &push).await;
    assert!(notes.contains("headwater: /primaryCategory: ") && notes.contains(&file), "{notes}");
    edit(&mia, "Nonsense", "Email Marketing");
    mia.ok(&push).await;
    let shown = mia.ok(&["integration", "show", "acme-mail"]).await;
    assert!(shown.contains("Acme Mailer") && shown.contains("Email Marketing"), "{shown}");
    site.stop().await;
}

#[tokio::test]
async fn pictures_go_both_ways() {
    let (site, _, mia) = acme().await;
    let mark = mia.file("round.svg");
    fs::write(&mark, MARK).expect("it can be written");
    let mark = mark.display().to_string();
    let asset = |purpose: &'static str| ["integration", "asset", purpose];
    let which = ["--integration", "acme-mail"];
    mia.ok(&[&asset("mark")[..], &[&mark], &which].concat()).await;
    let notes = mia.fails(1, &[&asset("logo")[..], &["/no/such/file.svg"], &which].concat()).await;
    assert!(notes.contains("cannot read /no/such/file.svg"), "{notes}");
    let png = mia.file("not.png");
    fs::write(&png, "no picture").expect("it can be written");
    let png = png.display().to_string();
    let notes = mia.fails(1, &[&asset("screenshot")[..], &[&png], &which].concat()).await;
    assert!(notes.contains("(bad_picture)"), "{notes}");

    // The file gets the picture, and sending it back changes nothing.
    let file = mia.file("headwater-source.toml").display().to_string();
    mia.ok(&["integration", "init", "acme-mail", "--file", &file]).await;
    let notes = mia.fails(1, &["integration", "push", "--file", &file]).await;
    assert!(notes.contains("edited elsewhere"), "the file has never seen the mark: {notes}");
    mia.ok(&["integration", "pull", "--file", &file]).await;
    let text = fs::read_to_string(&file).expect("it is there");
    assert!(text.contains("mark = \"mark.svg\""), "{text}");
    assert!(mia.file("mark.svg").exists());
    let before = mia.json(&["integration", "show", "acme-mail"]).await;
    mia.ok(&["integration", "push", "--file", &file]).await;
    let after = mia.json(&["integration", "show", "acme-mail"]).await;
    let mark = |shown: &serde_json::Value| shown["integration"]["info"]["mark"].clone();
    assert_eq!(mark(&before), mark(&after));
    let pulled = mia.ok(&["integration", "pull", "--file", &file]).await;
    assert!(pulled.ends_with("nothing differed\n"), "{pulled}");
    site.stop().await;
}

#[tokio::test]
async fn an_operator_removes_and_restores() {
    let (site, olga, mia) = acme().await;
    let all = olga.ok(&["review", "integrations", "--search", "acme"]).await;
    assert!(all.contains("acme-mail"), "{all}");
    let remove = ["review", "remove", "acme-mail"];
    olga.fails(2, &[&remove[..], &["--reason", "gone"]].concat()).await;
    let notes = olga.fails(1, &[&remove[..], &["--yes"]].concat()).await;
    assert!(notes.contains("headwater: /reason: "), "{notes}");
    let removed = olga.ok(&[&remove[..], &["--reason", "gone", "--yes"]].concat()).await;
    assert_eq!(removed, "acme-mail is UNAVAILABLE now\n");
    let status = mia.ok(&["integration", "status", "acme-mail"]).await;
    assert!(status.contains("gone"), "{status}");
    let restore = ["review", "restore", "acme-mail", "--reason", "back"];
    assert_eq!(olga.ok(&restore).await, "acme-mail is PRIVATE_BUILDING now\n");
    olga.fails(1, &["review", "deprecate", "acme-mail", "--reason", "x"]).await;
    mia.fails(1, &["review", "integrations"]).await;
    site.stop().await;
}

#[tokio::test]
async fn an_application_can_be_declined_or_taken_back() {
    let site = Site::start().await;
    let olga = site.operator("olga@headwater.example").await;
    olga.log_in().await;
    let mia = site.person("mia@acme.example").await;
    mia.log_in().await;
    assert!(mia.ok(&["apply", "status"]).await.starts_with("no application yet"));
    let apply = [
        "apply",
        "--company-name",
        "Acme Labs",
        "--company-website",
        "https://acme.example",
        "--data-in",
        "SDK",
        "--data-out",
        "Mails",
        "--used-for",
        "Campaigns",
        "--heard-from",
        "A customer",
    ];
    let notes = mia.fails(2, &apply).await;
    assert!(notes.contains("--accept-agreements"), "{notes}");
    let ran = mia.type_in("yes\n", true, &apply).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);
    assert!(ran.notes.contains("the partner agreement ("), "{}", ran.notes);
    mia.fails(2, &["apply", "withdraw"]).await;
    mia.ok(&["apply", "withdraw", "--yes"]).await;
    mia.ok(&[&apply[..], &["--accept-agreements"]].concat()).await;
    let queue = olga.json(&["application", "list", "--status", "submitted"]).await;
    let id = queue["id"].as_str().expect("text");
    let shown = olga.ok(&["application", "show", id]).await;
    assert!(shown.contains("At company"), "{shown}");
    olga.ok(&["application", "decline", id, "--note", "There is no product yet"]).await;
    assert!(mia.ok(&["apply", "status"]).await.contains("There is no product yet"));
    olga.fails(1, &["application", "invite", id]).await;
    site.stop().await;
}

#[tokio::test]
async fn a_team_grows_and_keeps_an_admin() {
    let (site, _, mia) = acme().await;
    assert!(mia.ok(&["partner", "show"]).await.contains("Acme Labs"));
    mia.ok(&["partner", "invite", "noa@acme.example"]).await;
    assert!(mia.ok(&["partner", "team"]).await.contains("noa@acme.example  builder"));
    let noa = site.person("noa@acme.example").await;
    noa.log_in().await;
    noa.fails(1, &["partner", "show"]).await;
    let token = site.world.mailed_token("noa@acme.example", "PartnerTeamInvitation").await;
    noa.ok(&["invitation", "accept", &token]).await;
    assert!(noa.ok(&["integration", "list"]).await.contains("acme-mail"));
    noa.fails(1, &["partner", "invite", "eve@example.com"]).await;
    let notes = mia.fails(1, &["partner", "set-role", "mia@acme.example"]).await;
    assert!(notes.contains("(last_admin)"), "{notes}");
    mia.ok(&["partner", "set-role", "noa@acme.example", "--role", "admin"]).await;
    mia.fails(2, &["partner", "remove", "mia@acme.example"]).await;
    mia.ok(&["partner", "remove", "mia@acme.example", "--yes"]).await;
    mia.fails(1, &["integration", "list"]).await;
    mia.fails(1, &["partner", "team"]).await;
    noa.ok(&["partner", "invite", "late@acme.example"]).await;
    noa.ok(&["partner", "uninvite", "late@acme.example"]).await;
    site.stop().await;
}

#[tokio::test]
async fn each_trail_is_listed_written_out_and_verified() {
    let (site, olga, mia) = acme().await;
    mia.ok(&["workspace", "create", "Acme", "--use"]).await;
    for (person, whose, kind) in [
        (&mia, "workspace", "Workspace Created"),
        (&mia, "partner", "Integration Created"),
        (&olga, "platform", "Application Submitted"),
    ] {
        let listed = person.ok(&["audit", "list", "--of", whose, "--type", kind]).await;
        assert!(listed.contains(kind) && listed.contains("mia@acme.example"), "{listed}");
        let export = ["audit", "export", "--of", whose, "--type", kind];
        let csv = person.ok(&export).await;
        assert!(csv.starts_with("id,timestamp,type") && csv.lines().count() == 2, "{csv}");
        let lines = person.ok(&[&export[..], &["--format", "ndjson"]].concat()).await;
        let event: serde_json::Value = serde_json::from_str(&lines).expect("one entry");
        assert_eq!(event["type"], kind);
        assert_eq!(person.ok(&["audit", "verify", "--of", whose]).await, "the trail is whole\n");
        let none = ["audit", "list", "--of", whose, "--actor", "nobody@x.example"];
        assert_eq!(person.ok(&none).await, "nothing was changed\n");
    }
    let notes = mia.fails(1, &["audit", "verify", "--of", "platform"]).await;
    assert!(notes.contains("operators_only"), "{notes}");
    let alter = "UPDATE audit SET actor = 'nobody' WHERE scope = 'platform' AND number = 2;";
    let mut write = site.world.api.db.write().await.expect("the database is there");
    store::dump::run(&mut write, alter).await.expect("it can be altered");
    write.commit().await.expect("it can be altered");
    let notes = olga.fails(1, &["audit", "verify", "--of", "platform"]).await;
    assert!(notes.contains("entry 2 of the trail was altered"), "{notes}");
    site.stop().await;
}
