//! A customer's side: workspaces, sources, destinations, the catalog.

use api::{Options, testing::World};

use super::world::{Person, Site};

async fn acme() -> (Site, Person) {
    let options = Options {
        requests_per_minute: 100_000,
        definitions: destinations::all().iter().map(|kind| kind.definition()).collect(),
        ..Options::default()
    };
    let site = Site::of(World::with(options).await);
    let ada = site.person("ada@example.com").await;
    ada.log_in().await;
    ada.ok(&["workspace", "create", "Acme", "--use"]).await;
    (site, ada)
}

#[tokio::test]
async fn a_source_from_its_creation_to_its_end() {
    let (site, ada) = acme().await;
    assert!(ada.ok(&["source", "list"]).await.starts_with("no sources"));
    ada.ok(&["source", "create", "http-api", "--slug", "backend", "--name", "Backend"]).await;
    let notes = ada.fails(1, &["source", "create", "no-such-thing"]).await;
    assert!(notes.contains("headwater: /metadataId: ") && notes.contains("(unknown)"), "{notes}");
    assert!(notes.contains("  expected "), "{notes}");
    let notes = ada.fails(1, &["source", "create", "http-api", "--slug", "Not A Slug"]).await;
    assert!(notes.contains("headwater: /slug: "), "{notes}");
    let listed = ada.ok(&["source", "list"]).await;
    assert_eq!(
        listed,
        "\
SLUG     NAME     FROM      ENABLED  LAST DATA  LABELS
backend  Backend  http-api  yes      -          -
"
    );

    let key = ada.ok(&["source", "keys", "create", "backend"]).await;
    let listed = ada.ok(&["source", "keys", "list", "backend"]).await;
    assert_eq!(listed.lines().count(), 3, "{listed}");
    ada.ok(&["source", "keys", "revoke", "backend", key.trim(), "--yes"]).await;
    let left = ada.json(&["source", "keys", "list", "backend"]).await;
    let left = left["writeKey"].as_str().expect("text");
    let notes = ada.fails(1, &["source", "keys", "revoke", "backend", left, "--yes"]).await;
    assert!(notes.contains("(last_write_key)"), "{notes}");

    let events = ["source", "schema", "list", "backend"];
    assert!(ada.ok(&events).await.starts_with("no events are set"));
    let block = ["source", "schema", "block", "backend", "Debug Ping"];
    assert_eq!(ada.ok(&block).await, "Debug Ping is blocked\n");
    let listed = ada.json(&events).await;
    assert_eq!((&listed["name"], &listed["blocked"]), (&"Debug Ping".into(), &true.into()));
    let hook = ["destination", "create", "webhook", "--source", "backend", "--name", "Hook"];
    ada.ok(&[&hook[..], &["-s", "url=https://example.com/hook"]].concat()).await;
    let switch = ["source", "schema", "switch", "backend", "Debug Ping", "Hook", "off"];
    assert_eq!(ada.ok(&switch).await, "Debug Ping does not go to Hook\n");
    ada.ok(&["source", "schema", "unblock", "backend", "Debug Ping"]).await;
    let listed = ada.ok(&events).await;
    let row: Vec<&str> = listed.lines().nth(1).expect("a row").split_whitespace().collect();
    assert_eq!(row[..5], ["Debug", "Ping", "no", "no", "Hook"]);
    let nowhere = ["source", "schema", "switch", "backend", "Debug Ping", "Nowhere", "off"];
    let notes = ada.fails(1, &nowhere).await;
    assert!(notes.contains("(unknown_destination)"), "{notes}");
    ada.ok(&["destination", "delete", "Hook", "--yes"]).await;

    ada.ok(&["source", "disable", "backend"]).await;
    assert_eq!(ada.json(&["source", "list", "--status", "disabled"]).await["slug"], "backend");
    ada.ok(&["source", "enable", "backend"]).await;
    let set = ada.ok(&["source", "set", "backend", "--name", "Our backend", "--slug", "be"]).await;
    assert!(set.contains("Our backend"), "{set}");

    ada.ok(&["workspace", "labels", "create", "team=mail"]).await;
    ada.ok(&["source", "set", "be", "--label", "team=mail"]).await;
    assert!(ada.ok(&["source", "list"]).await.contains("  team=mail"));
    let delete_label = ["workspace", "labels", "delete", "team=mail", "--yes"];
    let notes = ada.fails(1, &delete_label).await;
    assert!(notes.contains("(in_use)"), "{notes}");

    // Nothing is deleted by accident.
    let delete = ["source", "delete", "be"];
    ada.fails(2, &delete).await;
    let ran = ada.type_in("n\n", true, &delete).await;
    assert_eq!(ran.code, 2);
    assert!(ran.notes.contains("Delete the source be"), "{}", ran.notes);
    ada.ok(&["source", "show", "be"]).await;
    let ran = ada.type_in("y\n", true, &delete).await;
    assert_eq!(ran.code, 2, "only its name deletes a source");
    let ran = ada.type_in("be\n", true, &delete).await;
    assert_eq!(ran.code, 0, "{}", ran.notes);
    let notes = ada.fails(1, &["source", "show", "be"]).await;
    assert!(notes.contains("source not found (not_found)"), "{notes}");
    ada.ok(&delete_label).await;
    assert!(!ada.ok(&["workspace", "labels", "list"]).await.contains("mail"));
    site.stop().await;
}

