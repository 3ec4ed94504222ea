//! Who belongs to a workspace and what they may do: members, roles, invitations.

mod accept;
mod invites;
mod list;
mod permissions;
mod remove;
mod roles;

use catalog::access::{Permission, Resource, ResourceType, Role};
use serde::{Deserialize, Serialize};
use store::{Write, destinations, members, members::Member, sources};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::Caller,
    error::{ApiError, Fault},
    gate,
    state::Api,
};

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list, remove::remove))
        .routes(routes!(list::get))
        .routes(routes!(permissions::replace, permissions::add))
        .routes(routes!(invites::list, invites::create, invites::delete))
        .routes(routes!(invites::pending))
        .routes(routes!(accept::accept))
        .routes(routes!(roles::list))
        .routes(routes!(remove::leave))
}

/// A role on resources, as it is read.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionView {
    /// The role's id.
    #[schema(example = "source_admin")]
    pub role_id: String,
    /// The role's name.
    #[schema(example = "Source Admin")]
    pub role_name: String,
    /// What it is on.
    pub resources: Vec<Resource>,
}

/// A role on resources, as it is given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPermission {
    /// The role's id, from `GET /roles`.
    #[schema(example = "source_admin")]
    role_id: String,
    /// What it is on; the whole workspace when left out.
    #[serde(default)]
    resources: Vec<Resource>,
    /// Ignored: clients send back what they were given.
    #[serde(default, rename = "roleName")]
    #[expect(dead_code, reason = "documented, and not looked at")]
    role_name: Option<String>,
}

/// A member of a workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// The account's id.
    #[schema(example = "acc_3yQ8sVbCq5F0w2xJ9kLmNp")]
    pub id: String,
    /// Name for people; the address when there is none.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// What they may do.
    pub permissions: Vec<PermissionView>,
}

/// Permissions as they are shown.
pub fn views(permissions: &[Permission]) -> Vec<PermissionView> {
    permissions
        .iter()
        .map(|permission| PermissionView {
            role_id: permission.role_id.clone(),
            role_name: Role::parse(&permission.role_id)
                .map_or_else(|| permission.role_id.clone(), |role| role.name().to_owned()),
            resources: permission.resources.clone(),
        })
        .collect()
}

impl UserView {
    fn of(member: &Member) -> Result<UserView, ApiError> {
        let name = if member.name.is_empty() { &member.email } else { &member.name };
        Ok(UserView {
            id: member.account_id.clone(),
            name: name.clone(),
            email: member.email.clone(),
            permissions: views(&gate::read_permissions(&member.permissions)?),
        })
    }
}

/// Checks permissions that somebody wants to give, every fault at once; without any, the least.
pub fn checked(
    given: Vec<NewPermission>,
    workspace_id: &str,
    pointer: &str,
) -> Result<Vec<Permission>, ApiError> {
    let whole = |role_id: String| Permission {
        role_id,
        resources: vec![Resource {
            id: workspace_id.to_owned(),
            kind: ResourceType::Workspace,
            labels: Vec::new(),
        }],
        labels: Vec::new(),
    };
    let permissions: Vec<Permission> = given
        .into_iter()
        .map(|permission| match permission.resources.is_empty() {
            true => whole(permission.role_id),
            false => Permission {
                role_id: permission.role_id,
                resources: permission.resources,
                labels: Vec::new(),
            },
        })
        .collect();
    if permissions.is_empty() {
        return Ok(vec![Permission::everywhere(Role::WorkspaceMember, workspace_id)]);
    }
    let problems = catalog::access::check_permissions(&permissions, workspace_id);
    if problems.is_empty() {
        return Ok(permissions);
    }
    let faults = problems.into_iter().map(|problem| Fault::from(problem.under(pointer)));
    Err(ApiError::invalid(faults.collect()))
}

/// Checks that what `permissions` are on is there, in this workspace.
pub async fn exist(
    db: &mut store::Connection,
    permissions: &[Permission],
    workspace_id: &str,
    pointer: &str,
) -> Result<(), ApiError> {
    let mut faults = Vec::new();
    for (at, permission) in permissions.iter().enumerate() {
        for (nth, resource) in permission.resources.iter().enumerate() {
            let id = resource.id.as_str();
            let (what, found) = match resource.kind {
                ResourceType::Workspace => continue,
                ResourceType::Source => {
                    let found = sources::find(db, workspace_id, id).await?;
                    ("source", found.is_some_and(|row| row.id == id))
                }
                ResourceType::Destination => {
                    ("destination", destinations::find(db, workspace_id, id).await?.is_some())
                }
            };
            if !found {
                let pointer = format!("{pointer}/{at}/resources/{nth}/id");
                let message = format!("there is no {what} {id:?} in this workspace");
                let fault = Fault::at(pointer, "unknown", message)
                    .expected(format!("the id of a {what} of this workspace"));
                faults.push(fault.fix(format!("give the id of a {what}, as lists show it")));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid(faults)) }
}

/// Permissions as they are stored.
pub fn stored(permissions: &[Permission]) -> String {
    serde_json::to_string(permissions).expect("permissions are JSON")
}

/// Fails when nobody would own the workspace any more without `account_id`.
async fn keep_an_owner(
    write: &mut Write,
    workspace_id: &str,
    account_id: &str,
) -> Result<(), ApiError> {
    for member in members::all(write, workspace_id).await? {
        let owns = catalog::access::owner(&gate::read_permissions(&member.permissions)?);
        if owns && member.account_id != account_id {
            return Ok(());
        }
    }
    Err(ApiError::conflict("last_owner", "a workspace needs an owner, and this is the last one")
        .fix("make somebody else an owner first"))
}

/// The member with this account, in the caller's workspace.
async fn member(
    db: &mut store::Read,
    caller: &Caller,
    account_id: &str,
) -> Result<Member, ApiError> {
    let member = members::get(db, &caller.workspace()?.id, account_id).await?;
    member.ok_or_else(|| ApiError::not_found("user"))
}

#[cfg(test)]
mod tests;
