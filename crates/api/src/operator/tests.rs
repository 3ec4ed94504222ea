#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};
use store::mails::{self, Mail, Unsent};

use crate::{
    first_operator_link, make_operator,
    testing::{PASSWORD, Who, World},
};

const OTHER: &str = "quite another long phrase 93";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn token(world: &World) -> Option<String> {
    let link = first_operator_link(&world.api).await.unwrap()?;
    let token = link.strip_prefix("http://127.0.0.1:8080/operator?token=").expect("a link of ours");
    Some(token.to_owned())
}

async fn account_id(world: &World, who: &Who) -> String {
    world.get(who, "/account").await.expect(200).text("/account/id")
}

#[tokio::test]
async fn the_first_operator_signs_up_with_what_the_server_printed_and_needs_no_mail() {
    for world in World::all().await {
        let old = token(&world).await.unwrap();
        let token_now = token(&world).await.unwrap();
        let new = |email: &str, token: &str| {
            let body = json!({ "email": email, "password": PASSWORD, "operatorToken": token });
            async { world.post(&Who::default(), "/accounts", body).await }
        };
        let reply = new("root@example.com", &old).await.refused(422, "invalid_link");
        assert_eq!(reply.body["errors"][0]["pointer"], "/operatorToken");
        world.person("ada@example.com").await;
        new("ada@example.com", &token_now).await.refused(422, "taken");
        new("root@example.com", &token_now).await.expect(202);
        let root = world.log_in("root@example.com").await;
        let me = world.get(&root, "/account").await.expect(200);
        assert_eq!(
            (me.at("/account/operator"), me.at("/account/emailVerified")),
            (&json!(true), &json!(true))
        );
        world.get(&root, "/operator/accounts").await.expect(200);
        new("two@example.com", &token_now).await.refused(422, "invalid_link");
        assert_eq!(token(&world).await, None, "one is enough");
    }
}

#[tokio::test]
async fn whoever_is_logged_in_claims_the_link_once_within_a_day() {
    for world in World::all().await {
        let new = json!({ "email": "ada@example.com", "password": PASSWORD });
        world.post(&Who::default(), "/accounts", new).await.expect(202);
        let ada = world.log_in("ada@example.com").await;
        let claim = |who: Who, token: String| {
            let world = &world;
            async move { world.post(&who, "/operator/claim", json!({ "token": token })).await }
        };
        let late = token(&world).await.unwrap();
        world.pass(DAY_MS);
        let ada =
            Who { cookie: Some(world.log_in("ada@example.com").await.cookie.unwrap()), ..ada };
        claim(ada.clone(), late).await.refused(422, "invalid_link");
        let now = token(&world).await.unwrap();
        claim(Who::default(), now.clone()).await.refused(401, "login_needed");
        let reply = claim(ada.clone(), now.clone()).await.expect(200);
        assert_eq!(reply.at("/account/operator"), true);
        world.get(&ada, "/account").await.refused(401, "login_needed");
        let eve = world.person("eve@example.com").await;
        claim(eve, now).await.refused(422, "invalid_link");
    }
}

#[tokio::test]
async fn the_command_line_makes_an_operator_and_lets_a_locked_out_one_in() {
    for world in World::all().await {
        let printed = token(&world).await.unwrap();
        assert!(make_operator(&world.api, "root@example.com", "password1234").await.is_err());
        assert!(make_operator(&world.api, "Root@example.com", PASSWORD).await.unwrap());
        let root = world.log_in("root@example.com").await;
        world.get(&root, "/operator/mails").await.expect(200);
        let claim = world.post(&root, "/operator/claim", json!({ "token": printed })).await;
        claim.refused(422, "invalid_link");

        assert!(!make_operator(&world.api, "root@example.com", OTHER).await.unwrap());
        world.get(&root, "/account").await.refused(401, "login_needed");
        let body = json!({ "email": "root@example.com", "password": OTHER });
        world.post(&Who::default(), "/sessions", body).await.expect(201);
    }
}

#[tokio::test]
async fn operators_are_made_and_unmade_but_never_none_is_left() {
    for world in World::all().await {
        let root = world.operator("root@example.com").await;
        let ada = world.person("ada@example.com").await;
        let (root_id, ada_id) = (account_id(&world, &root).await, account_id(&world, &ada).await);
        let set = |who: &Who, id: &str, operator: bool| {
            let (who, path) = (who.clone(), format!("/operator/accounts/{id}"));
            let (world, body) = (&world, json!({ "operator": operator }));
            async move { world.call(&who, Method::PATCH, &path, body).await }
        };
        set(&ada, &ada_id, true).await.refused(403, "operators_only");
        set(&root, &root_id, false).await.refused(409, "last_operator");
        world.delete(&root, "/account").await.refused(409, "last_operator");
        set(&root, "acc_none", true).await.expect(404);
        set(&root, &ada_id, true).await.expect(200);
        world.get(&ada, "/operator/accounts").await.expect(200);
        set(&ada, &root_id, false).await.expect(200);
        world.get(&root, "/operator/accounts").await.refused(403, "operators_only");

        let new = json!({ "email": "new@example.com", "password": PASSWORD });
        world.post(&Who::default(), "/accounts", new).await.expect(202);
        let new = world.log_in("new@example.com").await;
        let new_id = account_id(&world, &new).await;
        set(&ada, &new_id, true).await.refused(409, "not_verified");
        world.pass(11 * 60_000);
        set(&ada, &root_id, true).await.refused(403, "proof_needed");
    }
}

