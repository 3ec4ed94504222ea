use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use store::{
    Write, accounts, members, tokens,
    workspaces::{self, Workspace},
};

use crate::{
    accounts::{cookie, note},
    answer::{Data, Done, done},
    caller::Caller,
    change::{self, Change},
    error::ApiError,
    gate,
    state::Api,
};

/// What happens to the workspaces of a person who leaves.
#[derive(Default)]
struct Left {
    /// Others stay in them.
    shared: Vec<Workspace>,
    /// Nobody else is in them.
    alone: Vec<Workspace>,
    /// Others stay in them, but none who owns them.
    orphaned: Vec<Workspace>,
}

/// Delete my account
///
/// With its sessions, tokens and memberships. Workspaces that nobody else belongs to are deleted
/// with it, sources and all: nobody could reach them any more. Refused with 409 while the account is
/// the last owner of a workspace with other members, the last admin of a partner team with other
/// members, or the last operator.
#[utoipa::path(
    delete,
    path = "/account",
    operation_id = "deleteAccount",
    tag = "Account",
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(
        ("x-access" = json!("signed_in")),
        ("x-proof" = json!(true)),
        ("x-errors" = json!({
            "409": ["last_admin", "last_operator", "last_owner"]
        }))
    )
)]
pub async fn delete(State(api): State<Api>, caller: Caller) -> Result<Response, ApiError> {
    let account = caller.account()?;
    let id = &account.id;
    let mut write = api.db.write().await?;
    if account.operator_since_ms.is_some() && accounts::operators(&mut write).await? <= 1 {
        return Err(ApiError::conflict("last_operator", "you are the only operator")
            .fix("make somebody else an operator first"));
    }
    if let Some(team) = accounts::only_admin_of(&mut write, id).await? {
        let message = format!("you are the only admin of the partner team {team}");
        return Err(ApiError::conflict("last_admin", message)
            .fix("make another member of the team an admin first"));
    }
    let left = left_behind(&mut write, id).await?;
    if !left.orphaned.is_empty() {
        let slugs: Vec<&str> = left.orphaned.iter().map(|one| one.slug.as_str()).collect();
        let message = format!("you are the only owner of: {}", slugs.join(", "));
        return Err(ApiError::conflict("last_owner", message)
            .fix("make another member an owner, or delete the workspace first"));
    }
    for workspace in &left.shared {
        let change = Change::new("User Deleted", "USER", id, &account.email);
        change::record(&api, &mut write, &caller, &workspace.id, change).await?;
    }
    for workspace in &left.alone {
        workspaces::delete(&mut write, &workspace.id).await?;
        let change = Change::new("Workspace Deleted", "WORKSPACE", &workspace.id, &workspace.name);
        change::record(&api, &mut write, &caller, change::PLATFORM, change).await?;
    }
    tokens::delete_all_of_account(&mut write, id).await?;
    accounts::delete(&mut write, id).await?;
    note(&api, &mut write, &caller, "Account Deleted", account).await?;
    write.commit().await?;
    api.nudge();
    let mut response = done().into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie::ended(&api));
    Ok(response)
}

async fn left_behind(write: &mut Write, account_id: &str) -> Result<Left, ApiError> {
    let mut left = Left::default();
    for workspace in workspaces::of_account(write, account_id).await? {
        let (mut others, mut owners) = (0, 0);
        for member in members::all(write, &workspace.id).await? {
            if member.account_id != account_id {
                others += 1;
                let permissions = gate::read_permissions(&member.permissions)?;
                owners += usize::from(catalog::access::owner(&permissions));
            }
        }
        match (others, owners) {
            (0, _) => left.alone.push(workspace),
            (_, 0) => left.orphaned.push(workspace),
            _ => left.shared.push(workspace),
        }
    }
    Ok(left)
}
