//! What is sent to each operation: a request that would be done for whoever may ask.

use serde_json::{Value, json};

use super::stage::Stage;
use crate::{
    destination_filters::tests::filter, destination_subscriptions::tests::mapping,
    destinations::tests::webhook, testing::journey::application,
};

/// Whose thing is asked for. The workspace that is named is Acme's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Acme's.
    Own,
    /// Acme's as well, but not the one that single grants are on.
    Sibling,
    /// Another tenant's.
    Foreign,
}

impl Target {
    pub const ALL: [Target; 3] = [Target::Own, Target::Sibling, Target::Foreign];

    pub fn as_str(self) -> &'static str {
        match self {
            Target::Own => "own",
            Target::Sibling => "sibling",
            Target::Foreign => "foreign",
        }
    }
}

/// An hour before the stage was set.
const VOLUME: &str =
    "?granularity=MINUTE&startTime=2026-11-25T11:00:00Z&endTime=2026-11-25T12:00:00Z";

/// A request of the document, filled in.
pub struct Call {
    pub path: String,
    pub body: Value,
}

/// The request to `operation` about `target`'s thing; `None` when there is no such thing.
pub fn call(stage: &Stage, operation: &str, path: &str, target: Target) -> Option<Call> {
    let mut differs = target == Target::Own;
    let mut filled = Vec::new();
    for segment in path.split('/') {
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            filled.push(segment.to_owned());
            continue;
        };
        let own = value(stage, operation, name, Target::Own).expect("everything has its own");
        let value = value(stage, operation, name, target);
        differs |= value.is_some();
        filled.push(value.unwrap_or(own));
    }
    let (query, named) = match query(stage, operation, target) {
        Some(query) => (query, true),
        None => (query(stage, operation, Target::Own).unwrap_or_default(), false),
    };
    let (body, told) = match body(stage, operation, target) {
        Some(body) => (body, true),
        None => (body(stage, operation, Target::Own).unwrap_or(Value::Null), false),
    };
    if !differs && !named && !told {
        return None;
    }
    Some(Call { path: filled.join("/") + &query, body })
}

/// What stands in the path.
fn value(stage: &Stage, operation: &str, name: &str, target: Target) -> Option<String> {
    let pick = |own: &str, sibling: Option<&str>, foreign: Option<&str>| {
        let key = match target {
            Target::Own => Some(own),
            Target::Sibling => sibling,
            Target::Foreign => foreign,
        };
        key.map(|key| stage.thing(key).to_owned())
    };
    let fixed = |text: &str| (target == Target::Own).then(|| text.to_owned());
    match (name, operation) {
        ("sourceId", _) => pick("source", Some("sibling_source"), Some("other_source")),
        ("destinationId", _) => {
            pick("destination", Some("sibling_destination"), Some("other_destination"))
        }
        ("alertId", _) => pick("alert", None, Some("other_alert")),
        ("filterId", _) => pick("filter", Some("sibling_filter"), Some("other_filter")),
        ("subscriptionId", _) => pick("mapping", Some("sibling_mapping"), Some("other_mapping")),
        ("trackingPlanId", _) => pick("plan", None, Some("other_plan")),
        ("category", _) => fixed("Email"),
        ("revision", _) => fixed("1"),
        ("writeKey", _) => pick("write_key", None, Some("other_write_key")),
        ("integrationId", "manageIntegration") => pick("integration", None, None),
        ("integrationId", "withdrawSubmission" | "resolveComment") => {
            pick("submitted", None, Some("other_integration"))
        }
        ("integrationId", _) => pick("integration", None, Some("other_integration")),
        ("commentId", _) => pick("comment", None, None),
        ("submissionId", _) => pick("submission", None, None),
        ("applicationId", "resendPartnerInvitation" | "revokePartnerInvitation") => {
            pick("approved", None, None)
        }
        ("applicationId", _) => pick("application", None, None),
        ("userId", "getTeamMember" | "setTeamRole" | "removeFromTeam") => {
            pick("account:builder", None, Some("account:other_partner"))
        }
        ("userId", _) => pick("account:member", None, Some("account:other_owner")),
        ("accountId", _) => pick("account:account", None, None),
        ("tokenId", "revokeToken") => pick("reader_token", None, Some("other_token")),
        ("tokenId", _) => pick("personal_token", None, None),
        ("sessionId", _) => pick("session", None, None),
        ("mailId", _) => pick("mail", None, None),
        ("hash", _) => pick("asset", None, None),
        ("email", _) => fixed("guest@acme.example"),
        ("key", _) => fixed("team"),
        ("value", _) => match target {
            Target::Own => Some("acme".to_owned()),
            Target::Sibling => None,
            Target::Foreign => Some("globex".to_owned()),
        },
        ("slug" | "sourceMetadataId", _) => fixed("http-api"),
        ("destinationMetadataId", _) => fixed("webhook"),
        ("warehouseMetadataId", _) => fixed("snowflake"),
        ("use", _) => fixed("logo"),
        ("part", _) => fixed("metadata"),
        ("position" | "messageId", _) => fixed("1"),
        ("replayId", _) => fixed("rpl_0"),
        ("order", _) => fixed("pause"),
        _ => panic!("{operation}: nothing is known for {{{name}}}; say it in coverage/calls.rs"),
    }
}