#[tokio::test]
async fn people_are_found_page_by_page() {
    for world in World::all().await {
        let root = world.operator("root@example.com").await;
        for name in ["ada", "a_a", "bob"] {
            let email = format!("{name}@example.com");
            let new = json!({ "email": email, "password": PASSWORD, "name": name.to_uppercase() });
            world.post(&Who::default(), "/accounts", new).await.expect(202);
        }
        let found = |query: &'static str| {
            let (world, root) = (&world, &root);
            async move {
                let reply =
                    world.get(root, &format!("/operator/accounts?{query}")).await.expect(200);
                let rows = reply.at("/accounts").as_array().unwrap().clone();
                let emails: Vec<String> =
                    rows.iter().map(|row| row["email"].as_str().unwrap().to_owned()).collect();
                (emails, reply.body["data"]["pagination"].clone())
            }
        };
        assert_eq!(found("search=AD").await.0, ["ada@example.com"]);
        assert_eq!(found("search=_").await.0, ["a_a@example.com"], "no wildcard");
        let (first, pagination) = found("pagination.count=3").await;
        assert_eq!((first.len(), &pagination["totalEntries"]), (3, &json!(4)));
        let next = pagination["next"].as_str().unwrap();
        let path = format!("/operator/accounts?pagination.count=3&pagination.cursor={next}");
        let last = world.get(&root, &path).await.expect(200);
        assert_eq!(last.at("/accounts").as_array().unwrap().len(), 1);
        assert_eq!(last.body["data"]["pagination"].get("next"), None);
    }
}

#[tokio::test]
async fn the_outbox_is_read_by_operators_only() {
    for world in World::all().await {
        let root = world.operator("root@example.com").await;
        let ada = world.person("ada@example.com").await;
        world.get(&ada, "/operator/mails").await.refused(403, "operators_only");
        let list = world.get(&root, "/operator/mails?to=Ada@example.com").await.expect(200);
        assert_eq!(list.at("/pagination/totalEntries"), 1);
        assert_eq!(list.at("/mails/0/letter"), "VerifyEmail");
        assert_eq!(list.at("/mails/0/status"), "KEPT");
        assert_eq!(list.at("/mails/0").get("text"), None, "a list has no words");
        let id = list.text("/mails/0/id");
        let one = world.get(&root, &format!("/operator/mails/{id}")).await.expect(200);
        assert!(one.text("/mail/text").contains("http://127.0.0.1:8080/verify-email?token="));
        let file = world.get(&root, &format!("/operator/mails/{id}/eml")).await.expect(200);
        assert_eq!(file.headers["content-type"], "message/rfc822");
        assert!(file.text.contains("To: ada@example.com\r\n"), "{}", file.text);
        world.get(&root, "/operator/mails/mail_none").await.expect(404);
        world.get(&ada, &format!("/operator/mails/{id}/eml")).await.expect(403);
        let nothing = world.call(&root, Method::POST, "/operator/mails", Value::Null).await;
        nothing.refused(405, "unknown_method");
    }
}

#[tokio::test]
async fn what_is_over_is_swept_away() {
    for world in World::all().await {
        world.person("ada@example.com").await;
        crate::sweep(&world.api).await.unwrap();
        assert_eq!(world.letters("ada@example.com").await.len(), 1);
        world.log_in("ada@example.com").await;
        world.pass(91 * DAY_MS);
        crate::sweep(&world.api).await.unwrap();
        assert!(world.letters("ada@example.com").await.is_empty());
        let mut db = world.api.db.read().await.unwrap();
        let ada = store::accounts::by_email(&mut db, "ada@example.com").await.unwrap().unwrap();
        assert!(store::sessions::of_account(&mut db, &ada.id, 0).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn mails_that_were_not_sent_are_counted_by_why() {
    for world in World::all().await {
        let unsent = async || mails::unsent(&mut world.api.db.read().await.unwrap()).await.unwrap();
        assert_eq!(unsent().await, Unsent::default());
        let mail = |id: &str, next_try_at_ms, sent_at_ms, problem: Option<&str>| Mail {
            id: id.to_owned(),
            letter: "VerifyEmail".to_owned(),
            to: "ada@example.com".to_owned(),
            subject: "Confirm your e-mail address".to_owned(),
            text: "Hello.".to_owned(),
            html: "<p>Hello.</p>".to_owned(),
            created_at_ms: world.api.now_ms(),
            next_try_at_ms,
            tries: 1,
            sent_at_ms,
            problem: problem.map(str::to_owned),
        };
        let mut write = world.api.db.write().await.unwrap();
        for mail in [
            mail("mail_1", Some(7), None, None),
            mail("mail_2", Some(7), None, Some("not now")),
            mail("mail_3", None, None, Some("no such mailbox")),
            mail("mail_4", None, None, None),
            mail("mail_5", None, None, None),
            mail("mail_6", None, None, None),
            mail("mail_7", None, Some(7), Some("not now")),
        ] {
            mails::insert(&mut write, &mail).await.unwrap();
        }
        write.commit().await.unwrap();
        assert_eq!(unsent().await, Unsent { queued: 2, failed: 1, kept: 3 });
    }
}
