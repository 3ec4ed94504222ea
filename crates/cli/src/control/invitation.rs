//! `headwater invitation`: into a workspace or into a partner team, by the link of a mail.

use clap::Subcommand;
use serde_json::json;

use super::console::{Console, Reply};
use crate::{EXIT_CODES, Failure};

/// What one does with an invitation.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Accept an invitation to a workspace or into a partner team.
    #[command(after_help = format!("\
Examples:
  headwater invitation accept 'https://cdp.example.com/dev-portal/accept?token=hwi_…'
  headwater invitation accept hwi_…

{EXIT_CODES}"))]
    Accept {
        /// The link of the mail, or the token in it.
        #[arg(value_name = "LINK")]
        link: String,
    },
}

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let Command::Accept { link } = command;
    let token = json!({ "token": token_of(link) });
    // A token does not tell into what it invites; the other door does not know it.
    let reply = match console.post(&["partner", "accept"], token.clone()).await {
        Err(Failure::Faults { status: 404, .. }) => {
            console.post(&["invites", "accept"], token).await?
        }
        answered => answered?,
    };
    let line = welcome(&reply);
    console.show_done(&reply, &line)
}

fn welcome(reply: &Reply) -> String {
    match reply.data.pointer("/partner") {
        Some(_) => format!(
            "you belong to the partner team of {} now, as {}; see `headwater integration --help`",
            reply.text("/partner/name"),
            reply.text("/partner/role")
        ),
        None => format!(
            "you belong to the workspace {} now; see `headwater workspace use`",
            reply.text("/workspace/slug")
        ),
    }
}

/// The token in a link, or the token itself.
pub(super) fn token_of(link: &str) -> &str {
    let token = link.split_once("token=").map_or(link, |(_, token)| token);
    token.split(['&', '#']).next().unwrap_or(token).trim()
}

#[cfg(test)]
mod tests {
    use super::token_of;

    #[test]
    fn a_link_and_its_token_are_one_thing() {
        for link in [
            "hwi_abc",
            " hwi_abc ",
            "https://cdp.example.com/dev-portal/accept?token=hwi_abc",
            "https://cdp.example.com/invitations/accept?token=hwi_abc&x=1#y",
        ] {
            assert_eq!(token_of(link), "hwi_abc", "{link}");
        }
    }
}
