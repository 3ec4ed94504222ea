use axum::extract::{RawQuery, State};
use store::{Write, members};

use crate::{
    answer::{Data, Done, done},
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    page,
    state::Api,
    team::{self, UserView},
};

/// Remove users
///
/// Takes people out of the workspace; their accounts stay. Either all are removed or none.
#[utoipa::path(
    delete,
    path = "/users",
    operation_id = "removeUsersFromWorkspace",
    tag = "Team",
    params(("userIds.0" = String, Query, description = "Account id of the first; `userIds.1` and so on for more")),
    responses((status = 200, description = "Removed", body = Data<Done>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "409": ["last_owner"],
            "422": ["required"]
        }))
    )
)]
pub async fn remove(
    State(api): State<Api>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Data<Done>, ApiError> {
    let ids = page::array(query.as_deref().unwrap_or_default(), "userIds");
    if ids.is_empty() {
        let fault = Fault::at("/userIds", "required", "\"userIds\" is required");
        return Err(ApiError::invalid_field(
            fault.expected("an account's id").fix("add userIds.0=<account id>"),
        ));
    }
    let mut write = api.db.write().await?;
    for id in &ids {
        take_out(&api, &mut write, &caller, id).await?;
    }
    write.commit().await?;
    Ok(done())
}

/// Leave the workspace
///
/// Takes oneself out. The last owner cannot leave.
#[utoipa::path(
    delete,
    path = "/users/me",
    operation_id = "leaveWorkspace",
    tag = "Team",
    responses((status = 200, description = "Left", body = Data<Done>)),
    extensions(
        ("x-access" = json!("member")),
        ("x-errors" = json!({
            "409": ["last_owner"]
        }))
    )
)]
pub async fn leave(State(api): State<Api>, caller: Caller) -> Result<Data<Done>, ApiError> {
    let id = caller.account()?.id.clone();
    let mut write = api.db.write().await?;
    take_out(&api, &mut write, &caller, &id).await?;
    write.commit().await?;
    Ok(done())
}

async fn take_out(
    api: &Api,
    write: &mut Write,
    caller: &Caller,
    account_id: &str,
) -> Result<(), ApiError> {
    let workspace = &caller.workspace()?.id;
    let member = members::get(write, workspace, account_id).await?;
    let member = member.ok_or_else(|| ApiError::not_found("user"))?;
    team::keep_an_owner(write, workspace, account_id).await?;
    members::delete(write, workspace, account_id).await?;
    let change = Change::new("User Removed", "USER", account_id, &member.email)
        .before(&UserView::of(&member)?);
    record(api, write, caller, workspace, change).await
}
