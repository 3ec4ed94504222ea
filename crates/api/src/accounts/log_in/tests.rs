//! Logging in, delays, sessions, and showing the password once more.

#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};

use crate::{
    Options,
    testing::{PASSWORD, Reply, Who, World},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

async fn try_in(world: &World, who: &Who, email: &str, password: &str) -> Reply {
    world.post(who, "/sessions", json!({ "email": email, "password": password })).await
}

fn wait_s(reply: &Reply) -> i64 {
    reply.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_unknown_address_sounds_like_a_wrong_password_at_every_step() {
    for world in World::all().await {
        world.person("ada@example.com").await;
        for round in 0..8 {
            let at = Who::at(&format!("192.0.{round}.1"));
            let known = try_in(&world, &at, "ada@example.com", "wrong").await;
            let unknown = try_in(&world, &at, "nobody@example.com", "wrong").await;
            assert_eq!((known.status, &known.body), (unknown.status, &unknown.body), "{round}");
            let (known, unknown) = (known.headers, unknown.headers);
            assert_eq!(known.get("retry-after"), unknown.get("retry-after"), "{round}");
        }
    }
}

#[tokio::test]
async fn each_failure_makes_the_next_attempt_wait_longer_even_with_the_right_password() {
    let world = World::new().await;
    world.person("ada@example.com").await;
    let who = Who::default();
    for _ in 0..5 {
        try_in(&world, &who, "ada@example.com", "wrong").await.refused(401, "wrong_credentials");
    }
    for expected in [1, 2, 4, 8] {
        let reply = try_in(&world, &who, "ada@example.com", PASSWORD).await;
        let reply = reply.refused(429, "too_many_requests");
        assert_eq!(wait_s(&reply), expected);
        world.pass(expected * 1000);
        try_in(&world, &who, "ada@example.com", "wrong").await.refused(401, "wrong_credentials");
    }
    world.pass(16_000);
    try_in(&world, &who, "ada@example.com", PASSWORD).await.expect(201);
    try_in(&world, &who, "ada@example.com", "wrong").await.refused(401, "wrong_credentials");
    try_in(&world, &who, "ada@example.com", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn a_neighbourhood_that_fails_waits_whoever_it_names() {
    let world = World::new().await;
    world.person("ada@example.com").await;
    for n in 0..20 {
        let at = Who::at(&format!("203.0.113.{n}"));
        let email = format!("{n}@example.com");
        try_in(&world, &at, &email, "wrong").await.refused(401, "wrong_credentials");
    }
    let near = try_in(&world, &Who::at("203.0.113.99"), "ada@example.com", PASSWORD).await;
    assert_eq!(wait_s(&near.refused(429, "too_many_requests")), 1);
    try_in(&world, &Who::at("203.0.114.1"), "ada@example.com", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn attempts_at_the_same_time_count_too() {
    let world = std::sync::Arc::new(World::new().await);
    world.person("ada@example.com").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let world = world.clone();
        tasks.spawn(async move {
            try_in(&world, &Who::default(), "ada@example.com", "wrong").await.status.as_u16()
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 5, "{answers:?}");
}

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_and_new_at_every_log_in() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let agent = [("user-agent", "x".repeat(500))];
    let agent = agent.each_ref().map(|(name, value)| (*name, value.as_str()));
    let again = world.call_with(&ada, Method::POST, "/sessions", login.clone(), &agent).await;
    let again = again.expect(201);
    let set = again.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-headwater=hws_"), "{set}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=604800", "; Secure"] {
        assert!(set.contains(part), "{set}");
    }
    assert_ne!(ada.cookie, Some(again.cookie()));
    world.get(&ada, "/account").await.refused(401, "login_needed");
    let ada = Who { cookie: Some(again.cookie()), ..Who::default() };
    let list = world.get(&ada, "/sessions").await.expect(200);
    assert_eq!(list.at("/sessions").as_array().unwrap().len(), 1);
    assert_eq!(list.text("/sessions/0/userAgent").len(), 200);

    let options = Options { public_url: "http://intra.example".to_owned(), ..Options::default() };
    let plain = World::with(options).await;
    let who = plain.person("ada@example.com").await;
    assert!(who.cookie.unwrap().starts_with("headwater="), "browsers refuse __Host- without TLS");
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours_and_after_seven_days() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        world.pass(12 * HOUR_MS - 1);
        world.get(&ada, "/account").await.expect(200);
        world.pass(12 * HOUR_MS);
        world.get(&ada, "/account").await.refused(401, "login_needed");

        let ada = world.log_in("ada@example.com").await;
        for _ in 0..(7 * 24 / 8 - 1) {
            world.pass(8 * HOUR_MS);
            world.get(&ada, "/account").await.expect(200);
        }
        world.pass(8 * HOUR_MS - 1);
        world.get(&ada, "/account").await.expect(200);
        world.pass(1);
        world.get(&ada, "/account").await.refused(401, "login_needed");
    }
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_by_their_owner_only() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let other = world.log_in("ada@example.com").await;
        let third = world.log_in("ada@example.com").await;
        let eve = world.person("eve@example.com").await;
        let list = world.get(&ada, "/sessions").await.expect(200);
        let rows = list.at("/sessions").as_array().unwrap().clone();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows.iter().filter(|row| row["current"] == true).count(), 1);
        let id = world.get(&other, "/sessions").await.expect(200);
        let of_other = |row: &&Value| row["current"] == true;
        let rows = id.at("/sessions").as_array().unwrap();
        let id = rows.iter().find(of_other).unwrap()["id"].as_str().unwrap().to_owned();

        let foreign = world.delete(&eve, &format!("/sessions/{id}")).await.expect(404);
        let absent = world.delete(&eve, "/sessions/ses_none").await.expect(404);
        assert_eq!(foreign.body, absent.body);
        world.delete(&ada, &format!("/sessions/{id}")).await.expect(200);
        world.get(&other, "/account").await.refused(401, "login_needed");
        world.get(&third, "/account").await.expect(200);
        world.delete(&ada, "/sessions").await.expect(200);
        world.get(&third, "/account").await.refused(401, "login_needed");
        world.get(&ada, "/account").await.expect(200);
        let out = world.delete(&ada, "/sessions/current").await.expect(200);
        assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        world.get(&ada, "/account").await.refused(401, "login_needed");
    }
}

#[tokio::test]
async fn the_oldest_of_too_many_sessions_ends() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    for _ in 0..50 {
        world.pass(1000);
        world.log_in("ada@example.com").await;
    }
    world.get(&ada, "/account").await.refused(401, "login_needed");
}

#[tokio::test]
async fn what_needs_a_proof_asks_for_the_password_after_ten_minutes() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let token = json!({ "description": "laptop" });
    world.pass(10 * MINUTE_MS);
    world.post(&ada, "/account/tokens", token.clone()).await.expect(201);
    world.pass(1);
    for (method, path, body) in [
        (Method::POST, "/account/tokens", token.clone()),
        (Method::POST, "/account/email", json!({ "email": "new@example.com" })),
        (Method::POST, "/account/password", json!({ "password": "some other long password 77" })),
        (Method::POST, "/account/second-factor", Value::Null),
        (Method::DELETE, "/account/second-factor", Value::Null),
        (Method::DELETE, "/account", Value::Null),
    ] {
        world.call(&ada, method, path, body).await.refused(403, "proof_needed");
    }
    let wrong = json!({ "password": "wrong" });
    let reply = world.post(&ada, "/sessions/current/proof", wrong.clone()).await;
    reply.refused(422, "wrong_password");
    let proved = world.prove(&ada).await;
    world.get(&ada, "/account").await.refused(401, "login_needed");
    world.post(&proved, "/account/tokens", token).await.expect(201);

    for _ in 0..5 {
        world.post(&proved, "/sessions/current/proof", wrong.clone()).await.expect(422);
    }
    let reply = world.post(&proved, "/sessions/current/proof", wrong).await;
    reply.refused(429, "too_many_requests");
}

