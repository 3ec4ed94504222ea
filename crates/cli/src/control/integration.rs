//! `headwater integration`: what a partner builds, from its first draft to general availability.

mod build;
mod convert;
mod file;
mod info;
mod init;
mod install;
mod pictures;
mod push;
mod submit;
mod test_account;

use std::path::Path;

use clap::{Args, Subcommand};

use super::console::Console;
use crate::{EXIT_CODES, Failure};
use file::{FILE, SourceFile};
pub(super) use submit::{show_comments, show_parts};

/// What a partner does with an integration.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List our integrations.
    #[command(after_help = format!("\
Examples:
  headwater integration list
  headwater integration list --json | jq -r 'select(.status == \"PUBLIC_BETA\") | .slug'

{EXIT_CODES}"))]
    List,
    Create(build::Create),
    /// Show an integration with its catalog info.
    #[command(after_help = format!("\
Examples:
  headwater integration show acme-mail

{EXIT_CODES}"))]
    Show(Which),
    Rename(build::Rename),
    Init(init::Init),
    Push(push::Push),
    Pull(push::Pull),
    Docs(push::Docs),
    /// Catalog info without a file.
    #[command(subcommand)]
    Info(info::Command),
    Asset(info::Asset),
    /// See the catalog entry as customers will.
    #[command(after_help = format!("\
Examples:
  headwater integration preview acme-mail

{EXIT_CODES}"))]
    Preview(Which),
    /// Account for reviewers in your product.
    #[command(subcommand)]
    TestAccount(test_account::Command),
    AddToWorkspace(install::AddToWorkspace),
    /// Check what it really sent against the Spec, and say what is missing before it can be
    /// submitted; exits with 1 when something is.
    #[command(after_help = format!("\
Examples:
  headwater integration check && headwater integration submit
  headwater integration check acme-mail --restart

{EXIT_CODES}"))]
    Check {
        /// Which one.
        #[command(flatten)]
        which: Which,
        /// Count only messages that come from now on: for after a mistake was mended.
        #[arg(long)]
        restart: bool,
    },
    /// Submit it for review; what is submitted is frozen.
    #[command(after_help = format!("\
Examples:
  headwater integration submit acme-mail

{EXIT_CODES}"))]
    Submit(Which),
    Withdraw(submit::Withdraw),
    /// Show where it stands, and what reviewers said.
    #[command(after_help = format!("\
Examples:
  headwater integration status
  headwater integration status acme-mail --json | jq -r .integration.status

{EXIT_CODES}"))]
    Status(Which),
    Resolve(submit::Resolve),
    /// Show every change of its state: who, when, why.
    #[command(after_help = format!("\
Examples:
  headwater integration history acme-mail

{EXIT_CODES}"))]
    History(Which),
}

/// Which integration.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(value_name = "INTEGRATION")]
    pub integration: Option<String>,
}

impl Which {
    /// Its slug or id.
    fn slug(&self) -> Result<String, Failure> {
        slug(self.integration.as_deref())
    }
}

/// The integration that is meant: named, or that of the file in this folder.
fn slug(named: Option<&str>) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    if !Path::new(FILE).exists() {
        return Err(Failure::usage(
            "which integration?",
            format!("name it, or run this where {FILE} is; `headwater integration list`"),
        ));
    }
    Ok(SourceFile::read(Path::new(FILE))?.slug()?.to_owned())
}

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List => build::list(console).await,
        Command::Create(arguments) => build::create(arguments, console).await,
        Command::Show(which) => build::show(&which.slug()?, console).await,
        Command::Rename(arguments) => build::rename(arguments, console).await,
        Command::Init(arguments) => init::init(arguments, console).await,
        Command::Push(arguments) => push::push(arguments, console).await,
        Command::Pull(arguments) => push::pull(arguments, console).await,
        Command::Docs(arguments) => push::docs(arguments, console).await,
        Command::Info(command) => info::run(command, console).await,
        Command::Asset(arguments) => info::asset(arguments, console).await,
        Command::Preview(which) => build::preview(&which.slug()?, console).await,
        Command::TestAccount(command) => test_account::run(command, console).await,
        Command::AddToWorkspace(arguments) => install::add(arguments, console).await,
        Command::Check { which, restart } => submit::check(&which.slug()?, *restart, console).await,
        Command::Submit(which) => submit::submit(&which.slug()?, console).await,
        Command::Withdraw(arguments) => submit::withdraw(arguments, console).await,
        Command::Status(which) => submit::status(&which.slug()?, console).await,
        Command::Resolve(arguments) => submit::resolve(arguments, console).await,
        Command::History(which) => submit::history(&which.slug()?, console).await,
    }
}
