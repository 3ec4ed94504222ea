//! Everybody there is, and one of everything, twice: Acme's and somebody else's.

use catalog::{Permission, ResourceType, Role, TeamRole};
use http::Method;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

use crate::{
    destination_filters::tests::filter,
    destination_subscriptions::tests::mapping,
    destinations::tests::{options, webhook},
    testing::{
        Who, World,
        journey::{Busy, application, approval},
    },
};

/// Everybody, in the order of the table's columns.
pub const CAST: [&str; 22] = [
    "anonymous",
    "unverified",
    "account",
    "applicant",
    "builder",
    "partner_admin",
    "other_partner",
    "owner",
    "source_admin",
    "one_source",
    "source_reader",
    "destination_admin",
    "one_destination",
    "destination_reader",
    "planner",
    "member",
    "other_owner",
    "token",
    "reader_token",
    "other_token",
    "personal_token",
    "operator",
];

/// A world in which everything stands, and can be put back.
pub struct Stage {
    pub world: World,
    pub cast: HashMap<&'static str, Who>,
    pub things: HashMap<&'static str, String>,
    pub frozen: String,
}

impl Stage {
    pub fn who(&self, name: &str) -> &Who {
        &self.cast[name]
    }

    pub fn thing(&self, name: &str) -> &str {
        self.things.get(name).unwrap_or_else(|| panic!("there is no {name} on the stage"))
    }

    /// One on each engine.
    pub async fn all() -> Vec<Stage> {
        let mut all = Vec::new();
        for world in World::each(options()).await {
            all.push(Box::pin(Stage::set(world.watching(Arc::new(Busy)))).await);
        }
        all
    }

    async fn set(world: World) -> Stage {
        let mut cast = HashMap::from([("anonymous", Who::default())]);
        for name in CAST.into_iter().filter(|name| *name != "anonymous" && !name.contains("token"))
        {
            let who = world.known(&email(name)).await;
            cast.insert(name, who.within("acme"));
        }
        let mut things = HashMap::new();
        let since = Some(world.api.now_ms());
        world.change_account(&email("operator"), |a| a.operator_since_ms = since).await;
        world.change_account(&email("unverified"), |a| a.email_verified_at_ms = None).await;
        let mut stage = Stage { world, cast, things: HashMap::new(), frozen: String::new() };
        Box::pin(stage.customers(&mut things)).await;
        Box::pin(stage.partners(&mut things)).await;
        stage.things = things;
        stage.frozen = stage.world.freeze().await;
        stage
    }

