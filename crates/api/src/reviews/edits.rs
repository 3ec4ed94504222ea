//! From private beta to an edit and to the end, as the partner's team is told and reviewers see it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::testing::{Who, World, journey::Busy};

async fn pass(world: &World, operator: &Who, submission: &str, action: &str) {
    for part in ["functionality", "metadata", "documentation"] {
        let path = format!("/reviews/{submission}/parts/{part}");
        let passed = json!({ "verdict": "passed" });
        world.call(operator, Method::PUT, &path, passed).await.expect(200);
    }
    let decision = format!("/reviews/{submission}/decision");
    world.post(operator, &decision, json!({ "action": action })).await.expect(200);
}

#[tokio::test]
async fn a_new_name_is_reviewed_and_letters_say_what_happened() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let mia = world.known("mia@acme.example").await;
        world.partner("Acme Labs", "mia@acme.example").await;
        let olga = world.known_operator("olga@headwater.example").await;
        let id = Box::pin(world.integration(&mia, "acme-mail")).await;
        let told = async |letter: &str| {
            let mails = world.mails("mia@acme.example").await;
            let mut mails = mails.into_iter().filter(|mail| mail.letter == letter);
            let first = mails.next().map(|mail| mail.text);
            assert!(mails.next().is_none(), "{letter} is told once");
            first
        };
        let manage = async |action: &str| {
            let path = format!("/operator/integrations/{id}/actions");
            let wanted = json!({ "action": action, "reason": "it is old" });
            world.post(&olga, &path, wanted).await.expect(200);
        };

        let launch = world.submit(&mia, &id).await;
        let review = world.get(&olga, &format!("/reviews/{launch}")).await.expect(200);
        assert_eq!(review.at("/review/changes/0/pointer"), "/name");
        assert_eq!(review.at("/review/changes/0/after"), "Maker of acme-mail");
        assert_eq!(review.at("/review/changes/0").get("before"), None, "nothing was public");
        pass(&world, &olga, &launch, "approvePrivateBeta").await;
        let mail = told("InPrivateBeta").await.unwrap();
        assert!(mail.contains("/goto-my-workspace/sources/catalog/acme-mail"), "{}", mail);
        assert_eq!(told("Approved").await, None, "it is not in the catalog yet");
        manage("publishBeta").await;
        let mail = told("Approved").await.unwrap();
        let page = world.get(&mia, &format!("/integrations/{id}")).await.expect(200);
        let ends: jiff::Timestamp = page.text("/integration/betaEndsAt").parse().unwrap();
        let day = ends.strftime("%-d %B %Y").to_string();
        let text = mail.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&format!("with a beta badge until {day}")), "{text}");

        let name = json!({ "name": "Maker of Acme-Mail" });
        world.call(&mia, Method::PATCH, &format!("/integrations/{id}"), name).await.expect(200);
        let mut info = world.info(&mia, &id).await;
        let docs = info["docs"]["introduction"].as_str().unwrap();
        info["docs"]["introduction"] = json!(docs.replace("acme-mail", "Acme-Mail"));
        world.write_info(&mia, &id, info).await;
        let edit = world.submit(&mia, &id).await;
        let withdraw = format!("/integrations/{id}/submissions/current/withdraw");
        let why = json!({ "reason": "a typing error" });
        world.post(&mia, &withdraw, why).await.expect(200);
        let review = world.get(&olga, &format!("/reviews/{edit}")).await.expect(200);
        assert_eq!(review.at("/review/submission/status"), "withdrawn");
        let edit = world.submit(&mia, &id).await;
        let history = world.get(&mia, &format!("/integrations/{id}/history")).await.expect(200);
        let entries = history.at("/history").as_array().unwrap();
        let last = &entries[entries.len() - 3..];
        let said = |entry: &Value| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            assert_eq!(text("from"), text("to"), "an edit moves no state: {entry:#}");
            (text("action"), text("by"), text("party"), text("reason"))
        };
        let expected = [("submit", ""), ("withdraw", "a typing error"), ("submit", "")];
        for (entry, (action, reason)) in last.iter().zip(expected) {
            let who = ("mia@acme.example".to_owned(), "partnerAdmin".to_owned());
            assert_eq!(said(entry), (action.to_owned(), who.0, who.1, reason.to_owned()));
        }
        let review = world.get(&olga, &format!("/reviews/{edit}")).await.expect(200);
        let renamed = json!({
            "pointer": "/name", "before": "Maker of acme-mail", "after": "Maker of Acme-Mail"
        });
        assert_eq!(review.at("/review/changes/0"), &renamed);
        let public = world.get(&Who::default(), "/catalog/sources/acme-mail").await.expect(200);
        assert_eq!(public.at("/sourceMetadata/name"), "Maker of acme-mail", "until it is seen");
        pass(&world, &olga, &edit, "approve").await;
        let mail = told("EditPublished").await.unwrap();
        assert!(!mail.contains("beta"), "{}", mail);
        told("Approved").await;
        manage("deprecate").await;
        let mail = told("Deprecated").await.unwrap();
        assert!(mail.contains("it is old"), "{}", mail);
    }
}
