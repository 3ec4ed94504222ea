//! The trails that are no workspace's.

#![expect(clippy::unwrap_used, reason = "tests")]

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

#[tokio::test]
async fn every_trail_is_filtered_exported_and_verified() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let mia = world.known("mia@acme.example").await;
        let partner = world.partner("Acme Labs", "mia@acme.example").await;
        let olga = world.known_operator("olga@headwater.example").await;
        let id = Box::pin(world.integration(&mia, "acme-mail")).await;
        let submission = world.submit(&mia, &id).await;
        world.post(&olga, &format!("/reviews/{submission}/assign"), Value::Null).await.expect(200);

        for (who, path, kind, scope) in [
            (&mia, "/partner/audit-events", "Test Account Set", partner.as_str()),
            (&olga, "/operator/audit-events", "Review Assigned", "platform"),
        ] {
            let some = format!("{path}/export?type={}", kind.replace(' ', "%20"));
            let csv = world.get(who, &some).await.expect(200);
            assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
            assert_eq!(csv.text.lines().count(), 1 + 1, "{}", csv.text);
            let lines = world.get(who, &format!("{some}&format=ndjson")).await.expect(200);
            assert_eq!(lines.headers["content-type"], "application/x-ndjson");
            let list = world.get(who, &format!("{path}?type={kind}").replace(' ', "%20")).await;
            let shown: Vec<Value> =
                lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(&json!(shown), list.expect(200).at("/events"), "as the list shows it");
            let odd = world.get(who, &format!("{path}/export?format=pdf")).await;
            assert_eq!(odd.refused(422, "not_allowed").body["errors"][0]["pointer"], "/format");

            let whole = world.get(who, &format!("{path}/verify")).await.expect(200);
            assert_eq!(whole.at("/intact"), true);
            let mut write = world.api.db.write().await.unwrap();
            let sql = "UPDATE audit SET actor = 'nobody' WHERE scope = $1 AND type = $2";
            sqlx::query(sql).bind(scope).bind(kind).execute(&mut *write).await.unwrap();
            write.commit().await.unwrap();
            let broken = world.get(who, &format!("{path}/verify")).await.expect(200);
            assert_eq!(broken.at("/intact"), false, "{path}");
            assert!(broken.at("/firstBroken").is_number());
        }
        for path in ["/partner/audit-events", "/operator/audit-events"] {
            let (right, wrong) =
                if path.starts_with("/partner") { (&mia, &olga) } else { (&olga, &mia) };
            for what in ["export", "verify"] {
                world.get(right, &format!("{path}/{what}")).await.expect(200);
                let refused = world.get(wrong, &format!("{path}/{what}")).await;
                assert!(matches!(refused.status.as_u16(), 403 | 404), "{path}/{what}");
            }
        }
    }
}
