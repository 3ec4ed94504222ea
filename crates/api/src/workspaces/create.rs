use axum::extract::State;
use catalog::access::{Permission, Role};
use http::StatusCode;
use serde::Deserialize;
use store::{
    StoreError, members,
    workspaces::{self, Workspace},
};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    state::Api,
    workspaces::{WorkspaceAnswer, WorkspaceView},
};

/// A new workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// Its name for people.
    #[schema(example = "Acme", min_length = 1, max_length = 100)]
    name: String,
    /// Its name in paths; made from the name when left out.
    #[schema(example = "acme", min_length = 2, max_length = 64)]
    slug: Option<String>,
}

/// Create a workspace
///
/// Whoever creates it owns it.
#[utoipa::path(
    post,
    path = "/workspaces",
    operation_id = "createWorkspace",
    tag = "Workspaces",
    request_body = NewWorkspace,
    responses((status = 201, description = "Created", body = Data<WorkspaceAnswer>)),
    extensions(
        ("x-access" = json!("verified")),
        ("x-errors" = json!({
            "422": ["slug_empty", "slug_format", "slug_length", "slug_reserved", "taken"]
        }))
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewWorkspace>,
) -> Result<(StatusCode, Data<WorkspaceAnswer>), ApiError> {
    let name = new.name.trim().to_owned();
    let slug = new.slug.unwrap_or_else(|| catalog::slug::suggest_workspace_slug(&name));
    catalog::slug::check_workspace_slug(&slug).map_err(|problem| problem.at("/slug"))?;
    let account = caller.account()?;
    let workspace = Workspace {
        id: api.fresh.id("ws"),
        slug,
        name,
        created_by: account.id.clone(),
        created_at_ms: caller.now_ms,
        version: 1,
    };
    let owner = Permission::everywhere(Role::WorkspaceOwner, &workspace.id);
    let permissions = serde_json::to_string(&[owner]).expect("permissions are JSON");

    let mut write = api.db.write().await?;
    workspaces::insert(&mut write, &workspace).await.map_err(taken)?;
    members::insert(&mut write, &workspace.id, &account.id, &permissions, caller.now_ms).await?;
    let view = WorkspaceView::of(&workspace);
    let change = Change::new("Workspace Created", "WORKSPACE", &workspace.id, &workspace.name);
    record(&api, &mut write, &caller, &workspace.id, change.after(&view)).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, data(WorkspaceAnswer { workspace: view })))
}

/// A taken slug is the caller's to mend.
pub fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Taken => ApiError::invalid_field(
            Fault::at("/slug", "taken", "another workspace has this slug")
                .expected("a slug that no workspace has")
                .fix("choose another one"),
        ),
        other => other.into(),
    }
}
