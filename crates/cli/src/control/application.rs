//! `headwater application`: operators decide who gets into the partner programme.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    console::{Console, Reply},
    pairs,
    show::Field,
};
use crate::{EXIT_CODES, Failure};

/// What an operator does with applications.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List applications, the oldest first.
    #[command(after_help = format!("\
Examples:
  headwater application list --status submitted
  headwater application list --json | jq -r .id

{EXIT_CODES}"))]
    List {
        /// Only those with this status: submitted, question, answered, approved, declined, withdrawn.
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
    },
    /// Show one, with its answers and steps.
    #[command(after_help = format!("\
Examples:
  headwater application show app_5BKZVyYHdt1D7ZrtHyNR7W

{EXIT_CODES}"))]
    Show {
        /// Its id.
        #[arg(value_name = "APPLICATION")]
        id: String,
    },
    Approve(Approve),
    /// Decline one, with the reason.
    #[command(after_help = format!("\
Examples:
  headwater application decline app_5BKZVyYHdt1D7ZrtHyNR7W --note 'There is no product yet'

{EXIT_CODES}"))]
    Decline {
        /// Its id.
        #[arg(value_name = "APPLICATION")]
        id: String,
        /// Why; the applicant reads it.
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Ask the applicant something.
    #[command(after_help = format!("\
Examples:
  headwater application ask app_5BKZVyYHdt1D7ZrtHyNR7W --note 'Which customers asked for it?'

{EXIT_CODES}"))]
    Ask {
        /// Its id.
        #[arg(value_name = "APPLICATION")]
        id: String,
        /// The question.
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Mail the invitation again; the link before is worth nothing then.
    #[command(after_help = format!("\
Examples:
  headwater application invite app_5BKZVyYHdt1D7ZrtHyNR7W

{EXIT_CODES}"))]
    Invite {
        /// Its id.
        #[arg(value_name = "APPLICATION")]
        id: String,
    },
    /// Revoke the invitation.
    #[command(after_help = format!("\
Examples:
  headwater application revoke-invitation app_5BKZVyYHdt1D7ZrtHyNR7W --yes

{EXIT_CODES}"))]
    RevokeInvitation {
        /// Its id.
        #[arg(value_name = "APPLICATION")]
        id: String,
        /// Do it unasked.
        #[arg(long)]
        yes: bool,
    },
}

/// Approve an application; every criterion needs a note on how one knows.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater application approve app_5BKZVyYHdt1D7ZrtHyNR7W \\
    -c legitimateCompany='in the company register' -c fitsPlatform='sends e-mail events' \\
    -c hasService='tried it' -c notCustomerOrResearcher='sells a product'

{EXIT_CODES}"))]
pub struct Approve {
    /// Its id.
    #[arg(value_name = "APPLICATION")]
    pub id: String,
    /// A criterion that holds, and how one knows: legitimateCompany, fitsPlatform, hasService,
    /// notCustomerOrResearcher. Approval needs all four.
    #[arg(long = "criterion", short, value_name = "NAME=NOTE")]
    pub criteria: Vec<String>,
    /// A word to the applicant.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub note: String,
}

/// An application, line by line.
pub(super) const APPLICATION: [Field; 16] = [
    ("Application", "/id"),
    ("Status", "/statusLabel"),
    ("Company", "/answers/companyName"),
    ("Website", "/answers/companyWebsite"),
    ("Data in", "/answers/dataIn"),
    ("Data out", "/answers/dataOut"),
    ("Used for", "/answers/usedFor"),
    ("Heard from", "/answers/heardFrom"),
    ("E-mail", "/answers/email"),
    ("Submitted", "/submittedAt"),
    ("Decided", "/decidedAt"),
    ("Account", "/operator/accountEmail"),
    ("At company", "/operator/emailAtCompany"),
    ("Criteria", "/operator/criteria"),
    ("Invitation", "/operator/invitation"),
    ("Possible now", "/allowed"),
];

const COLUMNS: [Field; 5] = [
    ("APPLICATION", "/id"),
    ("COMPANY", "/answers/companyName"),
    ("ACCOUNT", "/operator/accountEmail"),
    ("STATUS", "/statusLabel"),
    ("SUBMITTED", "/submittedAt"),
];

const STEPS: [Field; 3] = [("WHEN", "/at"), ("STEP", "/step"), ("WORDS", "/note")];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List { status } => {
            let query: Vec<_> = status.iter().map(|status| ("status", status.as_str())).collect();
            let path = ["operator", "applications"];
            let found = console.list(&path, &query, "applications").await?;
            console.show_list(&found, &COLUMNS, "no applications")
        }
        Command::Show { id } => {
            let reply = console.get(&["operator", "applications", id], &[]).await?;
            console.show_one(&reply, "/application", &APPLICATION)?;
            show_steps(&reply, console)
        }
        Command::Approve(approve) => {
            let notes = pairs::texts("--criterion", &approve.criteria)?;
            let tick = |(criterion, note): &(&str, &str)| json!({ "criterion": criterion, "met": true, "note": note });
            let criteria: Vec<Value> = notes.iter().map(tick).collect();
            let step = json!({ "step": "approve", "note": approve.note, "criteria": criteria });
            decide(&approve.id, step, console).await
        }
        Command::Decline { id, note } => {
            decide(id, json!({ "step": "decline", "note": note }), console).await
        }
        Command::Ask { id, note } => {
            decide(id, json!({ "step": "ask", "note": note }), console).await
        }
        Command::Invite { id } => {
            let path = ["operator", "applications", id, "invitation"];
            let reply = console.post(&path, Value::Null).await?;
            console.show_done(&reply, "the invitation is on its way")
        }
        Command::RevokeInvitation { id, yes } => {
            console.screen.confirm(&format!("Revoke the invitation of {id}"), *yes)?;
            let reply =
                console.delete(&["operator", "applications", id, "invitation"], &[]).await?;
            console.show_done(&reply, "the invitation is worth nothing now")
        }
    }
}

async fn decide(id: &str, step: Value, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.post(&["operator", "applications", id, "steps"], step).await?;
    show_status(&reply, console)
}

/// How an application stands after a step.
pub(super) fn show_status(reply: &Reply, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let (id, status) = (reply.text("/application/id"), reply.text("/application/statusLabel"));
    console.show_done(reply, &format!("{id}: {status}"))
}

fn show_steps(reply: &Reply, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let steps = reply.data["application"]["steps"].as_array().cloned().unwrap_or_default();
    if console.json || steps.is_empty() {
        return Ok(());
    }
    console.heading("Steps")?;
    console.show_list(&steps, &STEPS, "")
}
