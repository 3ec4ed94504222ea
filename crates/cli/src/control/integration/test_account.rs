//! `headwater integration test-account`: an account in the partner's product, for reviewers.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Which, slug};
use crate::{EXIT_CODES, Failure, control::console::Console};

/// An account in your product, for reviewers.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    Set(Set),
    /// Say whether there is one; what it is, is not shown again.
    #[command(after_help = format!("\
Examples:
  headwater integration test-account show acme-mail

{EXIT_CODES}"))]
    Show(Which),
    Remove(Remove),
}

/// Set the test account. The password is asked for, or read as a line of standard input.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration test-account set --username reviewer@acme.example
  echo \"$REVIEWER_PASSWORD\" | headwater integration test-account set --username reviewer

{EXIT_CODES}"))]
pub struct Set {
    /// Whom to log in as.
    #[arg(long, value_name = "NAME")]
    pub username: String,
    /// What else one has to know.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub notes: String,
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(value_name = "INTEGRATION")]
    pub integration: Option<String>,
}

/// Remove the test account.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration test-account remove acme-mail --yes

{EXIT_CODES}"))]
pub struct Remove {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// Do it unasked.
    #[arg(long)]
    pub yes: bool,
}

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::Set(arguments) => {
            let slug = slug(arguments.integration.as_deref())?;
            let password = console.screen.ask_secret("Password of the test account")?;
            let account = json!({
                "username": arguments.username, "password": password, "notes": arguments.notes,
            });
            let path = ["integrations", &slug, "test-account"];
            let reply = console.put(&path, None, account).await?;
            console.show_done(&reply, &format!("{slug}: the test account is kept"))
        }
        Command::Show(which) => {
            let path = ["integrations", &which.slug()?, "test-account"];
            let reply = console.get(&path, &[]).await?;
            console.show_one(&reply, "", &[("There", "/there"), ("Updated", "/updatedAt")])
        }
        Command::Remove(arguments) => {
            let slug = arguments.which.slug()?;
            let what = format!("Remove the test account of {slug}");
            console.screen.confirm(&what, arguments.yes)?;
            let reply = console.delete(&["integrations", &slug, "test-account"], &[]).await?;
            console.show_done(&reply, &format!("{slug}: the test account is removed"))
        }
    }
}