fn source_query(stage: &Stage, target: Target) -> String {
    let source = match target {
        Target::Own => "source",
        Target::Sibling => "sibling_source",
        Target::Foreign => "other_source",
    };
    format!("?sourceId={}", stage.thing(source))
}

fn query(stage: &Stage, operation: &str, target: Target) -> Option<String> {
    let member = match target {
        Target::Own => stage.thing("account:member"),
        Target::Sibling => return None,
        Target::Foreign => stage.thing("account:other_owner"),
    };
    let guest = if target == Target::Own { "guest@acme.example" } else { "guest@globex.example" };
    match (operation, target) {
        ("removeUsersFromWorkspace", _) => Some(format!("?userIds.0={member}")),
        ("deleteInvites", _) => Some(format!("?emails.0={guest}")),
        ("removeRulesFromTrackingPlan", Target::Own) => {
            Some("?rules.0.type=TRACK&rules.0.key=Seen&rules.0.version=1".to_owned())
        }
        ("removeSourceFromTrackingPlan", _) => Some(source_query(stage, target)),
        ("reviewConsequencesOfTrackingPlan", _) => Some(source_query(stage, target)),
        ("exportSchemaOfSource", _) => Some("?type=TRACK".to_owned()),
        ("deleteSource", Target::Own) => Some("?confirm=website".to_owned()),
        ("getEventsVolumeFromWorkspace", Target::Own) => Some(VOLUME.to_owned()),
        ("getEventsVolumeFromWorkspace", Target::Foreign) => {
            Some(format!("{VOLUME}&sourceId={}", stage.thing("other_source")))
        }
        ("checkSlug", Target::Own) => Some("?slug=acme-new".to_owned()),
        _ => None,
    }
}

