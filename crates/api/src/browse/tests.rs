#![expect(clippy::unwrap_used, reason = "tests")]

use catalog::{Docs, Info, State, state};
use serde_json::{Value, json};
use store::integrations::{self, Integration};

use crate::{
    destinations::tests::options,
    testing::{Reply, START_MS, Who, World},
};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// An entry of ours in this state, first listed and approved then.
async fn entry(world: &World, slug: &str, state: State, since_ms: Option<i64>) -> Integration {
    let info = Info {
        description: Some(format!("Tells of {slug}.")),
        primary_category: Some("Email Marketing".to_owned()),
        support_email: Some("help@example.com".to_owned()),
        docs: Docs { introduction: Some("It *tells*.".to_owned()), ..Docs::default() },
        ..Info::default()
    };
    let row = Integration {
        id: format!("int_{slug}"),
        partner_id: None,
        kind: "source".to_owned(),
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        state: state.as_str().to_owned(),
        draft: info.canonical(),
        published: since_ms.map(|_| info.canonical()),
        published_name: since_ms.map(|_| slug.to_uppercase()),
        published_at_ms: since_ms,
        approved_at_ms: since_ms,
        listed_at_ms: since_ms,
        removed_reason: None,
        created_by: "acc_1".to_owned(),
        created_at_ms: START_MS,
        updated_at_ms: START_MS,
        version: 1,
        beta_met_at_ms: None,
    };
    let mut write = world.api.db.write().await.unwrap();
    integrations::insert(&mut write, &row).await.unwrap();
    write.commit().await.unwrap();
    row
}

