#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};

use crate::testing::{
    Who, World,
    journey::{application, approval},
};

const HOUR_MS: i64 = 3_600_000;

async fn applied(world: &World) -> (Who, Who, String) {
    let mia = world.known("mia@acme.example").await;
    let operator = world.known_operator("olga@headwater.example").await;
    let reply = world.post(&mia, "/applications", application("mia@acme.example")).await;
    let id = reply.expect(201).text("/application/id");
    (mia, operator, format!("/operator/applications/{id}"))
}

#[tokio::test]
async fn every_fault_of_an_application_is_named_at_once() {
    for world in World::all().await {
        let mia = world.known("mia@acme.example").await;
        let mut answers = application("nobody");
        answers["companyWebsite"] = json!("not a site");
        answers["dataIn"] = json!("");
        answers["privacyPolicy"] = json!("1999-01");
        let reply = world.post(&mia, "/applications", answers).await.expect(422);
        let faults = reply.body["errors"].as_array().unwrap();
        let pointers: Vec<&str> =
            faults.iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
        for pointer in ["/email", "/companyWebsite", "/dataIn", "/privacyPolicy"] {
            assert!(pointers.contains(&pointer), "{pointer} is not among {pointers:?}");
        }
        assert!(faults.iter().all(|fault| fault["fix"].is_string()), "{faults:#?}");
    }
}

#[tokio::test]
async fn a_declined_company_hears_why_and_may_apply_again() {
    for world in World::all().await {
        let (mia, operator, path) = applied(&world).await;
        let again = world.post(&mia, "/applications", application("mia@acme.example")).await;
        again.refused(409, "already_applied");
        let steps = format!("{path}/steps");
        let silent = json!({ "step": "decline" });
        assert_eq!(world.post(&operator, &steps, silent).await.status, 422, "a reason is owed");
        let no = json!({ "step": "decline", "note": "You have no service yet." });
        world.post(&operator, &steps, no.clone()).await.expect(200);
        assert_eq!(world.post(&operator, &steps, no).await.status, 409, "once");
        let letter = world.letter("mia@acme.example", "ApplicationDeclined").await;
        assert!(letter.text.contains("You have no service yet."), "{}", letter.text);
        world.get(&mia, "/partner").await.expect(404);
        world.post(&mia, "/applications", application("mia@acme.example")).await.expect(201);
        let mine = world.get(&mia, "/applications/mine").await.expect(200);
        assert_eq!(mine.at("/applications").as_array().unwrap().len(), 2);
        assert!(!mine.text.contains("\"operator\""), "what operators see stays with them");
    }
}

#[tokio::test]
async fn an_applicant_answers_and_withdraws_but_decides_nothing() {
    for world in World::all().await {
        let (mia, operator, path) = applied(&world).await;
        let answer = json!({ "step": "answer", "note": "Globex" });
        let mine = "/applications/mine/steps";
        assert_eq!(world.post(&mia, mine, answer.clone()).await.status, 409, "nothing was asked");
        let ask = json!({ "step": "ask", "note": "Who asked for it?" });
        world.post(&operator, &format!("{path}/steps"), ask).await.expect(200);
        world.post(&mia, mine, answer).await.expect(200);
        world.post(&mia, mine, json!({ "step": "approve" })).await.refused(422, "not_allowed");
        world.post(&mia, mine, json!({ "step": "withdraw" })).await.expect(200);
        let late = world.post(&operator, &format!("{path}/steps"), approval()).await;
        assert_eq!(late.status, 409);
        let stranger = world.known("eve@example.com").await;
        world.post(&stranger, mine, json!({ "step": "withdraw" })).await.expect(404);
    }
}

#[tokio::test]
async fn an_invitation_into_the_portal_is_good_once_for_three_days_until_it_is_taken_back() {
    for world in World::all().await {
        let (mia, operator, path) = applied(&world).await;
        world.post(&operator, &format!("{path}/steps"), approval()).await.expect(200);
        let invitation = format!("{path}/invitation");
        let token = async || world.mailed_token("mia@acme.example", "PartnerInvitation").await;
        let accept = async |token: String| {
            let mia = world.session("mia@acme.example").await;
            world.post(&mia, "/partner/accept", json!({ "token": token })).await
        };
        let first = token().await;
        world.pass(1);
        world.post(&operator, &invitation, Value::Null).await.expect(200);
        let second = token().await;
        assert_ne!(first, second);
        accept(first).await.expect(404);
        world.call(&operator, Method::DELETE, &invitation, Value::Null).await.expect(200);
        accept(second).await.expect(404);
        world.pass(1);
        world.post(&operator, &invitation, Value::Null).await.expect(200);
        let third = token().await;
        world.pass(72 * HOUR_MS);
        accept(third).await.expect(404);
        let operator = world.session("olga@headwater.example").await;
        world.post(&operator, &invitation, Value::Null).await.expect(200);
        let fourth = token().await;
        let standing = world.get(&operator, &path).await.expect(200);
        assert_eq!(standing.at("/application/operator/invitation"), "pending");
        world.get(&mia, "/partner").await.refused(401, "login_needed");
        accept(fourth.clone()).await.expect(200);
        accept(fourth).await.expect(409);
        let standing = world.get(&operator, &path).await.expect(200);
        assert_eq!(standing.at("/application/operator/invitation"), "accepted");
    }
}
