//! `headwater review`: reviewers decide on what partners submit, operators keep the catalog.

mod manage;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    console::{Console, Reply, text},
    integration::{show_comments, show_parts},
    show::{Field, when},
};
use crate::{EXIT_CODES, Failure};

/// What reviewers and operators do with integrations.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List what waits for review, the oldest first.
    #[command(after_help = format!("\
Examples:
  headwater review list
  headwater review list --status all --json | jq -r 'select(.age.overdue) | .slug'

{EXIT_CODES}"))]
    List {
        /// Those with this status: open, approved, changesRequested, withdrawn, declined, or all.
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
    },
    /// Show a review: what was handed in, what differs from what is public, verdicts, comments.
    #[command(after_help = format!("\
Examples:
  headwater review show acme-mail
  headwater review show sub_5BKZVyYHdt1D7ZrtHyNR7W --json | jq .review.frozen

{EXIT_CODES}"))]
    Show(Which),
    /// Take a review: makes you a reviewer of it.
    #[command(after_help = format!("\
Examples:
  headwater review take acme-mail

{EXIT_CODES}"))]
    Take(Which),
    /// Read the partner's test account; every reading is noted.
    #[command(after_help = format!("\
Examples:
  headwater review test-account acme-mail

{EXIT_CODES}"))]
    TestAccount(Which),
    Judge(Judge),
    Comment(Comment),
    RequestChanges(Decide),
    Approve(Approve),
    /// List every integration, private ones as well.
    #[command(after_help = format!("\
Examples:
  headwater review integrations --search mail

{EXIT_CODES}"))]
    Integrations {
        /// Part of name or slug.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
    },
    /// From private beta into the catalog, with the beta badge.
    PublishBeta(manage::Manage),
    /// No longer offered to new customers; sources there are go on.
    Deprecate(manage::Manage),
    /// Offered again after a deprecation; back to building after a removal.
    Restore(manage::Manage),
    Remove(manage::Remove),
}

/// Which review.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// The submission's id, or the slug of an integration that waits for review.
    #[arg(value_name = "REVIEW")]
    pub review: String,
}

/// Judge the parts of a review.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater review judge acme-mail functionality=passed documentation=passed metadata=changes
  headwater review judge acme-mail all=passed

{EXIT_CODES}"))]
pub struct Judge {
    /// Which review.
    #[command(flatten)]
    pub which: Which,
    /// A part (or all) and its verdict: passed or changes.
    #[arg(value_name = "PART=VERDICT", required = true)]
    pub verdicts: Vec<String>,
}

/// Comment on what was submitted. The partner reads it once changes are requested.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater review comment acme-mail --part metadata --field /description 'Say which mails.'
  headwater review comment acme-mail --part functionality --event 'Email Opened' 'It never came.'
  headwater review comment acme-mail --part metadata --field /website --private 'Is this theirs?'

{EXIT_CODES}"))]
pub struct Comment {
    /// Which review.
    #[command(flatten)]
    pub which: Which,
    /// What has to change, and why.
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// The part it belongs to: functionality, metadata, documentation.
    #[arg(long, value_name = "PART")]
    pub part: String,
    /// The field it is about, as a JSON pointer into the catalog info.
    #[arg(long, value_name = "POINTER", conflicts_with = "event")]
    pub field: Option<String>,
    /// Or the event it is about.
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Only for reviewers.
    #[arg(long)]
    pub private: bool,
}

/// Send a submission back to the partner. A part must ask for changes, and a comment say which.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater review request-changes acme-mail

