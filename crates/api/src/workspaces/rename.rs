use axum::extract::State;
use serde::Deserialize;
use store::workspaces;
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::ApiError,
    state::Api,
    version::{IfMatch, IfMatchHeader, Versioned},
    workspaces::{WorkspaceAnswer, WorkspaceView, create},
};

/// What may change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceChanges {
    /// Its name for people.
    #[schema(example = "Acme", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Its name in paths.
    #[schema(example = "acme", min_length = 2, max_length = 64)]
    slug: Option<String>,
}

/// Rename the workspace
///
/// A new slug changes paths and URLs only; ids and write keys stay.
#[utoipa::path(
    patch,
    path = "/",
    operation_id = "updateWorkspace",
    tag = "Workspaces",
    params(IfMatchHeader),
    request_body = WorkspaceChanges,
    responses((status = 200, description = "Changed", body = Data<WorkspaceAnswer>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": ["slug_empty", "slug_format", "slug_length", "slug_reserved", "taken"]
        }))
    )
)]
pub async fn rename(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(changes): Body<WorkspaceChanges>,
) -> Result<Versioned<Data<WorkspaceAnswer>>, ApiError> {
    let mut write = api.db.write().await?;
    let before = workspaces::find(&mut write, &caller.workspace()?.id).await?;
    let before = before.ok_or_else(|| ApiError::not_found("workspace"))?;
    seen.check(before.version)?;
    let mut after = before.clone();
    if let Some(name) = changes.name {
        after.name = name.trim().to_owned();
    }
    if let Some(slug) = changes.slug {
        catalog::slug::check_workspace_slug(&slug).map_err(|problem| problem.at("/slug"))?;
        after.slug = slug;
    }
    after.version += 1;
    workspaces::update(&mut write, &after).await.map_err(create::taken)?;
    let view = WorkspaceView::of(&after);
    let change = Change::new("Workspace Modified", "WORKSPACE", &after.id, &after.name)
        .before(&WorkspaceView::of(&before))
        .after(&view);
    record(&api, &mut write, &caller, &after.id, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(Versioned(after.version, data(WorkspaceAnswer { workspace: view })))
}
