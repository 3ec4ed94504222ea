//! The control plane from the command line: accounts, workspaces, sources, destinations, the
//! catalog, the partner programme. A client of the documented API and nothing else.

mod account;
mod alert;
mod application;
mod apply;
mod audit;
mod catalog;
mod certificate;
mod console;
mod credentials;
mod destination;
mod integration;
mod invitation;
mod login;
mod pairs;
mod partner;
mod review;
mod server;
mod show;
mod source;
#[cfg(test)]
mod tests;
mod tracking_plan;
mod workspace;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::{Client, EXIT_CODES, Failure, Screen};
pub use server::Server;

/// The commands of the control plane.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Log in, and keep the login for the commands that follow.
    ///
    /// Asks for the e-mail address, the password and, where one is set up, the second factor;
    /// without a terminal they are lines of standard input. What is kept is a session, which ends
    /// after seven days, or twelve hours without a command. With --token a token is checked and
    /// kept instead.
    #[command(after_help = format!("\
Examples:
  headwater login --email ada@example.com
  headwater login --url https://cdp.example.com
  printf '%s\\n' \"$PASSWORD\" | headwater login --email ada@example.com
  headwater login --token hw_…

{EXIT_CODES}"))]
    Login(With<login::LogIn>),
    /// Log out, and forget the login.
    #[command(after_help = format!("\
Examples:
  headwater logout

{EXIT_CODES}"))]
    Logout(With<Nothing>),
    /// Show who is logged in.
    #[command(after_help = format!("\
Examples:
  headwater whoami
  headwater whoami --json | jq -r .account.email

{EXIT_CODES}"))]
    Whoami(With<Nothing>),
    /// My own account: signing up, verifying the address, tokens.
    Account(Group<account::Command>),
    /// Workspaces, their members and tokens.
    Workspace(Group<workspace::Command>),
    /// Sources: where messages come from.
    Source(Group<source::Command>),
    /// Tracking plans: what sources may send.
    TrackingPlan(Group<tracking_plan::Command>),
    /// Destinations: where messages go.
    Destination(Group<destination::Command>),
    /// What the workspace is told of, and what does nothing but fail.
    Alert(Group<alert::Command>),
    /// The catalog of sources and destinations.
    Catalog(Group<catalog::Command>),
    /// Apply to the partner programme.
    Apply(Box<With<apply::Apply>>),
    /// Applications to the partner programme, for operators.
    Application(Group<application::Command>),
    /// Invitations to workspaces and partner teams.
    Invitation(Group<invitation::Command>),
    /// What a partner builds: catalog info, tests, submission.
    Integration(Box<Group<integration::Command>>),
    /// Conformance certificates: get them, and verify them without a server.
    Certificate(Group<certificate::Command>),
    /// The partner team.
    Partner(Group<partner::Command>),
    /// Reviews of what partners submit, for operators.
    Review(Box<Group<review::Command>>),
    /// Audit trails: who changed what.
    Audit(Box<Group<audit::Command>>),
}

/// A command of its own, and the server that it talks to.
#[derive(Debug, Clone, Args)]
pub struct With<A: Args> {
    /// What to do.
    #[command(flatten)]
    pub arguments: A,
    /// With which server.
    #[command(flatten)]
    pub server: Server,
}

/// Several commands about one thing, and the server that they talk to.
#[derive(Debug, Clone, Args)]
pub struct Group<C: Subcommand> {
    /// With which server.
    #[command(flatten)]
    pub server: Server,
    /// What to do.
    #[command(subcommand)]
    pub command: C,
}

/// No arguments.
#[derive(Debug, Clone, Args)]
pub struct Nothing {}

/// Gives the client the login that is kept for its server, if there is one that can be read.
pub(crate) fn take_up_login(client: &mut Client, credentials: Option<&Path>) {
    let path = credentials.map_or_else(credentials::default_path, |path| Ok(path.to_owned()));
    if let Ok(kept) = path.and_then(credentials::Credentials::read) {
        kept.take_up(client);
    }
}

/// Runs one command.
///
/// Errors: usage, the server cannot be reached, or it refuses; then what it said, fault by fault.
pub(crate) async fn run(command: &Command, screen: &mut Screen<'_>) -> Result<(), Failure> {
    match command {
        Command::Login(with) => {
            login::log_in(&with.arguments, &mut with.server.open(screen)?).await
        }
        Command::Logout(with) => login::log_out(&mut with.server.open(screen)?).await,
        Command::Whoami(with) => login::whoami(&mut with.server.open(screen)?).await,
        Command::Account(group) => {
            account::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Workspace(group) => {
            workspace::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Source(group) => {
            source::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::TrackingPlan(group) => {
            tracking_plan::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Destination(group) => {
            destination::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Alert(group) => alert::run(&group.command, &mut group.server.open(screen)?).await,
        Command::Catalog(group) => {
            catalog::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Apply(with) => apply::run(&with.arguments, &mut with.server.open(screen)?).await,
        Command::Application(group) => {
            application::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Invitation(group) => {
            invitation::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Integration(group) => {
            integration::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Certificate(group) => match &group.command {
            certificate::Command::Verify(arguments) => {
                certificate::verify(arguments, group.server.json, screen)
            }
            command => certificate::run(command, &mut group.server.open(screen)?).await,
        },
        Command::Partner(group) => {
            partner::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Review(group) => {
            review::run(&group.command, &mut group.server.open(screen)?).await
        }
        Command::Audit(group) => audit::run(&group.command, &mut group.server.open(screen)?).await,
    }
}