/// What is sent. Faulty on purpose where a password would be hashed.
fn body(stage: &Stage, operation: &str, target: Target) -> Option<Value> {
    if operation == "createDestination" {
        let source = match target {
            Target::Own => "source",
            Target::Sibling => "sibling_source",
            Target::Foreign => "other_source",
        };
        let mut new = webhook(stage.thing(source));
        new["name"] = json!("Another");
        return Some(new);
    }
    if operation == "createFilterForDestination" {
        let source = match target {
            Target::Own => "source",
            Target::Sibling => "sibling_source",
            Target::Foreign => "other_source",
        };
        return Some(filter(stage.thing(source)));
    }
    if operation == "addSourceToTrackingPlan" {
        let source = match target {
            Target::Own => "source",
            Target::Sibling => "sibling_source",
            Target::Foreign => "other_source",
        };
        return Some(json!({ "sourceId": stage.thing(source) }));
    }
    if operation == "addIntegrationToWorkspace" && target == Target::Foreign {
        return None;
    }
    if target != Target::Own {
        return None;
    }
    let body = match operation {
        "updateFilterForDestination" => json!({ "description": "Another" }),
        "createDestinationSubscription" => mapping(),
        "updateSubscriptionForDestination" => json!({ "input": { "name": "Another" } }),
        "previewDestinationSubscription" => json!({
            "actionId": "send", "trigger": "all", "settings": { "data": 1 }, "messages": 10
        }),
        "previewDestinationFilter" => json!({
            "filter": { "if": "type = 'track'", "actions": [{ "type": "DROP" }] },
            "payload": { "type": "track" }
        }),
        "previewFiltersOfDestination" => json!({ "messages": 10 }),
        "signUp"
        | "logIn"
        | "requestPasswordReset"
        | "resetPassword"
        | "changePassword"
        | "proveItIsMe"
        | "withdrawSubmission" => json!({}),
        "verifyEmail"
        | "confirmEmail"
        | "claimOperator"
        | "acceptInvite"
        | "acceptPartnerInvitation" => json!({ "token": "hwi_none" }),
        "confirmSecondFactor" => json!({ "code": "000000" }),
        "changeEmail" => json!({ "email": "elsewhere@cast.example" }),
        "updateAccount" => json!({ "name": "Renamed" }),
        "createPersonalToken" | "createToken" => json!({ "description": "another" }),
        "updateOperator" => json!({ "operator": true }),
        "createWorkspace" => json!({ "name": "Another", "slug": "another" }),
        "updateWorkspace" => json!({ "name": "Renamed" }),
        "deleteWorkspace" => json!({ "slug": "acme" }),
        "createInvites" => json!({ "invites": [{ "email": "new@acme.example" }] }),
        "replacePermissionsForUser" | "addPermissionsToUser" => {
            json!({ "permissions": [{ "roleId": "source_read_only" }] })
        }
        "createLabel" => json!({ "label": { "key": "team", "value": "another" } }),
        "createSource" => json!({ "metadataId": "http-api", "slug": "another" }),
        "updateSource" | "updateDestination" => json!({ "name": "Renamed" }),
        "addLabelsToSource" | "replaceLabelsInSource" => json!({ "labels": [] }),
        "setSchemaEventOfSource" => {
            json!({ "event": { "type": "TRACK", "name": "Debug Ping", "blocked": true } })
        }
        "createTrackingPlan" => json!({ "name": "Another", "type": "LIVE" }),
        "updateTrackingPlan" => json!({ "name": "Renamed" }),
        "replaceRulesInTrackingPlan" | "updateRulesInTrackingPlan" | "importTrackingPlan" => {
            json!({ "rules": [{ "type": "TRACK", "key": "Another", "version": 1, "jsonSchema": {} }] })
        }
        "lintByTrackingPlan" | "lintBySource" => json!({ "batch": [{ "type": "track" }] }),
        "updateSchemaSettingsInSource" => {
            json!({ "track": { "allowUnplannedEvents": false } })
        }
        "redeliverToDestination" | "testDestination" => json!({}),
        "createAlert" => {
            json!({ "name": "Another", "kind": "NO_DATA", "emails": ["ops@acme.example"] })
        }
        "updateAlert" => json!({ "name": "Renamed" }),
        "createReplay" => json!({ "from": "2026-11-25T00:00:00Z" }),
        "apply" => application("mia@acme.example"),
        "stepMyApplication" => json!({ "step": "withdraw" }),
        "decideApplication" => json!({ "step": "ask", "note": "Who asked for it?" }),
        "inviteToTeam" => json!({ "email": "new@acme.example", "role": "builder" }),
        "setTeamRole" => json!({ "role": "admin" }),
        "createIntegration" => json!({ "name": "Another", "slug": "another-one" }),
        "removeIntegration" => json!({ "reason": "We make another product now." }),
        "updateIntegration" => json!({ "name": "Renamed" }),
        "replaceCatalogInfo" => json!({ "description": "Another." }),
        "setTestAccount" => json!({ "username": "a", "password": "b" }),
        "addIntegrationToWorkspace" => json!({ "workspace": "acme-mail-test" }),
        "decideReview" => json!({ "action": "requestChanges" }),
        "createReviewComment" => {
            json!({ "part": "metadata", "pointer": "/website", "text": "It is not there." })
        }
        "setReviewVerdict" => json!({ "verdict": "passed" }),
        "manageIntegration" => json!({ "action": "remove", "reason": "It breaks the Spec." }),
        _ => return None,
    };
    Some(body)
}
