#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path, sync::Arc};

use http::Method;
use serde_json::{Value, json};

use crate::testing::{
    Who, World,
    journey::{Busy, LOGO},
};

async fn partner(world: &World) -> Who {
    let mia = world.known("mia@acme.example").await;
    world.partner("Acme Labs", "mia@acme.example").await;
    mia
}

#[tokio::test]
async fn a_slug_is_checked_before_it_is_taken_and_never_changes() {
    for world in World::all().await {
        let mia = partner(&world).await;
        let check = async |slug: &str| {
            let path = format!("/integrations/slug-check?slug={slug}");
            let reply = world.get(&mia, &path).await.expect(200);
            (reply.at("/available").as_bool().unwrap(), reply.at("/problem/code").clone())
        };
        let free = world.get(&mia, "/integrations/slug-check?slug=acme-mail").await.expect(200);
        assert_eq!((free.at("/available"), free.at("/problem")), (&json!(true), &Value::Null));
        for bad in ["Acme", "a", "acme--mail", "-acme", "admin", "acme_mail"] {
            assert!(!check(bad).await.0, "{bad:?}");
            let new = json!({ "name": "Acme Mail", "slug": bad });
            let refused = world.post(&mia, "/integrations", new).await.expect(422);
            assert_eq!(refused.body["errors"][0]["pointer"], "/slug", "{:#}", refused.body);
        }
        let new = json!({ "name": "Acme Mail", "slug": "acme-mail" });
        let made = world.post(&mia, "/integrations", new).await.expect(201);
        let taken = world.get(&mia, "/integrations/slug-check?slug=acme-mail").await.expect(200);
        assert_eq!(taken.at("/available"), false);
        let suggested = taken.text("/suggestions/0");
        assert!(suggested.starts_with("acme-mail"), "{suggested}");
        let path = format!("/integrations/{}", made.text("/integration/id"));
        let moved = world.patch(&mia, &path, json!({ "name": "B", "slug": "other" })).await;
        moved.refused(422, "unknown_field");
        let renamed = world.patch(&mia, &path, json!({ "name": "Acme Letters" })).await.expect(200);
        assert_eq!(renamed.at("/integration/slug"), "acme-mail");
        assert_eq!(renamed.at("/integration/name"), "Acme Letters");
    }
}

#[tokio::test]
async fn what_is_missing_is_listed_with_its_field_and_fix_until_nothing_is() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let mia = partner(&world).await;
        let new = json!({ "name": "Acme Mail", "slug": "acme-mail" });
        let made = world.post(&mia, "/integrations", new).await.expect(201);
        let path = format!("/integrations/{}", made.text("/integration/id"));
        let empty = world.get(&mia, &format!("{path}/completeness")).await.expect(200);
        let missing = empty.at("/missing").as_array().unwrap();
        for field in ["/description", "/logo", "/mark", "/primaryCategory", "/supportEmail"] {
            let found = missing.iter().find(|one| one["pointer"] == field);
            let found = found.unwrap_or_else(|| panic!("{field} is not missed: {missing:#?}"));
            assert!(!found["fix"].as_str().unwrap().is_empty());
        }
        world.post(&mia, &format!("{path}/submissions"), Value::Null).await.expect(422);
        let other = Box::pin(world.integration(&mia, "acme-sent")).await;
        let full =
            world.get(&mia, &format!("/integrations/{other}/completeness")).await.expect(200);
        assert_eq!(full.at("/missing"), &json!([]));

        // Every wrong field at once; nothing of it is kept.
        let page = world.get(&mia, &path).await.expect(200);
        let put = format!("{path}/info");
        let wrong = json!({
            "website": "ftp://acme.example", "primaryCategory": "Nonsense",
            "supportEmail": "nobody", "logo": "0".repeat(64), "regions": ["mars"],
        });
        world.call(&mia, Method::PUT, &put, wrong.clone()).await.refused(428, "if_match_required");
        let seen = [("if-match", page.headers["etag"].to_str().unwrap())];
        let reply = world.call_with(&mia, Method::PUT, &put, wrong, &seen).await.expect(422);
        let mut pointers: Vec<&str> = Vec::new();
        for fault in reply.body["errors"].as_array().unwrap() {
            pointers.push(fault["pointer"].as_str().unwrap());
        }
        for pointer in ["/website", "/primaryCategory", "/supportEmail", "/logo"] {
            assert!(pointers.contains(&pointer), "{pointer} is not among {pointers:?}");
        }
        assert_eq!(
            world.get(&mia, &path).await.at("/integration/info"),
            page.at("/integration/info")
        );
    }
}

