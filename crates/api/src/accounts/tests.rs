//! Signing up, verifying, resetting, changing, leaving.

#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};
use store::{accounts, members};

use crate::testing::{PASSWORD, Who, World};

const OTHER: &str = "quite another long phrase 93";
const MINUTE_MS: i64 = 60_000;

async fn sign_up(world: &World, email: &str, password: &str) {
    let new = json!({ "email": email, "password": password, "name": "Somebody" });
    world.post(&Who::default(), "/accounts", new).await.expect(202);
}

async fn log_in(world: &World, email: &str, password: &str) -> Who {
    let body = json!({ "email": email, "password": password });
    let reply = world.post(&Who::default(), "/sessions", body).await.expect(201);
    Who { cookie: Some(reply.cookie()), ..Who::default() }
}

#[tokio::test]
async fn signing_up_sounds_the_same_for_an_address_that_has_an_account() {
    for world in World::all().await {
        let new = json!({ "email": "Ada@Example.com ", "password": PASSWORD });
        let first = world.post(&Who::default(), "/accounts", new.clone()).await.expect(202);
        world.pass(1);
        let again = json!({ "email": "ada@example.com", "password": OTHER });
        let second = world.post(&Who::default(), "/accounts", again).await.expect(202);
        assert_eq!(first.body, second.body);
        assert_eq!(world.letters("ada@example.com").await, ["AccountExists", "VerifyEmail"]);
        log_in(&world, "ada@example.com", PASSWORD).await;
        let other = json!({ "email": "ada@example.com", "password": OTHER });
        world.post(&Who::default(), "/sessions", other).await.refused(401, "wrong_credentials");

        for _ in 0..5 {
            world.post(&Who::default(), "/accounts", new.clone()).await.expect(202);
        }
        assert_eq!(world.letters("ada@example.com").await.len(), 3, "nobody is flooded");
    }
}

#[tokio::test]
async fn a_weak_password_and_a_bad_address_are_refused() {
    let world = World::new().await;
    let try_with = |email: &'static str, password: &'static str| {
        let new = json!({ "email": email, "password": password, "name": "Ada Lovelace" });
        let world = &world;
        async move { world.post(&Who::default(), "/accounts", new).await }
    };
    try_with("ada@example.com", "short").await.refused(422, "too_short");
    for weak in ["password1234", "qwertyuiopasdf", "ada.lovelace.2026", "aaaaaaaaaaaaaaaa"] {
        let reply = try_with("ada@example.com", weak).await.refused(422, "weak_password");
        assert_eq!(reply.body["errors"][0]["pointer"], "/password");
    }
    for bad in ["ada", "ada@", "ada@ex ample.com", "ada@@example.com"] {
        try_with(bad, PASSWORD).await.refused(422, "bad_email");
    }
    let mut db = world.api.db.read().await.unwrap();
    assert!(accounts::by_email(&mut db, "ada@example.com").await.unwrap().is_none());
}

#[tokio::test]
async fn an_address_is_verified_by_the_newest_link_of_its_own_account() {
    for world in World::all().await {
        sign_up(&world, "ada@example.com", PASSWORD).await;
        let ada = log_in(&world, "ada@example.com", PASSWORD).await;
        let new = json!({ "name": "acme" });
        world.post(&ada, "/workspaces", new).await.refused(403, "email_not_verified");
        let old = world.mailed_token("ada@example.com", "VerifyEmail").await;

        let soon = world.post(&ada, "/account/verification-mail", Value::Null).await;
        assert_eq!(soon.refused(429, "too_many_requests").headers["retry-after"], "60");
        world.pass(MINUTE_MS);
        world.post(&ada, "/account/verification-mail", Value::Null).await.expect(202);
        let token = world.mailed_token("ada@example.com", "VerifyEmail").await;
        assert_ne!(old, token);

        let verify = |who: Who, token: String| {
            let world = &world;
            async move { world.post(&who, "/account/verification", json!({ "token": token })).await }
        };
        verify(Who::default(), token.clone()).await.refused(401, "login_needed");
        verify(ada.clone(), old).await.refused(422, "invalid_link");
        let eve = world.person("eve@example.com").await;
        verify(eve, token.clone()).await.refused(422, "invalid_link");
        let reply = verify(ada.clone(), token.clone()).await.expect(200);
        assert_eq!(reply.at("/account/emailVerified"), true);
        verify(ada.clone(), token).await.refused(422, "invalid_link");
        let again = world.post(&ada, "/account/verification-mail", Value::Null).await;
        again.refused(409, "already_verified");
    }
}

