use axum::{
    extract::{Path, State},
    http::Uri,
};
use catalog::{
    Need,
    state::{Viewer, installable_by, visible_to},
};
use serde::Serialize;
use store::{integrations, listings, members, workspaces};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    caller::Caller,
    error::ApiError,
    gate::read_permissions,
    metadata::{self, SourceMetadata},
    page,
    state::Api,
    workspaces::WorkspaceView,
};

/// Where an install link leads.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// The catalog entry.
    metadata: SourceMetadata,
    /// Whether the caller may make a source of it in one of their workspaces now.
    installable: bool,
    /// The workspace that the link resolves to; absent when one has to be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<WorkspaceView>,
    /// The page to go on, in that workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "http://127.0.0.1:8080/w/acme/catalog/http-api")]
    url: Option<String>,
    /// The workspaces that the caller may add sources to, by name.
    workspaces: Vec<WorkspaceView>,
}

/// An install link's end in its envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstallAnswer {
    /// Where it leads.
    install: Install,
}

/// Resolve an install link
///
/// By its exact slug, also what is not listed, for those who may add it: the partner's own team
/// while they build it, and everybody who has the link in private beta. `workspace` names one of
/// the caller's; without it (`goto-my-workspace`) their only one is meant, or they choose.
#[utoipa::path(
    get,
    path = "/catalog/sources/{slug}/install",
    operation_id = "resolveInstallLink",
    tag = "Catalog",
    params(
        ("slug" = String, Path, description = "Slug of the source", example = "http-api"),
        ("workspace" = Option<String>, Query, description = "Slug or id of the workspace", example = "acme")
    ),
    responses((status = 200, description = "Where it leads", body = Data<InstallAnswer>)),
    extensions(("x-access" = json!("verified")))
)]
pub async fn resolve(
    State(api): State<Api>,
    caller: Caller,
    Path(slug): Path<String>,
    uri: Uri,
) -> Result<Data<InstallAnswer>, ApiError> {
    let missing = || ApiError::not_found("source");
    let query = uri.query().unwrap_or_default();
    let named = page::value(query, "workspace").filter(|named| named != "goto-my-workspace");
    let account = caller.account()?;
    let mut db = api.db.read().await?;
    // The exact slug, not the id.
    let row = integrations::find(&mut db, &slug).await?;
    let row = row.filter(|row| row.kind == "source" && row.slug == slug).ok_or_else(missing)?;

    let (mut chosen, mut able, mut installed) = (None, Vec::new(), false);
    for workspace in workspaces::of_account(&mut db, &account.id).await? {
        let member = members::get(&mut db, &workspace.id, &account.id).await?;
        let permissions = read_permissions(&member.ok_or_else(missing)?.permissions)?;
        let may = catalog::access::may(&permissions, &Need::SourceCreate, &[]);
        let is_named = named.as_ref().is_some_and(|n| *n == workspace.id || *n == workspace.slug);
        let standing =
            listings::standing(&mut db, &row.id, Some(&account.id), Some(&workspace.id)).await?;
        if named.is_none() || is_named {
            installed |= standing.installed;
        }
        if is_named {
            chosen = Some((workspace.clone(), may));
        }
        if may {
            able.push(workspace);
        }
    }
    let standing = listings::standing(&mut db, &row.id, Some(&account.id), None).await?;
    let viewer = Viewer {
        in_team: standing.in_team,
        reviewer: standing.reviews || account.operator_since_ms.is_some(),
        by_link: true,
        installed,
    };
    let state = metadata::shown_state(&api, &row);
    if !visible_to(state, &viewer) {
        return Err(missing());
    }
    if named.is_some() && chosen.is_none() {
        return Err(ApiError::not_found("workspace"));
    }
    if let (None, [only]) = (&chosen, able.as_slice()) {
        chosen = Some((only.clone(), true));
    }
    let may = chosen.as_ref().map_or(!able.is_empty(), |(_, may)| *may);
    let workspace = chosen.map(|(workspace, _)| workspace);
    let url = workspace.as_ref().map(|workspace| configuration_url(&api, &workspace.slug, &slug));
    let install = Install {
        metadata: SourceMetadata::of(&api, &row),
        installable: may && installable_by(state, &viewer),
        workspace: workspace.as_ref().map(WorkspaceView::of),
        url,
        workspaces: able.iter().map(WorkspaceView::of).collect(),
    };
    Ok(data(InstallAnswer { install }))
}

/// The page on which a source is made from a catalog entry.
fn configuration_url(api: &Api, workspace_slug: &str, slug: &str) -> String {
    api.link(&format!("/w/{workspace_slug}/catalog/{slug}"))
}