#[tokio::test]
async fn a_private_source_is_installed_by_its_team_into_their_own_workspaces_only() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let mia = partner(&world).await;
        let id = Box::pin(world.integration(&mia, "acme-mail")).await;
        let carol = world.known("carol@globex.example").await;
        let globex = world.workspace(&carol, "globex").await;
        let path = format!("/integrations/{id}/workspaces");
        let add = |workspace: &str| world.post(&mia, &path, json!({ "workspace": workspace }));
        let theirs = add("globex").await.expect(422).body;
        let nowhere = add("nowhere").await.expect(422).body;
        assert_eq!(theirs, nowhere, "another's workspace sounds like none");
        let guess = json!({ "metadataId": "acme-mail", "slug": "mails" });
        let hidden = world.post(&globex, "/sources", guess).await.refused(422, "unknown");
        let absent = json!({ "metadataId": "acme-none", "slug": "mails" });
        let absent = world.post(&globex, "/sources", absent).await.refused(422, "unknown");
        let same = |reply: &crate::testing::Reply| reply.text.replace("acme-none", "acme-mail");
        assert_eq!(same(&hidden), same(&absent));
        world.get(&carol, "/catalog/sources/acme-mail/install").await.expect(404);
        let link = world.get(&mia, "/catalog/sources/acme-mail/install").await.expect(200);
        assert_eq!(link.at("/install/installable"), true);
        assert!(link.text("/install/url").ends_with("/w/acme-mail-test/catalog/acme-mail"));
        let second = add("acme-mail-test").await.expect(201);
        assert_ne!(second.text("/slug"), "acme-mail", "the name was taken there");
    }
}

fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content/corpus").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let read = |file: fs::DirEntry| {
        (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).unwrap())
    };
    files.map(read).collect()
}

/// What must never be in what is served, by whatever name it came in.
const ACTIVE: [&str; 14] = [
    "<script",
    "javascript:",
    "onload",
    "onclick",
    "onerror",
    "onbegin",
    "<foreignobject",
    "<iframe",
    "<!doctype",
    "<!entity",
    "<image",
    "<use",
    "@import",
    "http-equiv",
];

#[tokio::test]
async fn a_draft_is_given_up_by_an_admin_and_brought_back_by_an_operator() {
    for world in World::all().await {
        let mia = partner(&world).await;
        let operator = world.known_operator("olga@headwater.example").await;
        let new = json!({ "name": "Acme Mail", "slug": "acme-mail" });
        let made = world.post(&mia, "/integrations", new.clone()).await.expect(201);
        assert!(made.at("/integration/allowed").as_array().unwrap().contains(&json!("remove")));
        let path = format!("/integrations/{}", made.text("/integration/id"));
        let give_up =
            |reason: &str| world.call(&mia, Method::DELETE, &path, json!({ "reason": reason }));
        give_up(" ").await.refused(422, "reason_missing");
        let gone = give_up("we make another one").await.expect(200);
        assert_eq!(gone.at("/integration/status"), "UNAVAILABLE");
        give_up("again").await.refused(409, "wrong_state");
        world.post(&mia, "/integrations", new).await.refused(422, "taken");
        let actions = format!("/operator{path}/actions");
        world.post(&operator, &actions, json!({ "action": "restore" })).await.expect(200);
        let back = world.get(&mia, &path).await.expect(200);
        assert_eq!(back.at("/integration/status"), "PRIVATE_BUILDING");
        assert_eq!(back.at("/integration/removedReason"), &Value::Null);
    }
}

/// Words in an id, which is quoted, are no markup.
fn without_ids(svg: &str) -> String {
    let mut parts = svg.split(" id=\"");
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        kept.push_str(part.split_once('"').unwrap().1);
    }
    kept
}

