use axum::extract::State;
use catalog::{
    Need, slug,
    state::{Viewer, installable_by},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{StoreError, members, sources, workspaces, write_keys};
use utoipa::ToSchema;

use crate::{
    answer::{Data, data},
    body::Body,
    caller::Caller,
    change::{Change, record},
    error::{ApiError, Fault},
    gate, lifecycle,
    state::Api,
};

/// Where to add it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Installation {
    /// Slug or id of a workspace where the caller may make sources.
    #[schema(example = "acme-test", min_length = 1, max_length = 64)]
    workspace: String,
    /// The source's name; the integration's when left out.
    #[schema(example = "Acme Mail", min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// A source that was added.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallationAnswer {
    /// The source's id.
    #[schema(example = "src_5BKZVyYHdt1D7ZrtHyNR7W")]
    source_id: String,
    /// Its slug.
    slug: String,
    /// The workspace's id: what the partner's product may ask for.
    workspace_id: String,
    /// The workspace's slug.
    workspace_slug: String,
    /// Its write key.
    write_key: String,
    /// The page where it is configured.
    configuration_url: String,
}

/// Add to a workspace
///
/// Installs the integration, private as it is, into a workspace of the caller's, and returns the
/// URL of its configuration page.
#[utoipa::path(
    post,
    path = "/integrations/{integrationId}/workspaces",
    operation_id = "addIntegrationToWorkspace",
    tag = "Integrations",
    params(("integrationId" = String, Path, description = "Its id or slug")),
    request_body = Installation,
    responses((status = 201, description = "Added", body = Data<InstallationAnswer>)),
    extensions(
        ("x-access" = json!("integration")),
        ("x-errors" = json!({
            "403": ["role_needed"],
            "409": ["taken", "wrong_state"],
            "422": ["not_found"]
        }))
    )
)]
pub async fn install(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<Installation>,
) -> Result<(StatusCode, Data<InstallationAnswer>), ApiError> {
    let row = caller.integration()?;
    let missing = || {
        ApiError::invalid_field(
            Fault::at("/workspace", "not_found", "you have no such workspace")
                .expected("slug or id of a workspace of yours")
                .fix("name a workspace that you belong to, or create one first"),
        )
    };
    let state = lifecycle::shown_state(&api, row, caller.now_ms)?;
    if !installable_by(state, &Viewer { in_team: true, ..Viewer::default() }) {
        let message = format!("what is in state {} cannot be added", state.label());
        return Err(ApiError::conflict("wrong_state", message));
    }
    let mut write = api.db.write().await?;
    let workspace = workspaces::find(&mut write, &wanted.workspace).await?.ok_or_else(missing)?;
    let account = caller.account()?;
    let member = members::get(&mut write, &workspace.id, &account.id).await?.ok_or_else(missing)?;
    let permissions = gate::read_permissions(&member.permissions)?;
    if !catalog::access::may(&permissions, &Need::SourceCreate, &[]) {
        return Err(ApiError::forbidden(
            "role_needed",
            "your role there does not allow new sources",
        )
        .fix("ask an owner of that workspace"));
    }
    let name = wanted.name.as_deref().unwrap_or(&row.name).trim().to_owned();
    let base = slug::suggest_source_slug(&name);
    let mut candidate = base.clone();
    let mut number = 1;
    while sources::find(&mut write, &workspace.id, &candidate).await?.is_some() {
        number += 1;
        candidate = format!("{base}-{number}");
    }
    let source = sources::Source {
        id: api.fresh.id("src"),
        workspace_id: workspace.id.clone(),
        integration_id: row.id.clone(),
        slug: candidate,
        name,
        settings: "{}".to_owned(),
        secrets_sealed: None,
        disabled_at_ms: None,
        retention_days: None,
        created_at_ms: caller.now_ms,
        version: 1,
    };
    let write_key = api.fresh.write_key();
    sources::insert(&mut write, &source).await.map_err(|error| match error {
        StoreError::Taken => ApiError::conflict("taken", "a source of this name is there already"),
        other => other.into(),
    })?;
    write_keys::insert(&mut write, &source.id, &write_key, caller.now_ms).await?;
    let view =
        serde_json::json!({ "slug": source.slug, "name": source.name, "integration": row.slug });
    let change = Change::new("Source Created", "SOURCE", &source.id, &source.name).after(&view);
    record(&api, &mut write, &caller, &workspace.id, change).await?;
    if let Some(partner) = &row.partner_id {
        let change =
            Change::new("Integration Added To Workspace", "INTEGRATION", &row.id, &row.name)
                .after(&serde_json::json!({ "workspace": workspace.slug, "source": source.id }));
        record(&api, &mut write, &caller, partner, change).await?;
    }
    write.commit().await?;
    api.nudge();
    let configuration_url =
        api.link(&format!("/w/{}/sources/{}/settings", workspace.slug, source.slug));
    let answer = InstallationAnswer {
        source_id: source.id,
        slug: source.slug,
        workspace_id: workspace.id,
        workspace_slug: workspace.slug,
        write_key,
        configuration_url,
    };
    Ok((StatusCode::CREATED, data(answer)))
}
