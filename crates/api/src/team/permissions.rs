use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use store::members;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    gate,
    state::Api,
    team::{self, NewPermission, PermissionView},
    version::{self, IfMatch, IfMatchHeader, Versioned},
};

/// Permissions to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPermissions {
    /// At least one.
    #[schema(min_items = 1, max_items = 200)]
    permissions: Vec<NewPermission>,
}

/// Permissions in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionsAnswer {
    /// What the user may do now.
    permissions: Vec<PermissionView>,
}

/// Replace a user's permissions
///
/// What is not named is taken away. A workspace keeps an owner.
#[utoipa::path(
    put,
    path = "/users/{userId}/permissions",
    operation_id = "replacePermissionsForUser",
    tag = "Team",
    params(
        ("userId" = String, Path, description = "The account's id"),
        IfMatchHeader
    ),
    request_body = NewPermissions,
    responses((status = 200, description = "Replaced", body = Data<PermissionsAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "409": ["last_owner"],
            "422": [
                "labels_without_meaning", "no_permissions", "no_resources", "unknown",
                "unknown_resource", "unknown_role", "wrong_resource_type"
            ]
        }))
    )
)]
pub async fn replace(
    State(api): State<Api>,
    caller: Caller,
    Path(user_id): Path<String>,
    seen: IfMatch,
    Body(new): Body<NewPermissions>,
) -> Result<Versioned<Data<PermissionsAnswer>>, ApiError> {
    set(&api, &caller, &user_id, seen, new, false).await
}

/// Give a user permissions
///
/// Adds to what the user may do already.
#[utoipa::path(
    post,
    path = "/users/{userId}/permissions",
    operation_id = "addPermissionsToUser",
    tag = "Team",
    params(
        ("userId" = String, Path, description = "The account's id"),
        IfMatchHeader
    ),
    request_body = NewPermissions,
    responses((status = 200, description = "Added", body = Data<PermissionsAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "409": ["last_owner"],
            "422": [
                "labels_without_meaning", "no_permissions", "no_resources", "unknown",
                "unknown_resource", "unknown_role", "wrong_resource_type"
            ]
        }))
    )
)]
pub async fn add(
    State(api): State<Api>,
    caller: Caller,
    Path(user_id): Path<String>,
    seen: IfMatch,
    Body(new): Body<NewPermissions>,
) -> Result<Versioned<Data<PermissionsAnswer>>, ApiError> {
    set(&api, &caller, &user_id, seen, new, true).await
}

async fn set(
    api: &Api,
    caller: &Caller,
    user_id: &str,
    seen: IfMatch,
    new: NewPermissions,
    keep: bool,
) -> Result<Versioned<Data<PermissionsAnswer>>, ApiError> {
    let workspace = caller.workspace()?;
    let new = team::checked(new.permissions, &workspace.id, "/permissions")?;
    let mut write = api.db.write().await?;
    team::exist(&mut write, &new, &workspace.id, "/permissions").await?;
    let member = members::get(&mut write, &workspace.id, user_id).await?;
    let member = member.ok_or_else(|| ApiError::not_found("user"))?;
    seen.check(version::of_text(&member.permissions))?;
    let before = gate::read_permissions(&member.permissions)?;
    let mut after = if keep { before.clone() } else { Vec::new() };
    for permission in new {
        if !after.contains(&permission) {
            after.push(permission);
        }
    }
    if catalog::access::owner(&before) && !catalog::access::owner(&after) {
        team::keep_an_owner(&mut write, &workspace.id, user_id).await?;
    }
    let stored = team::stored(&after);
    members::set_permissions(&mut write, &workspace.id, user_id, &stored).await?;
    let view = team::views(&after);
    let change = Change::new("User Policy Updated", "USER", user_id, &member.email)
        .before(&team::views(&before))
        .after(&view);
    record(api, &mut write, caller, &workspace.id, change).await?;
    write.commit().await?;
    let answer = data(PermissionsAnswer { permissions: view });
    Ok(Versioned(version::of_text(&stored), answer))
}