fn slugs(reply: &Reply) -> Vec<&str> {
    let rows = reply.at("/sourcesCatalog").as_array().unwrap();
    rows.iter().map(|row| row["slug"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn our_own_integrations_are_there_once() {
    for world in World::each(options()).await {
        crate::seed(&world.api).await.unwrap();
        let anybody = Who::default();
        let list = world.get(&anybody, "/catalog/sources").await.expect(200);
        assert_eq!(slugs(&list), ["http-api", "server", "javascript"]);
        assert_eq!(list.at("/sourcesCatalog/0/status"), "PUBLIC");
        assert_eq!(list.at("/sourcesCatalog/0/noteworthy"), false);
        let list = world.get(&anybody, "/catalog/destinations").await.expect(200);
        assert_eq!(list.at("/destinationsCatalog").as_array().unwrap().len(), 1);
        let hook = world.get(&anybody, "/catalog/destinations/webhook").await.expect(200);
        assert_eq!(hook.at("/destinationMetadata"), list.at("/destinationsCatalog/0"));
        assert_eq!(
            hook.at("/destinationMetadata/options/2"),
            &json!({
                "name": "secret", "type": "string", "required": false, "label": "Secret",
                "description": "Signs requests.", "sensitive": true
            })
        );
        let none = world.get(&anybody, "/catalog/warehouses?pagination.count=5").await.expect(200);
        assert_eq!(none.at("/warehousesCatalog"), &json!([]));
        world.get(&anybody, "/catalog/warehouses/x").await.expect(404);
        let categories = world.get(&anybody, "/catalog/categories").await.expect(200);
        assert_eq!(
            categories.at("/categories"),
            &json!([
                { "name": "Website", "slug": "website", "count": 1 },
                { "name": "Server", "slug": "server", "count": 2 }
            ])
        );
        let logo = world.get(&anybody, "/catalog/logos/http-api").await.expect(200);
        assert_eq!(logo.headers["content-type"], "image/svg+xml");
        world.get(&anybody, "/catalog/logos/segment").await.expect(200);
        world.get(&anybody, "/catalog/logos/%3Cscript%3E").await.expect(404);
    }
}

#[tokio::test]
async fn what_is_not_listed_leaves_no_trace() {
    for world in World::all().await {
        let before = world.get(&Who::default(), "/catalog/sources").await.expect(200);
        let categories = world.get(&Who::default(), "/catalog/categories").await.expect(200);
        for state in State::ALL.into_iter().filter(|state| !state::listed(*state)) {
            let slug = format!("hid-{}", state.as_str().to_lowercase().replace('_', "-"));
            // Even when it was listed before.
            entry(&world, &slug, state, Some(START_MS)).await;
            let anybody = Who::default();
            for path in [
                format!("/catalog/sources/{slug}"),
                format!("/catalog/sources/int_{slug}"),
                format!("/catalog/destinations/{slug}"),
            ] {
                let hidden = world.get(&anybody, &path).await.expect(404);
                let absent = world.get(&anybody, "/catalog/sources/nowhere").await.expect(404);
                if path.contains("sources") {
                    assert_eq!(hidden.body, absent.body);
                }
            }
            for query in ["search=hid", "category=email-marketing", "featured=new"] {
                let found = world.get(&anybody, &format!("/catalog/sources?{query}")).await;
                assert!(slugs(&found.expect(200)).is_empty(), "{state} by {query}");
            }
        }
        let after = world.get(&Who::default(), "/catalog/sources").await.expect(200);
        assert_eq!(before.body, after.body, "not even the total tells");
        let after = world.get(&Who::default(), "/catalog/categories").await.expect(200);
        assert_eq!(categories.body, after.body);
    }
}

#[tokio::test]
async fn a_beta_ends_by_the_clock() {
    for world in World::all().await {
        let row = entry(&world, "mailer", State::PublicBeta, Some(START_MS)).await;
        let anybody = Who::default();
        let path = format!("/catalog/sources/{}", row.id);
        let end = "2026-12-09T12:00:00.000Z";
        let look = async || {
            let found = world.get(&anybody, &path).await.expect(200);
            let entry = found.at("/sourceMetadata").clone();
            assert!(!entry.to_string().contains("help@example.com"), "support is never shown");
            (entry["status"].clone(), entry["beta"].clone(), entry["noteworthy"].clone())
        };
        assert_eq!(look().await, (json!("PUBLIC_BETA"), json!({ "endsAt": end }), json!(true)));
        world.pass(13 * DAY_MS + 23 * HOUR_MS);
        assert_eq!(look().await, (json!("PUBLIC_BETA"), json!({ "endsAt": end }), json!(true)));
        world.pass(HOUR_MS);
        assert_eq!(look().await, (json!("PUBLIC"), Value::Null, json!(true)));
        world.pass(16 * DAY_MS);
        assert_eq!(look().await, (json!("PUBLIC"), Value::Null, json!(false)));
    }
}

#[tokio::test]
async fn new_and_noteworthy_as_a_query_is_the_rule() {
    for world in World::all().await {
        for (slug, state, days) in [
            ("old-public", State::Public, 30),
            ("young-public", State::Public, 29),
            ("old-beta", State::PublicBeta, 30),
            ("young-beta", State::PublicBeta, 1),
        ] {
            entry(&world, slug, state, Some(START_MS - days * DAY_MS)).await;
        }
        let mut endless = entry(&world, "endless-beta", State::PublicBeta, None).await;
        endless.version += 1;
        let mut write = world.api.db.write().await.unwrap();
        integrations::update(&mut write, &endless).await.unwrap();
        write.commit().await.unwrap();
        let all = world.get(&Who::default(), "/catalog/sources").await.expect(200);
        let by_rule: Vec<&str> = all
            .at("/sourcesCatalog")
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["noteworthy"] == true)
            .map(|row| row["slug"].as_str().unwrap())
            .collect();
        let by_query =
            world.get(&Who::default(), "/catalog/sources?featured=new").await.expect(200);
        assert_eq!(slugs(&by_query), by_rule);
        assert_eq!(by_rule, ["endless-beta", "young-beta", "young-public"]);
    }
}

#[tokio::test]
async fn the_catalog_is_searched_filtered_and_paged() {
    for world in World::all().await {
        for slug in ["alpha-mail", "beta-mail", "gamma-mail"] {
            entry(&world, slug, State::Public, Some(START_MS - 90 * DAY_MS)).await;
        }
        let anybody = Who::default();
        let found = async |query: &str| {
            let reply = world.get(&anybody, &format!("/catalog/sources?{query}")).await.expect(200);
            slugs(&reply).join(" ")
        };
        assert_eq!(found("search=MAIL+beta").await, "beta-mail");
        assert_eq!(found("search=tells").await, "alpha-mail beta-mail gamma-mail");
        assert_eq!(found("search=100%25").await, "");
        assert_eq!(found("category=Email+Marketing&search=gamma").await, "gamma-mail");
        assert_eq!(found("category=server").await, "http-api server");
        world.get(&anybody, "/catalog/sources?category=moon&featured=old").await.expect(422);
        let first = "/catalog/sources?pagination.count=2&category=email-marketing";
        let page = world.get(&anybody, first).await.expect(200);
        assert_eq!(slugs(&page), ["alpha-mail", "beta-mail"]);
        assert_eq!(page.at("/pagination/totalEntries"), 3);
        let next = format!("{first}&pagination.cursor={}", page.text("/pagination/next"));
        assert_eq!(slugs(&world.get(&anybody, &next).await.expect(200)), ["gamma-mail"]);
        let details = world.get(&anybody, "/catalog/sources/alpha-mail").await.expect(200);
        let details = details.at("/sourceMetadata/details");
        assert_eq!(details["screenshots"], json!([]));
        assert_eq!(details["descriptionHtml"], "<p>Tells of alpha-mail.</p>\n");
        assert_eq!(
            details["sections"],
            json!([{ "key": "introduction", "title": "Introduction", "html": "<p>It <em>tells</em>.</p>\n" }])
        );
    }
}

#[tokio::test]
async fn an_install_link_opens_only_to_those_it_is_for() {
    for world in World::all().await {
        entry(&world, "building", State::PrivateBuilding, None).await;
        entry(&world, "invited", State::PrivateBeta, Some(START_MS)).await;
        let ada = world.person("ada@example.com").await;
        world.workspace(&ada, "acme").await;
        let link = async |who: &Who, slug: &str, query: &str| {
            world.get(who, &format!("/catalog/sources/{slug}/install{query}")).await
        };
        let hidden = link(&ada, "building", "?workspace=acme").await.expect(404);
        let absent = link(&ada, "nowhere", "?workspace=acme").await.expect(404);
        assert_eq!(hidden.body, absent.body);
        link(&ada, "int_invited", "").await.expect(404);
        link(&Who::default(), "invited", "").await.expect(401);

        let found = link(&ada, "invited", "").await.expect(200);
        assert_eq!(found.at("/install/workspace/slug"), "acme", "the only one is meant");
        assert_eq!(found.at("/install/installable"), true);
        let url = format!("{}/w/acme/catalog/invited", world.api.options.public_url);
        assert_eq!(found.at("/install/url"), &json!(url));
        world.workspace(&ada, "second").await;
        let found = link(&ada, "invited", "?workspace=goto-my-workspace").await.expect(200);
        assert!(found.at("/install").get("url").is_none(), "one has to be chosen");
        assert_eq!(found.at("/install/workspaces").as_array().unwrap().len(), 2);
        let found = link(&ada, "invited", "?workspace=second").await.expect(200);
        assert_eq!(found.at("/install/workspace/slug"), "second");
        let eve = world.person("eve@example.com").await;
        link(&eve, "invited", "?workspace=acme").await.expect(404);

        // A reviewer comes by the same link.
        let operator = world.operator("op@example.com").await;
        let found = link(&operator, "building", "").await.expect(200);
        assert_eq!(found.at("/install/installable"), false);

        // Whoever has a source of it still sees where it came from.
        let acme = ada.within("acme");
        let new = json!({ "metadataId": "invited", "slug": "invited" });
        world.post(&acme, "/sources", new).await.expect(201);
        let new = json!({ "metadataId": "building", "slug": "building" });
        world.post(&acme, "/sources", new).await.refused(422, "unknown");
        let mut write = world.api.db.write().await.unwrap();
        let mut row = integrations::find(&mut write, "invited").await.unwrap().unwrap();
        (row.state, row.version) = (State::Unavailable.as_str().to_owned(), 2);
        integrations::update(&mut write, &row).await.unwrap();
        write.commit().await.unwrap();
        let found = link(&ada, "invited", "?workspace=acme").await.expect(200);
        assert_eq!(found.at("/install/installable"), false);
        link(&ada, "invited", "?workspace=second").await.expect(404);
        let new = json!({ "metadataId": "invited", "slug": "again" });
        world.post(&acme, "/sources", new).await.refused(409, "not_installable");
    }
}

#[tokio::test]
async fn other_sites_are_shown_what_is_listed_and_nothing_else() {
    for world in World::each(options()).await {
        crate::seed(&world.api).await.unwrap();
        for state in State::ALL {
            let slug = format!("an-{}", state.as_str().to_lowercase().replace('_', "-"));
            entry(&world, &slug, state, Some(START_MS)).await;
            let card = crate::card(&world.api, &slug).await;
            assert_eq!(card.is_some(), state::listed(state), "{state}");
            assert_eq!(crate::card(&world.api, &format!("int_{slug}")).await, None, "by slug only");
            let Some(card) = card else { continue };
            let url = format!("{}/catalog/{slug}", world.api.options.public_url);
            assert_eq!(card.title, format!("{} · Headwater", slug.to_uppercase()));
            assert_eq!(card.description, format!("Tells of {slug}."));
            assert_eq!(card.url, Some(url));
            assert!(card.image.unwrap().ends_with(&format!("/api/catalog/logos/{slug}")));
        }
        assert_eq!(crate::card(&world.api, "nowhere").await, None);
        assert!(crate::card(&world.api, "webhook").await.is_some(), "destinations too");
    }
}
