//! `headwater integration add-to-workspace`: trying an integration before anybody can find it.

use clap::Args;
use serde_json::json;

use super::slug;
use crate::{EXIT_CODES, Failure, control::console::Console};

/// Add the integration to a workspace of yours to try it, private as it is.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration add-to-workspace acme-mail --to acme-test
  KEY=$(headwater integration add-to-workspace --to acme-test --json | jq -r .writeKey)

{EXIT_CODES}"))]
pub struct AddToWorkspace {
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(value_name = "INTEGRATION")]
    pub integration: Option<String>,
    /// The workspace, by slug or id; the chosen one unless given.
    #[arg(long, value_name = "WORKSPACE")]
    pub to: Option<String>,
    /// Name of the source; the integration's unless given.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

pub(super) async fn add(
    arguments: &AddToWorkspace,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let slug = slug(arguments.integration.as_deref())?;
    let workspace = arguments.to.clone().or_else(|| console.client.workspace.clone());
    let workspace = workspace.ok_or_else(|| {
        Failure::usage("to which workspace?", "say --to; `headwater workspace list` shows yours")
    })?;
    let mut wanted = json!({ "workspace": workspace });
    if let Some(name) = &arguments.name {
        wanted["name"] = json!(name);
    }
    let reply = console.post(&["integrations", &slug, "workspaces"], wanted).await?;
    let fields = [
        ("Workspace", "/workspaceSlug"),
        ("Workspace id", "/workspaceId"),
        ("Source", "/slug"),
        ("Write key", "/writeKey"),
        ("Configuration", "/configurationUrl"),
    ];
    console.show_one(&reply, "", &fields)
}