#[tokio::test]
async fn a_verification_link_holds_for_a_day() {
    let world = World::new().await;
    sign_up(&world, "ada@example.com", PASSWORD).await;
    world.pass(24 * 60 * MINUTE_MS);
    let ada = log_in(&world, "ada@example.com", PASSWORD).await;
    let token = world.mailed_token("ada@example.com", "VerifyEmail").await;
    let late = world.post(&ada, "/account/verification", json!({ "token": token })).await;
    late.refused(422, "invalid_link");
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_everything() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let token = json!({ "description": "laptop" });
        let token = world.post(&ada, "/account/tokens", token).await.expect(201).text("/secret");
        let token = Who { token: Some(token), ..Who::default() };
        let nobody = Who::default();
        let ask = |email: &'static str| {
            world.call(&nobody, Method::POST, "/password-resets", json!({ "email": email }))
        };
        let known = ask("ada@example.com").await.expect(202);
        let unknown = ask("nobody@example.com").await.expect(202);
        assert_eq!(known.body, unknown.body);
        assert!(world.letters("nobody@example.com").await.is_empty());

        let link = world.mailed_token("ada@example.com", "ResetPassword").await;
        let redeem = |password: &'static str| {
            let body = json!({ "token": link, "password": password });
            world.call(&nobody, Method::POST, "/password-resets/redeem", body)
        };
        redeem("password1234").await.refused(422, "weak_password");
        world.pass(15 * MINUTE_MS - 1);
        redeem(OTHER).await.expect(200);
        redeem(OTHER).await.refused(422, "invalid_link");
        assert_eq!(world.letters("ada@example.com").await[0], "PasswordChanged");
        world.get(&ada, "/account").await.refused(401, "login_needed");
        world.get(&token, "/account").await.refused(401, "invalid_token");
        log_in(&world, "ada@example.com", OTHER).await;
    }
}

#[tokio::test]
async fn a_reset_link_expires_and_a_new_one_ends_it() {
    let world = World::new().await;
    world.person("ada@example.com").await;
    let nobody = Who::default();
    let ask = || world.post(&nobody, "/password-resets", json!({ "email": "ada@example.com" }));
    let redeem = |token: String| {
        let body = json!({ "token": token, "password": OTHER });
        world.post(&nobody, "/password-resets/redeem", body)
    };
    ask().await.expect(202);
    let first = world.mailed_token("ada@example.com", "ResetPassword").await;
    world.pass(1);
    ask().await.expect(202);
    redeem(first).await.refused(422, "invalid_link");
    let second = world.mailed_token("ada@example.com", "ResetPassword").await;
    world.pass(15 * MINUTE_MS);
    redeem(second).await.refused(422, "invalid_link");
    for _ in 0..5 {
        ask().await.expect(202);
    }
    let sent = world.letters("ada@example.com").await;
    let resets = sent.iter().filter(|letter| *letter == "ResetPassword").count();
    assert!(resets <= 3, "nobody is flooded: {resets}");
}

#[tokio::test]
async fn a_reset_takes_an_account_back_from_whoever_signed_up_with_its_address() {
    let world = World::new().await;
    sign_up(&world, "ada@example.com", OTHER).await;
    let thief = log_in(&world, "ada@example.com", OTHER).await;
    let body = json!({ "email": "ada@example.com" });
    world.post(&Who::default(), "/password-resets", body).await.expect(202);
    let token = world.mailed_token("ada@example.com", "ResetPassword").await;
    let body = json!({ "token": token, "password": PASSWORD });
    world.post(&Who::default(), "/password-resets/redeem", body).await.expect(200);
    world.get(&thief, "/account").await.refused(401, "login_needed");
    let ada = world.log_in("ada@example.com").await;
    let me = world.get(&ada, "/account").await.expect(200);
    assert_eq!(me.at("/account/emailVerified"), true);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let other = world.log_in("ada@example.com").await;
    let weak = json!({ "password": "ada@example.com" });
    world.post(&ada, "/account/password", weak).await.refused(422, "weak_password");
    let reply = world.post(&ada, "/account/password", json!({ "password": OTHER })).await;
    let cookie = reply.expect(200).cookie();
    world.get(&other, "/account").await.refused(401, "login_needed");
    world.get(&ada, "/account").await.refused(401, "login_needed");
    let ada = Who { cookie: Some(cookie), ..Who::default() };
    world.get(&ada, "/account").await.expect(200);
    assert_eq!(world.letters("ada@example.com").await[0], "PasswordChanged");
    log_in(&world, "ada@example.com", OTHER).await;
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_answers() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let eve = world.person("eve@example.com").await;
        let change = |email: &'static str| {
            world.call(&ada, Method::POST, "/account/email", json!({ "email": email }))
        };
        change("ada@example.com").await.refused(422, "unchanged");
        let free = change("ada@example.org").await.expect(202);
        let taken = change("eve@example.com").await.expect(202);
        assert_eq!(free.body, taken.body);
        assert_eq!(world.letters("eve@example.com").await[0], "AccountExists");

        world.pass(1);
        let token = world.mailed_token("ada@example.org", "ChangeEmail").await;
        let confirm = |who: Who| {
            let (world, token) = (&world, token.clone());
            let body = json!({ "token": token });
            async move { world.post(&who, "/account/email/confirmation", body).await }
        };
        confirm(eve).await.refused(422, "invalid_link");
        let me = world.get(&ada, "/account").await.expect(200);
        assert_eq!(me.at("/account/email"), "ada@example.com");
        let reply = confirm(ada.clone()).await.expect(200);
        assert_eq!(reply.at("/account/email"), "ada@example.org");
        assert_eq!(world.letters("ada@example.com").await[0], "EmailChanged");
        confirm(ada.clone()).await.refused(422, "invalid_link");
        log_in(&world, "ada@example.org", PASSWORD).await;
    }
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_stays_with_its_account() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let body = json!({ "email": "new@example.com" });
        world.post(&ada, "/account/email", body).await.expect(202);
        let token = world.mailed_token("new@example.com", "ChangeEmail").await;
        world.person("new@example.com").await;
        let body = json!({ "token": token });
        world.post(&ada, "/account/email/confirmation", body).await.refused(409, "taken");
        world.get(&ada, "/account").await.expect(200);
    }
}

