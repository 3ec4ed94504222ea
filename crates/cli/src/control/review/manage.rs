//! Operators keep the catalog.

use clap::Args;
use serde_json::json;

use crate::{
    EXIT_CODES, Failure,
    control::{console::Console, show::Field},
};

/// Do it to one integration.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater review publish-beta acme-mail
  headwater review deprecate acme-mail --reason 'replaced by acme-mailer'
  headwater review restore acme-mail --reason 'it is maintained again'

{EXIT_CODES}"))]
pub struct Manage {
    /// Slug or id.
    #[arg(value_name = "INTEGRATION")]
    pub integration: String,
    /// Why; the partner reads it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// Take an integration out of the catalog. What waits for review is closed.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater review remove acme-mail --reason 'the company is gone' --yes

{EXIT_CODES}"))]
pub struct Remove {
    /// Which one, and why.
    #[command(flatten)]
    pub manage: Manage,
    /// Do it unasked.
    #[arg(long)]
    pub yes: bool,
}

const COLUMNS: [Field; 7] = [
    ("SLUG", "/slug"),
    ("NAME", "/name"),
    ("KIND", "/kind"),
    ("STATUS", "/status"),
    ("PARTNER", "/partnerId"),
    ("APPROVED", "/approvedAt"),
    ("POSSIBLE NOW", "/allowed"),
];

pub(super) async fn list(
    search: Option<&str>,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let query: Vec<_> = search.into_iter().map(|search| ("search", search)).collect();
    let found = console.list(&["operator", "integrations"], &query, "integrations").await?;
    console.show_list(&found, &COLUMNS, "no integrations")
}

pub(super) async fn act(
    action: &str,
    arguments: &Manage,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let path = ["operator", "integrations", &arguments.integration, "actions"];
    let body = json!({ "action": action, "reason": arguments.reason });
    let reply = console.post(&path, body).await?;
    let (slug, status) = (reply.text("/integration/slug"), reply.text("/integration/status"));
    console.show_done(&reply, &format!("{slug} is {status} now"))
}

pub(super) async fn remove(
    arguments: &Remove,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let what = format!("Take {} out of the catalog", arguments.manage.integration);
    console.screen.confirm(&what, arguments.yes)?;
    act("remove", &arguments.manage, console).await
}
