#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};
use store::mails;

use crate::testing::{Who, World};

/// The secret in the newest mail to `email`.
async fn secret(world: &World, email: &str) -> String {
    let mut db = world.api.db.read().await.unwrap();
    let page = store::Page::first(1);
    let mail = mails::list(&mut db, Some(email), &page).await.unwrap().rows.remove(0);
    let at = mail.text.find("token=").expect("a link with a token") + "token=".len();
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn invite(world: &World, owner: &Who, email: &str, permissions: Value) -> String {
    let body = json!({ "invites": [{ "email": email, "permissions": permissions }] });
    world.post(owner, "/invites", body).await.expect(201);
    secret(world, email).await
}

#[tokio::test]
async fn an_invitation_is_for_one_address_once_and_for_three_days() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let grace = world.person("grace@example.com").await;
        let eve = world.person("eve@example.com").await;

        let token = invite(&world, &acme, "grace@example.com", json!([])).await;
        let accept = json!({ "token": token });
        world.post(&eve, "/invites/accept", accept.clone()).await.refused(403, "other_address");
        world.get(&grace.within("acme"), "/").await.expect(404);
        world.post(&grace, "/invites/accept", accept.clone()).await.expect(200);
        world.get(&grace.within("acme"), "/").await.expect(200);
        world.post(&grace, "/invites/accept", accept).await.refused(404, "not_found");
        // The least that a member may: nothing of the owner's.
        world.get(&grace.within("acme"), "/users").await.refused(403, "role_needed");

        let late = invite(&world, &acme, "eve@example.com", json!([])).await;
        let pending = world.get(&acme, "/invites/pending").await.expect(200);
        assert_eq!(pending.at("/invitations/0/email"), "eve@example.com");
        world.pass(72 * 60 * 60 * 1000);
        let acme = world.log_in("ada@example.com").await.within("acme");
        let eve = world.log_in("eve@example.com").await;
        world.post(&eve, "/invites/accept", json!({ "token": late })).await.refused(404, "expired");
        let pending = world.get(&acme, "/invites/pending").await.expect(200);
        assert_eq!(pending.at("/invitations/0/expired"), true);

        let first = invite(&world, &acme, "eve@example.com", json!([])).await;
        let second = invite(&world, &acme, "eve@example.com", json!([])).await;
        world
            .post(&eve, "/invites/accept", json!({ "token": first }))
            .await
            .refused(404, "not_found");
        world.delete(&acme, "/invites?emails.0=eve%40example.com").await.expect(200);
        world
            .post(&eve, "/invites/accept", json!({ "token": second }))
            .await
            .refused(404, "not_found");
        let open = world.get(&acme, "/invites?pagination.count=10").await.expect(200);
        assert_eq!(open.at("/invites"), &json!([]));
    }
}

#[tokio::test]
async fn a_workspace_keeps_an_owner() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let me = world.get(&ada, "/account").await.expect(200).text("/account/id");
        let policy = format!("/users/{me}/permissions");
        let member = json!({ "permissions": [{ "roleId": "workspace_member" }] });
        world.call(&acme, Method::PUT, &policy, member.clone()).await.refused(409, "last_owner");
        world.delete(&acme, &format!("/users?userIds.0={me}")).await.refused(409, "last_owner");
        world.delete(&acme, "/users/me").await.refused(409, "last_owner");

        let grace = world.person("grace@example.com").await;
        let owner = json!([{ "roleId": "workspace_owner" }]);
        let token = invite(&world, &acme, "grace@example.com", owner).await;
        world.post(&grace, "/invites/accept", json!({ "token": token })).await.expect(200);
        world.call(&acme, Method::PUT, &policy, member).await.expect(200);
        world.get(&acme, "/users").await.refused(403, "role_needed");
        world.delete(&acme, "/users/me").await.expect(200);
        world.get(&acme, "/").await.expect(404);
        let users = world.get(&grace.within("acme"), "/users").await.expect(200);
        assert_eq!(users.at("/pagination/totalEntries"), 1);
        assert_eq!(users.at("/users/0/permissions/0/roleName"), "Workspace Owner");
    }
}

#[tokio::test]
async fn every_faulty_permission_is_named() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let body = json!({ "invites": [
        { "email": "no address", "permissions": [{ "roleId": "emperor" }] },
        { "email": "grace@example.com", "permissions": [{ "roleId": "source_admin" }] },
    ] });
        let reply = world.post(&acme, "/invites", body).await.expect(422);
        let pointers: Vec<&str> = reply.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| fault["pointer"].as_str().unwrap())
            .collect();
        assert_eq!(pointers, ["/invites/0/email", "/invites/0/permissions/0/roleId"]);
        let open = world.get(&acme, "/invites").await.expect(200);
        assert_eq!(open.at("/invites"), &json!([]), "none of a faulty list is invited");
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_granted() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let on = json!([{ "roleId": "source_admin", "resources": [{ "id": "src_zz", "type": "SOURCE" }] }]);
        let invite = json!({ "invites": [{ "email": "grace@example.com", "permissions": on }] });
        let refused = world.post(&acme, "/invites", invite).await.refused(422, "unknown");
        let pointer = "/invites/0/permissions/0/resources/0/id";
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        let token = json!({ "description": "x", "permissions": on });
        world.post(&acme, "/tokens", token).await.refused(422, "unknown");
        let id = world.get(&ada, "/account").await.text("/account/id");
        let more = json!({ "permissions": on });
        world.post(&acme, &format!("/users/{id}/permissions"), more).await.refused(422, "unknown");
    }
}