#[tokio::test]
async fn a_destination_is_off_until_it_is_enabled() {
    let (site, ada) = acme().await;
    ada.ok(&["source", "create", "http-api", "--slug", "backend"]).await;
    let types = ada.ok(&["destination", "types"]).await;
    assert!(types.contains("\nwebhook "), "{types}");
    let settings = ada.ok(&["destination", "types", "webhook"]).await;
    assert!(settings.contains("SETTING") && settings.contains("\nurl "), "{settings}");
    let create = ["destination", "create", "webhook", "--source", "backend", "--name", "Hook"];
    let notes = ada.fails(1, &create).await;
    assert!(notes.contains("headwater: /settings/url: "), "{notes}");
    let made = ada.json(&[&create[..], &["-s", "url=https://example.com/hook"]].concat()).await;
    assert_eq!(made["destination"]["enabled"], false);
    ada.ok(&["destination", "enable", "Hook"]).await;
    let listed = ada.ok(&["destination", "list", "--source", "backend"]).await;
    assert!(listed.contains("Hook  webhook  yes"), "{listed}");
    let set = ["destination", "set", "Hook", "-s", "url=https://example.com/other"];
    assert!(ada.ok(&set).await.contains("https://example.com/other"));
    ada.ok(&["destination", "disable", "Hook"]).await;
    let notes = ada.fails(1, &["destination", "show", "No such hook"]).await;
    assert!(notes.contains("there is no destination \"No such hook\""), "{notes}");
    ada.fails(2, &["destination", "delete", "Hook"]).await;
    ada.ok(&["destination", "delete", "Hook", "--yes"]).await;
    assert!(ada.ok(&["destination", "list"]).await.starts_with("no destinations"));
    site.stop().await;
}

#[tokio::test]
async fn members_come_by_invitation_and_go() {
    let (site, ada) = acme().await;
    let invite = ["workspace", "invite", "grace@example.com", "--role", "source_admin"];
    assert_eq!(ada.ok(&invite).await, "1 person is invited by mail\n");
    let notes = ada.fails(1, &["workspace", "invite", "a@b.example", "--role", "emperor"]).await;
    assert!(notes.contains("headwater: /invites/0/permissions/0"), "{notes}");
    let pending = ada.ok(&["workspace", "invitations"]).await;
    assert!(pending.contains("grace@example.com  source_admin"), "{pending}");

    let grace = site.person("grace@example.com").await;
    grace.log_in().await;
    let token = site.world.mailed_token("grace@example.com", "WorkspaceInvitation").await;
    let welcome = grace.ok(&["invitation", "accept", &token]).await;
    assert!(welcome.contains("the workspace acme now"), "{welcome}");
    grace.fails(1, &["invitation", "accept", &token]).await;
    grace.ok(&["workspace", "use", "acme"]).await;
    grace.fails(1, &["workspace", "use", "somebody-elses"]).await;
    grace.fails(1, &["workspace", "members"]).await;
    let members = ada.ok(&["workspace", "members"]).await;
    assert!(members.contains("grace@example.com"), "{members}");
    ada.ok(&["workspace", "grant", "grace@example.com", "--role", "workspace_owner"]).await;
    grace.ok(&["workspace", "members"]).await;

    ada.ok(&["workspace", "remove-member", "grace@example.com", "--yes"]).await;
    grace.fails(1, &["workspace", "show"]).await;
    let notes = ada.fails(1, &["workspace", "remove-member", "ada@example.com", "--yes"]).await;
    assert!(notes.contains("(last_owner)"), "{notes}");

    ada.ok(&["workspace", "invite", "late@example.com"]).await;
    ada.ok(&["workspace", "uninvite", "late@example.com"]).await;
    assert_eq!(ada.ok(&["workspace", "invitations"]).await, "nobody is invited\n");
    ada.ok(&["workspace", "rename", "--name", "Acme Inc."]).await;
    ada.fails(2, &["workspace", "delete", "acme"]).await;
    ada.ok(&["workspace", "delete", "acme", "--yes"]).await;
    assert!(ada.ok(&["workspace", "list"]).await.starts_with("no workspaces"));
    site.stop().await;
}

