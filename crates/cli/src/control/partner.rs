//! `headwater partner`: the team that builds, and who administers it.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    console::{Console, text},
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What one does with a partner team.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show my partner team, and what I am there.
    #[command(after_help = format!("\
Examples:
  headwater partner show

{EXIT_CODES}"))]
    Show,
    /// List who belongs to the team, and who is invited.
    #[command(after_help = format!("\
Examples:
  headwater partner team
  headwater partner team --json | jq -r .members[].email

{EXIT_CODES}"))]
    Team,
    /// Invite somebody: a mail with a link that is good once, for three days.
    #[command(after_help = format!("\
Examples:
  headwater partner invite noa@acme.example
  headwater partner invite noa@acme.example --role admin

{EXIT_CODES}"))]
    Invite {
        /// Address.
        #[arg(value_name = "ADDRESS")]
        email: String,
        /// What they will be there.
        #[command(flatten)]
        role: Role,
    },
    /// Revoke an invitation.
    #[command(after_help = format!("\
Examples:
  headwater partner uninvite noa@acme.example

{EXIT_CODES}"))]
    Uninvite {
        /// Address.
        #[arg(value_name = "ADDRESS")]
        email: String,
    },
    /// Change somebody's role; a team keeps an admin.
    #[command(after_help = format!("\
Examples:
  headwater partner set-role noa@acme.example --role admin

{EXIT_CODES}"))]
    SetRole {
        /// Address or account id.
        #[arg(value_name = "MEMBER")]
        member: String,
        /// What they are there from now on.
        #[command(flatten)]
        role: Role,
    },
    /// Take somebody out of the team, or oneself.
    #[command(after_help = format!("\
Examples:
  headwater partner remove noa@acme.example --yes

{EXIT_CODES}"))]
    Remove {
        /// Address or account id.
        #[arg(value_name = "MEMBER")]
        member: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

/// A role in a team.
#[derive(Debug, Clone, Args)]
pub struct Role {
    /// admin or builder.
    #[arg(long, value_name = "ROLE", default_value = "builder", value_parser = ["admin", "builder"])]
    pub role: String,
}

const MEMBERS: [Field; 5] = [
    ("ADDRESS", "/email"),
    ("NAME", "/name"),
    ("ROLE", "/role"),
    ("SINCE", "/joinedAt"),
    ("ID", "/id"),
];

const INVITED: [Field; 4] =
    [("INVITED", "/email"), ("ROLE", "/role"), ("ENDS", "/expiresAt"), ("ENDED", "/expired")];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::Show => {
            let reply = console.get(&["partner"], &[]).await?;
            let fields = [("Partner", "/name"), ("Id", "/id"), ("Role", "/role")];
            console.show_one(&reply, "/partner", &fields)
        }
        Command::Team => team(console).await,
        Command::Invite { email, role } => {
            let body = json!({ "email": email, "role": role.role });
            let reply = console.post(&["partner", "invitations"], body).await?;
            console.show_done(&reply, &format!("{email} is invited by mail, as {}", role.role))
        }
        Command::Uninvite { email } => {
            let reply = console.delete(&["partner", "invitations", email], &[]).await?;
            console.show_done(&reply, "the link is worth nothing now")
        }
        Command::SetRole { member, role } => {
            let id = id(member, console).await?;
            let body = json!({ "role": role.role });
            let reply = console.put(&["partner", "team", &id], None, body).await?;
            console.show_done(&reply, &format!("{member} is {} now", role.role))
        }
        Command::Remove { member, yes } => {
            let id = id(member, console).await?;
            console.screen.confirm(&format!("Take {member} out of the team"), *yes)?;
            let reply = console.delete(&["partner", "team", &id], &[]).await?;
            console.show_done(&reply, &format!("{member} does not belong to the team any more"))
        }
    }
}

async fn team(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.get(&["partner", "team"], &[]).await?;
    if console.json {
        return console.screen.line(&reply.data.to_string());
    }
    let list = |key: &str| reply.data[key].as_array().cloned().unwrap_or_default();
    console.show_list(&list("members"), &MEMBERS, "nobody")?;
    let invited = list("invitations");
    if invited.is_empty() {
        return Ok(());
    }
    console.say("")?;
    console.show_list(&invited, &INVITED, "")
}

/// The account of somebody in the team.
async fn id(member: &str, console: &mut Console<'_, '_>) -> Result<String, Failure> {
    if member.starts_with("acc_") {
        return Ok(member.to_owned());
    }
    let members = console.list(&["partner", "team"], &[], "members").await?;
    let found = members.iter().find(|one| text(one, "/email").eq_ignore_ascii_case(member));
    found.map(|one| text(one, "/id").to_owned()).ok_or_else(|| {
        Failure::refused(
            format!("{member} does not belong to the team"),
            Some("see `headwater partner team`".to_owned()),
        )
    })
}
