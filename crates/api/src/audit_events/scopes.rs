//! The trails that are no workspace's.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::testing::{World, journey::Busy};

fn kinds(reply: &Value) -> Vec<&str> {
    let events = reply.as_array().expect("a list");
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

#[tokio::test]
async fn a_partner_sees_who_read_the_test_account_and_operators_what_they_decide() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let mia = world.known("mia@acme.example").await;
        world.partner("Acme Labs", "mia@acme.example").await;
        let olga = world.known_operator("olga@headwater.example").await;
        let noa = world.known("noa@globex.example").await;
        world.partner("Globex", "noa@globex.example").await;
        let id = Box::pin(world.integration(&mia, "acme-mail")).await;
        let submission = world.submit(&mia, &id).await;
        let review = format!("/reviews/{submission}");
        world.post(&olga, &format!("{review}/assign"), Value::Null).await.expect(200);
        world.get(&olga, &format!("{review}/test-account")).await.expect(200);

        let own = world.get(&mia, "/partner/audit-events").await.expect(200);
        let read = own.at("/events/0");
        assert_eq!(read["type"], "Test Account Read");
        assert_eq!(read["actorEmail"], "olga@headwater.example");
        let path = "/partner/audit-events?type=Test+Account+Set&pagination.count=5";
        let set = world.get(&mia, path).await.expect(200);
        assert_eq!(kinds(set.at("/events")), ["Test Account Set"]);
        let others = world.get(&noa, "/partner/audit-events").await.expect(200);
        assert_eq!(others.at("/events"), &json!([]), "each partner has its own");
        world.get(&olga, "/partner/audit-events").await.expect(404);

        let platform = world.get(&olga, "/operator/audit-events").await.expect(200);
        let seen = kinds(platform.at("/events"));
        assert!(seen.contains(&"Review Assigned"), "{seen:?}");
        assert!(!seen.contains(&"Test Account Read"), "{seen:?}");
        world.get(&mia, "/operator/audit-events").await.expect(403);
    }
}
