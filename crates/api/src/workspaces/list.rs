use axum::extract::State;
use serde::Serialize;
use store::workspaces;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    state::Api,
    workspaces::WorkspaceView,
};

/// Workspaces in their envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkspacesAnswer {
    /// By name.
    workspaces: Vec<WorkspaceView>,
}

/// List my workspaces
#[utoipa::path(
    get,
    path = "/workspaces",
    operation_id = "listMyWorkspaces",
    tag = "Workspaces",
    responses((status = 200, description = "The workspaces", body = Data<WorkspacesAnswer>)),
    extensions(("x-access" = json!("signed_in")))
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<WorkspacesAnswer>, ApiError> {
    let mut db = api.db.read().await?;
    let rows = workspaces::of_account(&mut db, &caller.account()?.id).await?;
    Ok(data(WorkspacesAnswer { workspaces: rows.iter().map(WorkspaceView::of).collect() }))
}
