//! Tokens of a workspace, for programs.

use clap::{Args, Subcommand};
use serde_json::json;

use super::members;
use crate::{
    EXIT_CODES, Failure,
    control::{console::Console, show::Field},
};

/// Tokens of the workspace, for programs.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List them, without their secrets.
    #[command(after_help = format!("\
Examples:
  headwater workspace tokens list

{EXIT_CODES}"))]
    List,
    Create(Create),
    /// Revoke one; it is worth nothing from then on.
    #[command(after_help = format!("\
Examples:
  headwater workspace tokens revoke tok_5BKZVyYHdt1D7ZrtHyNR7W --yes

{EXIT_CODES}"))]
    Revoke {
        /// Its id.
        #[arg(value_name = "TOKEN_ID")]
        id: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

/// Create a token. Its secret is in this answer and nowhere else.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater workspace tokens create Terraform --days 90
  headwater workspace tokens create CI --role source_admin --json | jq -r .secret

{EXIT_CODES}"))]
pub struct Create {
    /// What it is for.
    #[arg(value_name = "DESCRIPTION")]
    pub description: String,
    /// Days until it ends; never unless given.
    #[arg(long, value_name = "DAYS")]
    pub days: Option<u32>,
    /// A role, on the whole workspace or on one source; everything unless given.
    #[arg(long = "role", value_name = "ROLE[:SOURCE_ID]")]
    pub roles: Vec<String>,
}

const COLUMNS: [Field; 6] = [
    ("ID", "/id"),
    ("FOR", "/description"),
    ("TOKEN", "/hint"),
    ("MADE", "/createdAt"),
    ("ENDS", "/expiresAt"),
    ("LAST USED", "/lastUsedAt"),
];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List => {
            let tokens = console.list(&["tokens"], &[], "tokens").await?;
            console.show_list(&tokens, &COLUMNS, "no tokens")
        }
        Command::Create(arguments) => create(arguments, console).await,
        Command::Revoke { id, yes } => {
            console.screen.confirm(&format!("Revoke the token {id}"), *yes)?;
            let reply = console.delete(&["tokens", id], &[]).await?;
            console.show_done(&reply, &format!("{id} is worth nothing now"))
        }
    }
}

async fn create(arguments: &Create, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let mut new = json!({ "description": arguments.description });
    if let Some(days) = arguments.days {
        new["expiresInDays"] = json!(days);
    }
    if !arguments.roles.is_empty() {
        new["permissions"] = json!(members::permissions(&arguments.roles));
    }
    let reply = console.post(&["tokens"], new).await?;
    let fields = [("Token", "/secret"), ("Id", "/token/id"), ("Ends", "/token/expiresAt")];
    console.show_one(&reply, "", &fields)?;
    console.say("keep it now: it is not shown again")
}
