#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use totp_rs::Totp;

use crate::testing::{PASSWORD, Reply, Who, World};

/// An app that was handed the enrolment.
struct App(Totp);

impl App {
    fn code(&self, world: &World) -> String {
        let seconds = u64::try_from(world.api.now_ms() / 1000).unwrap();
        self.0.generate(seconds).to_string()
    }
}

async fn enrol(world: &World, who: &Who) -> (App, Vec<String>) {
    let reply = world.post(who, "/account/second-factor", Value::Null).await.expect(201);
    let app = App(Totp::from_url(reply.text("/enrolment/url")).unwrap());
    assert_eq!(reply.text("/enrolment/secret"), app.0.secret().to_base32());
    let code = json!({ "code": app.code(world) });
    let reply = world.post(who, "/account/second-factor/confirmation", code).await.expect(200);
    let codes = reply.at("/recoveryCodes").as_array().unwrap().iter();
    (app, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn log_in(world: &World, code: Option<&str>) -> Reply {
    let mut body = json!({ "email": "ada@example.com", "password": PASSWORD });
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    world.post(&Who::default(), "/sessions", body).await
}

#[tokio::test]
async fn a_code_is_asked_for_and_taken_once() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let (app, codes) = enrol(&world, &ada).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(world.letters("ada@example.com").await[0], "SecondFactorChanged");
        log_in(&world, None).await.refused(401, "code_needed");
        let of_enrolment = app.code(&world);
        log_in(&world, Some(&of_enrolment)).await.refused(401, "wrong_code");
        world.pass(30_000);
        let code = app.code(&world);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        log_in(&world, Some(&spaced)).await.expect(201);
        log_in(&world, Some(&code)).await.refused(401, "wrong_code");
        world.pass(90_000);
        log_in(&world, Some(&code)).await.refused(401, "wrong_code");
        log_in(&world, Some("+12345")).await.refused(401, "wrong_code");
    }
}

#[tokio::test]
async fn one_code_at_the_same_time_twice_logs_in_once() {
    let world = std::sync::Arc::new(World::new().await);
    let ada = world.person("ada@example.com").await;
    let (app, _) = enrol(&world, &ada).await;
    world.pass(30_000);
    let code = app.code(&world);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (world, code) = (world.clone(), code.clone());
        tasks.spawn(async move { log_in(&world, Some(&code)).await.status.as_u16() });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, [201, 401, 401, 401]);
}

#[tokio::test]
async fn recovery_codes_work_once_and_are_kept_as_hashes() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let (app, codes) = enrol(&world, &ada).await;
        log_in(&world, Some(&codes[0].to_uppercase())).await.expect(201);
        log_in(&world, Some(&codes[0])).await.refused(401, "wrong_code");
        let status = world.get(&ada, "/account/second-factor").await.expect(200);
        assert_eq!(status.at("/secondFactor/recoveryCodesLeft"), 9);
        assert_eq!(status.at("/secondFactor/enabled"), true);

        let renewed = world.post(&ada, "/account/second-factor/recovery-codes", Value::Null).await;
        let renewed = renewed.expect(201).text("/recoveryCodes/0");
        log_in(&world, Some(&codes[1])).await.refused(401, "wrong_code");
        log_in(&world, Some(&renewed)).await.expect(201);
        world.pass(30_000);
        log_in(&world, Some(&app.code(&world))).await.expect(201);
    }
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_although_the_password_is_right() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    enrol(&world, &ada).await;
    for _ in 0..20 {
        log_in(&world, None).await.refused(401, "code_needed");
    }
    for guess in 0..5 {
        log_in(&world, Some(&format!("00000{guess}"))).await.refused(401, "wrong_code");
    }
    log_in(&world, None).await.refused(429, "too_many_requests");
}

#[tokio::test]
async fn it_starts_with_a_right_code_and_stops_with_a_proof() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let confirmation = "/account/second-factor/confirmation";
    let code = json!({ "code": "000000" });
    world.post(&ada, confirmation, code.clone()).await.refused(409, "not_started");
    world.delete(&ada, "/account/second-factor").await.refused(409, "not_on");
    world.post(&ada, "/account/second-factor", Value::Null).await.expect(201);
    world.post(&ada, confirmation, code.clone()).await.refused(422, "wrong_code");
    log_in(&world, None).await.expect(201);

    let (app, codes) = enrol(&world, &ada).await;
    let again = world.post(&ada, "/account/second-factor", Value::Null).await;
    again.refused(409, "already_on");
    world.pass(11 * 60_000);
    let password = json!({ "password": PASSWORD });
    let path = "/sessions/current/proof";
    world.post(&ada, path, password).await.refused(422, "code_needed");
    let both = json!({ "password": PASSWORD, "code": app.code(&world) });
    let proved = world.post(&ada, path, both).await.expect(200);
    let ada = Who { cookie: Some(proved.cookie()), ..Who::default() };
    world.delete(&ada, "/account/second-factor").await.expect(200);
    log_in(&world, None).await.expect(201);
    log_in(&world, Some(&codes[0])).await.expect(201);
    let status = world.get(&ada, "/account/second-factor").await.expect(200);
    assert_eq!(status.at("/secondFactor/recoveryCodesLeft"), 0);
}

#[tokio::test]
async fn the_secret_is_sealed_for_its_account() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let (app, _) = enrol(&world, &ada).await;
    let mut db = world.api.db.read().await.unwrap();
    let account = store::accounts::by_email(&mut db, "ada@example.com").await.unwrap().unwrap();
    let sealed = account.totp_sealed.unwrap();
    assert!(!sealed.contains(&app.0.secret().to_base32()));
    let open = |owner: &str| world.api.sealer.open(owner, &sealed);
    assert_eq!(open(&format!("totp/{}", account.id)).unwrap(), app.0.secret().as_bytes());
    assert!(open("totp/acc_other").is_err());
}
