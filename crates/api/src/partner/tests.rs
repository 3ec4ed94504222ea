#![expect(clippy::unwrap_used, reason = "tests")]

use catalog::TeamRole;
use http::Method;
use serde_json::json;

use crate::testing::World;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn a_colleague_is_invited_builds_and_is_let_go() {
    for world in World::all().await {
        let admin = world.known("mia@acme.example").await;
        world.partner("Acme Labs", "mia@acme.example").await;
        let bob = world.known("bob@acme.example").await;
        let invite = json!({ "email": " Bob@acme.example ", "role": "builder" });
        world.post(&admin, "/partner/invitations", invite.clone()).await.expect(201);
        let old = world.mailed_token("bob@acme.example", "PartnerTeamInvitation").await;
        world.pass(1);
        world.post(&admin, "/partner/invitations", invite).await.expect(201);
        let new = world.mailed_token("bob@acme.example", "PartnerTeamInvitation").await;
        let accept = |token: &str| {
            let token = json!({ "token": token });
            world.post(&bob, "/partner/accept", token)
        };
        accept(&old).await.expect(404);
        let eve = world.known("eve@example.com").await;
        let stolen = world.post(&eve, "/partner/accept", json!({ "token": new })).await;
        stolen.refused(403, "other_address");
        accept(&new).await.expect(200);
        let team = world.get(&bob, "/partner/team").await.expect(200);
        assert_eq!(team.at("/members").as_array().unwrap().len(), 2);
        assert_eq!(team.at("/invitations"), &json!([]));

        // A builder builds, and administers nothing.
        let made = json!({ "name": "Acme Mail", "slug": "acme-mail" });
        world.post(&bob, "/integrations", made).await.expect(201);
        let more = json!({ "email": "joe@acme.example", "role": "admin" });
        world.post(&bob, "/partner/invitations", more).await.refused(403, "role_needed");
        let (mia_id, bob_id) = (
            world.account_id("mia@acme.example").await,
            world.account_id("bob@acme.example").await,
        );
        let seat = |id: &str| format!("/partner/team/{id}");
        let rise = json!({ "role": "admin" });
        let risen = world.call(&bob, Method::PUT, &seat(&bob_id), rise.clone()).await;
        risen.refused(403, "role_needed");
        world.delete(&bob, &seat(&mia_id)).await.refused(403, "role_needed");

        // A team keeps an admin.
        let fall = json!({ "role": "builder" });
        let fallen = world.call(&admin, Method::PUT, &seat(&mia_id), fall.clone()).await;
        fallen.refused(409, "last_admin");
        world.delete(&admin, &seat(&mia_id)).await.refused(409, "last_admin");
        world.call(&admin, Method::PUT, &seat(&bob_id), rise).await.expect(200);
        world.call(&bob, Method::PUT, &seat(&mia_id), fall).await.expect(200);
        world.delete(&bob, &seat(&mia_id)).await.expect(200);
        world.get(&admin, "/partner").await.expect(404);
        world.get(&admin, "/integrations").await.expect(404);
        world.delete(&bob, &seat(&mia_id)).await.expect(404);
    }
}

#[tokio::test]
async fn teams_do_not_see_each_other() {
    for world in World::all().await {
        let acme = world.known("mia@acme.example").await;
        world.partner("Acme Labs", "mia@acme.example").await;
        let rival = world.known("rex@rival.example").await;
        let rival_partner = world.partner("Rival Inc", "rex@rival.example").await;
        world.known("roy@rival.example").await;
        world.seat(&rival_partner, "roy@rival.example", TeamRole::Builder).await;
        let invite = json!({ "email": "new@rival.example", "role": "builder" });
        world.post(&rival, "/partner/invitations", invite).await.expect(201);

        let roy = format!("/partner/team/{}", world.account_id("roy@rival.example").await);
        world.delete(&acme, &roy).await.expect(404);
        world.call(&acme, Method::PUT, &roy, json!({ "role": "admin" })).await.expect(404);
        world.delete(&acme, "/partner/invitations/new@rival.example").await.expect(404);
        let team = world.get(&acme, "/partner/team").await.expect(200);
        assert!(!team.text.contains("rival"), "{}", team.text);
        let new = json!({ "name": "Rival Mail", "slug": "rival-mail" });
        world.post(&rival, "/integrations", new).await.expect(201);
        let list = world.get(&acme, "/integrations").await.expect(200);
        assert_eq!(list.at("/integrations"), &json!([]));

        // Who sits in one team takes no seat in another.
        let poach = json!({ "email": "roy@rival.example", "role": "admin" });
        world.post(&acme, "/partner/invitations", poach).await.expect(201);
        let token = world.mailed_token("roy@rival.example", "PartnerTeamInvitation").await;
        let roy = world.session("roy@rival.example").await;
        let both = world.post(&roy, "/partner/accept", json!({ "token": token })).await;
        both.refused(409, "already_partner");
        world.pass(72 * HOUR_MS);
        let acme = world.session("mia@acme.example").await;
        let team = world.get(&acme, "/partner/team").await.expect(200);
        assert_eq!(team.at("/invitations/0/expired"), true);
    }
}