#[tokio::test]
async fn nothing_active_comes_out_of_a_hostile_picture() {
    let world = World::new().await;
    let mia = partner(&world).await;
    let new = json!({ "name": "Acme Mail", "slug": "acme-mail" });
    let made = world.post(&mia, "/integrations", new).await.expect(201);
    let path = format!("/integrations/{}/assets/logo", made.text("/integration/id"));
    let (mut kept, mut refused) = (0, 0);
    for (name, bytes) in corpus("svg") {
        let reply = world.upload(&mia, &path, &bytes).await;
        if name.starts_with("refused-") {
            let fault = &reply.expect(422).body["errors"][0];
            assert_eq!(fault["code"], "bad_picture", "{name}");
            assert!(!fault["fix"].as_str().unwrap().is_empty(), "{name}: what to do?");
            refused += 1;
            continue;
        }
        let made = reply.expect(201);
        let url = made.text("/asset/url");
        let served =
            world.get(&Who::default(), url.strip_prefix("/api").unwrap()).await.expect(200);
        let text = without_ids(&served.text).to_lowercase();
        for active in ACTIVE {
            assert!(!text.contains(active), "{name}: {active} in {}", served.text);
        }
        assert_eq!(served.headers["content-type"], "image/svg+xml");
        assert_eq!(served.headers["x-content-type-options"], "nosniff");
        let policy = served.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
        let url = made.text("/asset/previewUrl");
        let png = world.get(&Who::default(), url.strip_prefix("/api").unwrap()).await.expect(200);
        assert_eq!(png.headers["content-type"], "image/png");
        assert!(png.text.starts_with("\u{fffd}PNG"), "{name}");
        kept += 1;
    }
    assert!(kept > 40 && refused > 40, "{kept} kept, {refused} refused: where is the corpus?");
    let wide = world.upload(&mia, &path.replace("logo", "mark"), LOGO).await;
    wide.refused(422, "bad_picture");
    let shot = path.replace("logo", "screenshot");
    world.upload(&mia, &shot, LOGO).await.refused(422, "bad_picture");
    world.upload(&mia, &path.replace("logo", "poster"), LOGO).await.refused(422, "not_allowed");
    let fits = vec![b' '; 2 << 20];
    world.upload(&mia, &shot, &fits).await.refused(422, "bad_picture");
    let large = vec![b' '; (2 << 20) + 1];
    world.upload(&mia, &shot, &large).await.refused(413, "too_large");
}

#[tokio::test]
async fn nothing_active_comes_out_of_a_hostile_text() {
    let world = World::new().await.watching(Arc::new(Busy));
    let mia = partner(&world).await;
    let operator = world.known_operator("olga@headwater.example").await;
    let id = Box::pin(world.integration(&mia, "acme-mail")).await;
    let (mut taken, mut refused) = (0, 0);
    for (name, bytes) in corpus("markdown") {
        let text = String::from_utf8(bytes).unwrap();
        let mut info = world.info(&mia, &id).await;
        info["description"] = json!(text.chars().take(500).collect::<String>());
        info["docs"]["gettingStarted"] = json!(text);
        let page = world.get(&mia, &format!("/integrations/{id}")).await.expect(200);
        let seen = [("if-match", page.headers["etag"].to_str().unwrap())];
        let path = format!("/integrations/{id}/info");
        let reply = world.call_with(&mia, Method::PUT, &path, info, &seen).await;
        if reply.status == 422 {
            refused += 1;
            continue;
        }
        reply.expect(200);
        taken += 1;
        let preview = world.get(&mia, &format!("/integrations/{id}/preview")).await.expect(200);
        let mut shown = vec![preview.text("/descriptionHtml")];
        for section in preview.at("/sections").as_array().unwrap() {
            shown.push(section["html"].as_str().unwrap().to_owned());
        }
        for html in shown {
            let html = html.to_lowercase();
            for tag in html.split('<').skip(1) {
                let tag = tag.trim_start_matches('/').split(['>', ' ', '/']).next().unwrap();
                let known = "p h1 h2 h3 h4 h5 h6 ul ol li em strong del code pre blockquote a \
                             table thead tbody tr th td br hr";
                assert!(known.split(' ').any(|known| known == tag), "{name}: <{tag}> in {html}");
            }
            assert!(!html.contains("href=\"javascript"), "{name}: {html}");
            assert!(!html.contains("href=\"data:"), "{name}: {html}");
        }
    }
    assert!(taken > 2 && taken + refused > 15, "{taken} taken, {refused} refused");
    world.get(&operator, "/operator/integrations").await.expect(200);
}