    async fn customers(&mut self, things: &mut HashMap<&'static str, String>) {
        let world = &self.world;
        for (name, slug, own) in [("owner", "acme", true), ("other_owner", "globex", false)] {
            let owner = world.workspace(self.who(name), slug).await;
            let at = |own_name, other_name| if own { own_name } else { other_name };
            let made = world.get(&owner, "/").await.expect(200);
            things.insert(at("workspace", "other_workspace"), made.text("/workspace/id"));
            for (source, key) in
                [("website", at("source", "other_source")), ("shop", at("sibling_source", "-"))]
            {
                let new = json!({ "metadataId": "http-api", "slug": source });
                let made = world.post(&owner, "/sources", new).await.expect(201);
                let id = made.text("/source/id");
                if source == "website" {
                    let write_key = made.text("/source/writeKeys/0");
                    things.insert(at("write_key", "other_write_key"), write_key);
                }
                let hook = world.post(&owner, "/destinations", webhook(&id)).await.expect(200);
                let hook_key = match key {
                    "source" => "destination",
                    "other_source" => "other_destination",
                    "sibling_source" => "sibling_destination",
                    _ => "-",
                };
                let switch = json!({ "id": hook.text("/destination/id"), "enabled": false });
                let event = json!({ "event": {
                    "type": "TRACK", "name": "Cart Viewed", "destinations": [switch]
                } });
                let events = format!("/sources/{id}/schema/events");
                world.call(&owner, Method::PUT, &events, event).await.expect(200);
                let hook_id = hook.text("/destination/id");
                let filters = format!("/destination/{hook_id}/filters");
                let made = world.post(&owner, &filters, filter(&id)).await.expect(200);
                let filter_key = match key {
                    "source" => "filter",
                    "other_source" => "other_filter",
                    "sibling_source" => "sibling_filter",
                    _ => "-",
                };
                things.insert(filter_key, made.text("/filter/id"));
                let mappings = format!("/destinations/{hook_id}/subscriptions");
                let made = world.post(&owner, &mappings, mapping()).await.expect(200);
                let mapping_key = match key {
                    "source" => "mapping",
                    "other_source" => "other_mapping",
                    "sibling_source" => "sibling_mapping",
                    _ => "-",
                };
                things.insert(mapping_key, made.text("/destinationSubscription/id"));
                things.insert(hook_key, hook_id);
                things.insert(key, id);
            }
            for (permissions, key) in [
                (Value::Null, at("token", "other_token")),
                (json!([{ "roleId": "source_read_only" }]), at("reader_token", "-")),
            ] {
                let mut new = json!({ "description": key });
                if !permissions.is_null() {
                    new["permissions"] = permissions;
                }
                let made = world.post(&owner, "/tokens", new).await.expect(201);
                things.insert(key, made.text("/token/id"));
                if key != "-" {
                    let who = Who { token: Some(made.text("/secret")), ..Who::default() };
                    self.cast.insert(key, who.within("acme"));
                }
            }
            let new = json!({ "name": "Plan", "type": "LIVE" });
            let made = world.post(&owner, "/tracking-plans", new).await.expect(200);
            let plan = made.text("/trackingPlan/id");
            let rule = json!({ "type": "TRACK", "key": "Seen", "version": 1, "jsonSchema": {} });
            let rules = json!({ "rules": [rule] });
            let path = format!("/tracking-plans/{plan}/rules");
            world.call(&owner, Method::PUT, &path, rules).await.expect(200);
            things.insert(at("plan", "other_plan"), plan);
            let alert = json!({
                "name": "Nothing comes", "kind": "NO_DATA", "emails": [email(name)],
                "webhookUrl": "https://hooks.acme.example/services/secret",
            });
            let made = world.post(&owner, "/alerts", alert).await.expect(201);
            things.insert(at("alert", "other_alert"), made.text("/alert/id"));
            let label = json!({ "label": { "key": "team", "value": slug } });
            world.post(&owner, "/labels", label).await.expect(201);
            let invite = json!({ "invites": [{ "email": format!("guest@{slug}.example") }] });
            world.post(&owner, "/invites", invite).await.expect(201);
        }
        let made =
            world.post(self.who("owner"), "/account/tokens", json!({ "description": "mine" }));
        let made = made.await.expect(201);
        let who = Who { token: Some(made.text("/secret")), ..Who::default() };
        self.cast.insert("personal_token", who.within("acme"));
        things.insert("personal_token", made.text("/token/id"));
        let sessions = world.get(self.who("owner"), "/sessions").await.expect(200);
        things.insert("session", sessions.text("/sessions/0/id"));

        let everywhere = |role| Permission::everywhere(role, &things["workspace"]);
        let (source, hook) = (&things["source"], &things["destination"]);
        for (name, permission) in [
            ("source_admin", everywhere(Role::SourceAdmin)),
            ("one_source", Permission::on(Role::SourceAdmin, ResourceType::Source, source)),
            ("source_reader", everywhere(Role::SourceReadOnly)),
            ("destination_admin", everywhere(Role::DestinationAdmin)),
            (
                "one_destination",
                Permission::on(Role::DestinationAdmin, ResourceType::Destination, hook),
            ),
            ("destination_reader", everywhere(Role::DestinationReadOnly)),
            ("planner", everywhere(Role::TrackingPlanAdmin)),
            ("member", everywhere(Role::WorkspaceMember)),
        ] {
            world.join("acme", &email(name), &[permission]).await;
        }
        for name in CAST.into_iter().filter(|name| *name != "anonymous" && !name.contains("token"))
        {
            let key: &'static str = Box::leak(format!("account:{name}").into_boxed_str());
            things.insert(key, world.account_id(&email(name)).await);
        }
    }

    async fn partners(&mut self, things: &mut HashMap<&'static str, String>) {
        let world = &self.world;
        let acme = world.partner("Acme Labs", &email("partner_admin")).await;
        world.seat(&acme, &email("builder"), TeamRole::Builder).await;
        world.partner("Rival Inc", &email("other_partner")).await;
        let operator = self.who("operator");
        for (name, slug, key) in [
            ("builder", "acme-mail", "integration"),
            ("builder", "acme-sent", "submitted"),
            ("other_partner", "rival-mail", "other_integration"),
        ] {
            things.insert(key, Box::pin(world.integration(self.who(name), slug)).await);
        }
        let submission = world.submit(self.who("builder"), &things["submitted"]).await;
        let review = format!("/reviews/{submission}");
        world.post(operator, &format!("{review}/assign"), Value::Null).await.expect(200);
        let comment = json!({ "part": "metadata", "pointer": "/description", "text": "Say more." });
        let said = world.post(operator, &format!("{review}/comments"), comment).await.expect(201);
        things.insert("comment", said.text("/review/submission/comments/0/id"));
        things.insert("submission", submission);
        let path = format!("/integrations/{}", things["integration"]);
        let page = world.get(self.who("builder"), &path).await.expect(200);
        things.insert("etag", page.headers["etag"].to_str().unwrap().to_owned());
        things.insert("asset", page.text("/integration/info/logo"));
        let invite = json!({ "email": "guest@acme.example", "role": "builder" });
        world.post(self.who("partner_admin"), "/partner/invitations", invite).await.expect(201);

        let mut ids = Vec::new();
        for name in ["applicant", "account"] {
            let body = application(&email(name));
            let made = world.post(self.who(name), "/applications", body).await.expect(201);
            ids.push(made.text("/application/id"));
        }
        let [applied, approved] = ids.try_into().unwrap();
        things.insert("application", applied);
        let steps = format!("/operator/applications/{approved}/steps");
        world.post(operator, &steps, approval()).await.expect(200);
        things.insert("approved", approved);
        let mails = world.get(operator, "/operator/mails").await.expect(200);
        things.insert("mail", mails.text("/mails/0/id"));
    }
}

/// The address of one of the cast.
pub fn email(name: &str) -> String {
    format!("{name}@cast.example")
}