{EXIT_CODES}"))]
pub struct Decide {
    /// Which review.
    #[command(flatten)]
    pub which: Which,
    /// Why, for the history.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// Approve a submission. Every part must have passed; exactly what was submitted becomes public.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater review approve acme-mail
  headwater review approve acme-mail --private-beta

{EXIT_CODES}"))]
pub struct Approve {
    /// Which review.
    #[command(flatten)]
    pub which: Which,
    /// Only for customers who have the link.
    #[arg(long)]
    pub private_beta: bool,
    /// The hash of what you looked at, as show tells it; what it is now unless given.
    #[arg(long, value_name = "HASH")]
    pub content_hash: Option<String>,
    /// Why, for the history.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

const QUEUE: [Field; 8] = [
    ("REVIEW", "/id"),
    ("INTEGRATION", "/slug"),
    ("PARTNER", "/partner"),
    ("NUMBER", "/number"),
    ("PURPOSE", "/purpose"),
    ("STATUS", "/status"),
    ("SUBMITTED", "/submittedAt"),
    ("OVERDUE", "/age/overdue"),
];

const REVIEW: [Field; 10] = [
    ("Review", "/submission/id"),
    ("Integration", "/slug"),
    ("State", "/status"),
    ("Submission", "/submission/status"),
    ("Purpose", "/submission/purpose"),
    ("Submitted", "/submission/submittedAt"),
    ("Overdue", "/age/overdue"),
    ("Content hash", "/submission/contentHash"),
    ("Test account", "/hasTestAccount"),
    ("Name", "/frozen/name"),
];

const PARTS: [&str; 3] = ["functionality", "metadata", "documentation"];

pub(super) async fn run(command: &Command, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    match command {
        Command::List { status } => {
            let query: Vec<_> = status.iter().map(|status| ("status", status.as_str())).collect();
            let queue = console.list(&["reviews"], &query, "submissions").await?;
            console.show_list(&queue, &QUEUE, "nothing waits for review")
        }
        Command::Show(which) => show(which, console).await,
        Command::Take(which) => {
            let id = id(which, console).await?;
            let reply = console.post(&["reviews", &id, "assign"], Value::Null).await?;
            console.show_done(&reply, &format!("{id}: you review it"))
        }
        Command::TestAccount(which) => {
            let id = id(which, console).await?;
            let reply = console.get(&["reviews", &id, "test-account"], &[]).await?;
            let fields =
                [("Username", "/username"), ("Password", "/password"), ("Notes", "/notes")];
            console.show_one(&reply, "/testAccount", &fields)
        }
        Command::Judge(arguments) => judge(arguments, console).await,
        Command::Comment(arguments) => comment(arguments, console).await,
        Command::RequestChanges(arguments) => {
            let id = id(&arguments.which, console).await?;
            let decision = json!({ "action": "requestChanges", "reason": arguments.reason });
            decide(&id, decision, console).await
        }
        Command::Approve(arguments) => approve(arguments, console).await,
        Command::Integrations { search } => manage::list(search.as_deref(), console).await,
        Command::PublishBeta(arguments) => manage::act("publishBeta", arguments, console).await,
        Command::Deprecate(arguments) => manage::act("deprecate", arguments, console).await,
        Command::Restore(arguments) => manage::act("restore", arguments, console).await,
        Command::Remove(arguments) => manage::remove(arguments, console).await,
    }
}

/// The id of the submission that is meant: an integration's slug means the one that waits.
async fn id(which: &Which, console: &mut Console<'_, '_>) -> Result<String, Failure> {
    let named = &which.review;
    if named.starts_with("sub_") {
        return Ok(named.clone());
    }
    let queue = console.list(&["reviews"], &[], "submissions").await?;
    let found = queue.iter().find(|entry| text(entry, "/slug") == named);
    found.map(|entry| text(entry, "/id").to_owned()).ok_or_else(|| {
        Failure::refused(
            format!("{named} does not wait for review"),
            Some("see `headwater review list`".to_owned()),
        )
    })
}

async fn show(which: &Which, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(which, console).await?;
    let reply = console.get(&["reviews", &id], &[]).await?;
    console.show_one(&reply, "/review", &REVIEW)?;
    if console.json {
        return Ok(());
    }
    let review = &reply.data["review"];
    let list = |pointer: &str| {
        review.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let due = review.pointer("/age/dueAtMs").and_then(Value::as_i64);
    if let Some(due) = due.and_then(|ms| u64::try_from(ms).ok()) {
        let due = std::time::UNIX_EPOCH + std::time::Duration::from_millis(due);
        console.say(&format!("Answer due    {}", httpdate::fmt_http_date(due)))?;
    }
    let reviewers = list("/reviewers");
    let reviewers: Vec<&str> = reviewers.iter().map(|who| text(who, "/email")).collect();
    console.say(&format!("Reviewers     {}", reviewers.join(", ")))?;
    show_parts(&list("/submission/parts"), console)?;
    console.heading("Changes")?;
    for change in list("/changes") {
        console.say(&change_line(&change))?;
    }
    show_comments(&list("/submission/comments"), console)?;
    for part in list("/steps") {
        console.heading(&format!("To check: {}", text(&part, "/part")))?;
        for step in part["steps"].as_array().into_iter().flatten() {
            console.say(&format!("- {}", step.as_str().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// A field, and what it was and is.
fn change_line(change: &Value) -> String {
    let side = |name: &str| match &change[name] {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    format!("{}: {} → {}", text(change, "/pointer"), side("before"), side("after"))
}

async fn judge(arguments: &Judge, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let verdicts = super::pairs::texts("judge", &arguments.verdicts)?;
    let id = id(&arguments.which, console).await?;
    let mut reply = None;
    for (part, verdict) in verdicts {
        let parts = if part == "all" { PARTS.to_vec() } else { vec![part] };
        for part in parts {
            let body = json!({ "verdict": verdict });
            reply = Some(console.put(&["reviews", &id, "parts", part], None, body).await?);
        }
    }
    let Some(reply) = reply else { return Ok(()) };
    if console.json {
        return console.screen.line(&reply.data.to_string());
    }
    let parts = reply.data.pointer("/review/submission/parts").and_then(Value::as_array);
    show_parts(&parts.cloned().unwrap_or_default(), console)
}

async fn comment(arguments: &Comment, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let mut new = json!({
        "part": arguments.part, "text": arguments.text, "private": arguments.private,
    });
    if let Some(field) = &arguments.field {
        new["pointer"] = json!(field);
    }
    if let Some(event) = &arguments.event {
        new["event"] = json!(event);
    }
    let reply = console.post(&["reviews", &id, "comments"], new).await?;
    console.show_done(&reply, &format!("{id}: commented"))
}

async fn approve(arguments: &Approve, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let id = id(&arguments.which, console).await?;
    let hash = match &arguments.content_hash {
        Some(hash) => hash.clone(),
        None => {
            let review = console.get(&["reviews", &id], &[]).await?;
            review.text("/review/submission/contentHash").to_owned()
        }
    };
    let action = if arguments.private_beta { "approvePrivateBeta" } else { "approve" };
    let decision = json!({ "action": action, "reason": arguments.reason, "contentHash": hash });
    decide(&id, decision, console).await
}

async fn decide(id: &str, decision: Value, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.post(&["reviews", id, "decision"], decision).await?;
    let line = decided(id, &reply);
    console.show_done(&reply, &line)
}

fn decided(id: &str, reply: &Reply) -> String {
    let (slug, state) = (reply.text("/review/slug"), reply.text("/review/status"));
    let at = when(reply.text("/review/submission/decidedAt"));
    format!("{id}: decided {at}, {slug} is {state} now")
}
