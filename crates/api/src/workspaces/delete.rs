use axum::extract::State;
use serde::Deserialize;
use store::workspaces;
use utoipa::ToSchema;

use crate::{
    answer::{Data, Done, done},
    body::Body,
    caller::Caller,
    change::{Change, PLATFORM, record},
    error::{ApiError, Fault},
    state::Api,
    version::{IfMatch, IfMatchHeader},
    workspaces::WorkspaceView,
};

/// What is about to be deleted, said again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The workspace's slug.
    #[schema(example = "acme", max_length = 64)]
    slug: String,
}

/// Delete the workspace
///
/// With its sources, destinations, tokens and audit trail; there is no way back. The body says the
/// slug again, so that nobody deletes the wrong one.
#[utoipa::path(
    delete,
    path = "/",
    operation_id = "deleteWorkspace",
    tag = "Workspaces",
    params(IfMatchHeader),
    request_body = Confirmation,
    responses((status = 200, description = "Deleted", body = Data<Done>)),
    extensions(
        ("x-access" = json!("owner")),
        ("x-errors" = json!({
            "422": ["not_allowed"]
        }))
    )
)]
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    seen: IfMatch,
    Body(confirmation): Body<Confirmation>,
) -> Result<Data<Done>, ApiError> {
    let mut write = api.db.write().await?;
    let row = workspaces::find(&mut write, &caller.workspace()?.id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("workspace"))?;
    seen.check(row.version)?;
    if confirmation.slug != row.slug {
        let fault = Fault::at("/slug", "not_allowed", "this is not the workspace's slug")
            .expected(row.slug.clone())
            .fix("check that you mean to delete this workspace");
        return Err(ApiError::invalid_field(fault));
    }
    workspaces::delete(&mut write, &row.id).await?;
    let change = Change::new("Workspace Deleted", "WORKSPACE", &row.id, &row.name)
        .before(&WorkspaceView::of(&row));
    record(&api, &mut write, &caller, PLATFORM, change).await?;
    write.commit().await?;
    api.nudge();
    Ok(done())
}
