//! Who belongs to a workspace, and what they may do there.

use clap::Args;
use serde_json::{Value, json};

use crate::{
    EXIT_CODES, Failure,
    control::{
        console::{Console, text},
        show::{Field, count},
    },
};

/// Invite people. Each gets a mail with a link that is good once, for three days.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace invite grace@example.com --role source_admin
  headwater workspace invite ada@example.com alan@example.com --role source_admin:src_4fT…

{EXIT_CODES}"))]
pub struct Invite {
    /// Addresses.
    #[arg(value_name = "ADDRESS", required = true)]
    pub emails: Vec<String>,
    /// A role, on the whole workspace or on one source; the least when none is given.
    #[arg(long = "role", value_name = "ROLE[:SOURCE_ID]")]
    pub roles: Vec<String>,
}

/// Revoke invitations.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace uninvite grace@example.com

{EXIT_CODES}"))]
pub struct Uninvite {
    /// Addresses.
    #[arg(value_name = "ADDRESS", required = true)]
    pub emails: Vec<String>,
}

/// Give a member roles in place of those they have.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace grant grace@example.com --role source_admin --role destination_admin

{EXIT_CODES}"))]
pub struct Grant {
    /// The member, by address or account id.
    #[arg(value_name = "MEMBER")]
    pub member: String,
    /// A role, on the whole workspace or on one source.
    #[arg(long = "role", value_name = "ROLE[:SOURCE_ID]", required = true)]
    pub roles: Vec<String>,
}

/// Take a member out of the workspace; their account stays.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace remove-member grace@example.com --yes

{EXIT_CODES}"))]
pub struct Remove {
    /// The member, by address or account id.
    #[arg(value_name = "MEMBER")]
    pub member: String,
    /// Do it unasked.
    #[arg(long)]
    pub yes: bool,
}

const INVITATIONS: [Field; 4] =
    [("ADDRESS", "/email"), ("ROLES", "/roles"), ("ENDS", "/expiresAt"), ("ENDED", "/expired")];

const MEMBERS: [Field; 4] =
    [("ADDRESS", "/email"), ("NAME", "/name"), ("ROLES", "/roles"), ("ID", "/id")];

const ROLES: [Field; 3] = [("ROLE", "/id"), ("NAME", "/name"), ("GIVES", "/description")];

pub(super) async fn list(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut users = console.list(&["users"], &[], "users").await?;
    if !console.json {
        users.iter_mut().for_each(name_roles);
    }
    console.show_list(&users, &MEMBERS, "nobody")
}

pub(super) async fn invitations(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut pending = console.list(&["invites", "pending"], &[], "invitations").await?;
    if !console.json {
        pending.iter_mut().for_each(name_roles);
    }
    console.show_list(&pending, &INVITATIONS, "nobody is invited")
}

/// Puts the roles of somebody where a table finds them, as they are written on the command line.
fn name_roles(somebody: &mut Value) {
    let permissions = somebody["permissions"].as_array().cloned().unwrap_or_default();
    let named = permissions.iter().flat_map(|permission| {
        let role = text(permission, "/roleId").to_owned();
        let resources = permission["resources"].as_array().cloned().unwrap_or_default();
        resources.into_iter().map(move |resource| match text(&resource, "/type") {
            "WORKSPACE" => role.clone(),
            _ => format!("{role}:{}", text(&resource, "/id")),
        })
    });
    somebody["roles"] = named.collect();
}

/// Permissions as the API takes them, from `ROLE` or `ROLE:SOURCE_ID`.
pub(super) fn permissions(roles: &[String]) -> Vec<Value> {
    let one = |role: &String| match role.split_once(':') {
        None => json!({ "roleId": role }),
        Some((role, source)) => {
            json!({ "roleId": role, "resources": [{ "id": source, "type": "SOURCE" }] })
        }
    };
    roles.iter().map(one).collect()
}

pub(super) async fn invite(
    arguments: &Invite,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let permissions = permissions(&arguments.roles);
    let invites = arguments.emails.iter();
    let invites: Vec<Value> =
        invites.map(|email| json!({ "email": email, "permissions": permissions })).collect();
    let people = count(invites.len(), "person is", "people are");
    let reply = console.post(&["invites"], json!({ "invites": invites })).await?;
    console.show_done(&reply, &format!("{people} invited by mail"))
}

pub(super) async fn uninvite(
    arguments: &Uninvite,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let names: Vec<String> =
        (0..arguments.emails.len()).map(|number| format!("emails.{number}")).collect();
    let query: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(arguments.emails.iter().map(String::as_str)).collect();
    let reply = console.delete(&["invites"], &query).await?;
    console.show_done(&reply, "their links are worth nothing now")
}

pub(super) async fn grant(arguments: &Grant, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.member, console).await?;
    let body = json!({ "permissions": permissions(&arguments.roles) });
    let reply = console.put(&["users", &id, "permissions"], None, body).await?;
    console.show_done(
        &reply,
        &format!("{} has the roles {}", arguments.member, arguments.roles.join(", ")),
    )
}

pub(super) async fn remove(
    arguments: &Remove,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let id = id(&arguments.member, console).await?;
    let what = format!("Take {} out of the workspace", arguments.member);
    console.screen.confirm(&what, arguments.yes)?;
    let reply = console.delete(&["users"], &[("userIds.0", &id)]).await?;
    console.show_done(&reply, &format!("{} is no member any more", arguments.member))
}

pub(super) async fn roles(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let roles = console.list(&["roles"], &[], "roles").await?;
    console.show_list(&roles, &ROLES, "no roles")
}

/// The account of a member.
async fn id(member: &str, console: &mut Console<'_, '_>) -> Result<String, Failure> {
    if member.starts_with("acc_") {
        return Ok(member.to_owned());
    }
    let users = console.list(&["users"], &[], "users").await?;
    let found = users.iter().find(|user| text(user, "/email").eq_ignore_ascii_case(member));
    found.map(|user| text(user, "/id").to_owned()).ok_or_else(|| {
        Failure::refused(
            format!("{member} does not belong to the workspace"),
            Some("see `headwater workspace members`".to_owned()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_written_as_they_are_shown() {
        let mut somebody = json!({ "permissions": [
            { "roleId": "source_admin", "resources": [{ "id": "ws_1", "type": "WORKSPACE" }] },
            { "roleId": "source_read_only", "resources": [{ "id": "src_1", "type": "SOURCE" }] },
        ] });
        name_roles(&mut somebody);
        assert_eq!(somebody["roles"], json!(["source_admin", "source_read_only:src_1"]));
        let given = permissions(&["source_admin".into(), "source_read_only:src_1".into()]);
        assert_eq!(
            given,
            [
                json!({ "roleId": "source_admin" }),
                json!({ "roleId": "source_read_only",
                    "resources": [{ "id": "src_1", "type": "SOURCE" }] }),
            ]
        );
    }
}
