//! Making an integration and looking at it.

use clap::Args;
use serde_json::{Value, json};

use super::slug;
use crate::{
    EXIT_CODES, Failure,
    control::{
        console::{Console, text},
        show::Field,
    },
};

/// Create a source. It begins as Private building; the slug is its name for ever.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration create 'Acme Mail'
  headwater integration create 'Acme Mail' --slug acme-mail --json

{EXIT_CODES}"))]
pub struct Create {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Lower-case letters, digits and hyphens; made from the name unless given.
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<String>,
}

/// Rename an integration. A name that customers read changes with the next review.
#[derive(Debug, Clone, Args)]
#[command(after_help = format!("\
Examples:
  headwater integration rename 'Acme Mailer' acme-mail

{EXIT_CODES}"))]
pub struct Rename {
    /// Its new name.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Slug or id; that of headwater-source.toml in this folder unless given.
    #[arg(value_name = "INTEGRATION")]
    pub integration: Option<String>,
}

const COLUMNS: [Field; 4] =
    [("SLUG", "/slug"), ("NAME", "/name"), ("STATUS", "/statusLabel"), ("UPDATED", "/updatedAt")];

/// An integration, line by line.
pub(super) const INTEGRATION: [Field; 21] = [
    ("Integration", "/slug"),
    ("Id", "/id"),
    ("Name", "/name"),
    ("Status", "/statusLabel"),
    ("Approved", "/approvedAt"),
    ("Beta ends", "/betaEndsAt"),
    ("Removed", "/removedReason"),
    ("Description", "/info/description"),
    ("Website", "/info/website"),
    ("Category", "/info/primaryCategory"),
    ("Second category", "/info/secondaryCategory"),
    ("More categories", "/info/moreCategories"),
    ("Support e-mail", "/info/supportEmail"),
    ("Own docs", "/info/docsUrl"),
    ("Regions", "/info/regions"),
    ("Logo", "/info/logo"),
    ("Mark", "/info/mark"),
    ("Options", "/info/options"),
    ("Events", "/info/events"),
    ("Updated", "/updatedAt"),
    ("Possible now", "/allowed"),
];

pub(super) async fn list(console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let found = console.list(&["integrations"], &[], "integrations").await?;
    console.show_list(&found, &COLUMNS, "no integrations; see `headwater integration create`")
}

pub(super) async fn create(
    arguments: &Create,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let mut new = json!({ "name": arguments.name });
    if let Some(slug) = &arguments.slug {
        new["slug"] = json!(slug);
    }
    let reply = console.post(&["integrations"], new).await?;
    let (slug, status) = (reply.text("/integration/slug"), reply.text("/integration/statusLabel"));
    console.show_done(&reply, &format!("{slug}: {status}"))?;
    console.say(&format!("next: headwater integration init {slug}"))
}

pub(super) async fn show(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.get(&["integrations", slug], &[]).await?;
    console.show_one(&reply, "/integration", &INTEGRATION)
}

pub(super) async fn rename(
    arguments: &Rename,
    console: &mut Console<'_, '_>,
) -> Result<(), Failure> {
    let slug = slug(arguments.integration.as_deref())?;
    let path = ["integrations", &slug];
    let seen = console.get(&path, &[]).await?.etag;
    let body = json!({ "name": arguments.name });
    let reply = console.patch(&path, seen.as_deref(), body).await?;
    let line = format!("{slug} is called {} now", reply.text("/integration/name"));
    console.show_done(&reply, &line)
}

pub(super) async fn preview(slug: &str, console: &mut Console<'_, '_>) -> Result<(), Failure> {
    let reply = console.get(&["integrations", slug, "preview"], &[]).await?;
    console.show_one(&reply, "", &[("Name", "/name"), ("Description", "/descriptionText")])?;
    let info = &reply.data["info"];
    for section in reply.data["sections"].as_array().into_iter().flatten() {
        console.heading(text(section, "/title"))?;
        let key = text(section, "/key");
        let written = info["docs"].get(key).and_then(Value::as_str).unwrap_or_default();
        written.lines().try_for_each(|line| console.say(line))?;
    }
    Ok(())
}
