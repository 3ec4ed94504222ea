//! Whatever is sent by mail and ends: good to its last second, refused from its end on in so many
//! words, and good again when it is sent again. On both engines.

use http::Method;
use serde_json::{Value, json};

use crate::testing::{
    PASSWORD, Reply, Who, World,
    journey::{application, approval},
};

const SECOND_MS: i64 = 1000;
const HOUR_MS: i64 = 3_600_000;

/// Something that is mailed with a link, and used by following it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Into a workspace.
    Workspace,
    /// Into a partner team, by its admin.
    Team,
    /// Into the first seat of a new partner, by an operator.
    Partner,
    /// That an address is one's own.
    Verification,
    /// For a new password.
    Reset,
}

impl Link {
    /// How long it holds, its letter, and what is heard when it is over.
    fn rules(self) -> (i64, &'static str, (u16, &'static str)) {
        match self {
            Link::Workspace => (72 * HOUR_MS, "WorkspaceInvitation", (404, "expired")),
            Link::Team => (72 * HOUR_MS, "PartnerTeamInvitation", (404, "expired")),
            Link::Partner => (72 * HOUR_MS, "PartnerInvitation", (404, "expired")),
            Link::Verification => (24 * HOUR_MS, "VerifyEmail", (422, "invalid_link")),
            Link::Reset => (HOUR_MS / 4, "ResetPassword", (422, "invalid_link")),
        }
    }

    /// What has to be there before it can be sent to `email`.
    async fn prepare(self, world: &World, email: &str) {
        match self {
            Link::Verification => {
                let new = json!({ "email": email, "password": PASSWORD });
                world.post(&Who::default(), "/accounts", new).await.expect(202);
            }
            Link::Reset => drop(world.person(email).await),
            _ => drop(world.known(email).await),
        }
        if self == Link::Partner {
            let who = world.session(email).await;
            let answers = application(email);
            world.post(&who, "/applications", answers).await.expect(201);
        }
    }

    /// Sends it, for the first time or again.
    async fn send(self, world: &World, email: &str, again: bool) {
        let operator = world.session("olga@headwater.example").await;
        let admin = world.session("mia@acme.example").await;
        let owner = world.session("ada@example.com").await.within("acme");
        match self {
            Link::Workspace => {
                let new = json!({ "invites": [{ "email": email }] });
                world.post(&owner, "/invites", new).await.expect(201);
            }
            Link::Team => {
                let new = json!({ "email": email, "role": "builder" });
                world.post(&admin, "/partner/invitations", new).await.expect(201);
            }
            Link::Partner => {
                let who = world.session(email).await;
                let mine = world.get(&who, "/applications/mine").await.expect(200);
                let path = format!("/operator/applications/{}", mine.text("/applications/0/id"));
                if again {
                    let path = format!("{path}/invitation");
                    world.post(&operator, &path, Value::Null).await.expect(200);
                } else {
                    world.post(&operator, &format!("{path}/steps"), approval()).await.expect(200);
                }
            }
            Link::Verification if again => {
                let who = world.session(email).await;
                let path = "/account/verification-mail";
                let reply = world.call(&who, Method::POST, path, Value::Null).await;
                assert!(reply.status.is_success(), "{:#}", reply.body);
            }
            // It went out with the account.
            Link::Verification => {}
            Link::Reset => {
                let who = json!({ "email": email });
                world.post(&Who::default(), "/password-resets", who).await.expect(202);
            }
        }
    }

    /// Follows the newest one to `email`.
    async fn follow(self, world: &World, email: &str) -> Reply {
        let token = world.mailed_token(email, self.rules().1).await;
        let who = world.session(email).await;
        let shown = json!({ "token": token });
        match self {
            Link::Workspace => world.post(&who, "/invites/accept", shown).await,
            Link::Team | Link::Partner => world.post(&who, "/partner/accept", shown).await,
            Link::Verification => world.post(&who, "/account/verification", shown).await,
            Link::Reset => {
                let new = json!({ "token": token, "password": "glacier violin thirteen postcard" });
                world.post(&Who::default(), "/password-resets/redeem", new).await
            }
        }
    }
}

#[tokio::test]
async fn a_link_is_good_to_its_last_second_and_again_when_sent_again() {
    for world in World::all().await {
        world.known_operator("olga@headwater.example").await;
        world.known("mia@acme.example").await;
        world.partner("Acme Labs", "mia@acme.example").await;
        let ada = world.known("ada@example.com").await;
        world.workspace(&ada, "acme").await;
        for (number, link) in
            [Link::Workspace, Link::Team, Link::Partner, Link::Verification, Link::Reset]
                .into_iter()
                .enumerate()
        {
            let (holds_ms, _, (status, code)) = link.rules();
            let (early, late) =
                (format!("early{number}@x.example"), format!("late{number}@x.example"));

            link.prepare(&world, &early).await;
            world.pass(SECOND_MS);
            link.send(&world, &early, false).await;
            let since_ms = if link == Link::Verification { SECOND_MS } else { 0 };
            world.pass(holds_ms - since_ms - SECOND_MS);
            link.follow(&world, &early).await.expect(200);

            link.prepare(&world, &late).await;
            world.pass(SECOND_MS);
            link.send(&world, &late, false).await;
            world.pass(holds_ms - since_ms);
            let refused = link.follow(&world, &late).await.refused(status, code);
            let fault = &refused.body["errors"][0];
            let says = format!("{} {}", fault["message"], fault["fix"]);
            assert!(says.contains("expired") && says.contains("ask for a new"), "{link:?}: {says}");
            link.send(&world, &late, true).await;
            link.follow(&world, &late).await.expect(200);
        }
    }
}