#[tokio::test]
async fn the_catalog_is_open_to_everybody_page_by_page() {
    let (site, _) = acme().await;
    let nobody = Person::new(&site.url, "nobody");
    let all = nobody.ok(&["catalog", "list"]).await;
    assert!(all.contains("\nhttp-api "), "{all}");
    let found = nobody.ok(&["catalog", "search", "http", "api"]).await;
    assert!(found.contains("http-api"), "{found}");
    let notes = nobody.fails(1, &["catalog", "list", "--category", "nonsense"]).await;
    assert!(notes.contains("headwater: /category: ") && notes.contains("(unknown)"), "{notes}");
    let categories = nobody.ok(&["catalog", "categories"]).await;
    assert!(categories.starts_with("CATEGORY"), "{categories}");
    let shown = nobody.ok(&["catalog", "show", "http-api"]).await;
    assert!(shown.ends_with("headwater source create http-api\n"), "{shown}");
    site.stop().await;
}

#[tokio::test]
async fn a_login_opens_what_a_source_received() {
    let (site, ada) = acme().await;
    let made = ada.json(&["source", "create", "http-api", "--slug", "backend"]).await;
    site.routed(made["source"]["id"].as_str().expect("text")).await;
    let event = ["--event", "Order Completed", "--user-id", "u-1", "--message-id", "m-1"];
    let sent = ada.run(&[&["send", "--source", "backend"][..], &event].concat()).await;
    assert_eq!(sent.code, 0, "{}", sent.notes);
    assert!(sent.notes.contains("`headwater trace m-1 --source backend`"), "{}", sent.notes);
    let tailed = ada.ok(&["tail", "--source", "backend", "--recent", "5", "-n", "1"]).await;
    assert!(tailed.contains("Order Completed"), "{tailed}");
    let traced = ada.ok(&["trace", "m-1", "--source", "backend"]).await;
    assert!(traced.starts_with("m-1  accepted  TRACK Order Completed"), "{traced}");
    let notes = ada.fails(2, &["tail", "-n", "1"]).await;
    assert!(notes.contains("name one with --source"), "{notes}");
    ada.fails(2, &["trace", "m-1"]).await;

    // A data directory that is named goes before the login.
    std::fs::write(ada.file("api-token"), "hwd_of_another_server").expect("it can be written");
    let home = ada.home.path().display().to_string();
    let notes = ada.fails(1, &["tail", "--source", "backend", "--data-dir", &home]).await;
    assert!(notes.contains("does not accept this API token"), "{notes}");

    let grace = site.person("grace@example.com").await;
    let nobody = ["tail", "--source", "backend", "--data-dir", "nowhere"];
    let notes = grace.fails(2, &nobody).await;
    assert!(notes.contains("`headwater login`"), "{notes}");
    grace.log_in().await;
    let notes = grace.fails(1, &nobody).await;
    assert!(notes.contains("`headwater workspace use`"), "{notes}");
    let notes = grace.fails(1, &[&nobody[..], &["--workspace", "acme"]].concat()).await;
    assert!(notes.contains("not found"), "{notes}");
    site.stop().await;
}

