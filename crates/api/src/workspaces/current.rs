use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    version::Versioned,
    workspaces::{WorkspaceAnswer, WorkspaceView},
};

/// Get the workspace
///
/// The workspace of the token, or the one that `Headwater-Workspace` names.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "getWorkspace",
    tag = "Workspaces",
    responses((status = 200, description = "The workspace", body = Data<WorkspaceAnswer>)),
    extensions(("x-access" = json!("member")))
)]
pub async fn current(caller: Caller) -> Result<Versioned<Data<WorkspaceAnswer>>, ApiError> {
    let workspace = caller.workspace()?;
    let view = WorkspaceView::of(workspace);
    Ok(Versioned(workspace.version, data(WorkspaceAnswer { workspace: view })))
}
