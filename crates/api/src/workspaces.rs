//! Customers' spaces.

mod create;
mod current;
mod delete;
mod list;
mod rename;

use serde::Serialize;
use store::workspaces::Workspace;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::Api;

/// The operations.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(current::current, rename::rename, delete::delete))
        .routes(routes!(list::list, create::create))
}

/// A workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkspaceView {
    /// Its id.
    #[schema(example = "ws_9aQ1Lj62S4bomZKLF4DPqW")]
    pub id: String,
    /// Its name in paths, unique in the installation.
    #[schema(example = "acme")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Acme")]
    pub name: String,
}

impl WorkspaceView {
    /// Of `workspace`.
    pub fn of(workspace: &Workspace) -> WorkspaceView {
        WorkspaceView {
            id: workspace.id.clone(),
            slug: workspace.slug.clone(),
            name: workspace.name.clone(),
        }
    }
}

/// A workspace in its envelope.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkspaceAnswer {
    /// The workspace.
    pub workspace: WorkspaceView,
}