#[tokio::test]
async fn a_name_changes() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    world.patch(&ada, "/account", json!({ "name": " Ada L. " })).await.expect(200);
    let me = world.get(&ada, "/account").await.expect(200);
    assert_eq!(me.at("/account/name"), "Ada L.");
}

#[tokio::test]
async fn the_last_owner_cannot_leave_others_behind() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let bob = world.person("bob@example.com").await;
        let team = world.workspace(&ada, "team").await;
        let alone = world.workspace(&ada, "alone").await;
        let id_of = |who: Who| {
            let world = &world;
            async move { world.get(&who, "/account").await.expect(200).text("/account/id") }
        };
        let (ada_id, bob_id) = (id_of(ada.clone()).await, id_of(bob.clone()).await);
        let workspace = world.get(&team, "/").await.expect(200).text("/workspace/id");
        let mut write = world.api.db.write().await.unwrap();
        let owner = members::get(&mut write, &workspace, &ada_id).await.unwrap().unwrap();
        members::insert(&mut write, &workspace, &bob_id, "[]", 1).await.unwrap();
        write.commit().await.unwrap();

        let refused = world.delete(&ada, "/account").await.refused(409, "last_owner");
        let message = refused.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.ends_with(": team"), "{message}");
        world.get(&alone, "/").await.expect(200);

        let mut write = world.api.db.write().await.unwrap();
        members::set_permissions(&mut write, &workspace, &bob_id, &owner.permissions)
            .await
            .unwrap();
        write.commit().await.unwrap();
        world.delete(&ada, "/account").await.expect(200);
        world.get(&ada, "/account").await.refused(401, "login_needed");
        let login = json!({ "email": "ada@example.com", "password": PASSWORD });
        world.post(&Who::default(), "/sessions", login).await.refused(401, "wrong_credentials");
        world.get(&bob.within("team"), "/").await.expect(200);
        let mut db = world.api.db.read().await.unwrap();
        let left = store::workspaces::find(&mut db, "alone").await.unwrap();
        assert_eq!(left, None, "nobody could reach it any more");
        assert_eq!(store::audit::verify(&mut db, "platform").await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_last_admin_cannot_leave_a_partner_team_behind() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let bob = world.person("bob@example.com").await;
        let ada_id = world.get(&ada, "/account").await.expect(200).text("/account/id");
        let bob_id = world.get(&bob, "/account").await.expect(200).text("/account/id");
        let write = |sql: &'static str, id: String| {
            let world = &world;
            async move {
                let mut write = world.api.db.write().await.unwrap();
                sqlx::query(sql).bind(id).execute(&mut *write).await.unwrap();
                write.commit().await.unwrap();
            }
        };
        write("INSERT INTO partners VALUES ($1, 'Acme', '', 1)", "ptn_1".to_owned()).await;
        let admin = "INSERT INTO partner_members VALUES ('ptn_1', $1, 'admin', 1)";
        let builder = "INSERT INTO partner_members VALUES ('ptn_1', $1, 'builder', 1)";
        write(admin, ada_id).await;
        write(builder, bob_id).await;
        world.delete(&ada, "/account").await.refused(409, "last_admin");
        world.delete(&bob, "/account").await.expect(200);
        world.delete(&ada, "/account").await.expect(200);
    }
}

#[tokio::test]
async fn changes_of_an_account_are_in_the_audit_trail_without_secrets() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    world.post(&ada, "/account/password", json!({ "password": OTHER })).await.expect(200);
    let mut db = world.api.db.read().await.unwrap();
    let page = store::Page::first(10);
    let filter = store::audit::Filter::default();
    let rows = store::audit::list(&mut db, "platform", &filter, &page).await.unwrap().rows;
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["Password Changed", "Account Created"]);
    assert!(!format!("{rows:?}").contains("argon2"));
}

#[tokio::test]
async fn every_fault_of_a_form_is_told_at_once_with_its_fix() {
    let world = World::new().await;
    let new = json!({ "email": "nope", "password": "password" });
    let reply = world.post(&Who::default(), "/accounts", new).await.expect(422);
    let faults = reply.body["errors"].as_array().unwrap();
    let mut pointers: Vec<&str> =
        faults.iter().filter_map(|fault| fault["pointer"].as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/email", "/password"], "{:#}", reply.body);
    for fault in faults {
        assert!(fault["expected"].is_string() && fault["fix"].is_string(), "{fault:#}");
    }
}