#[tokio::test]
async fn filters_mappings_and_pace_of_a_destination() {
    let (site, ada) = acme().await;
    ada.ok(&["source", "create", "http-api", "--slug", "backend"]).await;
    let url = "url=https://example.com/hook";
    let create = ["destination", "create", "webhook", "--source", "backend", "--name", "Hook"];
    ada.ok(&[&create[..], &["-s", url]].concat()).await;

    let pace = ["destination", "set", "Hook", "--rate", "20", "--retry-for", "48"];
    let set = ada.json(&pace).await;
    assert_eq!(set["destination"]["ratePerSecond"], 20);
    let set = ada.json(&["destination", "set", "Hook", "--rate", "none"]).await;
    assert_eq!(set["destination"]["ratePerSecond"], serde_json::Value::Null);
    assert_eq!(set["destination"]["retryForHours"], 48, "what is left out stays");
    ada.fails(2, &["destination", "set", "Hook"]).await;
    let notes = ada.fails(1, &["destination", "set", "Hook", "--retry-for", "1"]).await;
    assert!(notes.contains("/retryForHours") && notes.contains("(out_of_range)"), "{notes}");

    let filters = |what: &'static str| ["destination", "filters", what, "Hook"];
    assert!(ada.ok(&filters("list")).await.starts_with("no filters"));
    let pings = ["--title", "No pings", "--if", "event = 'Ping'", "--drop"];
    let made = ada.json(&[&filters("create")[..], &pings].concat()).await;
    assert_eq!(made["filter"]["actions"], serde_json::json!([{ "type": "DROP" }]));
    let orders = ["--title", "Orders", "--only-send", "match( event, 'Order *' )", "--disabled"];
    let made = ada.json(&[&filters("create")[..], &orders].concat()).await;
    assert_eq!(made["filter"]["if"], "!( match( event, 'Order *' ) )");
    assert_eq!(made["filter"]["enabled"], false);
    let wrong = ["No pings", "--if", "event =="];
    let notes = ada.fails(1, &[&filters("set")[..], &wrong].concat()).await;
    assert!(notes.contains("headwater: /if: ") && notes.contains("(invalid_fql)"), "{notes}");
    let notes = ada.fails(1, &[&filters("set")[..], &["No pings", "--action", "{"]].concat()).await;
    assert!(notes.contains("--action is no JSON"), "{notes}");
    ada.ok(&[&filters("set")[..], &["No pings", "--title", "Silence"]].concat()).await;
    ada.ok(&[&filters("disable")[..], &["Silence"]].concat()).await;
    let listed = ada.ok(&filters("list")).await;
    assert!(listed.contains("Silence") && listed.contains("Orders"), "{listed}");
    assert!(!listed.contains("yes"), "both are off: {listed}");
    ada.fails(1, &[&filters("show")[..], &["No pings"]].concat()).await;
    ada.ok(&[&filters("delete")[..], &["Silence", "--yes"]].concat()).await;

    let mappings = |what: &'static str| ["destination", "mappings", what, "Hook"];
    assert!(ada.ok(&mappings("list")).await.starts_with("no mappings"));
    let whole = ["--name", "All", "--action", "send"];
    let made = ada.json(&[&mappings("create")[..], &whole].concat()).await;
    let made = &made["destinationSubscription"];
    assert_eq!(made["settings"]["data"]["@path"], "$.", "as the catalog entry has it");
    let field = r#"data={"@path":"$.properties"}"#;
    let set = ["All", "--trigger", "event = 'Paid'", "--field", field];
    let set = ada.json(&[&mappings("set")[..], &set].concat()).await;
    assert_eq!(set["subscription"]["settings"]["data"]["@path"], "$.properties");
    let notes =
        ada.fails(1, &[&mappings("set")[..], &["All", "--field", "data=null"]].concat()).await;
    assert!(notes.contains("/input/settings/data") && notes.contains("(required)"), "{notes}");
    let unknown = ["--name", "B", "--action", "shout"];
    let notes = ada.fails(1, &[&mappings("create")[..], &unknown].concat()).await;
    assert!(notes.contains("headwater: /actionId: ") && notes.contains("one of send"), "{notes}");
    ada.ok(&[&mappings("disable")[..], &["All"]].concat()).await;
    assert!(ada.ok(&mappings("list")).await.contains("event = 'Paid'"));
    ada.ok(&[&mappings("delete")[..], &["All", "--yes"]].concat()).await;
    assert!(ada.ok(&mappings("list")).await.starts_with("no mappings"));
    site.stop().await;
}
