//! `headwater workspace`: customers' spaces, who belongs to them, and their tokens.

mod labels;
mod members;
mod tokens;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{console::Console, credentials::Login, show::Field};
use crate::{EXIT_CODES, Failure};

/// What one does with workspaces.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List my workspaces.
    #[command(after_help = format!("\
Examples:
  headwater workspace list
  headwater workspace list --json | jq -r .slug

{EXIT_CODES}"))]
    List,
    Create(Create),
    /// Choose the workspace that commands are about; kept with the login.
    #[command(after_help = format!("\
Examples:
  headwater workspace use acme
  headwater --workspace other source list     once, without choosing it

{EXIT_CODES}"))]
    Use {
        /// Slug or id.
        #[arg(value_name = "WORKSPACE")]
        slug: String,
    },
    /// Show the workspace.
    #[command(after_help = format!("\
Examples:
  headwater workspace show
  headwater workspace show --workspace acme --json | jq -r .workspace.id

{EXIT_CODES}"))]
    Show,
    Rename(Rename),
    /// Delete the workspace with everything in it; there is no way back.
    #[command(after_help = format!("\
Examples:
  headwater workspace delete acme --yes

{EXIT_CODES}"))]
    Delete {
        /// Its slug, so that it is the right one.
        #[arg(value_name = "SLUG")]
        slug: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
    /// List who belongs to the workspace.
    #[command(after_help = format!("\
Examples:
  headwater workspace members

{EXIT_CODES}"))]
    Members,
    Invite(members::Invite),
    /// List invitations that were not answered.
    #[command(after_help = format!("\
Examples:
  headwater workspace invitations

{EXIT_CODES}"))]
    Invitations,
    Uninvite(members::Uninvite),
    Grant(members::Grant),
    RemoveMember(members::Remove),
    /// List what members can be.
    #[command(after_help = format!("\
Examples:
  headwater workspace roles

{EXIT_CODES}"))]
    Roles,
    /// Labels, for sources to carry.
    #[command(subcommand)]
    Labels(labels::Command),
    /// Tokens of the workspace, for programs.
    #[command(subcommand)]
    Tokens(tokens::Command),
}

/// Create a workspace.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace create Acme
  headwater workspace create 'Acme Test' --slug acme-test --use

{EXIT_CODES}"))]
pub struct Create {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Its name in paths; made from the name unless given.
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<String>,
    /// Choose it for the commands that follow.
    #[arg(long = "use")]
    pub choose: bool,
}

/// Rename the workspace.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace rename --name 'Acme Inc.' --slug acme-inc

{EXIT_CODES}"))]
pub struct Rename {
    /// Its new name.
    #[arg(long, value_name = "NAME", required_unless_present = "slug")]
    pub name: Option<String>,
    /// Its new name in paths; changes URLs only.
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<String>,
}

const COLUMNS: [Field; 3] = [("SLUG", "/slug"), ("NAME", "/name"), ("ID", "/id")];
const WORKSPACE: [Field; 3] = [("Workspace", "/slug"), ("Name", "/name"), ("Id", "/id")];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List => {
            let found = console.list(&["workspaces"], &[], "workspaces").await?;
            console.show_list(&found, &COLUMNS, "no workspaces; see `headwater workspace create`")
        }
        Command::Create(arguments) => create(arguments, console).await,
        Command::Use { slug } => choose(slug, console).await,
        Command::Show => {
            let reply = console.get(&[], &[]).await?;
            console.show_one(&reply, "/workspace", &WORKSPACE)
        }
        Command::Rename(arguments) => rename(arguments, console).await,
        Command::Delete { slug, yes } => delete(slug, *yes, console).await,
        Command::Members => members::list(console).await,
        Command::Invite(arguments) => members::invite(arguments, console).await,
        Command::Invitations => members::invitations(console).await,
        Command::Uninvite(arguments) => members::uninvite(arguments, console).await,
        Command::Grant(arguments) => members::grant(arguments, console).await,
        Command::RemoveMember(arguments) => members::remove(arguments, console).await,
        Command::Roles => members::roles(console).await,
        Command::Labels(command) => labels::run(command, console).await,
        Command::Tokens(command) => tokens::run(command, console).await,
    }
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut new = json!({ "name": arguments.name });
    if let Some(slug) = &arguments.slug {
        new["slug"] = json!(slug);
    }
    let reply = console.post(&["workspaces"], new).await?;
    let slug = reply.text("/workspace/slug").to_owned();
    if arguments.choose {
        keep(&slug, console)?;
    }
    console.show_one(&reply, "/workspace", &WORKSPACE)
}

async fn choose(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    console.client.workspace = Some(slug.to_owned());
    let reply = console.get(&[], &[]).await?;
    let slug = reply.text("/workspace/slug").to_owned();
    keep(&slug, console)?;
    console.show_done(&reply, &format!("commands are about {slug} now"))
}

/// Keeps the choice with the login.
fn keep(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let url = console.client.url().to_owned();
    let login = console.kept.as_ref().and_then(|kept| kept.of(&url)).cloned();
    let (Some(kept), Some(login), false) = (&mut console.kept, login, console.given) else {
        return Err(Failure::usage(
            "the choice is kept with a login, and there is none",
            "run `headwater login`, or name the workspace by --workspace or HEADWATER_WORKSPACE",
        ));
    };
    kept.keep(&url, Some(Login { workspace: Some(slug.to_owned()), ..login }))
}

async fn rename(arguments: &Rename, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let seen = console.get(&[], &[]).await?.etag;
    let mut changes = json!({});
    for (field, value) in [("name", &arguments.name), ("slug", &arguments.slug)] {
        if let Some(value) = value {
            changes[field] = json!(value);
        }
    }
    let reply = console.patch(&[], seen.as_deref(), changes).await?;
    console.show_one(&reply, "/workspace", &WORKSPACE)
}

async fn delete(slug: &str, yes: bool, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let what = format!("Delete the workspace {slug} with its sources, destinations and tokens");
    console.screen.confirm(&what, yes)?;
    console.client.workspace = Some(slug.to_owned());
    let reply = console.delete_with(&[], json!({ "slug": slug })).await?;
    console.show_done(&reply, &format!("{slug} is deleted"))
}