#[tokio::test]
async fn a_log_in_from_elsewhere_is_told_by_mail() {
    for world in World::all().await {
        world.person("ada@example.com").await;
        let letters = async || {
            let letters = world.letters("ada@example.com").await;
            letters.iter().filter(|letter| *letter == "NewSignIn").count()
        };
        let login = json!({ "email": "ada@example.com", "password": PASSWORD });
        world.post(&Who::default(), "/sessions", login.clone()).await.expect(201);
        assert_eq!(letters().await, 0, "the same browser at the same place");
        let far = Who::at("203.0.113.7");
        world.pass(1);
        world.post(&far, "/sessions", login.clone()).await.expect(201);
        assert_eq!(letters().await, 1);
        let mail = world.letter("ada@example.com", "NewSignIn").await;
        assert!(mail.text.contains("203.0.113.7"), "{}", mail.text);
        assert!(mail.text.contains("http://127.0.0.1:8080/account/sessions"), "{}", mail.text);
        world.post(&far, "/sessions", login.clone()).await.expect(201);
        assert_eq!(letters().await, 1, "known by now");
        let wrong = json!({ "email": "ada@example.com", "password": "nothing like it" });
        world.post(&Who::at("203.0.113.8"), "/sessions", wrong).await.expect(401);
        assert_eq!(letters().await, 1, "nobody signed in");
        let agent = [("user-agent", "Firefox")];
        let at = Method::POST;
        world.call_with(&far, at, "/sessions", login, &agent).await.expect(201);
        assert_eq!(letters().await, 2, "another browser");
    }
}
